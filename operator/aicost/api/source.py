"""UsageSource: where bills and usage come from, what they mean for money, and who may claim them."""

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from aicost.api.definition import AGE, Column, Definition, Resource
from aicost.api.lists import KeyedBy
from aicost.api.model import Model, Rule
from aicost.api.scalars import Url
from aicost.api.selectors import SecretKeyRef, WorkloadRef
from aicost.api.source_blocks import (
    GATEWAYS,
    SERVERS,
    FocusFile,
    Grant,
    Include,
    Invoice,
    Metrics,
    Recharge,
    Refinement,
)
from aicost.api.source_status import SourceStatus

SourceType: TypeAlias = Literal["OpenAI", "Anthropic", "LiteLLM", "Langfuse", "OpenRouter", "FocusFile", "Prometheus"]
Role: TypeAlias = Literal["Bill", "Refine", "Meter"]
_WITHOUT_CREDENTIAL = ("FocusFile", "Prometheus")


def _in_its_namespace(server: WorkloadRef, series: Metrics | None) -> bool:
    """Whether series of a model server are asked for in its namespace only: elsewhere others show what they like."""
    if series is None or series.preset not in SERVERS:
        return True
    return series.matchers.get("namespace", server.namespace) == server.namespace


class SourceSpec(Model):
    """Where usage comes from, what it means for money, and who may claim it."""

    type: SourceType
    """What is read: `OpenAI`, `Anthropic`, `LiteLLM`, `Langfuse`, `OpenRouter` (their APIs), `FocusFile` (files) or
    `Prometheus` (metrics of gateways and model servers). This version reads `OpenAI`, `Anthropic`, `OpenRouter` and `FocusFile` in role `Bill`,
    `LiteLLM` and `Langfuse` in role `Refine` and `Prometheus` in roles `Meter` and `Refine`; of others the status says `Unread`."""
    role: Role = "Bill"
    """`Bill` adds money; `Refine` splits lines of a Bill by what it metered, and adds none; `Meter` splits the cost of
    a model server among its callers. Default: `Bill`. This version reads `LiteLLM`, `Langfuse` and
    `Prometheus` in role `Refine`."""
    secret_ref: SecretKeyRef | None = None
    """The credential. Needed by `OpenAI`, `Anthropic`, `LiteLLM` and `OpenRouter`: an admin key that may read usage; and by
    `Langfuse`: a project's public and secret key, with a colon between them."""
    url: Url | None = None
    """Address of the API. Needed by `LiteLLM`; others have the provider's as default. Example:
    `https://litellm.gw.svc`."""
    include: Include | None = None
    """Limits what is read. Default: the whole account."""
    residual: Literal["Here", "Elsewhere"] = "Here"
    """Where the part that no cluster's workloads claim is booked, when several clusters read one account: exactly one
    of them says `Here`. Default: `Here`. Not evaluated in this version: it is booked here, and the condition
    `NotEvaluated` says so."""
    refines: Annotated[tuple[Refinement, ...], Field(max_length=20), KeyedBy("source")] = ()
    """The billed credentials that go through this gateway. Role `Refine` only."""
    cost_of: WorkloadRef | None = None
    """The model server whose cost its callers carry. Role `Meter` only."""
    recharge: Recharge | None = None
    """How that cost is divided. Role `Meter` only. Default: `Proportional`."""
    prometheus: Metrics | None = None
    """Which metrics to read. Type `Prometheus` only."""
    focus_file: FocusFile | None = None
    """Which files to read. Type `FocusFile` only."""
    grants: Annotated[tuple[Grant, ...], Field(max_length=500), KeyedBy("dimension", "value")] = ()
    """Who may claim what. Without a grant nobody can claim anything of the source."""
    invoices: Annotated[tuple[Invoice, ...], Field(max_length=120), KeyedBy("month", "id")] = ()
    """What the provider invoiced, to tie the ledger to it. The check-list of a month's close asks for the month's invoice
    where others are declared. Its amount is not evaluated in this version: the condition `NotEvaluated` says so."""

    rules = (
        Rule(
            "(self.type == 'Prometheus') == has(self.prometheus)",
            "type Prometheus needs the block prometheus; remove it from any other type",
            lambda spec: (spec.type == "Prometheus") == (spec.prometheus is not None),
        ),
        Rule(
            "(self.type == 'FocusFile') == has(self.focusFile)",
            "type FocusFile needs the block focusFile; remove it from any other type",
            lambda spec: (spec.type == "FocusFile") == (spec.focus_file is not None),
        ),
        Rule(
            f"(self.type in {list(_WITHOUT_CREDENTIAL)}) != has(self.secretRef)",
            "OpenAI, Anthropic, LiteLLM, Langfuse and OpenRouter need secretRef; FocusFile and Prometheus take none",
            lambda spec: (spec.type in _WITHOUT_CREDENTIAL) != (spec.secret_ref is not None),
        ),
        Rule(
            f"self.type == 'LiteLLM' ? has(self.url) : !(has(self.url) && self.type in {list(_WITHOUT_CREDENTIAL)})",
            "LiteLLM needs url; FocusFile and Prometheus take none (the operator's settings name its Prometheus)",
            lambda spec: spec.url is not None if spec.type == "LiteLLM" else not spec.url or bool(spec.secret_ref),
        ),
        Rule(
            "self.type != 'Prometheus' || self.role != 'Bill'",
            "set role to Refine or Meter: metrics in Prometheus are no bill and add no money",
            lambda spec: spec.type != "Prometheus" or spec.role != "Bill",
        ),
        Rule(
            "(self.role == 'Refine') == (has(self.refines) && size(self.refines) > 0)",
            "role Refine needs refines, the billed keys that it splits; remove refines from any other role",
            lambda spec: (spec.role == "Refine") == bool(spec.refines),
        ),
        Rule(
            "(self.role == 'Meter') == has(self.costOf)",
            "role Meter needs costOf, the model server whose cost it splits; remove costOf from any other role",
            lambda spec: (spec.role == "Meter") == (spec.cost_of is not None),
        ),
        Rule(
            "self.role != 'Meter' || self.type == 'Prometheus'",
            "set type to Prometheus and add the block prometheus: role Meter reads a model server's metrics",
            lambda spec: spec.role != "Meter" or spec.type == "Prometheus",
        ),
        Rule(
            f"!has(self.costOf) || !has(self.prometheus) || !(self.prometheus.preset in {list(SERVERS)})"
            " || !has(self.prometheus.matchers) || !('namespace' in self.prometheus.matchers)"
            " || self.prometheus.matchers['namespace'] == self.costOf.namespace",
            "set prometheus.matchers.namespace to costOf.namespace, or remove it: a model server's pods are in its own",
            lambda spec: spec.cost_of is None or _in_its_namespace(spec.cost_of, spec.prometheus),
        ),
        Rule(
            f"self.role != 'Refine' || !has(self.prometheus) || self.prometheus.preset in {list(GATEWAYS)}",
            f"set prometheus.preset to a gateway's: {', '.join(GATEWAYS)}; a model server bills no key",
            lambda spec: spec.role != "Refine" or not spec.prometheus or spec.prometheus.preset in GATEWAYS,
        ),
        Rule(
            "self.role == 'Meter' || !has(self.recharge)",
            "remove recharge, or set role to Meter: only a model server's cost is re-charged",
            lambda spec: spec.role == "Meter" or spec.recharge is None,
        ),
    )


