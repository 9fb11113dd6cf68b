"""The status of a UsageSource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal

from aicost.api.accounts import DataThrough, Ranked, Refusal
from aicost.api.publish import parts
from aicost.api.publish.parts import Aspect
from aicost.api.publish.workloads import READY
from aicost.api.source_status import CaptureDay, Recharged, Refined, SourceStatus, SourceSummary
from aicost.core.capture import CapturedDay
from aicost.core.causes import OTHER
from aicost.core.declarations import BILL, REFINE
from aicost.core.meanings import MEANINGS
from aicost.core.money import decimal, rounded
from aicost.core.reasons import ConditionReason, GapReason
from aicost.core.rollup import RechargeStatement, SourceStatement
from aicost.core.statement import Facts
from aicost.core.window import Instant

MOST_DAYS = 31
MOST_REFUSED = 20
MOST_CALLERS = 10
SourceState = Literal["OK", "Partial", "Pending", "Refused", "Unread"]
_STATES: dict[GapReason, SourceState] = {
    GapReason.BILL_PENDING: "Pending",
    GapReason.CREDENTIAL_INVALID: "Refused",
    GapReason.URL_REFUSED: "Refused",
    GapReason.SOURCE_NOT_USED: "Refused",
    GapReason.SOURCE_NOT_EVALUATED: "Unread",
}


def source_status(
    statement: SourceStatement, facts: Facts, before: Sequence[Mapping[str, Any]], now: Instant
) -> dict[str, Any]:
    """The whole status; `before` are the conditions that the resource shows. What is not read, or bills nothing, has no amounts."""
    source = statement.source
    if statement.recharge:
        return _meter_status(statement, statement.recharge, facts, before, now)
    if source.role == REFINE and statement.days:
        return _refiner_status(statement, facts, before, now)
    if source.role != BILL or (_state(statement) == "Unread" and not statement.billed):
        return _unbilled_status(statement, facts, before, now)
    return _bill_status(statement, facts, before, now)


def _unbilled_status(
    statement: SourceStatement, facts: Facts, before: Sequence[Mapping[str, Any]], now: Instant
) -> dict[str, Any]:
    """Of what is not read, or bills nothing: no amounts but what is estimated."""
    source = statement.source
    return SourceStatus(
        observed_generation=source.generation,
        conditions=parts.conditions(_aspects(statement), before, source.generation, now),
        period=facts.period.month,
        currency=facts.currency if statement.estimated else None,
        estimated=_estimated(statement),
        summary=SourceSummary(state=_state(statement)),
        refused=_refused(statement),
        gaps=parts.gaps(statement.gaps),
    ).to_wire()


def _bill_status(
    statement: SourceStatement, facts: Facts, before: Sequence[Mapping[str, Any]], now: Instant
) -> dict[str, Any]:
    """Of a bill: what it billed, and how much of that is somebody's."""
    source = statement.source
    attributed = statement.billed - statement.unclaimed
    rate = _rate(attributed, statement.billed)
    reached = statement.through and parts.timestamp(statement.through)
    return SourceStatus(
        observed_generation=source.generation,
        conditions=parts.conditions(_aspects(statement), before, source.generation, now),
        period=facts.period.month,
        data_through=DataThrough(bills=reached) if reached else None,
        currency=facts.currency,
        summary=SourceSummary(
            billed=rounded(statement.billed),
            unclaimed=rounded(statement.unclaimed),
            capture_rate=rate,
            through=(reached - timedelta(days=1)).date() if reached else None,
            state=_state(statement),
        ),
        billed=decimal(statement.billed),
        attributed=decimal(attributed),
        unclaimed=decimal(statement.unclaimed),
        estimated=_estimated(statement),
        capture_rate=rate,
        days=_days(statement.days),
        refused=_refused(statement),
        gaps=parts.gaps(statement.gaps),
    ).to_wire()


