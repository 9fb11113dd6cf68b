"""AIWorkload: what a team declares about one AI workload, in its own namespace."""

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, StrictInt

from aicost.api.budget import Budget
from aicost.api.definition import AGE, Column, Definition, Resource
from aicost.api.lists import KeyedBy
from aicost.api.model import Model, Rule
from aicost.api.scalars import Amount, Date, Key, MetricName, Name, Text, UnitName
from aicost.api.selectors import ByDimension, PodSelector, PromLabels, TargetRef
from aicost.api.workload_status import WorkloadStatus

Purpose: TypeAlias = Literal["Inference", "Training", "FineTuning", "Evaluation", "Development"]
TRAINING = ("Training", "FineTuning")
"""The purposes whose cost is bought once and used for months."""


class Pods(Model):
    """The pods whose cost is this workload's: exactly one of `selector` and `targetRef`."""

    selector: PodSelector | None = None
    """Claims the namespace's pods that carry these labels. Among selectors the one with most labels wins."""
    target_ref: TargetRef | None = None
    """Claims the pods that this object owns, directly or through others. Wins over any selector."""

    rules = (
        Rule(
            "has(self.selector) != has(self.targetRef)",
            "claim pods by exactly one of selector and targetRef: remove one of the two, or add the missing one",
            lambda pods: (pods.selector is None) != (pods.target_ref is None),
        ),
    )


class UsageClaim(Model):
    """Usage of a provider or gateway that is this workload's. It must be covered by the source's grants."""

    name: Name
    """Name of this claim, unique in the list. Example: `openai`."""
    source: Name
    """The UsageSource that knows the usage. Example: `openai-prod`."""
    match: ByDimension
    """What the usage must carry, every pair of it. Keys: `project`, `workspace`, `apiKey`, `serviceAccount`, `user`,
    `customer`, `model`; OpenAI's bill carries `project`, `apiKey`, `user` (or `serviceAccount`) and `model`, Anthropic's
    `workspace`, `apiKey`, `serviceAccount`, `user`, `customer` and `model`, OpenRouter's `workspace`, `apiKey` and `model`.
    Example: `project: proj_support`."""


class SetBy(Model):
    """Where the workload's manifest says which model it calls, so that advice comes as a patch."""

    container: Annotated[str, Field(min_length=1, max_length=63)]
    """Name of the container. Example: `app`."""
    env: Annotated[str, Field(min_length=1, max_length=253)]
    """Name of the environment variable that holds the model's name. Example: `MODEL`."""
    model: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    """The model that it names, where the workload calls several, as the bill names it. Default: the only one that the
    workload calls; of several none is advised with a patch. Example: `claude-sonnet-4-5`."""


class ModelUse(Model):
    """How the workload uses models: decides which advice is possible."""

    latency_class: Literal["Interactive", "Flexible", "Batch"] = "Interactive"
    """How long an answer may take: `Interactive` (somebody waits), `Flexible` (minutes: slower tiers are an option) or
    `Batch` (a day: batch APIs are an option). Where somebody waits, weaker GPUs are tried first. Default: `Interactive`."""
    set_by: SetBy | None = None
    """Where the model's name is set, so that advice about the model can carry a patch. Default: advice without one."""
    trained_by: Name | None = None
    """The AIWorkload of this namespace that trained the model: this workload uses it up, in equal parts with all others
    that name it. Example: `chat-tune`."""


class Training(Model):
    """How the cost of a training is spread over later months. What was charged stays in the month in which it was."""

    amortise_months: Annotated[StrictInt, Field(ge=1, le=120)] = 12
    """Months over which a month's cost is spread, 1 to 120, from the month after it. A change counts for months that are
    not closed. Default: 12."""


class Value(Model):
    """What the workload is worth: a count from Prometheus, and what one of it is worth."""

    unit: Annotated[str, Field(min_length=1, max_length=63)]
    """What is counted, in the singular. Example: `ticket`."""
    metric: MetricName
    """Prometheus counter that counts it, in the workload's namespace. Example: `tickets_resolved_total`."""
    match_labels: PromLabels = Field(default_factory=dict)
    """Labels of the counter's series with their exact values. Default: every series of the namespace."""
    amount_per_unit: Amount | None = None
    """Worth of one unit in the business unit's currency, a decimal string. Example: `"0.80"`. Without it the cost per
    unit is shown, but no return."""


class IgnoredAdvice(Model):
    """A recommendation that is not to be shown for a while."""

    id: Annotated[str, Field(min_length=1, max_length=128)]
    """The `id` of the recommendation, as status shows it."""
    until: Date | None = None
    """First UTC day on which it may be shown again, as `"2026-12-31"`. Default: never again."""
    reason: Text = ""
    """Why, for the people who read the manifest."""


