"""The status of an AIWorkload: its month to date in exact numbers, what is missing, what to do."""

from typing import Annotated, Literal, TypeAlias

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
from aicost.api.conditions import Status
from aicost.api.lists import KeyedBy
from aicost.api.model import Model
from aicost.api.recommendation import Recommendation
from aicost.api.scalars import Count, Instant

State: TypeAlias = Literal["OK", "Warn", "Over", "Partial", "Conflict", "Denied"]


class Summary(Model):
    """What the columns print: rounded, for reading and sorting. The exact numbers stand beside it."""

    cost: Decimal | None = None
    """Charged in the month so far."""
    forecast: Decimal | None = None
    """Expected charge of the whole month. Absent in this version."""
    budget_percent: Decimal | None = None
    """Percentage of the budget that is spent, without a percent sign."""
    saving: Decimal | None = None
    """What the advice would save per month at least, all together. Absent where nobody looked."""
    state: State | None = None
    """`OK`; `Warn` or `Over` the budget; `Partial`: data is missing; `Conflict`: another workload holds a claim of this
    one; `Denied`: a claim or the business unit is not granted."""


class Tokens(Model):
    """Counts of the month to date."""

    input: Count | None = None
    """Input tokens, cached ones included."""
    cached_input: Count | None = None
    """Input tokens that were read from a cache: a part of `input`."""
    cache_write: Count | None = None
    """Input tokens that were written to a cache: a part of `input`."""
    output: Count | None = None
    """Output tokens, reasoning included."""
    requests: Count | None = None
    """Requests that were answered."""


class OtherUsage(Model):
    """What a provider counted beside tokens, month to date, in one measure."""

    measure: Literal[
        "characters",
        "codeInterpreterSessions",
        "fileSearchCalls",
        "images",
        "moderationTokens",
        "seconds",
        "vectorStoreByteDays",
        "webSearchCalls",
    ]
    """What is counted. `seconds` are of audio, `characters` of spoken text; `moderationTokens` are free;
    `vectorStoreByteDays` are the bytes that were stored, day by day."""
    quantity: Annotated[str, Field(pattern="^[0-9]{1,26}$", max_length=26)]
    """How many, a whole number."""


Sharing: TypeAlias = Literal["Exclusive", "MIG", "TimeSlicing", "MPS", "DRA", "Mixed"]


class GpuUse(Model):
    """GPUs in the month to date."""

    card_hours: Decimal | None = None
    """Card equivalents times hours: half a card for two hours is 1."""
    utilisation: Decimal | None = None
    """Average utilisation in percent over the time the cards were held, without a percent sign."""
    signal: Annotated[str, Field(max_length=63)] | None = None
    """What utilisation was measured by, best first: `SM_ACTIVE`, `GR_ENGINE_ACTIVE` or `GPU_UTIL`."""
    sharing: Sharing | None = None
    """How the cards were held."""


class Top(Model):
    """Who and what caused `cost.incurred.tokens`: each ranking sums to it."""

    customers: Ranking = ()
    """By customer: ten at most, `undeclared` and `other`."""
    features: Ranking = ()
    """By product feature."""
    models: Ranking = ()
    """By model."""


class UnitCosts(Model):
    """What one of something costs: what the workload incurred by what was counted, rounded down to a nano-unit.

    Absent while an amount or a count is known to be missing.
    """

    per_thousand_requests: Exact | None = None
    """Per 1,000 requests."""
    per_million_tokens: Exact | None = None
    """Per 1,000,000 tokens, input and output together."""
    per_million_input_tokens: Exact | None = None
    """Per 1,000,000 input tokens, of days whose bill tells input and output apart; absent where none does."""
    per_million_output_tokens: Exact | None = None
    """Per 1,000,000 output tokens, likewise."""
    per_card_hour: Exact | None = None
    """Per hour of a whole card, of GPU cost only."""
    per_unit_of_value: Exact | None = None
    """Per unit of `spec.value`. Absent in this version."""
    per_million_tokens_with_training: Exact | None = None
    """Per 1,000,000 tokens with what was used up this month of the training that `spec.model.trainedBy` names."""


class ValueGained(Model):
    """What was achieved for the money, month to date."""

    unit: Annotated[str, Field(max_length=63)]
    """What is counted."""
    quantity: Decimal
    """How many."""
    amount: Exact | None = None
    """What they are worth."""
    roi: Decimal | None = None
    """Return on the charge: (amount - charged) / charged. Example: `0.25`."""


class TrainingAsset(Model):
    """A training as an investment that later months use up, in equal parts, day by day."""

    invested: Exact
    """What the training was charged in all months so far."""
    amortised_to_date: Exact
    """What of it was used up through the last complete UTC day."""
    book_value: Exact
    """What is left to use up."""
    monthly_charge: Exact
    """What the whole of this month uses up."""


class WorkloadStatus(Status):
    """What the workload costs, written by the operator: month to date in UTC."""

    period: Period | None = None
    """The UTC month that the numbers are for, as `2026-11`."""
    covered_from: Instant | None = None
    """Begin of the numbers: the month's, or later where no data reaches back."""
    data_through: DataThrough | None = None
    """Up to when the numbers are known."""
    currency: Currency | None = None
    """Currency of every amount: the business unit's."""
    summary: Summary | None = None
    """What the columns print."""
    cost: Cost | None = None
    """The exact cost: incurred - passedOn + received = charged."""
    certainty: Certainty | None = None
    """How well it is known: the four sum to `cost.charged`."""
    gaps: Gaps = ()
    """Data that is known to be missing, at most 10. Its cost is not in the numbers, and is not zero."""
    last_day: LastDay | None = None
    """The latest complete day."""
    previous_month: PreviousMonth | None = None
    """The month before."""
    forecast: Forecast | None = None
    """Expected charge of the month. Absent in this version."""
    budget: BudgetUse | None = None
    """How much of the budget is spent. Absent without one."""
    tokens: Tokens | None = None
    """Counts of tokens and requests."""
    other_usage: Annotated[tuple[OtherUsage, ...], Field(max_length=8), KeyedBy("measure")] | None = None
    """What providers counted beside tokens: images, seconds of audio, searches. Measures are never added up."""
    gpu: GpuUse | None = None
    """Hours and utilisation of GPUs."""
    top: Top | None = None
    """Who and what caused `cost.incurred.tokens`: each ranking sums to it."""
    unit_costs: UnitCosts | None = None
    """What one of something costs."""
    value: ValueGained | None = None
    """What was achieved for the money. Absent in this version."""
    training: TrainingAsset | None = None
    """The training as an investment. Only of the purposes `Training` and `FineTuning`."""
    recommendations: Annotated[tuple[Recommendation, ...], Field(max_length=20), KeyedBy("id")] | None = None
    """Advice, priced and evidenced, the largest first. Never applied by aicost. Absent where nobody looked, and where
    `spec.rightSizing.mode` is `Off`; empty where nothing is to be advised."""
