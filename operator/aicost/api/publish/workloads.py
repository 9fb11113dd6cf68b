"""The status of an AIWorkload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicost.api.accounts import BudgetUse
from aicost.api.conditions import Status
from aicost.api.declared import Invalid
from aicost.api.publish import parts
from aicost.api.publish.parts import Aspect
from aicost.api.publish.recommendations import recommendations
from aicost.api.workload_status import (
    GpuUse,
    OtherUsage,
    Sharing,
    Summary,
    Tokens,
    Top,
    TrainingAsset,
    UnitCosts,
    WorkloadStatus,
)
from aicost.core import causes
from aicost.core.cards import IN_INSTANCES, MPS, TIME_SLICING, UNCOUNTED
from aicost.core.ledger import Use
from aicost.core.meanings import MEANINGS
from aicost.core.measures import card_hours
from aicost.core.money import decimal, rounded
from aicost.core.reasons import ConditionReason, Refusal
from aicost.core.statement import Facts, WorkloadStatement
from aicost.core.training import Asset
from aicost.core.unit_costs import unit_costs
from aicost.core.usage import FULLY_BUSY_PPM
from aicost.core.window import Instant

_SHARING: Mapping[str, Sharing] = {
    "": "Exclusive",
    IN_INSTANCES: "MIG",
    UNCOUNTED: "MIG",
    TIME_SLICING: "TimeSlicing",
    MPS: "MPS",
}
READY = (
    Aspect("Ready", holds=True, reason=ConditionReason.ACCEPTED),
    Aspect("Stalled", holds=False, reason=ConditionReason.ACCEPTED),
)


def workload_status(
    statement: WorkloadStatement, facts: Facts, before: Sequence[Mapping[str, Any]], now: Instant
) -> dict[str, Any]:
    """The whole status; `before` are the conditions that the resource shows."""
    workload = statement.workload
    budget = workload.budget_nanos
    spent = statement.cost.total
    return WorkloadStatus(
        observed_generation=workload.generation,
        conditions=parts.conditions(_aspects(statement), before, workload.generation, now),
        period=facts.period.month,
        covered_from=parts.timestamp(facts.covered_from),
        data_through=parts.through(facts, (claim.source for claim in workload.usage)),
        currency=statement.currency,
        summary=Summary(
            cost=rounded(spent),
            budget_percent=parts.percent(spent, budget) if budget else None,
            saving=rounded(statement.advice.saving.low) if statement.advice else None,
            state=statement.state.value,
        ),
        cost=parts.cost(statement.cost, statement.used),
        certainty=parts.certainty(statement.cost),
        gaps=parts.gaps(statement.gaps),
        last_day=parts.last_day(facts.last_day, statement.last_day_nanos),
        previous_month=parts.previous_month(facts, statement.previous_nanos),
        budget=_budget(spent, budget) if budget else None,
        tokens=_tokens(statement),
        other_usage=_other_usage(statement.measured),
        gpu=_gpu(statement),
        top=_top(statement.top) if statement.top else None,
        unit_costs=_unit_costs(statement),
        training=_training(statement.asset) if statement.asset else None,
        recommendations=recommendations(statement.advice),
    ).to_wire()


def invalid_status(invalid: Invalid, before: Sequence[Mapping[str, Any]], now: Instant) -> dict[str, Any]:
    """The status of a resource of any kind that cannot be used: a permanent error of its spec, and where it is."""
    aspects = (
        Aspect("Ready", holds=False, reason=ConditionReason.INVALID_SPEC, message=invalid.message),
        Aspect("Stalled", holds=True, reason=ConditionReason.INVALID_SPEC, message=invalid.message),
    )
    conditions = parts.conditions(aspects, before, invalid.generation, now)
    return Status(observed_generation=invalid.generation, conditions=conditions).to_wire()


def _aspects(statement: WorkloadStatement) -> list[Aspect]:
    return [
        *READY,
        parts.data_available(statement.gaps),
        _denied(statement),
        _conflict(statement),
        *parts.budget_exceeded(statement.cost.total, statement.workload.budget_nanos),
    ]


def _denied(statement: WorkloadStatement) -> Aspect:
    if not statement.refused:
        return Aspect("ClaimDenied", holds=False, reason=ConditionReason.GRANTED)
    first = statement.refused[0]
    messages = "; ".join(refusal.message for refusal in statement.refused)
    return Aspect("ClaimDenied", holds=True, reason=first.reason, message=f"{messages}. {MEANINGS[first.reason][1]}")


def _conflict(statement: WorkloadStatement) -> Aspect:
    if not statement.lost:
        return Aspect("Conflict", holds=False, reason=ConditionReason.NO_CONFLICT)
    first = statement.lost[0]
    others = f" (and {len(statement.lost) - 1} more)" if statement.lost[1:] else ""
    message = (
        f"{first.subject} counts to AIWorkload {first.winner} from now on{others}, what is settled stays where it is: "
        "make the claims disjoint"
    )
    return Aspect("Conflict", holds=True, reason=Refusal.CLAIMED_BY_ANOTHER, message=message)


def _budget(spent: int, budget: int) -> BudgetUse:
    return BudgetUse(
        amount=decimal(budget), spent_percent=parts.percent(spent, budget), state=parts.budget_state(spent, budget)
    )


def _tokens(statement: WorkloadStatement) -> Tokens | None:
    counted = statement.tokens
    if counted is None:
        return None
    return Tokens(
        input=counted.input,
        cached_input=counted.cached_input,
        cache_write=counted.cache_write,
        output=counted.output,
        requests=counted.requests,
    )


def _other_usage(measured: Mapping[str, int]) -> tuple[OtherUsage, ...] | None:
    rows = ({"measure": measure, "quantity": str(quantity)} for measure, quantity in sorted(measured.items()))
    return tuple(OtherUsage.model_validate(row) for row in rows) or None


def _top(of: causes.Top) -> Top:
    return Top(
        customers=parts.ranking(of.customers), features=parts.ranking(of.features), models=parts.ranking(of.models)
    )


def _unit_costs(statement: WorkloadStatement) -> UnitCosts | None:
    told = unit_costs(statement)
    if told is None:
        return None
    return UnitCosts(
        per_thousand_requests=_amount(told.thousand_requests),
        per_million_tokens=_amount(told.million_tokens),
        per_million_tokens_with_training=_amount(told.million_tokens_with_training),
        per_card_hour=_amount(told.card_hour),
        per_million_input_tokens=_amount(told.million_input),
        per_million_output_tokens=_amount(told.million_output),
    )


def _amount(nanos: int | None) -> str | None:
    return None if nanos is None else decimal(nanos)


def _training(asset: Asset) -> TrainingAsset:
    return TrainingAsset(
        invested=decimal(asset.invested),
        amortised_to_date=decimal(asset.amortised),
        book_value=decimal(asset.book_value),
        monthly_charge=decimal(asset.monthly),
    )


def _gpu(statement: WorkloadStatement) -> GpuUse | None:
    if not statement.card_microseconds:
        return None
    use = statement.use if statement.use and statement.use.card_microseconds else None
    return GpuUse(
        card_hours=card_hours(statement.card_microseconds),
        utilisation=_utilisation(use) if use else None,
        signal=use.signal.removeprefix("DCGM_FI_PROF_").removeprefix("DCGM_FI_DEV_") if use else None,
        sharing=_sharing(statement.sharing),
    )


def _sharing(ways: frozenset[str]) -> Sharing | None:
    """How the cards that it held were cut; None where nobody knows."""
    named = {_SHARING[way] for way in ways if way in _SHARING}
    return None if not named else named.pop() if len(named) == 1 else "Mixed"


def _utilisation(use: Use) -> str:
    return rounded(use.busy_ppm_microseconds * 100 * 10**9 // (use.card_microseconds * FULLY_BUSY_PPM), places=1)
