"""The blocks of a UsageSource: what to read, how to understand it, who may claim it, what was invoiced."""

from typing import Annotated, Literal

from pydantic import Field

from aicost.api.lists import Distinct, at_least_one
from aicost.api.model import Model, Rule
from aicost.api.scalars import Amount, CurrencyCode, Dimension, Key, Month, Name, SignedAmount, matching
from aicost.api.selectors import LabelNames, PromLabels


class Include(Model):
    """Limits what is read. Everything else of the account is left to other sources or clusters."""

    projects: Annotated[tuple[Key, ...], Field(max_length=200), Distinct()] = ()
    """Ids of OpenAI's projects to read. Default: all. Of another type the condition `NotEvaluated` says that it changes
    nothing. Example: `proj_support`."""
    workspaces: Annotated[tuple[Key, ...], Field(max_length=200), Distinct()] = ()
    """Ids of Anthropic's or OpenRouter's workspaces to read. Default: all. Of another type the condition `NotEvaluated` says
    that it changes nothing. Example: `wrkspc_support`."""


class Refinement(Model):
    """A billed credential whose line this source splits by what it metered."""

    source: Name
    """The UsageSource of role `Bill` that has the line. Example: `openai-prod`."""
    api_keys: Annotated[
        tuple[Key, ...],
        Field(max_length=100),
        Distinct(),
        at_least_one("list the id of at least one key, or leave the whole entry out: without a key nothing is split"),
    ]
    """Ids (never the secrets) of the provider's keys that go through this gateway. Example: `key_gw`."""


class Recharge(Model):
    """How the cost of a shared model server is divided among its callers."""

    mode: Literal["Proportional", "Price"] = "Proportional"
    """`Proportional`: per UTC day by the time that each caller's prefill and decode took, or by tokens where the series
    have no times; the share of callers that nobody claims stays with the server. `Price`: a price per token; what it does
    not cover stays with the server, what it brings in beyond the cost is a surplus. Default: `Proportional`."""
    input_per_million: Amount | None = None
    """Price of 1,000,000 input tokens in the currency of the server's cost, a decimal string. Mode `Price` only."""
    output_per_million: Amount | None = None
    """Price of 1,000,000 output tokens in the currency of the server's cost, a decimal string. Mode `Price` only."""

    rules = (
        Rule(
            "self.mode == 'Price' ? has(self.inputPerMillion) && has(self.outputPerMillion)"
            " : !has(self.inputPerMillion) && !has(self.outputPerMillion)",
            "mode Price needs inputPerMillion and outputPerMillion; mode Proportional takes neither",
            lambda recharge: (
                {recharge.input_per_million is None, recharge.output_per_million is None} == {recharge.mode != "Price"}
            ),
        ),
    )


class Metrics(Model):
    """Which Prometheus metrics hold the usage."""

    preset: Literal[
        "vLLM", "SGLang", "RayServe", "TGI", "LlamaCpp", "Triton", "NIM",
        "LLMD", "LiteLLM", "EnvoyAIGateway", "AgentGateway", "OpenTelemetry", "Kong",
    ]  # fmt: skip
    """Whose metric names to read: `vLLM`, `SGLang`, `RayServe`, `TGI`, `LlamaCpp`, `Triton` (with TensorRT-LLM) and `NIM`
    are model servers, `LLMD` llm-d's router, `LiteLLM`, `EnvoyAIGateway`, `AgentGateway`, `Kong` and `OpenTelemetry`
    (whatever shows its GenAI conventions) gateways. docs/token-series.md tells their series."""
    matchers: PromLabels = Field(default_factory=dict)
    """Labels of the series with their exact values: they must select one scrape, for whoever is scraped can write any
    series. In role `Meter` `namespace` is that of the server unless they name another; of a model server's own series no
    other can be. In role `Refine` series of several scrapes are refused unless they name one. Example:
    `namespace: gateways`."""
    dimensions: LabelNames = Field(default_factory=dict)
    """The label that holds each dimension, where it differs from the preset's. Keys: `project`, `workspace`, `apiKey`,
    `serviceAccount`, `user`, `customer`, `model`, and `feature`, by which nothing is claimed: it says what the calls were for.
    Example: `customer: tenant_id`."""


