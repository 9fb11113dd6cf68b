"""Cards of a pod that it never uses: ask for fewer (Kubecost's "Optimize", but card by card and not from one average)."""

from __future__ import annotations

from collections import defaultdict

from aicost.core.recommendations.advice import Answer, Lever, Obstacle, Saving
from aicost.core.recommendations.changes import Resize
from aicost.core.recommendations.gpu.answers import advised, refused
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.policy import Policy, doubt, too_little

_LEVER = Lever.REDUCE_GPU_COUNT


def fewer_cards(e: ServerEvidence, policy: Policy) -> Answer | None:
    """As many cards as any of its pods used; nothing to say of pods with one device."""
    device = e.device
    if device is None or device.count == 1 or not device.is_whole:
        return None
    if why := too_little(e, policy) or _unseen(e, device.count) or _short(e, policy):
        return refused(_LEVER, e, Obstacle.TOO_LITTLE_DATA, why)
    peaks = _peaks(e)
    used = max(sum(peak >= policy.idle_below for peak in cards.values()) for cards in peaks.values())
    if used in (0, device.count):
        return refused(_LEVER, e, Obstacle.BUSY, _every(used, device.count))
    if why := doubt(e, policy):
        return refused(_LEVER, e, Obstacle.DOUBTFUL_SIGNAL, why)
    held = [load for load in e.loads if peaks[load.pod][load.card] < policy.idle_below]
    if any(load.memory_peak_mib is None or load.memory_peak_mib > policy.unused_mib for load in held):
        return refused(
            _LEVER, e, Obstacle.MEMORY_NEEDED, "cards that never worked hold memory, so something is on them"
        )
    spare = device.count - used
    saving = e.part.monthly_nanos * spare // device.count
    resize = Resize(e.container, ((device.resource, used),)) if e.container else None
    return advised(
        _LEVER,
        e,
        f"{device.resource}: {used}",
        Saving(saving, saving),
        f"{spare} of {device.count} cards of each pod never worked and hold no data.",
        change=resize,
        requires=(
            "the program starts with fewer cards: where it counts them itself (tensor parallelism), set that too",
        ),
        usedCards=used,
    )


def _peaks(e: ServerEvidence) -> dict[str, dict[str, int]]:
    peaks: dict[str, dict[str, int]] = defaultdict(dict)
    for load in e.loads:
        peaks[load.pod][load.card] = max(load.peak_ppm, peaks[load.pod].get(load.card, 0))
    return peaks


def _unseen(e: ServerEvidence, asked: int) -> str:
    """A card that nobody tells of may be the one that works."""
    seen = min(len(cards) for cards in _peaks(e).values())
    return f"a pod asked for {asked} cards, and {seen} of them are told of" if seen < asked else ""


def _short(e: ServerEvidence, policy: Policy) -> str:
    known = len(e.hours)
    return (
        f"{known} hours are known, and advice needs a week of {policy.idle_hours}"
        if known * 100 < policy.idle_hours * 95
        else ""
    )


def _every(used: int, asked: int) -> str:
    return f"all {asked} cards of a pod worked" if used else f"none of its {asked} cards worked"
