"""What gateways saw of providers whom no bill tells of: estimated, and taken back as soon as one does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from aicost.core.bills import dimensions_of
from aicost.core.clouds import cloud_of
from aicost.core.declarations import BILL, REFINE, Source
from aicost.core.estimates import Awaited
from aicost.core.ledger import Certainty, Component, is_empty
from aicost.core.rivals import first_to_see, stands_alone
from aicost.core.usage import UsageRow
from aicost.core.window import Window
from aicost.ports import Ledger
from aicost.reconcile.bills import BillDesk
from aicost.reconcile.decide import Observation
from aicost.reconcile.pricing import Pricing, provider_of


@dataclass(frozen=True, slots=True)
class Gateways:
    """The refining sources of an observation, with what desk and ledger know of what they saw."""

    seen: Observation
    desk: BillDesk
    ledger: Ledger
    pricing: Pricing

    def awaited(self, sources: Iterable[Source], days: Iterable[Window]) -> Iterator[Awaited]:
        """Each day of each gateway: with nothing used where bills tell all of it, so that no estimate outlives its bill."""
        counted = tuple(sources)
        gateways = [source for source in counted if source.role == REFINE]
        bills = {source.name: source for source in counted if source.role == BILL}
        types = {**self.seen.gone_bills, **{name: bill.type for name, bill in bills.items()}}
        first = first_to_see(gateways)
        for day in days if gateways else ():
            told = bills.keys() | {name for name, _ in self._told(self.seen.gone_bills, day)}
            billed = {provider_of(types[name]) for name in told} | {*self._clouds(types, day)}
            for source in gateways:
                rows = self._rows(source, day) if source in first else ()
                alone = stands_alone(source, told)
                yield Awaited(source.name, day, self.pricing.of_gateway(rows, billed, named_only=not alone))

    def _rows(self, source: Source, day: Window) -> tuple[UsageRow, ...]:
        rows = self.desk.used(source.name, day.start)
        return stored_usage(self.ledger, source, day) if rows is None else rows

    def _clouds(self, types: Mapping[str, str], day: Window) -> Iterator[str]:
        """The clouds of whose models files tell that day, by what was read of them or is in the ledger."""
        files = {name for name, of in types.items() if of == "FocusFile"}
        read = {of.source: of for of in self.seen.bill_days if of.source in files and of.day == day}
        for account in read.values():
            yield from (cloud_of(dict(row.dimensions).get("service", "")) for row in account.rows)
        for _, dimensions in self._told(files - read.keys(), day):
            yield cloud_of(dimensions.get("service", ""))

    def _told(self, names: Collection[str], day: Window) -> Iterator[tuple[str, Mapping[str, str]]]:
        """The rows of these bills that the ledger has of a day, each by its bill and its dimensions."""
        for entry in self.ledger.entries(day, Component.TOKENS) if names else ():
            origin = entry.origin
            if origin.pool in names and origin.certainty is not Certainty.ESTIMATED and not is_empty(entry):
                yield origin.pool, dict(dimensions_of(origin.key))


def stored_usage(ledger: Ledger, source: Source, day: Window) -> tuple[UsageRow, ...]:
    """What the ledger knows of a source's day of which the usage could not be read."""
    return tuple(row for row in ledger.observed(day, card_use=False).usage if row.source == source.name)
