"""UseBatchAPI and UseFlexibleTier: the same answers later, for less. How late is too late only the workload can say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from aicost.core.declarations import LatencyClass
from aicost.core.recommendations.advice import Answer, Lever, Obstacle
from aicost.core.recommendations.models.looked import Look, Proposal
from aicost.core.recommendations.models.market import Market
from aicost.core.recommendations.models.usage import PERCENT, ModelUsage, worth
from aicost.core.token_prices import Manner


@dataclass(frozen=True, slots=True)
class Slower:
    """A way to ask that costs less, the latency classes that stand it, and how to find out."""

    lever: Lever
    pair: tuple[str, str]
    proposed: str
    stood_by: tuple[LatencyClass, ...]
    within: str
    requires: tuple[str, ...]


BATCH = Slower(
    Lever.USE_BATCH_API,
    ("batch", "true"),
    "the batch API",
    (LatencyClass.BATCH,),
    "a day",
    (
        "Trial: send one day's requests by the batch API",
        "Compare: requests that expired or failed, and when the last answer came",
        "Go back: send them as before; nothing else changes",
    ),
)
FLEX = Slower(
    Lever.USE_FLEXIBLE_TIER,
    ("tier", "flex"),
    "service_tier: flex",
    (LatencyClass.FLEXIBLE, LatencyClass.BATCH),
    "minutes",
    (
        "Trial: ask one day's requests with service_tier flex and a longer timeout",
        "Compare: requests that were turned away (HTTP 429), and the 95th percentile of latency",
        "Go back: leave service_tier out; a request that was turned away may be asked again without it",
    ),
)


def use_batch_api(usage: ModelUsage, market: Market) -> Iterator[Answer]:
    """One answer where the provider has a price for batches and something is asked otherwise."""
    return _slower(usage, market, BATCH)


def use_flexible_tier(usage: ModelUsage, market: Market) -> Iterator[Answer]:
    """One answer where the provider has a price for the tier and something is asked otherwise."""
    return _slower(usage, market, FLEX)


def _slower(usage: ModelUsage, market: Market, way: Slower) -> Iterator[Answer]:
    look = Look(way.lever, usage, market)
    eligible = tuple(each for each in usage.used if _slowed(each.manner, way) != each.manner)
    before = worth(eligible, market.of(usage.provider, usage.model))
    after = worth(eligible, market.changed(usage.provider, usage.model, lambda manner: _slowed(manner, way)))
    if before is None or after is None or before <= after:
        return
    if usage.latency not in way.stood_by:
        classes = " or ".join(way.stood_by)
        message = f"declare spec.model.latencyClass {classes} if answers may take {way.within}"
        yield look.refused(Obstacle.LATENCY_REQUIRED, f"it is {usage.latency}: {message}")
        return
    saved = before - after
    yield look.answer(
        Proposal(
            way.proposed,
            saved * Fraction(market.policy.eligible_percent, PERCENT),
            saved,
            f"the workload says that answers may take {way.within} ({usage.latency}), and {way.proposed} costs less",
            requires=way.requires,
            current=f"{usage.named or usage.model} at once",
        )
    )


def _slowed(manner: Manner, way: Slower) -> Manner:
    """The manner with that way; what is in a batch or in a tier already stays as it is."""
    taken = {name for name, _ in manner} & {"batch", "tier", "speed"}
    return manner if taken else manner | {way.pair}
