"""What nodes had of CPU and memory, and who took of it, hour by hour: from kube-state-metrics' and cAdvisor's series."""

from aicost.sources.hosts.series import HostSeries

__all__ = ["HostSeries"]
