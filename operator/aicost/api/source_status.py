"""The status of a UsageSource: what was billed, attributed and left over, up to when, and what was refused."""

from typing import Annotated, Literal

from pydantic import Field

from aicost.api.accounts import Currency, DataThrough, Decimal, Exact, Gaps, Period, PreviousMonth, Ranking, Refusal
from aicost.api.conditions import Status
from aicost.api.model import Model
from aicost.api.scalars import Date, Dimension, Instant


class SourceSummary(Model):
    """What the columns print: rounded, for reading and sorting. The exact numbers stand beside it."""

    billed: Decimal | None = None
    """Billed for the month so far."""
    unclaimed: Decimal | None = None
    """The part of it that no workload claims."""
    capture_rate: Decimal | None = None
    """Percentage of it that workloads claim, without a percent sign; of a meter, of what it divides; of a refining source,
    what it saw of what was billed of its keys."""
    through: Date | None = None
    """Last UTC day that is complete."""
    state: Literal["OK", "Partial", "Pending", "Refused", "Unread", "Invalid"] | None = None
    """`OK`; `Partial`: data is missing; `Pending`: not read yet; `Refused`: the credential, the URL or what a meter would
    divide is not accepted; `Unread`: this version reads no source of that type, role or preset; `Invalid`: the spec cannot
    be used, see the condition `Ready`."""


class Unclaimed(Model):
    """Cost that no workload claims, by what could be granted and claimed."""

    dimension: Dimension
    """What the value is of. Example: `project`."""
    value: Annotated[str, Field(max_length=128)]
    """The value to grant and to claim; empty where the provider names none."""
    amount: Exact
    """Month to date."""


class Recharged(Model):
    """What the callers of a model server carry of its cost, month to date. Role `Meter` only."""

    passed_on: Exact
    """What other workloads carry: their `received` from this server."""
    unclaimed: Exact
    """The part of callers that no workload claims: it stays with the server."""
    unclaimed_callers: Ranking = ()
    """Those callers by name, the largest first: ten at most and `other`. To be granted and claimed."""


class CaptureDay(Model):
    """How much of a UTC day's bill is captured."""

    date: Date
    """The day."""
    billed: Exact
    """What was billed on it; of a refining source, of the keys that it refines."""
    captured: Exact
    """What of that workloads claim or units own by default; of a refining source, what it saw of its callers, claimed or not."""
    capture_rate: Decimal | None = None
    """captured in percent of billed, without a percent sign; absent where nothing was billed."""


class Refined(Model):
    """What a refining source saw of what was billed of its keys, month to date. It adds no money. Role `Refine` only."""

    billed: Exact
    """What was billed of the keys that it refines, by their bills."""
    captured: Exact
    """What of that it saw of its callers."""


class InvoiceCheck(Model):
    """An invoice beside the ledger."""

    month: Period
    """The UTC month."""
    id: Annotated[str, Field(max_length=128)]
    """Number of the invoice."""
    invoiced: Exact
    """What the invoice says."""
    billed: Exact
    """What the provider's bill lines of the month sum to."""
    difference: Exact
    """invoiced - billed: the adjustment line."""
    currency: Currency
    """Currency of the three."""


class SourceStatus(Status):
    """What the source brought, written by the operator: month to date in UTC."""

    period: Period | None = None
    """The UTC month that the numbers are for, as `2026-11`."""
    covered_from: Instant | None = None
    """Begin of the numbers: the month's, or later where no data reaches back."""
    data_through: DataThrough | None = None
    """Up to when the numbers are known."""
    currency: Currency | None = None
    """Currency of every amount: the PriceBook's. What is billed in another one is converted by its `exchangeRates`, or a gap."""
    summary: SourceSummary | None = None
    """What the columns print."""
    billed: Exact | None = None
    """What was billed. attributed + unclaimed + elsewhere = billed."""
    attributed: Exact | None = None
    """What workloads claim, or units own by default."""
    unclaimed: Exact | None = None
    """What nobody claims; it is the unit `unallocated`'s."""
    estimated: Exact | None = None
    """What was used and is not billed yet, at its price. Not in `billed`: the bill takes its place. Absent where there is none."""
    elsewhere: Exact | None = None
    """What is left to another cluster, because `residual` is `Elsewhere`. Absent in this
    version."""
    capture_rate: Decimal | None = None
    """attributed in percent of billed, without a percent sign; of a refining source captured in percent of billed."""
    days: Annotated[tuple[CaptureDay, ...], Field(max_length=31)] = ()
    """The month's days that were billed. Roles `Bill` and `Refine`."""
    refined: Refined | None = None
    """What a refining source saw. Role `Refine` only."""
    recharge: Recharged | None = None
    """What a meter passes on. Role `Meter` only: it adds no money, so that nothing is billed."""
    top_unclaimed: Annotated[tuple[Unclaimed, ...], Field(max_length=10)] | None = None
    """The largest amounts that nobody claims, at most 10. Absent in this version: `aicost report` lists all."""
    refused: Annotated[tuple[Refusal, ...], Field(max_length=20)] = ()
    """Claims on the source that are not accepted, at most 20. Why the credential is refused says `DataAvailable`."""
    gaps: Gaps = ()
    """Data that is known to be missing, at most 10. Its cost is not in the numbers, and is not zero."""
    previous_month: PreviousMonth | None = None
    """The month before."""
    invoices: Annotated[tuple[InvoiceCheck, ...], Field(max_length=24)] | None = None
    """Declared invoices beside the ledger, the latest 24. Absent in this version."""
