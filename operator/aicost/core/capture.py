"""How much of what was billed is captured, day by day: claimed by workloads, or seen by a source that refines keys of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from aicost.core.bills import SEEN_BY
from aicost.core.declarations import Source
from aicost.core.exchange import Exchange
from aicost.core.ledger import Certainty, Component, Entry, OwnerKind
from aicost.core.refining import Keys
from aicost.core.window import Window, date


@dataclass(frozen=True, slots=True)
class CapturedDay:
    """Nano-units billed on a UTC day, and how much of them is captured. Credits may make either less than nothing."""

    date: str
    billed: int
    captured: int


def captures(
    entries: Iterable[Entry],
    sources: Iterable[Source],
    refiners: Callable[[Window], Keys],
    exchange: Exchange,
    currency: str,
) -> Mapping[str, tuple[CapturedDay, ...]]:
    """The days of each source that bills or refines, in order, at the rates of their days; `refiners` are those of a day.

    What is estimated is not billed. An amount without an exchange rate is on neither side.
    """
    named = {source.name for source in sources}
    known: dict[Window, Keys] = {}
    sums: dict[tuple[str, Window, str], list[int]] = defaultdict(lambda: [0, 0])
    for entry in entries:
        day = entry.origin.window
        keys = known[day] if day in known else known.setdefault(day, refiners(day))
        for source, billed, captured in _sides(entry, keys):
            amount = entry.origin.amount
            if source in named and amount:
                both = sums[source, day, amount.currency]
                both[0] += billed
                both[1] += captured
    return _days(sums, exchange, currency)


def _sides(entry: Entry, keys: Keys) -> Iterator[tuple[str, int, int]]:
    """What a bill row is to its source, and to the one that refines its key: billed and captured."""
    origin = entry.origin
    if origin.component is not Component.TOKENS or origin.certainty is Certainty.ESTIMATED or origin.amount is None:
        return
    lines = [(line, line.amount.nanos) for line in entry.lines if line.amount]
    yield (
        origin.pool,
        origin.amount.nanos,
        sum(nanos for line, nanos in lines if line.owner.kind != OwnerKind.UNCLAIMED),
    )
    key = next((part.removeprefix("apiKey=") for part in origin.key[3:] if part.startswith("apiKey=")), "")
    if refiner := keys.get((origin.pool, key)):
        seen = sum(nanos for line, nanos in lines if line.subject.endswith(f"{SEEN_BY}{refiner}"))
        yield refiner, origin.amount.nanos, seen


def _days(
    sums: Mapping[tuple[str, Window, str], list[int]], exchange: Exchange, currency: str
) -> Mapping[str, tuple[CapturedDay, ...]]:
    told: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (source, day, native), sides in sums.items():
        if (rate := exchange.rate(native, currency, day.start)) is not None:
            both = told[source, date(day.start)]
            both[:] = [whole + round(nanos * rate) for whole, nanos in zip(both, sides, strict=True)]
    found: dict[str, list[CapturedDay]] = defaultdict(list)
    for (source, day_of), (billed, captured) in sorted(told.items()):
        if billed or captured:
            found[source].append(CapturedDay(day_of, billed, captured))
    return {source: tuple(days) for source, days in found.items()}
