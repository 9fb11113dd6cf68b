"""What came of closing a month, and of verifying a ledger: as JSON for the API, and as text for people. Pure.

Shapes: `{"period", "clean", "before", "checks": [{"reason", "message", "remedy", "blocks"}], "closing": {...} or null}`
with `{"period", "at", "by", "digest", "left": [...], "charged": [{"unit", "currency", "own", "total"}]}` for a closing,
its instant in RFC 3339, amounts as exact decimal strings; and
`{"entries", "broken": [{"key", "what"}]}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aicost.core.closing import Closing, Outcome
from aicost.core.ledger import Verification
from aicost.core.money import decimal
from aicost.core.reasons import CheckReason, GapReason, Reason
from aicost.core.window import rfc3339

MOST_BROKEN = 100
_BROKEN = (
    "BROKEN: the ledger was changed by something else than aicost; keep a copy of it, and restore the last back-up of which"
    " this says OK (docs/ledger.md, Back-up and restore)"
)
_BILLS: frozenset[Reason] = frozenset(
    {
        CheckReason.BILL_INCOMPLETE,
        GapReason.BILL_LATE,
        GapReason.BILL_MALFORMED,
        GapReason.BILL_PENDING,
        GapReason.BILL_UNAVAILABLE,
        GapReason.CREDENTIAL_INVALID,
        GapReason.URL_REFUSED,
    }
)
_IN_ORDER: Mapping[str, frozenset[Reason]] = {
    "every hour is settled, and it is known who held which GPU": frozenset(
        {
            CheckReason.HOURS_NOT_SETTLED,
            GapReason.NO_POD_HISTORY,
            GapReason.NO_CLAIM_HISTORY,
        }
    ),
    "every bill is in": _BILLS,
    "everything has a price": frozenset(
        {
            GapReason.NO_PRICE,
            GapReason.NO_PRODUCT,
            GapReason.NO_TOKEN_PRICE,
            GapReason.NO_AUDIO_PRICE,
            GapReason.NO_USAGE_PRICE,
            GapReason.LAYOUT_UNKNOWN,
            GapReason.LABELS_CONTRADICT,
            GapReason.SHARES_EXCEED_CARD,
            GapReason.AMOUNT_TOO_LARGE,
        }
    ),
    "every currency has a rate": frozenset({GapReason.NO_EXCHANGE_RATE}),
    "nothing is parked": frozenset({GapReason.OVER_ALLOCATED}),
    "no invoice is missing of a source that declares invoices": frozenset({CheckReason.INVOICE_MISSING}),
    "every bill is claimed whole": _BILLS
    | {CheckReason.UNCLAIMED, GapReason.NO_TOKEN_PRICE, GapReason.NO_AUDIO_PRICE, GapReason.NO_USAGE_PRICE},
}
"""What is looked at and found in order, unless one of the reasons is given: of a bill that is not in nobody knows who claims it."""


def closing_to_json(closing: Closing) -> dict[str, Any]:
    """A closing as JSON data."""
    return {
        "period": closing.period.month,
        "at": rfc3339(closing.at),
        "by": closing.by,
        "digest": closing.digest,
        "left": list(closing.left),
        "charged": [
            {"unit": of.unit, "currency": of.currency, "own": decimal(of.own), "total": decimal(of.total)}
            for of in (closing.issued.units if closing.issued else ())
        ],
    }


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """What came of it as JSON data."""
    return {
        "period": outcome.period.month,
        "clean": outcome.clean,
        "before": outcome.before,
        "checks": [
            {"reason": check.reason.value, "message": check.message, "remedy": check.remedy, "blocks": check.blocks}
            for check in outcome.checks
        ],
        "closing": closing_to_json(outcome.closing) if outcome.closing else None,
    }


def verification_to_json(verified: Verification) -> dict[str, Any]:
    """What was found as JSON data; of very much that is broken the first part."""
    broken = [{"key": each.key, "what": each.what} for each in verified.broken[:MOST_BROKEN]]
    return {"entries": verified.entries, "broken": broken, "more": len(verified.broken) - len(broken)}


def render_outcome(told: Mapping[str, Any]) -> str:
    """The check-list, and what became of the month. Raises KeyError or TypeError for anything else."""
    period, closing = told["period"], told["closing"]
    if told["before"]:
        return f"{period} is closed already, and nothing was changed: {closed(closing)}"
    lines = list(_checks(told))
    if closing:
        return "\n".join([*lines, f"{period} is closed now: {closed(closing)}"])
    if told["clean"]:
        return "\n".join([*lines, f"{period} can be closed"])
    return "\n".join([*lines, f"{period} is not closed: see what is open above, or close it as it is with --force"])


def closed(closing: Mapping[str, Any]) -> str:
    """When and by whom a month was closed, and what it held."""
    return f"at {closing['at']} by {closing['by']}, digest {closing['digest']}"


def render_verification(told: Mapping[str, Any]) -> str:
    """OK, or every key that is broken. Raises KeyError or TypeError for anything else."""
    if not told["broken"]:
        return f"OK: {told['entries']} entries say what was recorded, in their order, and their lines sum to them"
    lines = [f"- {each['key'] or 'ledger'}: {each['what']}" for each in told["broken"]]
    more = [f"- and {told['more']} more"] if told["more"] else []
    return "\n".join([_BROKEN, *lines, *more])


def _checks(told: Mapping[str, Any]) -> Iterator[str]:
    given = {check["reason"] for check in told["checks"]}
    yield from (f"ok    {point}" for point, reasons in _IN_ORDER.items() if given.isdisjoint(reasons))
    for check in told["checks"]:
        yield f"{'open' if check['blocks'] else 'note'}  {check['reason']}: {check['message']}"
        if check["blocks"]:
            yield f"      {check['remedy']}"