class RightSizing(Model):
    """Which advice the workload wants. aicost never changes a workload by itself."""

    mode: Literal["Recommend", "Off"] = "Recommend"
    """`Recommend` writes advice into status, `Off` does not. Default: `Recommend`."""
    isolation: Literal["Required", "Waived"] = "Required"
    """Whether a GPU may be shared without isolation of memory and faults (time-slicing, MPS): `Required` keeps
    to whole cards and MIG, `Waived` allows sharing. Default: `Required`."""
    minimum_monthly_saving: Amount = "0"
    """Advice that saves less per month, even at most, is left out. In the business unit's currency, a decimal string. Default: `"0"`;
    example: `"50"`."""
    ignore: Annotated[tuple[IgnoredAdvice, ...], Field(max_length=50), KeyedBy("id")] = ()
    """Recommendations that are not to be shown, by their id."""


class WorkloadSpec(Model):
    """What the workload is, who pays for it, and which cost is its own."""

    business_unit: UnitName
    """The BusinessUnit that pays. It must list this namespace under `namespaces`. Example: `customer-care`."""
    purpose: Purpose = "Inference"
    """What the workload does: `Inference`, `Training`, `FineTuning`, `Evaluation` or `Development`. Default:
    `Inference`."""
    feature: Key | None = None
    """Product feature that the cost counts to, where the usage does not name one itself. Example: `replies`."""
    customer: Key | None = None
    """Customer that the cost counts to, where the usage does not name one itself. Example: `acme`."""
    pods: Pods | None = None
    """The pods of this namespace whose GPUs, CPU and memory are the workload's. Exactly one way to pick them."""
    usage: Annotated[tuple[UsageClaim, ...], Field(max_length=50), KeyedBy("name")] = ()
    """Provider and gateway usage that is the workload's. A row that fits any entry is claimed."""
    model: ModelUse | None = None
    """How the workload uses models: which advice about them is possible, and what trained them."""
    training: Training | None = None
    """How its cost is spread on the basis `amortised`. Only with the purpose `Training` or `FineTuning`, which are spread
    over 12 months without it."""
    value: Value | None = None
    """What the workload achieves, for cost per unit and return. Not evaluated in this version."""
    budget: Budget | None = None
    """What it may cost in a UTC month. A budget warns, it stops nothing. Default: no budget."""
    right_sizing: RightSizing | None = None
    """Which advice it wants; aicost never changes a workload itself. Default: all, with isolation required."""

    rules = (
        Rule(
            "has(self.pods) || (has(self.usage) && size(self.usage) > 0)",
            "claim something: add pods (by selector or targetRef), usage, or both",
            lambda spec: spec.pods is not None or bool(spec.usage),
        ),
        Rule(
            "!has(self.training) || self.purpose in ['Training', 'FineTuning']",
            "remove training, or set purpose to Training or FineTuning: only a training is spread over months",
            lambda spec: spec.training is None or spec.purpose in TRAINING,
        ),
    )


class AIWorkload(Resource):
    """An AI workload of a team: which pods and which API usage belong to it, and which business unit pays.

    Status holds its exact cost, what of it is missing, and the state of its budget.
    """

    kind: Literal["AIWorkload"]
    spec: WorkloadSpec
    """What the workload is, who pays for it, and which cost is its own."""
    status: WorkloadStatus | None = None
    """What the workload costs, written by the operator."""

    rules = (
        Rule(
            "!has(self.spec.model) || !has(self.spec.model.trainedBy)"
            " || self.spec.model.trainedBy != self.metadata.name",
            "name the AIWorkload that trained the model in spec.model.trainedBy: a workload cannot be trained by itself",
            lambda workload: not workload.spec.model or workload.spec.model.trained_by != workload.metadata.name,
        ),
    )
    definition: ClassVar[Definition] = Definition(
        kind="AIWorkload",
        plural="aiworkloads",
        short_names=("aicost", "aiw"),
        scope="Namespaced",
        columns=(
            Column("Unit", ".spec.businessUnit", "The BusinessUnit that pays."),
            Column("Cost", ".status.summary.cost", "Charged in this UTC month so far, in the unit's currency."),
            Column("Budget", ".status.summary.budgetPercent", "Percentage of the month's budget that is spent."),
            Column("Save", ".status.summary.saving", "What its advice would save per month at least, all together."),
            Column("State", ".status.summary.state", "OK, Warn, Over, Partial, Conflict or Denied."),
            AGE,
            Column(
                "Forecast", ".status.summary.forecast", "Expected cost of the month. Empty in this version.", wide=True
            ),
            Column("Currency", ".status.currency", "Currency of the amounts.", wide=True),
            Column("Purpose", ".spec.purpose", "What the workload does.", wide=True),
            Column("Utilisation", ".status.gpu.utilisation", "Percentage of its GPUs that it used.", wide=True),
            Column("Through", ".status.dataThrough.gpu", "GPU cost is known up to this instant.", wide=True),
            Column("Data", ".status.conditions[?(@.type=='DataAvailable')].reason", "Is data missing?", wide=True),
        ),
        selectable=(".spec.businessUnit",),
    )
