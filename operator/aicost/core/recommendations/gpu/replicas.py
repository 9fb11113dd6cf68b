"""Replicas whose work fits on fewer: the sum of what they did, hour by hour, at a target that leaves room for bursts."""

from __future__ import annotations

from collections import defaultdict

from aicost.core.recommendations.advice import Answer, Lever, Obstacle, Saving
from aicost.core.recommendations.changes import Scale
from aicost.core.recommendations.gpu.answers import advised, refused, shown
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.policy import Policy, doubt, too_little
from aicost.core.recommendations.kinds import COUNTED_IN_PODS
from aicost.core.window import Instant

_LEVER = Lever.REDUCE_REPLICAS
UNSEEN = (
    "trial: look whether an autoscaler sets its replicas, which nobody could list, and lower its minimum for a week"
)


def fewer_replicas(e: ServerEvidence, policy: Policy) -> Answer | None:
    """The fewest that carry the busiest hour; nothing to say of what has one replica or no number of them."""
    if e.running <= 1 or not (e.scales or e.batch):
        return None
    if obstacle := _obstacle(e, policy):
        return refused(_LEVER, e, *obstacle)
    busiest, fullest = _sums(e)
    needed = max(policy.least_replicas, -(-busiest // policy.replica_target), -(-fullest // policy.full))
    if needed >= e.running:
        takes = (
            f"the busiest hour takes {needed} of {e.running} replicas at {shown(policy.replica_target)} percent each"
        )
        return refused(_LEVER, e, Obstacle.BUSY, takes)
    saving = e.part.monthly_nanos * (e.running - needed) // e.running
    return advised(
        _LEVER,
        e,
        f"replicas: {needed}",
        Saving(saving, saving),
        f"The busiest hour of all {e.running} replicas together fits on {needed} at {shown(policy.replica_target)} percent each.",
        change=Scale(needed),
        trial=UNSEEN if e.autoscaled is None else _bursts(e, policy),
        current=f"replicas: {e.running}",
        requires=("requests are balanced over its replicas, and their latency is watched while they are fewer",),
        busiestHourSumPercent=shown(busiest),
    )


def _bursts(e: ServerEvidence, policy: Policy) -> str:
    """What a 95th percentile does not show: moments in which a replica had no room for another's work."""
    if e.peak <= policy.replica_target:
        return ""
    return f"trial: take one replica away for a week and compare latency, for a replica worked at {shown(e.peak)} percent for moments"


def _obstacle(e: ServerEvidence, policy: Policy) -> tuple[Obstacle, str] | None:
    if e.comes_again:
        return Obstacle.CHECKPOINTS, "replicas of batch work are parts of one work"
    of = e.target.object_ref
    if (of.group, of.kind) not in COUNTED_IN_PODS:
        return Obstacle.INTERCONNECT, f"a replica of kind {of.kind} may be a group of pods that work together"
    if e.in_parts:
        return Obstacle.INTERCONNECT, "its pods are those of several parts, each of which has a number of its own"
    if why := too_little(e, policy):
        return Obstacle.TOO_LITTLE_DATA, why
    return _scaled(e) or _working(e, policy)


def _scaled(e: ServerEvidence) -> tuple[Obstacle, str] | None:
    if e.autoscaled:
        return Obstacle.AUTOSCALED, "an autoscaler decides how many replicas it has"
    if len(set(e.replicas)) > _MOST_NUMBERS:
        least, most = min(e.replicas), max(e.replicas)
        return Obstacle.AUTOSCALED, f"it had from {least} to {most} replicas: something scales it already"
    return None


def _working(e: ServerEvidence, policy: Policy) -> tuple[Obstacle, str] | None:
    if why := doubt(e, policy, policy.doubtful_share):
        return Obstacle.DOUBTFUL_SIGNAL, why
    if e.high >= policy.replica_target:
        return Obstacle.BUSY, f"a replica worked at {shown(e.high)} percent: its load is not the others' to take"
    if not _whole_hours(e):
        return Obstacle.TOO_LITTLE_DATA, "there is no hour of which all its replicas tell"
    return None


_MOST_NUMBERS = 2
"""A roll-out has one replica more for a while; more numbers than these come from an autoscaler."""


def _whole_hours(e: ServerEvidence) -> dict[Instant, int]:
    """Of the hours in which every replica is told of: the sum of what each did, by its busiest device."""
    hours: dict[Instant, dict[str, int]] = defaultdict(dict)
    for load in e.loads:
        pods = hours[load.hour.start]
        pods[load.pod] = max(load.high_ppm, pods.get(load.pod, 0))
    return {start: sum(pods.values()) for start, pods in hours.items() if len(pods) >= e.running}


def _sums(e: ServerEvidence) -> tuple[int, int]:
    """Parts per million of one replica: work of the busiest hour, and KV cache of the fullest."""
    caches: dict[Instant, int] = defaultdict(int)
    for cache in e.caches:
        caches[cache.hour.start] += cache.kv_cache_peak_ppm
    return max(_whole_hours(e).values()), max(caches.values(), default=0)
