"""The node agent: publishes DCGM's own series where no dcgm-exporter runs, read from NVML and the kubelet.

What it prints is dcgm-exporter's by name, unit and label, so that aicost and dashboards read both by one way. A value
that NVML cannot tell is a series that is not there.
"""
