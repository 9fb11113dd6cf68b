"""Which answers are shown, and what they save together.

Advice is chosen by what the workload asked for (mode, smallest saving, what to ignore), one for each lever and target,
and kept steady: numbers that moved by a tenth or less stay as they were shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from aicost.core.recommendations.advice import Advice, Part, Saving

STEADY_PERCENT = 10
"""A saving is told anew once it moved by more than this part of what was told."""


def steady(found: Advice, told: Advice | None) -> Advice:
    """What was told before, unless what it says changed or its saving moved by more than a tenth."""
    if told is None or _said(found) != _said(told) or found.touched.monthly_nanos < told.saving.high:
        return found
    moved = max(abs(found.saving.low - told.saving.low), abs(found.saving.high - told.saving.high))
    return told if moved * 100 <= STEADY_PERCENT * told.saving.high else found


def together(advice: Iterable[Advice]) -> Saving:
    """What all of it would save at least and at most: of several about one part only the largest counts.

    Parts do not overlap, so it never exceeds what they cost. All must be in one currency.
    """
    parts: Mapping[Part | tuple[str, ...], list[Saving]] = defaultdict(list)
    for each in advice:
        parts[each.touched.name].append(each.saving)
    low = sum(max(saving.low for saving in of) for of in parts.values())
    return Saving(low, sum(max(saving.high for saving in of) for of in parts.values()))


def _said(advice: Advice) -> tuple[object, ...]:
    return (
        *(advice.id, advice.effect, advice.basis, advice.current, advice.proposed),
        *(advice.requires, advice.change, advice.currency),
    )
