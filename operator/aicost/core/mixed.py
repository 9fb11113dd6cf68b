"""Bill rows that do not say what they are of: what they consist of, by what the provider counted and by list prices.

Prices say only how much each part weighs. What the row costs beyond its usage at list prices is none of it: images, searches,
whatever is not paid by token; so nobody pays more for what was seen of him than the list says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import TypeAlias

from aicost.core.declarations import Dimensions
from aicost.core.token_prices import TokenPrice
from aicost.core.token_worth import kinds_of
from aicost.core.usage import UsageRow

Prices: TypeAlias = Mapping[UsageRow, TokenPrice]
"""The list prices of what a provider counted; usage that has none is not here."""
NO_PRICES: Prices = MappingProxyType({})
Part: TypeAlias = tuple[Dimensions, int, Fraction]
"""A kind of token of some usage: its dimensions with a line item, how many there are, and their worth in nano-units."""
Callers: TypeAlias = Mapping[Dimensions, Fraction]


def parts_within(own: Iterable[UsageRow], prices: Prices) -> tuple[Part, ...]:
    """What usage consists of; nothing where any of it has no price, for then nobody knows what the rest weighs."""
    found: list[Part] = []
    for row in own:
        price = prices.get(row)
        model = dict(row.dimensions).get("model", "")
        for kind, counted, worth in kinds_of(price, row.tokens, row.measured) if price else ():
            if worth is None:
                return ()
            found.append((row.dimensions | {("lineItem", f"{model}, {kind}")}, counted, worth))
        if price is None and (row.tokens.input or row.tokens.output):
            return ()
    return tuple(found)


def weighed(parts: Iterable[tuple[Fraction, Callers]], nanos: int) -> tuple[Callers, Fraction]:
    """What was seen of each caller, and the rest, in nano-units of a row of so many.

    A part is its worth and the shares of it that were seen of each caller.
    """
    callers: dict[Dimensions, Fraction] = defaultdict(Fraction)
    total = Fraction(0)
    for worth, seen in parts:
        total += worth
        for caller, share in seen.items():
            callers[caller] += worth * share
    return callers, max(total, Fraction(nanos)) - sum(callers.values(), Fraction(0))
