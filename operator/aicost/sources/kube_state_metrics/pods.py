"""Holdings from kube-state-metrics' facts about pods. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from aicost.core.cards import believed
from aicost.core.holdings import Holding
from aicost.core.identity import PodIdentity, labels
from aicost.core.window import Window
from aicost.sources.exposition import resource_name
from aicost.sources.kube_state_metrics.facts import Answers, Samples, facts, labels_by, pod_key
from aicost.sources.kube_state_metrics.owners import owner_chains
from aicost.sources.kube_state_metrics.times import Times


@dataclass(frozen=True, slots=True)
class _Devices:
    """What a pod asks for of one resource, on the node that it is bound to."""

    namespace: str
    pod: str
    node: str
    count: int


def holdings(answers: Answers, over: Window, interval: int) -> tuple[Holding, ...]:
    """Every pod that was bound with devices and seen in the window, from its binding, which may lie before, to its end.

    An end is the last container's when the phase is terminal, else one interval after the last sample.
    """
    named, owners = labels_by(pod_key, answers.pod_labels), owner_chains(answers)
    times = Times(answers, over, interval)
    return tuple(
        Holding(
            PodIdentity(uid, asked.namespace, asked.pod, labels(named.get(uid, {})), owners.get(uid, ())),
            asked.node,
            resource,
            asked.count,
            held,
            assumed_from,
        )
        for (uid, resource), asked in sorted(_devices(answers).items())
        for held, assumed_from in times.of(uid)
    )


def _devices(answers: Answers) -> dict[tuple[str, str], _Devices]:
    """By pod and resource: what its containers ask for together, or more if an init container asks for more.

    kube-state-metrics does not tell a sidecar from an init container that ends: it is taken for one.
    """
    containers, init = _asked(answers.requests), _asked(answers.init_requests)
    devices = {}
    for labels_of, _ in (*facts(answers.requests), *facts(answers.init_requests)):
        key = pod_key(labels_of), resource_name(labels_of.get("resource", ""))
        count = max(sum(containers.get(key, {}).values()), *init.get(key, {}).values(), 0)
        if count and labels_of.get("node"):
            devices[key] = _Devices(labels_of.get("namespace", ""), labels_of.get("pod", ""), labels_of["node"], count)
    return devices


def _asked(samples: Samples) -> Mapping[tuple[str, str], Mapping[str, int]]:
    """Devices by pod and resource, then by container."""
    asked: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for of, value in facts(samples):
        by_container = asked[pod_key(of), resource_name(of.get("resource", ""))]
        container = of.get("container", "")
        by_container[container] = max(by_container.get(container, 0), believed(int(value)))
    return asked
