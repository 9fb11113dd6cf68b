"""What pods request of CPU and memory, as the scheduler reserves it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from aicost.core.hosts import Amounts
from aicost.sources.hosts.amounts import amounts
from aicost.sources.kube_state_metrics.facts import Samples, facts, pod_key

CPU, MEMORY = "cpu", "memory"


@dataclass(slots=True)
class _Requested:
    """Of one resource, by container."""

    containers: dict[str, float] = field(default_factory=dict)
    init: dict[str, float] = field(default_factory=dict)


def requested(containers: Samples, init: Samples, sidecars: Samples) -> Mapping[str, Amounts]:
    """By pod: all containers and sidecars together, or the largest of the init containers that end, if that is more.

    A sidecar is an init container that is restarted always (kube-state-metrics from 2.11 on says so; before, it counts as one
    that ends). In which order they start is nowhere told: an init container may have more beside sidecars.
    """
    always = {(pod_key(of), of.get("container", "")) for of, _ in facts(sidecars)}
    found: dict[tuple[str, str], _Requested] = defaultdict(_Requested)
    for each, is_init in ((containers, False), (init, True)):
        for of, value in facts(each):
            pod, container = pod_key(of), of.get("container", "")
            asked = found[pod, of.get("resource", "")]
            ends = is_init and (pod, container) not in always
            values = asked.init if ends else asked.containers
            values[container] = max(value, values.get(container, 0))
    return {pod: amounts(_of(found, pod, CPU), _of(found, pod, MEMORY)) for pod, _ in tuple(found)}


def _of(found: Mapping[tuple[str, str], _Requested], pod: str, resource: str) -> float:
    asked = found.get((pod, resource))
    return max(sum(asked.containers.values()), *asked.init.values(), 0) if asked else 0
