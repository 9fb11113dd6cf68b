"""CPU and memory in the status of the PriceBook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from aicost.api.prices_status import MissingItem, PricedItem
from aicost.api.publish.parts import Aspect
from aicost.core.hosts import Resource
from aicost.core.ledger import Component
from aicost.core.meanings import MEANINGS
from aicost.core.measures import measured
from aicost.core.money import decimal
from aicost.core.prices import PriceBook
from aicost.core.reasons import ConditionReason, GapReason
from aicost.core.statement import Facts
from aicost.core.window import Instant
from aicost.core.window import date as day_of


def rates_unused(prices: PriceBook | None) -> tuple[Aspect, ...]:
    """Rates that price nothing, because every price of GPUs includes the host; nothing of a book without rates."""
    if prices is None or not prices.compute or prices.has_hosts:
        return ()
    meaning, remedy = MEANINGS[ConditionReason.HOSTS_INCLUDED]
    return (Aspect("RatesUnused", holds=True, reason=ConditionReason.HOSTS_INCLUDED, message=f"{meaning} {remedy}"),)


def priced_hosts(facts: Facts, now: Instant) -> Iterator[PricedItem]:
    """What of hosts cost something in the month, at the rates that apply now."""
    rate = facts.declared.prices.host(now) if facts.declared.prices else None
    in_use = {total.pool for total in facts.totals if total.component is Component.COMPUTE and total.gap is None}
    prices = {
        Resource.CPU: (rate.cpu_core_hour if rate else 0, "core hour"),
        Resource.MEMORY: (rate.memory_gib_hour if rate else 0, "GiB hour"),
    }
    for resource, (nanos, unit) in prices.items():
        if resource.value in in_use:
            yield PricedItem(
                kind="Compute",
                name=resource.value,
                price=decimal(nanos) if rate else None,
                unit=unit,
                since=date.fromisoformat(day_of(rate.since)) if rate else None,
                origin="Declared",
            )


def missing_hosts(facts: Facts) -> Iterator[MissingItem]:
    """What of hosts has no rate."""
    quantities: dict[str, int] = defaultdict(int)
    for total in facts.totals:
        if total.component is Component.COMPUTE and total.gap is GapReason.NO_PRICE:
            quantities[total.pool] += total.quantity
    for resource in Resource:
        if quantity := quantities.get(resource.value):
            yield MissingItem(
                kind="Compute",
                name=resource.value,
                quantity=measured(quantity, resource.unit),
                message="add rates that begin early enough to spec.compute, or say includesHost: true of the GPUs",
            )
