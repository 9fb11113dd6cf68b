"""GPUs that do nothing: stop what holds them, or let it run without; interactive ones at night and on weekends.

gpu-pruner stops what was idle for 30 minutes; advice that is merged and stays needs a week, since work is weekly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aicost.core.declarations import DEVELOPMENT, INFERENCE
from aicost.core.loads import CardLoad
from aicost.core.recommendations.advice import Advice, Answer, Lever, Obstacle, Refused, Saving
from aicost.core.recommendations.changes import Change, Resize, Scale
from aicost.core.recommendations.gpu.answers import advised, refused, shown
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.policy import Policy, doubt, too_little
from aicost.core.recommendations.gpu.schedule import working_hours
from aicost.core.window import HOUR, Instant


def idle(e: ServerEvidence, policy: Policy) -> Answer:
    """ScaleToZero of what has replicas, RemoveGPU of all else; refused where anything says that it works."""
    lever = _lever(e)
    if why := too_little(e, policy):
        return refused(lever, e, Obstacle.TOO_LITTLE_DATA, why)
    recent = [load for load in e.loads if load.hour.start >= e.window.end - policy.idle_hours * HOUR]
    if any(load.peak_ppm >= policy.idle_below for load in recent):
        return _busy(lever, e, policy)
    if against := _against(e, recent, policy):
        return refused(lever, e, *against)
    return _stop(lever, e, policy)


def _against(e: ServerEvidence, recent: Sequence[CardLoad], policy: Policy) -> tuple[Obstacle, str] | None:
    """What speaks against stopping what seems idle."""
    if why := doubt(e, policy):
        return Obstacle.DOUBTFUL_SIGNAL, why
    if e.tokens and (e.tokens.output or e.tokens.input):
        served = f"it served {e.tokens.input + e.tokens.output} tokens, though its GPUs seem idle between samples"
        return Obstacle.BUSY, served
    if e.comes_again:
        loses = "batch work that seems idle may wait for data or for others: stopping it loses all since its last checkpoint"
        return Obstacle.CHECKPOINTS, loses
    if len({load.hour.start for load in recent}) * 100 < policy.idle_hours * _MOST_OF_A_WEEK:
        known = f"idle for the {len(e.hours)} hours that are known: advice needs a whole week of {policy.idle_hours}"
        return Obstacle.TOO_LITTLE_DATA, known
    return None


_MOST_OF_A_WEEK = 95
"""Percent of the hours of a week that have to be known to be idle."""


def _stop(lever: Lever, e: ServerEvidence, policy: Policy) -> Advice:
    worked = max((load.hour.end for load in e.loads if load.peak_ppm >= policy.idle_below), default=None)
    return advised(
        lever,
        e,
        "replicas: 0" if lever is Lever.SCALE_TO_ZERO else "no GPU",
        Saving(e.part.monthly_nanos, e.part.monthly_nanos),
        f"No GPU of it was ever busier than {shown(policy.idle_below)} percent in {_days(e, worked, policy)} days, by {e.signal}.",
        change=_change(lever, e),
        current=f"replicas: {e.running}" if lever is Lever.SCALE_TO_ZERO else "",
        trial=_unsure(e) if worked is None else _WEEKLY,
        requires=tuple(_needs(e)),
        frees_nodes=True,
    )


def _needs(e: ServerEvidence) -> Iterator[str]:
    if e.autoscaled:
        yield f"the autoscaler of {e.target.object_ref.name} allows 0 replicas"
    if e.in_parts:
        yield f"each part of {e.target.object_ref.name} that has cards is stopped by its own number of replicas"


_WEEKLY = "trial: it worked before this idle week; stop it for two weeks and start it again if anybody misses it"


def _unsure(e: ServerEvidence) -> str:
    """What nobody told, so that few calls or a signal that is stuck would look the same; empty where all is known.

    Where several signals agree that nothing ever ran, nothing was served, whether anybody counts it or not.
    """
    untold = [
        *(["nobody counts what it serves"] if e.purpose == INFERENCE and e.tokens is None and e.peak else []),
        *(["no other signal (GPU_UTIL, power, PCIe) could contradict"] if not _cross_checked(e) else []),
        *(["nobody could list what sets its replicas"] if e.autoscaled is None else []),
    ]
    return f"trial: stop it for a week and see that nobody misses it, for {', and '.join(untold)}" if untold else ""


def _cross_checked(e: ServerEvidence) -> bool:
    return any(
        told is not None for load in e.loads for told in (load.duty_peak_ppm, load.power_peak_mw, load.pcie_peak_bytes)
    )


def _days(e: ServerEvidence, worked: Instant | None, policy: Policy) -> int:
    since = e.window.start if worked is None else worked
    return max(policy.idle_hours, (e.window.end - since) // HOUR) // 24


def _change(lever: Lever, e: ServerEvidence) -> Change | None:
    if lever is Lever.SCALE_TO_ZERO:
        return None if e.autoscaled or e.in_parts else Scale(0)
    if e.device is None or not e.container:
        return None
    return Resize(e.container, ((e.device.resource, None),))


def _lever(e: ServerEvidence) -> Lever:
    return Lever.SCALE_TO_ZERO if e.scales else Lever.REMOVE_GPU


def unpriced(e: ServerEvidence) -> Refused:
    """What is said of a server of which nobody knows what it costs."""
    return refused(
        _lever(e), e, Obstacle.UNPRICED, "what its GPUs cost is not known: the price book has no price for them"
    )


def resting(e: ServerEvidence) -> Refused:
    """What is said of a server that ran on the last day and has no pod at its end."""
    stopped = "it ran on the last day and has no pod at its end: something stops and starts it already"
    return refused(_lever(e), e, Obstacle.AUTOSCALED, stopped)


def _busy(lever: Lever, e: ServerEvidence, policy: Policy) -> Answer:
    """What somebody works with by day can rest at night; all else that works, works."""
    shift = working_hours(e, policy) if e.purpose == DEVELOPMENT and lever is Lever.SCALE_TO_ZERO else None
    if shift is None:
        busy = sum(load.peak_ppm >= policy.idle_below for load in e.loads)
        working = f"its GPUs worked in {busy} of {len(e.loads)} device-hours, at {shown(e.peak)} percent at most"
        return refused(lever, e, Obstacle.BUSY, working)
    if e.autoscaled:
        return refused(lever, e, Obstacle.AUTOSCALED, "an autoscaler decides how many replicas it has")
    cost = e.part.monthly_nanos
    return advised(
        lever,
        e,
        f"replicas: 0 {shift}",
        Saving(cost * shift.rests_at_least // 168, cost * shift.rests // 168),
        f"Its GPUs worked on {shift.days} days of the week, from {shift.span} only.",
        current=f"replicas: {e.running} at all times",
        trial=f"trial: stop it {shift} for two weeks, and ask who uses it whether it was missed",
        frees_nodes=False,
    )