def _refiner_status(
    statement: SourceStatement, facts: Facts, before: Sequence[Mapping[str, Any]], now: Instant
) -> dict[str, Any]:
    """Of a refining source: what it saw of its keys' bills, which is billed by these and not by it."""
    source = statement.source
    billed, captured = (sum(of) for of in zip(*((day.billed, day.captured) for day in statement.days), strict=True))
    rate = _rate(captured, billed)
    return SourceStatus(
        observed_generation=source.generation,
        conditions=parts.conditions(_aspects(statement), before, source.generation, now),
        period=facts.period.month,
        currency=facts.currency,
        summary=SourceSummary(capture_rate=rate, state=_state(statement)),
        estimated=_estimated(statement),
        capture_rate=rate,
        days=_days(statement.days),
        refined=Refined(billed=decimal(billed), captured=decimal(captured)),
        refused=_refused(statement),
        gaps=parts.gaps(statement.gaps),
    ).to_wire()


def _days(days: Sequence[CapturedDay]) -> tuple[CaptureDay, ...]:
    return tuple(
        CaptureDay(
            date=date.fromisoformat(day.date),
            billed=decimal(day.billed),
            captured=decimal(day.captured),
            capture_rate=_rate(day.captured, day.billed),
        )
        for day in days[-MOST_DAYS:]
    )


def _rate(captured: int, billed: int) -> str | None:
    return parts.percent(captured, billed) if billed > 0 else None


def _estimated(statement: SourceStatement) -> str | None:
    return decimal(statement.estimated) if statement.estimated else None


def _meter_status(
    statement: SourceStatement,
    recharge: RechargeStatement,
    facts: Facts,
    before: Sequence[Mapping[str, Any]],
    now: Instant,
) -> dict[str, Any]:
    """Of a meter: nothing is billed, so that no sum over sources counts the server's cost twice."""
    source, divided = statement.source, recharge.passed_on + recharge.unclaimed
    return SourceStatus(
        observed_generation=source.generation,
        conditions=parts.conditions(_aspects(statement), before, source.generation, now),
        period=facts.period.month,
        currency=facts.currency,
        summary=SourceSummary(
            capture_rate=parts.percent(recharge.passed_on, divided) if divided > 0 else None, state=_state(statement)
        ),
        recharge=Recharged(
            passed_on=decimal(recharge.passed_on),
            unclaimed=decimal(recharge.unclaimed),
            unclaimed_callers=_ranked(recharge.unclaimed_callers),
        ),
        refused=_refused(statement),
        gaps=parts.gaps(statement.gaps),
    ).to_wire()


def _ranked(callers: Sequence[tuple[str, int]]) -> tuple[Ranked, ...]:
    shown, rest = callers[:MOST_CALLERS], sum(nanos for _, nanos in callers[MOST_CALLERS:])
    return parts.ranking([*shown, (OTHER, rest)] if callers[MOST_CALLERS:] else shown)


def _aspects(statement: SourceStatement) -> list[Aspect]:
    ignored = parts.not_evaluated(statement.source.ignored)
    return [*READY, parts.data_available(statement.gaps), *ignored, *_recharge_refused(statement.recharge)]


def _recharge_refused(recharge: RechargeStatement | None) -> tuple[Aspect, ...]:
    if recharge is None:
        return ()
    if recharge.refused is None:
        return (Aspect("RechargeRefused", holds=False, reason=ConditionReason.ACCEPTED),)
    reason = recharge.refused.reason
    message = f"{recharge.refused.message}. {MEANINGS[reason][1]}"
    return (Aspect("RechargeRefused", holds=True, reason=reason, message=message),)


def _refused(statement: SourceStatement) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(
            namespace=refused.workload.namespace,
            name=refused.workload.name,
            reason=refused.reason.value,
            message=refused.message[:1024],
        )
        for refused in statement.refused[:MOST_REFUSED]
    )


def _state(statement: SourceStatement) -> SourceState:
    if statement.recharge and statement.recharge.refused:
        return "Refused"
    missing = [gap for gap in statement.gaps if not gap.is_notice]
    return _STATES.get(missing[0].reason, "Partial") if missing else "OK"
