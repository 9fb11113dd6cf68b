"""Costs as sums of totals, by component and certainty, in one currency; and what of them has no price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aicost.core.gaps import Feed, Gap
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Certainty, Component, Owner, OwnerKind, Total, Use
from aicost.core.measures import measured, unit_of
from aicost.core.reasons import GapReason
from aicost.core.stretch import CARD_MICROSECONDS
from aicost.core.window import Instant


@dataclass(frozen=True, slots=True)
class Cost:
    """Amounts in nano-units: incurred by component, moved by re-charge and distribution, and charged by certainty."""

    gpu: int = 0
    compute: int = 0
    tokens: int = 0
    corrections: int = 0
    certainty: Mapping[Certainty, int] = field(default_factory=dict)
    passed_on: int = 0
    received: int = 0

    @property
    def incurred(self) -> int:
        """What was caused here: all components, corrections of closed months among them."""
        return self.gpu + self.compute + self.tokens + self.corrections

    @property
    def total(self) -> int:
        """What is charged in the end: incurred - passed on + received."""
        return self.incurred - self.passed_on + self.received

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.gpu + other.gpu,
            self.compute + other.compute,
            self.tokens + other.tokens,
            self.corrections + other.corrections,
            {c: self.certainty.get(c, 0) + other.certainty.get(c, 0) for c in Certainty},
            self.passed_on + other.passed_on,
            self.received + other.received,
        )


def cost_of(totals: Iterable[Total], currency: str) -> Cost:
    """The priced totals in one currency as a cost; amounts in others are never added to it.

    A re-charge's total is passed on where it is negative, and received where it is positive.
    """
    parts: dict[Component, int] = defaultdict(int)
    certainty: dict[Certainty, int] = defaultdict(int)
    passed_on = received = 0
    for total in totals:
        if total.gap is None and total.currency == currency:
            certainty[total.certainty] += total.nanos
            if total.component is Component.RECHARGE:
                passed_on -= min(total.nanos, 0)
                received += max(total.nanos, 0)
            else:
                parts[total.component] += total.nanos
    return Cost(
        gpu=parts[Component.GPU],
        compute=parts[Component.COMPUTE],
        tokens=parts[Component.TOKENS],
        corrections=parts[Component.CORRECTION],
        certainty=dict(certainty),
        passed_on=passed_on,
        received=received,
    )


def used(cost: Cost, use: Use | None, card_microseconds: int) -> int | None:
    """The used part of what was incurred: GPUs by their utilisation, CPU and memory by their use, tokens wholly.

    Unknown without observations. Time that was not observed counts as used as the rest was.
    """
    parts = (
        _part(cost.gpu if card_microseconds else 0, (use.used_nanos, use.observed_nanos) if use else None),
        _part(cost.compute, (use.host_used_nanos, use.host_observed_nanos) if use else None),
    )
    known = [part for part in parts if part is not None]
    return sum(known) + cost.tokens if len(known) == len(parts) else None


def _part(nanos: int, seen: tuple[int, int] | None) -> int | None:
    """So much of an amount as was used of what was observed, in this order; None where that is nothing."""
    if not nanos:
        return 0
    return nanos * seen[0] // seen[1] if seen and seen[1] > 0 else None


def card_time(totals: Iterable[Total]) -> int:
    """Card-microseconds, of cards without a price too."""
    return sum(total.quantity for total in totals if total.component is Component.GPU)


def by_workload(totals: Iterable[Total]) -> Mapping[WorkloadRef, list[Total]]:
    """The totals of each workload."""
    found: dict[WorkloadRef, list[Total]] = defaultdict(list)
    for total in totals:
        if total.owner.workload:
            found[total.owner.workload].append(total)
    return found


def unpriced(totals: Iterable[Total], since: Instant) -> tuple[Gap, ...]:
    """Time of cards and hosts without a price: one gap for each owner, GPU model or resource, and reason."""
    quantities: dict[tuple[Owner, str, str, GapReason], int] = defaultdict(int)
    for total in totals:
        if total.gap and total.quantity and total.component is not Component.TOKENS:
            quantities[total.owner, total.pool, unit_of(total.component, total.pool), total.gap] += total.quantity
    return tuple(_told(*key, amount, "are in no total", since) for key, amount in sorted(quantities.items()))


def estimated(totals: Iterable[Total], since: Instant) -> tuple[Gap, ...]:
    """Card time that has a built-in price only: one notice for each owner and GPU model."""
    micros: dict[tuple[Owner, str], int] = defaultdict(int)
    for total in totals:
        if total.component is Component.GPU and total.certainty is Certainty.ESTIMATED and total.quantity:
            micros[total.owner, total.pool] += total.quantity
    words = "are estimated by a built-in list price"
    return tuple(
        _told(owner, pool, CARD_MICROSECONDS, GapReason.BUILT_IN_PRICE, amount, words, since)
        for (owner, pool), amount in sorted(micros.items())
    )


def _told(owner: Owner, pool: str, unit: str, reason: GapReason, amount: int, words: str, since: Instant) -> Gap:
    quantity = measured(amount, unit)
    concerned = None if owner.kind is OwnerKind.WORKLOAD else owner.unit
    return Gap(reason, Feed.GPU, since, f"{quantity} of {pool} {words}", quantity, owner.workload, concerned)


def foreign(totals: Iterable[Total], currency: str, since: Instant) -> tuple[Gap, ...]:
    """Amounts that no exchange rate brings into the currency: of a bill to whom its source concerns, else to their owner."""
    found = {
        (total.pool, total.currency, None if total.component is Component.TOKENS else total.owner)
        for total in totals
        if total.gap is None and total.currency != currency
    }
    return tuple(_foreign(*each, currency, since) for each in sorted(found, key=str))


def _foreign(pool: str, native: str, owner: Owner | None, currency: str, since: Instant) -> Gap:
    message = f"{pool} is priced in {native}, and no exchange rate to {currency} was in force: it is in no total"
    if owner is None:
        return Gap(GapReason.NO_EXCHANGE_RATE, Feed.BILLS, since, message, source=pool)
    unit = None if owner.workload else owner.unit
    return Gap(GapReason.NO_EXCHANGE_RATE, Feed.GPU, since, message, workload=owner.workload, unit=unit)
