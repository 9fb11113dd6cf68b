"""Provider bills: rows of a day into entries. The amount is the provider's own; only its owner is decided here.

Rows keep the provider's native period, a UTC day; a day is never spread over hours (accounting rule 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from aicost.core.claims import Contest
from aicost.core.declarations import Dimensions
from aicost.core.ledger import NOTHING_KEPT, Certainty, Component, Entry, Kept, Line, Origin, Owner
from aicost.core.money import Money, split
from aicost.core.ownership import Ownership
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
    days: Iterable[BillDay], ownership: Ownership, kept: Kept = NOTHING_KEPT
) -> tuple[tuple[Entry, ...], frozenset[Contest]]:
    """One entry per row, owned by the workload whose granted claim matches it best, else unclaimed, unless kept.

    A day has no finer time: a row that changed hands on it is divided by the seconds of the day.
    """
    entries: list[Entry] = []
    contests: set[Contest] = set()
    for day in days:
        for row in day.rows:
            subject = _subject(row.dimensions)
            owners = ownership.usage(day.source, row.dimensions, f"{day.source} {subject}")
            contests.update(owners.contests)
            origin = _origin(day, row)
            owner = kept.get((origin.key, subject))
            seconds = ((owner, day.day.seconds),) if owner else owners.seconds(day.day)
            entries.append(Entry(origin, tuple(_lines(row, subject, seconds))))
    return tuple(entries), frozenset(contests)


def _lines(row: BillRow, subject: str, seconds: Sequence[tuple[Owner, int]]) -> Iterator[Line]:
    weights = [held for _, held in seconds]
    nanos, quantities = split(row.amount.nanos, weights), split(row.quantity, weights)
    for (owner, _), part, quantity in zip(seconds, nanos, quantities, strict=True):
        yield Line(owner, subject, Money(part, row.amount.currency), quantity)


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
