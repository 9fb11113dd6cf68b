"""The status of a BusinessUnit: its own cost, its children's and the total by the same parts, budget, savings."""

from typing import Annotated, Literal

from pydantic import Field

from aicost.api.accounts import (
    BudgetUse,
    Certainty,
    Cost,
    Currency,
    DataThrough,
    Decimal,
    Exact,
    Forecast,
    Gaps,
    LastDay,
    Period,
    PreviousMonth,
    Ranking,
)
from aicost.api.budget import Period as BudgetPeriod
from aicost.api.conditions import Status
from aicost.api.model import Model
from aicost.api.recommendation import Saving
from aicost.api.scalars import Count, Date, Flag, Instant


class UnitSummary(Model):
    """What the columns print: rounded, for reading and sorting. The exact numbers stand beside it."""

    cost: Decimal | None = None
    """Charged in the month so far, children included."""
    forecast: Decimal | None = None
    """Expected charge of the whole month. Absent in this version."""
    budget_percent: Decimal | None = None
    """Percentage of the period's budget that is spent, without a percent sign."""
    saving: Decimal | None = None
    """What all open advice would save per month at least. Absent where nothing was looked at."""
    state: Literal["OK", "Warn", "Over", "Partial", "Invalid"] | None = None
    """`OK`; `Warn` or `Over` the budget; `Partial`: data is missing; `Invalid`: the spec cannot be used, see `Ready`."""


class Pools(Model):
    """What nobody is charged for after distribution, in three parts that sum to `own.charged`. Only on `unallocated`."""

    idle: Exact
    """Capacity that no pod holds."""
    unclaimed: Exact
    """Cost that no workload claims."""
    parked: Exact
    """Cost whose numbers break an invariant, kept apart until they are put right."""


class UnclaimedCost(Model):
    """Cost that no workload claims: of the pods of one namespace, or of one subject of a usage source's bill."""

    component: Literal["gpu", "compute", "tokens", "correction"]
    """What it was paid for: `gpu`, `compute` or `tokens`; or a `correction` of a closed month."""
    source: Annotated[str, Field(max_length=63)] | None = None
    """The UsageSource whose bill it is on. Absent for pods."""
    namespace: Annotated[str, Field(max_length=63)] | None = None
    """Namespace of the pods. Absent for bills."""
    subject: Annotated[str, Field(max_length=512)]
    """The pod that cost most of it, or what the bill names. Example: `project proj_shared`."""
    amount: Exact
    """Month to date, before distribution."""


class UnitBudgetUse(BudgetUse):
    """How much of the period's budget is spent."""

    period: BudgetPeriod
    """`Month`, `Quarter` or `Year`."""
    since: Date
    """First UTC day of the period."""


class RankedWorkload(Model):
    """A workload's charge in the unit."""

    namespace: Annotated[str, Field(max_length=63)]
    """Namespace of the AIWorkload; empty in the row `other`."""
    name: Annotated[str, Field(max_length=253)]
    """Name of the AIWorkload, or `other`."""
    amount: Exact
    """Charged, month to date."""
    deleted: Flag | None = None
    """True when the AIWorkload no longer exists. Its cost stays."""


class UnitTop(Model):
    """Where the unit's cost comes from, month to date."""

    workloads: Annotated[tuple[RankedWorkload, ...], Field(max_length=11)] = ()
    """By workload, deleted ones too: ten at most and `other`."""
    customers: Ranking | None = None
    """What tokens of the unit's own workloads cost, by customer: ten at most, `undeclared` and `other`."""
    features: Ranking | None = None
    """The same by product feature."""
    models: Ranking | None = None
    """The same by model."""


class OpenSavings(Saving):
    """What the open advice of all workloads of the unit and its children would save."""

    recommendations: Count
    """How many recommendations are open."""


class UnitStatus(Status):
    """What the unit costs, written by the operator: month to date in UTC."""

    period: Period | None = None
    """The UTC month that the numbers are for, as `2026-11`."""
    covered_from: Instant | None = None
    """Begin of the numbers: the month's, or later where no data reaches back."""
    data_through: DataThrough | None = None
    """Up to when the numbers are known."""
    currency: Currency | None = None
    """Currency of every amount: the root unit's, else the PriceBook's."""
    summary: UnitSummary | None = None
    """What the columns print."""
    own: Cost | None = None
    """Exact cost of the unit itself: incurred - passedOn + received = charged."""
    children: Cost | None = None
    """Exact cost of all units below it."""
    total: Cost | None = None
    """`own` and `children` together, part by part."""
    certainty: Certainty | None = None
    """How well the total is known: the four sum to `total.charged`."""
    pools: Pools | None = None
    """What nobody is charged for, in three separate parts that sum to `own.charged`. Only on `unallocated`."""
    gaps: Gaps = ()
    """Data that is known to be missing, at most 10. Its cost is not in the numbers, and is not zero."""
    last_day: LastDay | None = None
    """The latest complete day."""
    previous_month: PreviousMonth | None = None
    """The month before."""
    forecast: Forecast | None = None
    """Expected charge of the month. Absent in this version."""
    budget: UnitBudgetUse | None = None
    """How much of the budget is spent. Absent without one."""
    top: UnitTop | None = None
    """Where the cost comes from."""
    top_unclaimed: Annotated[tuple[UnclaimedCost, ...], Field(max_length=10)] | None = None
    """The largest costs that nobody claims, at most 10: what to claim first. Only on `unallocated`."""
    savings: OpenSavings | None = None
    """What the open advice would save. Absent where none of the workloads was looked at."""
