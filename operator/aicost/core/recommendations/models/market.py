"""What levers ask beside usage: which models there are, and what they cost in which manner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from aicost.core.recommendations.models.catalogue import Catalogue
from aicost.core.recommendations.models.policy import POLICY, Policy
from aicost.core.recommendations.models.usage import PERCENT, Counted, Priced
from aicost.core.token_prices import Manner, TokenPrice

Quote: TypeAlias = Callable[[str, str, Manner], TokenPrice | None]
"""The price of a provider's model in a manner, declared or listed, in the currency of the usage; None where there is none."""
STANDARD: Manner = frozenset()


@dataclass(frozen=True, slots=True)
class Market:
    """Models, prices in force at the end of the window, and what it takes to advise."""

    catalogue: Catalogue
    quote: Quote
    policy: Policy = POLICY

    def asked_by(self, minimum_nanos: int) -> Market:
        """For a workload that wants to hear of savings from so much a month on, in the usage's currency: less is spent for less, then."""
        if not 0 < minimum_nanos < self.policy.least_monthly_nanos:
            return self
        return replace(self, policy=replace(self.policy, least_monthly_nanos=minimum_nanos))

    def price(self, provider: str, model: str, manner: Manner) -> TokenPrice | None:
        """The price in that manner, or None where nobody knows one: a list that falls back to its standard price does not.

        A surcharge that only the catalogue knows of goes on top.
        """
        found = self.quote(provider, model, manner)
        if found is None or not found.doubtful:
            return found
        for dimension, value in sorted(manner):
            if charge := self.catalogue.surcharge(provider, dimension, value):
                below = self.price(provider, model, manner - {(dimension, value)})
                return below and below.times(Fraction(PERCENT + charge.percent, PERCENT))
        return None

    def of(self, provider: str, model: str) -> Priced:
        """What anything counted would cost by that model, in the manner in which it was asked."""
        return lambda counted: self.price(provider, model, counted.manner)

    def changed(self, provider: str, model: str, manner: Callable[[Manner], Manner]) -> Priced:
        """What anything counted would cost by that model in another manner."""

        def priced(counted: Counted) -> TokenPrice | None:
            return self.price(provider, model, manner(counted.manner))

        return priced
