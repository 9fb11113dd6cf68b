"""Counted usage with its price, and what a provider's bill shows of the price that is really paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TypeAlias

from aicost.core.bills import TOKENS, BillDay, BillRow
from aicost.core.counting import UNITS, size_of, sized
from aicost.core.modalities import KINDS, Modality, beyond_text
from aicost.core.model_names import undated
from aicost.core.refining import item
from aicost.core.token_prices import TokenPrice, manner_of
from aicost.core.token_worth import has_other_rates, unpriced, worth_of
from aicost.core.usage import UsageRow

Paid: TypeAlias = Mapping[tuple[str, str], Fraction]
"""What was paid of list prices, by source and undated model; of all models together where none is named."""
NOTHING_PAID: Paid = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Appraised:
    """What a source counted of one combination of dimensions on a day, whose model that is, and its price if there is one.

    It is the row's tokens, or what the row counts of one `measure`. Tokens of audio of which the price has no rate are a
    measure each, without a price, and then none of the row's tokens.
    """

    row: UsageRow
    provider: str
    price: TokenPrice | None
    measure: str = ""

    @property
    def model(self) -> str:
        """The model's name without the date of its snapshot."""
        return undated(dict(self.row.dimensions).get("model", ""))

    @property
    def counted(self) -> int:
        """How many tokens, or how many of the measure."""
        if self.measure:
            return dict(self.row.measured)[self.measure]
        apart = sum(beyond_text(self.row.measured)[of] for of in self.unpriced)
        return self.row.tokens.input + self.row.tokens.output - apart

    @property
    def unit(self) -> str:
        """What is counted."""
        return sized({**UNITS, **KINDS}[self.measure], self.size) if self.measure else TOKENS

    @property
    def size(self) -> str:
        """How large images are, where that is told."""
        return size_of(self.measure, self.row.dimensions)

    @property
    def unpriced(self) -> frozenset[Modality]:
        """The kinds of audio that the row's tokens have and their price has no rate for."""
        return unpriced(self.price, self.row.measured) if self.price and not self.measure else frozenset()

    @property
    def at_list(self) -> bool:
        """Whether the price is a list's, and nobody declared what is paid of it."""
        return self.price is not None and not (self.price.declared or self.price.discounted)

    def worth(self, paid: Paid = NOTHING_PAID) -> Fraction | None:
        """Nano-units; a list price less what the source's own bills show to be off, which they show of tokens. None without a price."""
        if self.measure:
            each = self.price.each if self.price else None
            return None if each is None else each * self.counted
        found = worth_of(self.price, self.row.tokens, self.row.measured) if self.price else None
        if found is None or not self.at_list:
            return found
        source = self.row.source
        return found * paid.get((source, self.model), paid.get((source, ""), Fraction(1)))


def paid_of_list(days: Iterable[tuple[BillDay, Iterable[Appraised]]]) -> Paid:
    """What complete days' bills show: the provider's own list amount where it tells it, else usage at list prices.

    Only kinds of tokens count whose price is a list's; a ratio of nothing, or of credits, shows nothing. Of a model of which
    some was used in batches or another manner usage is asked: no provider says whether a batch's list amount is a batch's. And
    which lines are of audio nobody says, so that usage of a model shows nothing if some of it has another price than text.
    """
    billed: dict[tuple[str, str], int] = defaultdict(int)
    listed: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for day, used in days:
        tokens = [of for of in used if not of.measure]
        mannered = {of.model for of in tokens if manner_of(of.row.dimensions)}
        for model, (amount, at_list) in _by_model(day, _worths(tokens), mannered).items():
            for key in ((day.source, model), (day.source, "")):
                billed[key] += amount
                listed[key] += at_list
    return {key: Fraction(nanos) / listed[key] for key, nanos in billed.items() if nanos > 0}


def _worths(used: Iterable[Appraised]) -> Mapping[str, Fraction]:
    """Usage at list prices by model, of models of which the list has the price of every manner, and of which all is text."""
    worths: dict[str, Fraction] = defaultdict(Fraction)
    unknown: set[str] = set()
    for of in used:
        if of.at_list:
            worths[of.model] += of.worth() or 0
        if of.price and (of.price.doubtful or has_other_rates(of.price, of.row.measured)):
            unknown.add(of.model)
    return {model: worth for model, worth in worths.items() if model not in unknown}


def _by_model(
    day: BillDay, worths: Mapping[str, Fraction], mannered: Collection[str]
) -> Mapping[str, tuple[int, Fraction]]:
    """What was billed of each model's tokens, and at list prices: of models of which both are known."""
    rows: dict[str, list[BillRow]] = defaultdict(list)
    for row in day.rows:
        model, kind = item(row.dimensions)
        if kind:
            rows[undated(model)].append(row)
    found: dict[str, tuple[int, Fraction]] = {}
    for model, of in rows.items():
        told = [row.listed.nanos for row in of if row.listed is not None]
        believed = len(told) == len(of) and model not in mannered
        at_list = Fraction(sum(told)) if believed else worths.get(model, Fraction(0))
        if at_list > 0:
            found[model] = sum(row.amount.nanos for row in of), at_list
    return found
