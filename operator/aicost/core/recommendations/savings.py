"""What the open advice of many workloads saves: sums of what each is told, which alone knows what overlaps in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aicost.core.recommendations.advice import Saving
from aicost.core.recommendations.chosen import Told


@dataclass(frozen=True, slots=True)
class OpenSavings:
    """What `recommendations` pieces of advice save together a month."""

    saving: Saving
    recommendations: int


def open_savings(told: Iterable[Told]) -> OpenSavings | None:
    """Of workloads in one currency; None where nobody looked at any of them."""
    all_of = tuple(told)
    if not all_of:
        return None
    low, high = (sum(amounts) for amounts in zip(*((of.saving.low, of.saving.high) for of in all_of), strict=True))
    return OpenSavings(Saving(low, high), sum(len(of.advice) for of in all_of))
