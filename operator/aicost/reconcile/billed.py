"""What the month's days of bills and usage come to, as the ledger holds them: each day is read once, then when it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from aicost.core.capture import CapturedDay, captures
from aicost.core.causes import Causes, causes
from aicost.core.causes import together as all_causes
from aicost.core.counting import Measures, measured_of, summed
from aicost.core.declarations import Source
from aicost.core.directions import ByWorkload, directions
from aicost.core.directions import together as all_directions
from aicost.core.exchange import Exchange
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Component, Entry
from aicost.core.ownership import Ownership
from aicost.core.prices import PriceBook
from aicost.core.statement import Facts
from aicost.core.token_uses import TokenUse, doubted, doubtful, together, token_uses
from aicost.core.unseen import unseen
from aicost.core.usage import Observed, Tokens
from aicost.core.window import DAY, Instant, Period, Window, day_of, floor
from aicost.ports import Ledger, TokenPriceList
from aicost.reconcile.decide import count_tokens
from aicost.reconcile.priced import estimated_usage
from aicost.reconcile.pricing import Pricing, provider_of


@dataclass(frozen=True, slots=True)
class Terms:
    """What the sums of a day depend on beside its rows. Compared by the objects' identity where they have no other."""

    ownership: Ownership
    sources: tuple[Source, ...]
    prices: PriceBook | None
    currency: str


@dataclass(frozen=True, slots=True)
class BilledDay:
    """The sums of one UTC day."""

    causes: Causes
    captures: Mapping[str, tuple[CapturedDay, ...]]
    tokens: Mapping[WorkloadRef, Tokens]
    measured: Measures
    directions: ByWorkload
    uses: tuple[TokenUse, ...]
    doubted: frozenset[tuple[str, str]]


@dataclass(slots=True)
class BilledMonth:
    """Of one month at a time, in the same terms: else all is read anew, a day at a time."""

    listed: TokenPriceList
    _period: Period | None = None
    _terms: Terms | None = None
    _days: dict[Instant, BilledDay] = field(default_factory=dict)

    def changed(self, committed: Iterable[Entry], decided: Iterable[Instant]) -> None:
        """Bill rows were committed, and usage of these days."""
        of_bills = (entry for entry in committed if entry.origin.component is Component.TOKENS)
        for at in {*decided, *(floor(entry.origin.window.start, DAY) for entry in of_bills)}:
            self._days.pop(at, None)

    def read(self, ledger: Ledger, period: Period, until: Instant, terms: Terms) -> None:
        """Read what is not known yet, up to the day of an instant."""
        if (self._period, self._terms) != (period, terms):
            self._period, self._terms, self._days = period, terms, {}
        for day in Window(period.window.start, day_of(until).end).pieces(DAY):
            if day.start not in self._days:
                self._days[day.start] = self._day(ledger, day, terms)

    def tokens(self) -> Mapping[WorkloadRef, Tokens]:
        """What workloads used of what providers counted."""
        found: dict[WorkloadRef, Tokens] = {}
        for ref, tokens in (each for day in self._days.values() for each in day.tokens.items()):
            found[ref] = found.get(ref, Tokens()) + tokens
        return found

    def measured(self) -> Measures:
        """What workloads used beside tokens."""
        return summed(day.measured for day in self._days.values())

    def told(self, facts: Facts) -> Facts:
        """The facts with what the month's bill rows and usage tell beside their sums."""
        days = [day for _, day in sorted(self._days.items())]
        captured: dict[str, tuple[CapturedDay, ...]] = {}
        for source, of in (each for day in days for each in day.captures.items()):
            captured[source] = (*captured.get(source, ()), *of)
        doubts = frozenset(each for day in days for each in day.doubted)
        return replace(
            facts,
            causes=all_causes((day.causes for day in days), facts.currency),
            token_uses=together(day.uses for day in days),
            gaps=(*facts.gaps, *doubtful(doubts, facts.covered_from)),
            captures=captured,
            directions=all_directions(day.directions for day in days),
        )

    def _day(self, ledger: Ledger, day: Window, terms: Terms) -> BilledDay:
        entries, usage = ledger.entries(day, Component.TOKENS), ledger.observed(day, card_use=False).usage
        ownership, prices = terms.ownership, terms.prices
        exchange = Exchange(terms.currency, prices.exchange_rates if prices else ())
        used = tuple(estimated_usage(entries, usage, Pricing(prices, self.listed)))
        providers = {source.name: provider_of(source.type) for source in terms.sources}
        once = tuple(unseen(usage, ownership.dividing.refiners(day), providers))
        counted = count_tokens(ownership, (), Observed(usage=once))
        return BilledDay(
            causes(entries, terms.currency),
            captures(entries, terms.sources, ownership.dividing.refiners, exchange, terms.currency),
            counted,
            measured_of(ownership, usage),
            directions(entries, counted, terms.currency),
            token_uses(used),
            doubted(used),
        )
