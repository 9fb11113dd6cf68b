"""Costs as sums of totals, by component and certainty, in one currency; and what of them has no price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aicost.core.gaps import Feed, Gap
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Certainty, Component, Owner, OwnerKind, Total
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR, Instant


@dataclass(frozen=True, slots=True)
class Cost:
    """Amounts in nano-units by component, and the same sum by certainty."""

    gpu: int = 0
    compute: int = 0
    tokens: int = 0
    corrections: int = 0
    certainty: Mapping[Certainty, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All components."""
        return self.gpu + self.compute + self.tokens + self.corrections

    def __add__(self, other: Cost) -> Cost:
        certainty = {c: self.certainty.get(c, 0) + other.certainty.get(c, 0) for c in Certainty}
        return Cost(
            self.gpu + other.gpu,
            self.compute + other.compute,
            self.tokens + other.tokens,
            self.corrections + other.corrections,
            certainty,
        )


def cost_of(totals: Iterable[Total], currency: str) -> Cost:
    """The priced totals in one currency as a cost; amounts in others are never added to it."""
    parts: dict[Component, int] = defaultdict(int)
    certainty: dict[Certainty, int] = defaultdict(int)
    for total in totals:
        if total.gap is None and total.currency == currency:
            parts[total.component] += total.nanos
            certainty[total.certainty] += total.nanos
    return Cost(
        parts[Component.GPU],
        parts[Component.COMPUTE],
        parts[Component.TOKENS],
        parts[Component.CORRECTION],
        dict(certainty),
    )


def by_workload(totals: Iterable[Total]) -> Mapping[WorkloadRef, list[Total]]:
    """The totals of each workload."""
    found: dict[WorkloadRef, list[Total]] = defaultdict(list)
    for total in totals:
        if total.owner.workload:
            found[total.owner.workload].append(total)
    return found


def unpriced(totals: Iterable[Total], since: Instant) -> tuple[Gap, ...]:
    """Card time without a price: one gap for each owner, GPU model and reason."""
    seconds: dict[tuple[Owner, str, GapReason], int] = defaultdict(int)
    for total in totals:
        if total.gap and total.quantity:
            seconds[total.owner, total.pool, total.gap] += total.quantity
    return tuple(_unpriced(*key, amount, since) for key, amount in sorted(seconds.items()))


def _unpriced(owner: Owner, pool: str, reason: GapReason, seconds: int, since: Instant) -> Gap:
    quantity = f"{seconds / HOUR:.2f} card hours"
    unit = None if owner.kind is OwnerKind.WORKLOAD else owner.unit
    return Gap(reason, Feed.GPU, since, f"{quantity} of {pool} are in no total", quantity, owner.workload, unit)


def foreign(totals: Iterable[Total], currency: str, since: Instant) -> tuple[Gap, ...]:
    """Amounts in another currency than the book's: known, but in no total until an exchange rate is declared."""
    amounts: dict[tuple[str, str], int] = defaultdict(int)
    for total in totals:
        if total.gap is None and total.currency != currency:
            amounts[total.pool, total.currency] += total.nanos
    return tuple(
        Gap(
            GapReason.NO_EXCHANGE_RATE,
            Feed.BILLS,
            since,
            f"{pool} bills in {other}, and no exchange rate to {currency} is evaluated yet: it is in no total",
            source=pool,
        )
        for pool, other in sorted(amounts)
    )
