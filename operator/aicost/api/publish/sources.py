"""The status of a UsageSource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from aicost.api.accounts import DataThrough, Refusal
from aicost.api.publish import parts
from aicost.api.publish.parts import Aspect
from aicost.api.publish.workloads import READY
from aicost.api.source_status import SourceStatus, SourceSummary
from aicost.core.money import decimal, rounded
from aicost.core.reasons import GapReason
from aicost.core.rollup import SourceStatement
from aicost.core.statement import Facts
from aicost.core.window import Instant

MOST_REFUSED = 20
SourceState = Literal["OK", "Partial", "Pending", "Refused", "Unread"]
_STATES: dict[GapReason, SourceState] = {
    GapReason.BILL_PENDING: "Pending",
    GapReason.CREDENTIAL_INVALID: "Refused",
    GapReason.URL_REFUSED: "Refused",
    GapReason.SOURCE_NOT_EVALUATED: "Unread",
}


def source_status(
    statement: SourceStatement, facts: Facts, before: Sequence[Mapping[str, Any]], now: Instant
) -> dict[str, Any]:
    """The whole status; `before` are the conditions that the resource shows. What is not read has no amounts."""
    source = statement.source
    if _state(statement) == "Unread" and not statement.billed:
        return SourceStatus(
            observed_generation=source.generation,
            conditions=parts.conditions(_aspects(statement), before, source.generation, now),
            period=facts.period.month,
            summary=SourceSummary(state="Unread"),
            refused=_refused(statement),
            gaps=parts.gaps(statement.gaps),
        ).to_wire()
    attributed = statement.billed - statement.unclaimed
    rate = parts.percent(attributed, statement.billed) if statement.billed > 0 else None
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
        capture_rate=rate,
        refused=_refused(statement),
        gaps=parts.gaps(statement.gaps),
    ).to_wire()


def _aspects(statement: SourceStatement) -> list[Aspect]:
    return [*READY, parts.data_available(statement.gaps), *parts.not_evaluated(statement.source.ignored)]


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
    if not statement.gaps:
        return "OK"
    return _STATES.get(statement.gaps[0].reason, "Partial")