class UsageSource(Resource):
    """A place that bills or usage come from: a provider's account, a gateway, a model server, a file.

    It says who may claim what. Status holds what was billed, what is attributed, and what nobody claims.
    """

    kind: Literal["UsageSource"]
    spec: SourceSpec
    """Where usage comes from, what it means for money, and who may claim it."""
    status: SourceStatus | None = None
    """What the source brought, written by the operator."""

    rules = (
        Rule(
            "!has(self.spec.refines) || !self.spec.refines.exists(line, line.source == self.metadata.name)",
            "name a UsageSource of role Bill in spec.refines[].source: a source cannot refine itself",
            lambda source: all(line.source != source.metadata.name for line in source.spec.refines),
        ),
    )
    definition: ClassVar[Definition] = Definition(
        kind="UsageSource",
        plural="usagesources",
        short_names=("usrc",),
        scope="Cluster",
        columns=(
            Column("Type", ".spec.type", "What is read."),
            Column("Billed", ".status.summary.billed", "Billed for this UTC month so far."),
            Column("Unclaimed", ".status.summary.unclaimed", "The part of it that no workload claims."),
            Column("Capture", ".status.summary.captureRate", "Percentage of it that workloads claim."),
            Column("Through", ".status.summary.through", "Last UTC day that is complete."),
            Column("State", ".status.summary.state", "OK, Partial, Pending, Refused, Unread or Invalid."),
            AGE,
            Column("Role", ".spec.role", "Bill adds money, Refine and Meter split it.", wide=True),
            Column("Currency", ".status.currency", "Currency of the amounts.", wide=True),
            Column("Attributed", ".status.attributed", "The part of it that workloads claim.", wide=True),
            Column("Data", ".status.conditions[?(@.type=='DataAvailable')].reason", "Is data missing?", wide=True),
        ),
    )
