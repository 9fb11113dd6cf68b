"""Numbers that every status shows alike: exact amounts by parts, certainty, gaps, days, months, forecasts, budgets.

Amounts are plain decimal strings with 2 to 9 decimals in the currency that status names beside them.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StrictInt

from aicost.api.model import Model
from aicost.api.scalars import Date, Instant

Exact: TypeAlias = Annotated[str, Field(pattern=r"^-?[0-9]{1,15}\.[0-9]{2,9}$", max_length=26)]
"""An exact amount: it has 2 to 9 decimals and may be negative after credits and corrections."""
Decimal: TypeAlias = Annotated[str, Field(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,9})?$", max_length=26)]
"""A number that is no amount, or an amount that is rounded for a column."""
Period: TypeAlias = Annotated[str, Field(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", max_length=7)]
Currency: TypeAlias = Annotated[str, Field(pattern="^[A-Z]{3}$", max_length=3)]
Reason: TypeAlias = Annotated[str, Field(pattern="^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$", max_length=128)]
Message: TypeAlias = Annotated[str, Field(max_length=1024)]
BudgetState: TypeAlias = Literal["OK", "Warn", "Over"]


class Parts(Model):
    """An amount by what it was paid for. The parts sum to `total` exactly; a part that is absent is zero."""

    total: Exact
    """Sum of the parts."""
    gpu: Exact | None = None
    """GPUs: whole cards, MIG instances, shares."""
    compute: Exact | None = None
    """CPU and memory of nodes whose price does not include them in the GPU."""
    tokens: Exact | None = None
    """What providers charge for models: tokens and everything else on their bills."""
    adjustments: Exact | None = None
    """Differences between a provider's bill and its invoice: credits, taxes, rounding."""
    corrections: Exact | None = None
    """Late changes of closed months, booked in this one."""


class Cost(Model):
    """Month to date, exact. incurred - passedOn + received = charged."""

    charged: Exact
    """What is charged in the end: incurred - passedOn + received."""
    incurred: Parts
    """What was caused here, by what it was paid for. The parts sum to `total`; one that is absent is zero."""
    passed_on: Exact | None = None
    """What others carry instead: callers of a shared model server, or units that cost is distributed to."""
    received: Exact | None = None
    """What is carried for others: the share of a shared model server, or cost that was distributed to this unit."""
    used: Exact | None = None
    """Usage basis: the part of `incurred` that was really used. Compare models by it, pay by `charged`."""


class Certainty(Model):
    """How well `charged` is known. The four sum to it; one that is absent is zero."""

    billed: Exact | None = None
    """The provider's own amount for a credential that is used by one owner only."""
    calibrated: Exact | None = None
    """A line of the provider's bill, split by metered and priced usage."""
    rated: Exact | None = None
    """Measured time at a declared price."""
    estimated: Exact | None = None
    """Usage at list price, while the bill is not in."""


class DataThrough(Model):
    """Up to when the numbers are known, by what they come from.

    It is written together with other news of the status: where nothing changes, it stands still, and the numbers hold.
    """

    gpu: Instant | None = None
    """GPUs, CPU and memory."""
    usage: Instant | None = None
    """Counts of tokens and requests."""
    bills: Instant | None = None
    """Providers' bills: the end of the last complete UTC day."""


class Gap(Model):
    """Data that is known to be missing. Its cost is not in the totals, and is not zero."""

    reason: Reason
    """Why, from a closed list. Example: `NoPrice`."""
    component: Literal["gpu", "compute", "usage", "bills"]
    """What is missing: `gpu`, `compute`, `usage` or `bills`."""
    quantity: Annotated[str, Field(max_length=128)] | None = None
    """How much is not counted. Example: `24 card hours`."""
    since: Instant | None = None
    """Since when."""
    message: Message | None = None
    """What is missing and what to do about it."""


Gaps: TypeAlias = Annotated[tuple[Gap, ...], Field(max_length=10)]


class LastDay(Model):
    """Cost of the latest complete UTC day."""

    date: Date
    """The day."""
    amount: Exact
    """What was charged for it."""
    state: Literal["Preliminary", "Settled"]
    """`Settled` when all its sources are complete, else `Preliminary`. It may still change until the month closes."""


class PreviousMonth(Model):
    """Cost of the month before `period`."""

    period: Period
    """The UTC month, as `2026-10`."""
    amount: Exact
    """What was charged for it."""
    state: Literal["Open", "Closed"]
    """`Closed`: it never changes again, later changes are corrections of the current month."""


class Forecast(Model):
    """Expected charge of the whole period."""

    total: Exact
    """The expectation."""
    low: Exact | None = None
    """Lower end of the range that the result lies in four times out of five."""
    high: Exact | None = None
    """Upper end of that range."""
    method: Annotated[str, Field(max_length=63)]
    """How it was computed. Example: `RunRate`."""


class BudgetUse(Model):
    """How much of the budget is spent."""

    amount: Exact
    """The budget for the period."""
    spent_percent: Decimal
    """Percentage of it that is charged so far, without a percent sign. May pass 100."""
    threshold: Annotated[StrictInt, Field(ge=0, le=1000)] | None = None
    """The highest declared threshold that was passed. Absent in this version."""
    state: BudgetState
    """`OK`, `Warn` (80 percent or more are spent) or `Over` (spent more than the budget)."""


class Ranked(Model):
    """One row of a ranking. What names nobody is the row `undeclared`, what is not shown the row `other`."""

    name: Annotated[str, Field(max_length=256)]
    """Whom or what the amount belongs to."""
    amount: Exact
    """Month to date."""


Ranking: TypeAlias = Annotated[tuple[Ranked, ...], Field(max_length=12)]


class Refusal(Model):
    """An AIWorkload's claim that is not accepted."""

    namespace: Annotated[str, Field(max_length=63)]
    """Namespace of the AIWorkload."""
    name: Annotated[str, Field(max_length=63)]
    """Name of the AIWorkload."""
    reason: Reason
    """Why, from a closed list. Example: `GrantMissing`."""
    message: Message | None = None
    """What is refused and what to do about it."""
