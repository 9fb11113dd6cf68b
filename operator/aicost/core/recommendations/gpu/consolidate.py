"""Servers of one model in one workload, each with little to do: one of them can carry the calls of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

from aicost.core.declarations import INFERENCE
from aicost.core.recommendations.advice import Advice, Lever, Saving
from aicost.core.recommendations.asking import Hears, heard_by_all
from aicost.core.recommendations.changes import Scale
from aicost.core.recommendations.gpu.answers import advised, shown
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.policy import Policy, doubt, too_little


def consolidated(servers: Sequence[ServerEvidence], policy: Policy, hears: Hears = heard_by_all) -> Iterator[Advice]:
    """Of servers that may stand for each other the cheapest is stopped, if another one has room for its work.

    A server that takes over or is stopped has no part in anything else, unless nobody wants to hear of that: then the next one
    may go. Always a hypothesis: who calls which is not known.
    """
    taken: set[str] = set()
    stopped: set[str] = set()
    pairs = permutations((each for each in servers if _may(each, policy)), 2)
    for stays, goes in sorted(
        pairs, key=lambda pair: (pair[1].part.monthly_nanos, str(pair[1].target), str(pair[0].target))
    ):
        both = {str(stays.target), str(goes.target)}
        if str(goes.target) in stopped or taken & both or not _alike(stays, goes) or not _room(stays, goes, policy):
            continue
        advice = _stopped(stays, goes)
        stopped.add(str(goes.target))
        taken |= both if hears(goes.workload, advice) else set()
        yield advice


def _stopped(stays: ServerEvidence, goes: ServerEvidence) -> Advice:
    name, cost = stays.target.object_ref.name, goes.part.monthly_nanos
    return advised(
        Lever.SCALE_TO_ZERO,
        goes,
        "replicas: 0",
        Saving(0, cost),
        f"{name} serves the same model and has room for all that {goes.target.object_ref.name} does.",
        change=Scale(0),
        current=f"replicas: {goes.running}",
        trial=f"trial: send a tenth of its calls to {name}, then all for a week; compare latency, and keep it to roll back to",
        frees_nodes=True,
        takenOverBy=name,
        busiestOfTheOtherPercent=shown(stays.high),
    )


def _may(e: ServerEvidence, policy: Policy) -> bool:
    able = e.purpose == INFERENCE and e.scales and e.autoscaled is False and not (e.batch or e.in_parts)
    works = e.running > 0 and e.peak >= policy.idle_below and bool(e.models) and e.part.monthly_nanos > 0
    return able and works and not too_little(e, policy) and not doubt(e, policy, policy.doubtful_share)


def _alike(one: ServerEvidence, other: ServerEvidence) -> bool:
    return (
        one.models == other.models
        and one.device is not None
        and one.device == other.device
        and one.workload == other.workload
    )


def _room(stays: ServerEvidence, goes: ServerEvidence, policy: Policy) -> bool:
    """Whether the busiest hours of both together leave each replica of the one that stays below its target."""
    work = stays.high * stays.running + goes.high * goes.running
    cache = (
        None if stays.cache is None or goes.cache is None else stays.cache * stays.running + goes.cache * goes.running
    )
    return work <= policy.replica_target * stays.running and (cache is None or cache <= policy.full * stays.running)
