"""The operator's HTTP: probes and metrics for the kubelet and Prometheus, and the read API on loopback."""
