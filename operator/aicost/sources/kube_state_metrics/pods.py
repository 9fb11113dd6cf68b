"""Holdings from kube-state-metrics' facts about pods. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aicost.core.cards import believed
from aicost.core.holdings import Holding
from aicost.core.identity import PodIdentity, labels
from aicost.core.window import Window
from aicost.sources.exposition import resource_name
from aicost.sources.kube_state_metrics.asked import asked
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
            PodIdentity(uid, of.namespace, of.pod, labels(named.get(uid, {})), owners.get(uid, ())),
            of.node,
            resource,
            of.count,
            held,
            assumed_from,
        )
        for (uid, resource), of in sorted(_devices(answers).items())
        for held, assumed_from in times.of(uid)
    )


def _devices(answers: Answers) -> dict[tuple[str, str], _Devices]:
    """By pod and resource: what the scheduler reserved for its containers."""
    asking = (*_believed(answers.requests), *_believed(answers.init_requests))
    reserved = asked(_believed(answers.requests), _believed(answers.init_requests), answers.sidecars)
    devices = {}
    for of, _ in facts(asking):
        pod, resource = pod_key(of), of.get("resource", "")
        if (count := int(reserved[pod, resource])) and of.get("node"):
            place = of.get("namespace", ""), of.get("pod", ""), of["node"]
            devices[pod, resource_name(resource)] = _Devices(*place, count)
    return devices


def _believed(samples: Samples) -> Samples:
    return tuple(replace(sample, value=believed(int(sample.value))) for sample in samples)
