"""From statements to the statuses that resources show: the only translation in that direction. Pure."""

from aicost.api.publish.prices import prices_status
from aicost.api.publish.sources import source_status
from aicost.api.publish.units import unit_status
from aicost.api.publish.workloads import invalid_status, workload_status

__all__ = ["invalid_status", "prices_status", "source_status", "unit_status", "workload_status"]
