"""Provider bills: rows of a day into entries. The amount is the provider's own; only its owner is decided here.

Rows keep the provider's native period, a UTC day; a day is never spread over hours (accounting rule 2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aicost.core.claims import Claims, Contest
from aicost.core.declarations import Dimensions
from aicost.core.ledger import NOTHING_KEPT, Certainty, Component, Entry, Kept, Line, Origin, lasting
from aicost.core.money import Money
from aicost.core.window import Window, date


@dataclass(frozen=True, slots=True)
class BillRow:
    """What a provider charged for one combination of dimensions on one UTC day; credits are negative.

    A dimension that the provider left null is absent from `dimensions`. `quantity` is in the provider's `unit`,
    0 where it gives none.
    """

    dimensions: Dimensions
    amount: Money
    quantity: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class BillDay:
    """A provider's account of one UTC day: all the rows that it gives, or an empty day; never a part of them.

    `whole` is whether the provider's own data reach to the end of the day.
    """

    source: str
    provider: str
    day: Window
    rows: tuple[BillRow, ...]
    whole: bool = True

    def __post_init__(self) -> None:
        seen = [row.dimensions for row in self.rows]
        if len(seen) != len(set(seen)):
            raise ValueError(f"{self.source} gives the same dimensions twice on {date(self.day.start)}")


def bill_entries(
    days: Iterable[BillDay], claims: Claims, kept: Kept = NOTHING_KEPT
) -> tuple[tuple[Entry, ...], frozenset[Contest]]:
    """One entry per row, owned by the workload whose granted claim matches it best, else unclaimed, unless kept."""
    entries: list[Entry] = []
    contests: set[Contest] = set()
    for day in days:
        for row in day.rows:
            subject = _subject(row.dimensions)
            ruling = claims.usage(day.source, row.dimensions, f"{day.source} {subject}")
            contests.update(ruling.contests)
            origin = _origin(day, row)
            owner = kept.get((lasting(origin.key), subject), ruling.owner)
            entries.append(Entry(origin, (Line(owner, subject, row.amount, row.quantity),)))
    return tuple(entries), frozenset(contests)


def _origin(day: BillDay, row: BillRow) -> Origin:
    dimensions = tuple(f"{name}={value}" for name, value in sorted(row.dimensions))
    return Origin(
        key=("bill", day.source, date(day.day.start), *dimensions),
        component=Component.TOKENS,
        pool=day.source,
        window=day.day,
        amount=row.amount,
        certainty=Certainty.BILLED,
        quantity=row.quantity,
        unit=row.unit,
        description=f"{day.provider} {describe(row.dimensions)}",
    )


def _subject(dimensions: Dimensions) -> str:
    """The project is what a bill is read by; finer dimensions are in the origin."""
    return next((f"project {value}" for name, value in dimensions if name == "project"), "no project")


def describe(dimensions: Dimensions) -> str:
    """Dimensions in words, for people: `project proj_support, lineItem gpt-6-sol, input_tokens`."""
    return ", ".join(f"{name} {value}" for name, value in sorted(dimensions)) or "everything"
