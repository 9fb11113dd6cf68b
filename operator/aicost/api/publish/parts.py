"""What all statuses word alike: costs, gaps, days, conditions that keep their transition times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from aicost.api import accounts
from aicost.api.conditions import Condition
from aicost.core.cost import Cost
from aicost.core.gaps import Feed, Gap
from aicost.core.ledger import Certainty
from aicost.core.meanings import MEANINGS
from aicost.core.money import decimal
from aicost.core.reasons import ConditionReason, Reason
from aicost.core.statement import OVER_PERCENT, WARN_PERCENT, Facts, LastDay
from aicost.core.window import Instant, rfc3339

MOST_GAPS = 10
LONGEST_NAME = 256
LONGEST_MESSAGE = 4096
MOST_TENTHS = 10**16 - 1
"""The largest percentage that the API holds; a budget may be a billionth, and must not make its status invalid."""


@dataclass(frozen=True, slots=True)
class Aspect:
    """A condition as wanted now, before it is known since when."""

    type: str
    holds: bool
    reason: Reason
    message: str = ""


def conditions(
    aspects: Iterable[Aspect], before: Sequence[Mapping[str, Any]], generation: int, now: Instant
) -> tuple[Condition, ...]:
    """Conditions in a stable order; one whose status is as it was keeps its transition time."""
    stood = {condition.get("type"): condition for condition in before}
    return tuple(_condition(aspect, stood.get(aspect.type, {}), generation, now) for aspect in aspects)


def _condition(aspect: Aspect, before: Mapping[str, Any], generation: int, now: Instant) -> Condition:
    status: Literal["True", "False"] = "True" if aspect.holds else "False"
    since = before.get("lastTransitionTime") if before.get("status") == status else None
    return Condition(
        type=aspect.type,
        status=status,
        observed_generation=generation,
        last_transition_time=datetime.fromisoformat(since or rfc3339(now)),
        reason=aspect.reason.value,
        message=aspect.message[:LONGEST_MESSAGE],
    )


def data_available(gaps: Sequence[Gap]) -> Aspect:
    """Whether anything is missing, and the first thing that is."""
    gaps = [gap for gap in gaps if not gap.is_notice]
    if not gaps:
        return Aspect("DataAvailable", holds=True, reason=ConditionReason.COMPLETE)
    first = gaps[0]
    others = f" (and {len(gaps) - 1} more, see status.gaps)" if gaps[1:] else ""
    message = f"{first.message}. {MEANINGS[first.reason][1]}{others}"
    return Aspect("DataAvailable", holds=False, reason=first.reason, message=message)


def not_evaluated(fields: Sequence[str]) -> tuple[Aspect, ...]:
    """What the spec asks for in vain, if anything: fields that would change amounts in a later version."""
    if not fields:
        return ()
    reason = ConditionReason.FIELD_NOT_EVALUATED
    message = f"this version does not evaluate {', '.join(fields)}. {MEANINGS[reason][1]}"
    return (Aspect("NotEvaluated", holds=True, reason=reason, message=message),)


def budget_exceeded(spent: int, budget: int | None) -> tuple[Aspect, ...]:
    """Whether more than the budget is spent; nothing without one."""
    if budget is None:
        return ()
    if spent <= budget:
        return (Aspect("BudgetExceeded", holds=False, reason=ConditionReason.WITHIN_BUDGET),)
    message = f"{decimal(spent)} of {decimal(budget)} are spent"
    return (Aspect("BudgetExceeded", holds=True, reason=ConditionReason.OVER_BUDGET, message=message),)


def timestamp(at: Instant) -> datetime:
    """An instant as the models hold it."""
    return datetime.fromtimestamp(at, UTC)


def cost(of: Cost, used_nanos: int | None = None) -> accounts.Cost:
    """A cost with its parts: incurred - passedOn + received = charged."""
    return accounts.Cost(
        charged=decimal(of.total),
        incurred=accounts.Parts(
            total=decimal(of.incurred),
            gpu=decimal(of.gpu),
            compute=decimal(of.compute),
            tokens=decimal(of.tokens),
            corrections=decimal(of.corrections) if of.corrections else None,
        ),
        passed_on=decimal(of.passed_on),
        received=decimal(of.received),
        used=None if used_nanos is None else decimal(used_nanos),
    )


def certainty(of: Cost) -> accounts.Certainty:
    """The cost by how well it is known."""
    return accounts.Certainty(**{level.value: decimal(of.certainty.get(level, 0)) for level in Certainty})


def gaps(of: Sequence[Gap]) -> tuple[accounts.Gap, ...]:
    """The first ten gaps."""
    return tuple(
        accounts.Gap(
            reason=gap.reason.value,
            component=gap.feed.value,
            quantity=gap.quantity or None,
            since=timestamp(gap.since),
            message=gap.message[:1024],
        )
        for gap in of[:MOST_GAPS]
    )


def through(facts: Facts, sources: Iterable[str]) -> accounts.DataThrough:
    """How far each feed reaches; bills as far as the one of `sources` that lags most."""
    reached = {feed: timestamp(at) for feed, at in facts.through.items()}
    bills = [facts.bills_through[source] for source in sources if source in facts.bills_through]
    return accounts.DataThrough(
        gpu=reached.get(Feed.GPU), usage=reached.get(Feed.USAGE), bills=timestamp(min(bills)) if bills else None
    )


def last_day(day: LastDay, nanos: int) -> accounts.LastDay:
    """What the latest complete day cost."""
    state: Literal["Settled", "Preliminary"] = "Settled" if day.settled else "Preliminary"
    return accounts.LastDay.model_validate({"date": day.date, "amount": decimal(nanos), "state": state})


def percent(nanos: int, of: int) -> str:
    """A percentage with one decimal, rounded down: 99.95 % is not yet 100."""
    tenths = min(max(nanos * 1000 // of, 0), MOST_TENTHS)
    return f"{tenths // 10}.{tenths % 10}"


def budget_state(nanos: int, budget: int) -> accounts.BudgetState:
    """Over when more is spent than the budget, Warn from 80 percent on."""
    if nanos * 100 > budget * OVER_PERCENT:
        return "Over"
    return "Warn" if nanos * 100 >= budget * WARN_PERCENT else "OK"


def previous_month(facts: Facts, nanos: int) -> accounts.PreviousMonth | None:
    """The month before, where anything of it is known."""
    if not facts.previous:
        return None
    state: Literal["Open", "Closed"] = "Closed" if facts.previous_closed else "Open"
    return accounts.PreviousMonth(period=facts.period.previous.month, amount=decimal(nanos), state=state)


def ranking(rows: Iterable[tuple[str, int]]) -> tuple[accounts.Ranked, ...]:
    """Names with their amounts, in the order given."""
    return tuple(accounts.Ranked(name=name[:LONGEST_NAME], amount=decimal(nanos)) for name, nanos in rows)
