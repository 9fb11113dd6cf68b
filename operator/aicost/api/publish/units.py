"""The status of a BusinessUnit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from aicost.api.publish import parts
from aicost.api.publish.parts import Aspect
from aicost.api.publish.recommendations import saving
from aicost.api.publish.workloads import READY
from aicost.api.unit_status import (
    OpenSavings,
    Pools,
    RankedWorkload,
    UnclaimedCost,
    UnitBudgetUse,
    UnitStatus,
    UnitSummary,
    UnitTop,
)
from aicost.core.claims import Outbid
from aicost.core.declarations import Unit
from aicost.core.distribution import Undistributed
from aicost.core.ledger import OwnerKind
from aicost.core.meanings import MEANINGS
from aicost.core.money import decimal, rounded
from aicost.core.names import called
from aicost.core.reasons import ConditionReason
from aicost.core.recommendations import savings
from aicost.core.rollup import UnitStatement
from aicost.core.statement import Facts, State
from aicost.core.window import Instant, date

MOST_WORKLOADS = 10
_MOST_PARENTS = 8
LONGEST_SUBJECT = 512


def unit_status(
    statement: UnitStatement, facts: Facts, before: Sequence[Mapping[str, Any]], generation: int, now: Instant
) -> dict[str, Any]:
    """The whole status; `before` are the conditions that the resource shows."""
    total = statement.total
    budget = statement.unit.budget_nanos if statement.unit else None
    return UnitStatus(
        observed_generation=generation,
        conditions=parts.conditions(_aspects(statement, facts), before, generation, now),
        period=facts.period.month,
        covered_from=parts.timestamp(facts.covered_from),
        data_through=parts.through(facts, facts.bills_through),
        currency=statement.currency,
        summary=UnitSummary(
            cost=rounded(total.total),
            budget_percent=parts.percent(statement.spent, budget) if budget else None,
            saving=rounded(statement.savings.saving.low) if statement.savings else None,
            state=_state(statement),
        ),
        own=parts.cost(statement.own),
        children=parts.cost(statement.children),
        total=parts.cost(total),
        certainty=parts.certainty(total),
        pools=_pools(statement),
        gaps=parts.gaps(statement.gaps),
        last_day=parts.last_day(facts.last_day, statement.last_day_nanos),
        previous_month=parts.previous_month(facts, statement.previous_nanos),
        budget=_budget(statement, facts),
        top=_top(statement, facts),
        top_unclaimed=_top_unclaimed(facts) if statement.pools else None,
        savings=_savings(statement.savings) if statement.savings else None,
    ).to_wire()


def _aspects(statement: UnitStatement, facts: Facts) -> list[Aspect]:
    unit = statement.unit
    return [
        *(_cyclic(statement.circle) if statement.circle else READY),
        parts.data_available(statement.gaps),
        *parts.budget_exceeded(statement.spent, unit.budget_nanos if unit else None),
        *_undistributed(statement.undistributed),
        *_conflict(unit, facts),
    ]


def _cyclic(circle: Sequence[str]) -> tuple[Aspect, ...]:
    reason = ConditionReason.PARENT_CYCLE
    shown = [*circle[:_MOST_PARENTS], f"{len(circle) - 1 - _MOST_PARENTS} more", circle[-1]]
    way = " -> ".join(circle if len(circle) <= _MOST_PARENTS + 2 else shown)
    message = f"the parents of this unit lead back to itself ({way}): correct spec.parent of one of them"
    return Aspect("Ready", holds=False, reason=reason, message=message), Aspect("Stalled", True, reason, message)


def _undistributed(kept: Sequence[Undistributed]) -> tuple[Aspect, ...]:
    """Which pools stay although they should be passed on, if any."""
    if not kept:
        return ()
    reason = kept[0].reason
    messages = "; ".join(each.message for each in kept)
    return (Aspect("NotDistributed", holds=True, reason=reason, message=f"{messages}. {MEANINGS[reason][1]}"),)


def _conflict(unit: Unit | None, facts: Facts) -> tuple[Aspect, ...]:
    """What other units have though this one declares it, too, if anything; with the first reason of several."""
    if unit is None:
        return ()
    lost = {
        ConditionReason.DEFAULT_OF_ANOTHER: _defaults_taken(unit, facts.declared.units),
        ConditionReason.RESERVED_BY_ANOTHER: _nodes_taken(unit, facts.outbid),
    }
    told = {reason: message for reason, message in lost.items() if message}
    message = "; ".join(f"{message}. {MEANINGS[reason][1]}" for reason, message in told.items())
    return tuple(Aspect("Conflict", holds=True, reason=reason, message=message) for reason in list(told)[:1])


def _defaults_taken(unit: Unit, units: Iterable[Unit]) -> str:
    """Whether another unit is the default of a namespace that this one would be the default of, too."""
    rivals = [other for other in units if other.name < unit.name and not unit.default_for.isdisjoint(other.default_for)]
    if not rivals:
        return ""
    first = min(rivals, key=lambda other: other.name)
    namespaces = ", ".join(sorted(unit.default_for & first.default_for))
    return f"BusinessUnit {first.name} is the default of {namespaces}"


def _nodes_taken(unit: Unit, outbid: Iterable[Outbid]) -> str:
    """Whether others own the idle capacity of nodes that this one reserves; one node of each is named."""
    lost: dict[str, set[str]] = defaultdict(set)
    for each in outbid:
        if each.loser == unit.name:
            lost[each.winner].add(each.node)
    return "; ".join(
        f"BusinessUnit {winner} has node {min(nodes)}" + (f" and {len(nodes) - 1} more" if nodes - {min(nodes)} else "")
        for winner, nodes in sorted(lost.items())
    )


def _state(statement: UnitStatement) -> Literal["OK", "Warn", "Over", "Partial", "Invalid"]:
    if statement.circle:
        return "Invalid"
    words: dict[State, Literal["Warn", "Over", "Partial"]] = {
        State.WARN: "Warn",
        State.OVER: "Over",
        State.PARTIAL: "Partial",
    }
    return words.get(statement.state, "OK")


def _pools(statement: UnitStatement) -> Pools | None:
    if not statement.pools:
        return None
    idle, unclaimed, parked = (
        decimal(statement.pools[kind]) for kind in (OwnerKind.IDLE, OwnerKind.UNCLAIMED, OwnerKind.PARKED)
    )
    return Pools(idle=idle, unclaimed=unclaimed, parked=parked)


def _budget(statement: UnitStatement, facts: Facts) -> UnitBudgetUse | None:
    unit = statement.unit
    if unit is None or not (budget := unit.budget_nanos):
        return None
    since = unit.budget_span.months(facts.period)[0]
    return UnitBudgetUse.model_validate(
        {
            "amount": decimal(budget),
            "spentPercent": parts.percent(statement.spent, budget),
            "state": parts.budget_state(statement.spent, budget),
            "period": unit.budget_span.value,
            "since": date(since.window.start),
        }
    )


def _savings(of: savings.OpenSavings) -> OpenSavings:
    told = saving(of.saving.low, of.saving.high)
    return OpenSavings(low=told.low, high=told.high, recommendations=of.recommendations)


def _top(statement: UnitStatement, facts: Facts) -> UnitTop | None:
    alive = {workload.ref for workload in facts.declared.workloads}
    rows = [
        RankedWorkload(
            namespace=ref.namespace, name=ref.name, amount=decimal(nanos), deleted=None if ref in alive else True
        )
        for ref, nanos in statement.workloads[:MOST_WORKLOADS]
    ]
    rest = sum(nanos for _, nanos in statement.workloads[MOST_WORKLOADS:])
    if statement.workloads[MOST_WORKLOADS:]:
        rows.append(RankedWorkload(namespace="", name="other", amount=decimal(rest)))
    if not rows:
        return None
    of = statement.top
    ranked = {name: parts.ranking(getattr(of, name)) for name in ("customers", "features", "models")} if of else {}
    return UnitTop(workloads=tuple(rows), **ranked)


def _top_unclaimed(facts: Facts) -> tuple[UnclaimedCost, ...]:
    return tuple(
        UnclaimedCost.model_validate(
            {
                "component": of.component.value,
                "source": of.source or None,
                "namespace": of.namespace or None,
                "subject": called(facts.names, of.source, of.subject)[:LONGEST_SUBJECT],
                "amount": decimal(of.nanos),
            }
        )
        for of in facts.unclaimed
    )
