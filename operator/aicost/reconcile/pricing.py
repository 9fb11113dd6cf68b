"""What tokens cost: by the price book, and by the list where the book wants that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from aicost.core.appraisal import Appraised
from aicost.core.counting import paid_apart, size_of, sized
from aicost.core.declarations import Source
from aicost.core.modalities import AUDIO
from aicost.core.prices import PriceBook
from aicost.core.token_prices import Manner, TokenPrice, context_window, manner_of
from aicost.core.usage import UsageRow
from aicost.core.window import Instant
from aicost.ports import TokenPriceList


def provider_of(bill: str) -> str:
    """The provider whose models a bill of a type is of, as prices name it."""
    return bill.lower()


@dataclass(frozen=True, slots=True)
class Pricing:
    """Prices usage as of the begin of its day. Without a price book nothing has a price, and no currency to have it in."""

    book: PriceBook | None
    listed: TokenPriceList

    def of_bill(self, source: Source, rows: Iterable[UsageRow]) -> tuple[Appraised, ...]:
        """What a provider counted itself: its models are its own."""
        provider = provider_of(source.type)
        return tuple(part for row in rows for part in self._parts(row, provider, model_of(row)))

    def of_gateway(
        self, rows: Iterable[UsageRow], billed: Collection[str], *, named_only: bool
    ) -> tuple[Appraised, ...]:
        """What a gateway counted of models of providers that are not `billed`.

        With `named_only` of those whom the model's name names: any other may be a server of one's own, or what a bill tells.
        """
        return tuple(self._unbilled(rows, billed, named_only=named_only))

    def _parts(self, row: UsageRow, provider: str, model: str) -> Iterator[Appraised]:
        """The tokens of a row, those of audio apart that have no price, and what it counts of each measure that is paid apart."""
        tokens = self.appraised(row, provider, model)
        if tokens.counted or not row.measured:
            yield tokens
        apart = (*sorted(tokens.unpriced), *paid_apart(row.measured))
        yield from (self.appraised(row, provider, model, measure) for measure in apart)

    def appraised(self, row: UsageRow, provider: str, model: str, measure: str = "") -> Appraised:
        """A row's tokens, or what it counts of a measure, as usage of a provider's model, at the begin of its day."""
        if measure in AUDIO:
            return Appraised(row, provider, None, measure)
        if measure:
            return Appraised(row, provider, self._of_each(provider, model, row, measure), measure)
        price = self.price(provider, model, row.day.start, manner_of(row.dimensions))
        window = context_window(row.dimensions)
        return Appraised(row, provider, price.within(window) if price and window else price)

    def price(self, provider: str, model: str, at: Instant, manner: Manner) -> TokenPrice | None:
        """What a model costs then, asked in that manner; None where nobody knows."""
        if self.book is None:
            return None
        listed = self.listed.price(provider, model, at, manner) if self.book.built_in else None
        return self.book.tokens.price(self.book.currency, provider, model, at, listed, manner)

    def _of_each(self, provider: str, model: str, row: UsageRow, measure: str) -> TokenPrice | None:
        if self.book is None:
            return None
        at, size = row.day.start, size_of(measure, row.dimensions)
        listed = self.listed.price_of_each(provider, model, at, measure) if self.book.built_in else None
        measures = sized(measure, size), measure
        return self.book.tokens.of_each(self.book.currency, provider, model, at, listed, *measures)

    def _unbilled(self, rows: Iterable[UsageRow], billed: Collection[str], *, named_only: bool) -> Iterator[Appraised]:
        for row in rows:
            provider, model = self.listed.provider_of(model_of(row))
            if provider not in billed and not (named_only and model == model_of(row)):
                yield from self._parts(row, provider, model)


def model_of(row: UsageRow) -> str:
    """The model that usage is of, as its source names it; empty where it names none."""
    return dict(row.dimensions).get("model", "")
