"""Dated prices of GPUs and currencies, and what is said of tokens: which rate applies to a card at an instant, or that none does.

No price found is an answer (None), never zero. Built-in list prices are asked only where nothing declared fits, and only
if they are wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from aicost.core.hosts import ComputeRate
from aicost.core.identity import Labels, selects
from aicost.core.ledger import Certainty
from aicost.core.list_prices import list_price
from aicost.core.money import Money
from aicost.core.owned import OwnedCards
from aicost.core.token_prices import TokenTerms
from aicost.core.window import Instant, hour_of


@dataclass(frozen=True, slots=True, order=True)
class DatedRate:
    """A price per hour from an instant (UTC midnight) until the next rate begins."""

    since: Instant
    nanos_per_hour: int

    def __post_init__(self) -> None:
        if self.nanos_per_hour < 0:
            raise ValueError("a price per hour cannot be negative")


@dataclass(frozen=True, slots=True)
class GpuPrice:
    """The PriceBook's entry for one GPU model on nodes whose labels contain `nodes`."""

    model: str
    rates: tuple[DatedRate, ...]
    nodes: Labels = frozenset()
    includes_host: bool = True

    def at(self, instant: Instant) -> DatedRate | None:
        """The latest rate that has begun, or None before the first."""
        begun = [rate for rate in self.rates if rate.since <= instant]
        return max(begun, default=None)


_Selecting = TypeVar("_Selecting", GpuPrice, OwnedCards)


class PricedBy(StrEnum):
    """Where a price comes from: a declared rate, the asset register, or aicost's own list."""

    DECLARED = "Declared"
    OWNED = "Owned"
    BUILT_IN = "BuiltIn"


@dataclass(frozen=True, slots=True)
class Price:
    """What a card costs an hour, and where that comes from: of a card that was bought also which `asset` it is part of.

    `includes_host` is whether CPU and memory of its node are paid with it.
    """

    per_hour: Money
    by: PricedBy = PricedBy.DECLARED
    asset: str = ""
    includes_host: bool = True

    @property
    def certainty(self) -> Certainty:
        """Measured time x a declared price is rated; a list price that nobody declared makes it an estimate."""
        return Certainty.ESTIMATED if self.by is PricedBy.BUILT_IN else Certainty.RATED


@dataclass(frozen=True, slots=True, order=True)
class ExchangeRate:
    """What one unit of another currency costs in nano-units of the book's, from an instant (UTC midnight) on."""

    currency: str
    since: Instant
    nanos: int

    def __post_init__(self) -> None:
        if self.nanos <= 0:
            raise ValueError("an exchange rate must be greater than zero")


@dataclass(frozen=True, slots=True)
class MigShare:
    """What an instance of a MIG profile is of its card, in billionths; the profile's name is normalised."""

    model: str
    profile: str
    billionths: int


@dataclass(frozen=True, slots=True)
class PriceBook:
    """All declared prices, in one currency; entries in the order in which they were declared.

    `owned` is the asset register: what was bought costs what it cost, whatever rates say. `built_in` says whether list
    prices, in their own currency, apply where no entry does. `compute` is for hosts that no price of cards includes.
    """

    currency: str
    gpus: tuple[GpuPrice, ...] = ()
    exchange_rates: tuple[ExchangeRate, ...] = ()
    built_in: bool = False
    mig: tuple[MigShare, ...] = ()
    owned: tuple[OwnedCards, ...] = ()
    compute: tuple[ComputeRate, ...] = ()
    tokens: TokenTerms = field(default_factory=TokenTerms)

    @property
    def has_hosts(self) -> bool:
        """Whether hosts of some cards are paid apart from them."""
        return not (all(entry.includes_host for entry in self.gpus) and all(of.includes_host for of in self.owned))

    @property
    def of_cards(self) -> PriceBook:
        """The book with what cards cost alone."""
        return PriceBook(self.currency, self.gpus, built_in=self.built_in, mig=self.mig, owned=self.owned)

    def gpu(self, model: str, node: Labels, at: Instant) -> Price | None:
        """Of an asset, of a rate, or of the list, in that order; None if none fits.

        Of several assets or entries that fit the one with most node labels counts, then the first listed.
        """
        if asset := self.asset(model, node, at):
            per_card = Money(asset.per_card(hour_of(at)), self.currency)
            return Price(per_card, PricedBy.OWNED, asset.name, asset.includes_host)
        fitting = [entry for entry in self.gpus if entry.model == model and selects(entry.nodes, node) and entry.at(at)]
        best = _longest(fitting)
        if best and (rate := best.at(at)):
            return Price(Money(rate.nanos_per_hour, self.currency), includes_host=best.includes_host)
        listed = list_price(model) if self.built_in else None
        return Price(listed.per_hour, PricedBy.BUILT_IN) if listed else None

    def on(self, model: str, node: Labels) -> PriceBook:
        """The book with what fits cards of the model on that node alone: they have the same prices in it at any time."""
        return replace(
            self,
            gpus=tuple(each for each in self.gpus if each.model == model and selects(each.nodes, node)),
            owned=tuple(each for each in self.owned if each.model == model and selects(each.nodes, node)),
        )

    def asset(self, model: str, node: Labels, at: Instant) -> OwnedCards | None:
        """The entry of the asset register that cards of the model on that node belong to, while it is in use."""
        fitting = [each for each in self.owned if each.model == model and selects(each.nodes, node) and at in each.use]
        return _longest(fitting)

    def host(self, at: Instant) -> ComputeRate | None:
        """The latest rates of CPU and memory that have begun, or None before the first."""
        return max((rate for rate in self.compute if rate.since <= at), default=None)

    def shares(self, model: str) -> Mapping[str, int]:
        """The declared shares of a model's MIG instances, by profile; the first listed of two for one."""
        return {share.profile: share.billionths for share in reversed(self.mig) if share.model == model}


def _longest(entries: Sequence[_Selecting]) -> _Selecting | None:
    return max(entries, key=lambda entry: len(entry.nodes), default=None)
