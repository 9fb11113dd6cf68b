"""Whether each UsageSource can be read: yesterday, through the operator's own reader. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aicost.cli.doctor.checks.unknown import IN_POD, untold
from aicost.cli.doctor.facts import ClusterFacts, SourceFacts, Unknown
from aicost.cli.doctor.findings import Finding, missing, ok, unknown, warn
from aicost.cluster.requests import SECRETS
from aicost.core.declarations import Source
from aicost.core.gaps import Gap
from aicost.core.meanings import MEANINGS
from aicost.core.money import decimal
from aicost.core.reasons import GapReason
from aicost.ports import BillReading

_IN_POD = f"{IN_POD[0].upper()}{IN_POD[1:]}"


def sources(facts: Iterable[SourceFacts], cluster: ClusterFacts, secrets_from: str) -> Iterator[Finding]:
    """A finding for each source."""
    if "UsageSource" in cluster.declared.unknown:
        yield untold("UsageSources", cluster.declared.unknown["UsageSource"])
        return
    for of in facts:
        yield source(of, readable=_readable(of.source, cluster), secrets_from=secrets_from)


def source(of: SourceFacts, *, readable: bool, secrets_from: str) -> Finding:
    """What reading yesterday gave; `readable` is whether we may read the Secret."""
    check = f"UsageSource {of.source.name}"
    if of.source.meter:
        series = of.source.series.preset if of.source.series else "no preset"
        found = f"divides the cost of AIWorkload {of.source.meter.server} by series of {series}; its status says if they are there"
        return ok(check, found)
    if of.reading is None:
        found = f"type {of.source.type}, role {of.source.role}: this version does not read it"
        return warn(check, found, "Nothing is counted from it; see docs/scope.md.")
    if isinstance(of.reading, Unknown):
        return missing(check, of.reading.why, MEANINGS[GapReason.BILL_UNAVAILABLE][1])
    if of.source.secret and not readable:
        return unknown(check, f"not read: we may not read Secret {secrets_from}/{of.source.secret[0]}", _IN_POD)
    return _read(check, of.reading)


def _read(check: str, reading: BillReading) -> Finding:
    gaps = list({(_cause(gap), gap.reason): gap for gap in reversed(reading.gaps)}.values())
    grave = [gap for gap in gaps if gap.reason is not GapReason.GROUPING_REFUSED]
    if grave:
        return missing(check, _messages(grave), MEANINGS[grave[0].reason][1])
    found = f"yesterday: {_billed(reading)}"
    if gaps:
        return warn(check, f"{found}; {_messages(gaps)}", MEANINGS[gaps[0].reason][1])
    return ok(check, found)


def _cause(gap: Gap) -> str:
    """What the message says after its feed and day: bills and usage often fail in the same way."""
    return gap.message.partition(": ")[2] or gap.message


def _messages(gaps: Iterable[Gap]) -> str:
    return "; ".join(gap.message for gap in gaps)


def _billed(reading: BillReading) -> str:
    if not reading.days and reading.usage_days:
        return f"{sum(row.tokens.requests for row in reading.usage)} requests, which divide bills and add no money"
    rows = [row for day in reading.days for row in day.rows]
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.amount.currency] = sums.get(row.amount.currency, 0) + row.amount.nanos
    amounts = ", ".join(f"{decimal(nanos)} {currency}" for currency, nanos in sorted(sums.items()))
    return f"{len(rows)} bill rows, {amounts}" if rows else "read, and nothing was billed"


def _readable(source: Source, cluster: ClusterFacts) -> bool:
    """Where that is not known, the reading itself tells."""
    if isinstance(cluster.rights, Unknown) or source.secret is None:
        return True
    return not any(
        right.request.resource == SECRETS and right.request.name == source.secret[0] and not right.allowed
        for right in cluster.rights
    )
