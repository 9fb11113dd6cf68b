"""Exchange: amounts of one currency as another's, by dated rates, exactly; and which currency a unit is told in.

The ledger keeps native currencies; totals are converted when a statement is made, each at the rate of its lines' day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from aicost.core.declarations import Unit
from aicost.core.ledger import Total
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.prices import ExchangeRate
from aicost.core.window import Instant, Window


@dataclass(frozen=True, slots=True)
class Exchange:
    """The rates of a price book in the currency `book`; a rate is in force until the next of its currency begins."""

    book: str
    rates: tuple[ExchangeRate, ...] = ()

    def rate(self, currency: str, target: str, at: Instant) -> Fraction | None:
        """What one unit of `currency` is worth in `target`, or None where no rate has begun."""
        if currency == target:
            return Fraction(1)
        worth, divisor = self._in_book(currency, at), self._in_book(target, at)
        return Fraction(worth, divisor) if worth and divisor else None

    def pieces(self, over: Window) -> tuple[Window, ...]:
        """The window cut wherever a rate begins: within a piece every rate stands."""
        cuts = {rate.since for rate in self.rates if over.start < rate.since < over.end}
        return tuple(Window(start, end) for start, end in pairwise(sorted({over.start, over.end, *cuts})))

    def _in_book(self, currency: str, at: Instant) -> int | None:
        if currency == self.book:
            return NANOS_PER_UNIT
        begun = [rate for rate in self.rates if rate.currency == currency and rate.since <= at]
        return max(begun, key=lambda rate: rate.since).nanos if begun else None


def converted(totals: Iterable[Total], exchange: Exchange, target: str, at: Instant) -> Iterator[Total]:
    """The totals in the target currency, by the rates of that instant; those without a rate stay as they are.

    Totals that differ in their owner and subject alone are converted as one sum, rounded half to even once, and the
    result is divided among them by largest remainder: so parts sum to what was converted.
    """
    alike: dict[tuple[str, ...], list[Total]] = defaultdict(list)
    for total in totals:
        rate = exchange.rate(total.currency, target, at) if total.gap is None else None
        if rate is None or total.currency == target:
            yield total
        else:
            alike[total.component, total.pool, total.certainty, total.currency].append(total)
    for group in alike.values():
        group.sort(key=lambda total: (total.owner, total.subject))
        rate = exchange.rate(group[0].currency, target, at) or Fraction(0)
        for total, nanos in zip(group, apportioned([t.nanos for t in group], rate), strict=True):
            yield replace(total, nanos=nanos, currency=target)


def apportioned(parts: Sequence[int], rate: Fraction) -> tuple[int, ...]:
    """Each part times the rate as an integer, so that they sum to the rounded whole: each is within one of its exact value."""
    exact = [part * rate for part in parts]
    floors = [value.__floor__() for value in exact]
    left = round(sum(exact, Fraction(0))) - sum(floors)
    by_remainder = sorted(range(len(parts)), key=lambda i: (floors[i] - exact[i], i))
    raised = frozenset(by_remainder[:left])
    return tuple(floor + (i in raised) for i, floor in enumerate(floors))


def together(totals: Iterable[Total]) -> tuple[Total, ...]:
    """Totals that agree in everything but their sums as one, in a stable order."""
    sums: dict[Total, tuple[int, int]] = {}
    for total in totals:
        named = replace(total, nanos=0, quantity=0)
        nanos, quantity = sums.get(named, (0, 0))
        sums[named] = nanos + total.nanos, quantity + total.quantity
    summed = (replace(named, nanos=nanos, quantity=quantity) for named, (nanos, quantity) in sums.items())
    return tuple(sorted(summed, key=_order))


def _order(total: Total) -> tuple[object, ...]:
    sort = total.component, total.pool, total.certainty, total.currency, total.gap or "", total.unit
    return total.owner, *sort, total.subject


def currencies(units: Iterable[Unit], book: str) -> Mapping[str, str]:
    """The currency that each unit is told in: its root's, which is the book's where the root names none or there is none."""
    named = {unit.name: unit for unit in units}
    return {name: _root(unit, named).currency or book for name, unit in named.items()}


def _root(unit: Unit, named: Mapping[str, Unit]) -> Unit:
    seen = {unit.name}
    while unit.parent and unit.parent in named and unit.parent not in seen:
        unit = named[unit.parent]
        seen.add(unit.name)
    return unit