SERVERS = ("vLLM", "SGLang", "RayServe", "TGI", "LlamaCpp", "Triton", "NIM")
"""The presets of model servers, whose own pods show the series."""
GATEWAYS = ("LiteLLM", "EnvoyAIGateway", "AgentGateway", "OpenTelemetry", "Kong")
"""The presets of what calls providers, and so can tell who used a key."""


class FocusFile(Model):
    """Files in the FOCUS format, CSV or Parquet, versions 1.0 to 1.4, in the folder that the operator's settings name.

    Columns BilledCost, BillingCurrency, ChargePeriodStart and ChargePeriodEnd must be there.
    """

    path: Annotated[
        str,
        Field(max_length=1024),
        matching(
            "/[^\\x00-\\x1f?[]*", "write an absolute path without ?, [ or control characters, such as /data/*.parquet"
        ),
    ]
    """Absolute path, in the operator's folder of bills, by default `/data`; `*` stands for any part of a name, and never for
    a folder beside it. Example: `/data/*.parquet`."""
    tags: LabelNames = Field(default_factory=dict)
    """The key of the FOCUS column Tags that holds each dimension. Keys as in `prometheus.dimensions`. Example:
    `project: team`."""
    services: Annotated[tuple[Key, ...], Field(max_length=50), Distinct()] = ()
    """Values of the column ServiceName that count; a bill of a whole cloud has more than AI. Default: every row. Example:
    `Amazon Bedrock`."""
    exports: Literal["MonthToDate", "Parts"] | None = None
    """What files are that tell of the same service, invoice and day. `MonthToDate`: each holds the month so far, and the latest
    counts. `Parts`: each holds charges of its own, such as those of a day or a region, and they add up; a file that is made
    anew must take the place of the old one. Default: found by what comes again as it was; a day of which that cannot be
    told is a gap."""

    rules = (
        Rule(
            "!self.path.contains('..')",
            "write focusFile.path without ..",
            lambda file: ".." not in file.path,
        ),
        Rule(
            "!self.path.contains('**')",
            "write focusFile.path without **: one * stands for a part of a name, and nothing for any folders",
            lambda file: "**" not in file.path,
        ),
    )


class Grant(Model):
    """Allows the workloads of some namespaces to claim the usage that has this value."""

    dimension: Dimension
    """What the value is of: `project`, `workspace`, `apiKey`, `serviceAccount`, `user`, `customer` or `model`.
    OpenAI's bill can be told apart by `project`, `apiKey`, `user`, `serviceAccount` and `model`; Anthropic's by `workspace`,
    `apiKey`, `serviceAccount`, `user`, `model`, and by `customer`, which is a user profile; OpenRouter's by `workspace`,
    `apiKey` (the hash of the key) and `model`; what LiteLLM saw by `apiKey` (the alias of its virtual key), `project` (its
    team), `user`, `model`, and by `customer`, which is whom its caller names: grant it only where a proxy that you trust names
    customers; what Langfuse saw by `project` (its environment) and `model`."""
    value: Key
    """The exact value. Example: `proj_support`."""
    namespaces: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=63)], ...],
        Field(max_length=100),
        Distinct(),
        at_least_one("list at least one namespace, or leave the grant out: it would allow nobody anything"),
    ]
    """Namespaces whose AIWorkloads may claim it. Example: `support`."""


class Invoice(Model):
    """What the provider invoiced for a month. A difference to its bill becomes an adjustment line."""

    month: Month
    """The UTC month of the usage. Example: `"2026-11"`."""
    id: Annotated[str, Field(min_length=1, max_length=128)]
    """Number of the invoice. Example: `INV-9`."""
    amount: SignedAmount
    """Total of the invoice, a decimal string; negative for a credit note. Example: `"98765.43"`."""
    currency: CurrencyCode
    """Currency of the invoice. Example: `USD`."""
