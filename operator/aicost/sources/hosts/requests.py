"""What pods request of CPU and memory. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from aicost.core.hosts import Amounts
from aicost.sources.hosts.amounts import amounts
from aicost.sources.kube_state_metrics.asked import asked
from aicost.sources.kube_state_metrics.facts import Samples

CPU, MEMORY = "cpu", "memory"


def requested(containers: Samples, init: Samples, sidecars: Samples) -> Mapping[str, Amounts]:
    """By pod, as the scheduler reserves it."""
    reserved = asked(containers, init, sidecars)
    pods = {pod for pod, _ in reserved}
    return {pod: amounts(reserved.get((pod, CPU), 0), reserved.get((pod, MEMORY), 0)) for pod in pods}
