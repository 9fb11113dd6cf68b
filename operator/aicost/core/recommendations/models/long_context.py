"""AvoidLongContext: requests above a tier of the price cost more for all of their tokens.

Looked at by the mean of a row, never by its sum: many short requests are no long one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from aicost.core.recommendations.advice import Answer, Basis, Lever
from aicost.core.recommendations.models.looked import Look, Proposal
from aicost.core.recommendations.models.market import Market
from aicost.core.recommendations.models.usage import PERCENT, Counted, ModelUsage, share, worth
from aicost.core.token_prices import TokenPrice


def avoid_long_context(usage: ModelUsage, market: Market) -> Iterator[Answer]:
    """One answer where rows have a mean request above the cheapest tier of the price."""
    priced = market.of(usage.provider, usage.model)
    above = tuple(each for each in usage.used if _limit(each, priced(each)))
    before = worth(above, priced)
    after = worth(above, lambda each: _short(priced(each)))
    if before is None or after is None or before <= after:
        return
    limit = max(_limit(each, priced(each)) for each in above)
    counted = sum(each.tokens.input for each in above)
    percent = share(counted, usage.tokens.input)
    yield Look(Lever.AVOID_LONG_CONTEXT, usage, market).answer(
        Proposal(
            f"requests of at most {limit} tokens of input",
            (before - after) * Fraction(market.policy.eligible_percent, PERCENT),
            before - after,
            f"{percent} percent of the input came in requests above {limit} tokens in the mean, which cost more throughout",
            requires=(f"Prompts are cut, retrieved or summarised to {limit} tokens of input",),
            basis=Basis.ACTIONABLE,
            current=f"requests above {limit} tokens of input",
            numbers={"longInputPercent": str(percent)},
        )
    )


def _limit(each: Counted, price: TokenPrice | None) -> int:
    """The size of request up to which the cheapest tier holds, where the row's mean is above it; else 0."""
    if price is None or not price.longer or not each.tokens.requests:
        return 0
    limit = price.longer[0][0]
    return limit if each.tokens.input > limit * each.tokens.requests else 0


def _short(price: TokenPrice | None) -> TokenPrice | None:
    return price and replace(price, longer=())
