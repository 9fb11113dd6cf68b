"""Cards of a pod that it never uses: ask for fewer (Kubecost's "Optimize", but card by card and not from one average)."""

from __future__ import annotations

from collections import defaultdict
from typing import TypeAlias

from aicost.core.recommendations.advice import Answer, Lever, Obstacle, Saving
from aicost.core.recommendations.changes import Resize
from aicost.core.recommendations.gpu.answers import advised, refused
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.policy import Policy, doubt, too_little
from aicost.core.window import Instant

_LEVER = Lever.REDUCE_GPU_COUNT


def fewer_cards(e: ServerEvidence, policy: Policy) -> Answer | None:
    """As many cards as any of its pods used; nothing to say of pods with one device."""
    device = e.device
    if device is None or device.count == 1 or not device.is_whole:
        return None
    if why := too_little(e, policy) or _unseen(e, device.count) or _short(e, policy):
        return refused(_LEVER, e, Obstacle.TOO_LITTLE_DATA, why)
    peaks = _peaks(e)
    used = max(sum(peaks[card] >= policy.idle_below for card in cards) for cards in _placements(e, device.count))
    if used in (0, device.count):
        return refused(_LEVER, e, Obstacle.BUSY, _every(used, device.count))
    if why := doubt(e, policy):
        return refused(_LEVER, e, Obstacle.DOUBTFUL_SIGNAL, why)
    held = [load for load in e.loads if peaks[load.pod, load.card] < policy.idle_below]
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


_Held: TypeAlias = tuple[str, str]
"""A pod's name and a card that it held."""


def _peaks(e: ServerEvidence) -> dict[_Held, int]:
    peaks: dict[_Held, int] = {}
    for load in e.loads:
        peaks[load.pod, load.card] = max(load.peak_ppm, peaks.get((load.pod, load.card), 0))
    return peaks


def _placements(e: ServerEvidence, asked: int) -> list[frozenset[_Held]]:
    """Cards that a pod held together. A name that comes back (of a StatefulSet) may hold others than before.

    An hour with more cards than a pod asks for is the one in which it moved: it joins nothing.
    """
    hours: dict[tuple[str, Instant], set[_Held]] = defaultdict(set)
    for load in e.loads:
        hours[load.pod, load.hour.start].add((load.pod, load.card))
    found: set[frozenset[_Held]] = set()
    for cards in hours.values():
        for held in [frozenset(cards)] if len(cards) <= asked else [frozenset({card}) for card in cards]:
            joined = {each for each in found if each & held}
            found = found - joined | {held.union(*joined)}
    return list(found)


def _unseen(e: ServerEvidence, asked: int) -> str:
    """A card that nobody tells of may be the one that works, wherever the pod was."""
    seen = next((len(cards) for cards in _placements(e, asked) if len(cards) != asked), asked)
    return f"a pod asked for {asked} cards, and {seen} are told of as held together" if seen != asked else ""


def _short(e: ServerEvidence, policy: Policy) -> str:
    known = len(e.hours)
    return (
        f"{known} hours are known, and advice needs a week of {policy.idle_hours}"
        if known * 100 < policy.idle_hours * 95
        else ""
    )


def _every(used: int, asked: int) -> str:
    return f"all {asked} cards of a pod worked" if used else f"none of its {asked} cards worked"
