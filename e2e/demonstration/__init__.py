"""`make demo`: the whole of aicost on a real control plane, from the nodes to the proof that the bill adds up.

Everything local runs as processes on loopback; only the provider and the kubelets are emulated. Nothing stays behind.
"""
