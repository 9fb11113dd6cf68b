"""What pods ask for, as the scheduler reserves it, from kube-state-metrics' series of their containers. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from aicost.sources.kube_state_metrics.facts import Samples, facts, pod_key


@dataclass(slots=True)
class _Containers:
    """What each asks for of one resource: those that live as long as the pod, and those that end before."""

    lasting: dict[str, float] = field(default_factory=dict)
    ending: dict[str, float] = field(default_factory=dict)

    def reserved(self) -> float:
        return max(sum(self.lasting.values()), *self.ending.values(), 0)


def asked(containers: Samples, init: Samples, sidecars: Samples) -> Mapping[tuple[str, str], float]:
    """By pod and resource, as printed: all containers and sidecars together, or the most of an init container that ends.

    A sidecar is an init container that is restarted always (kube-state-metrics from 2.11 on says so; before, it counts as one
    that ends). In which order they start is nowhere told: an init container may have more beside sidecars.
    """
    always = {(pod_key(of), of.get("container", "")) for of, _ in facts(sidecars)}
    found: dict[tuple[str, str], _Containers] = defaultdict(_Containers)
    for each, is_init in ((containers, False), (init, True)):
        for of, value in facts(each):
            pod, container = pod_key(of), of.get("container", "")
            asking = found[pod, of.get("resource", "")]
            values = asking.ending if is_init and (pod, container) not in always else asking.lasting
            values[container] = max(value, values.get(container, 0))
    return {key: asking.reserved() for key, asking in found.items()}
