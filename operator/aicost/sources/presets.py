"""Whose series hold token counts: one row for each kind of model server, router and gateway; docs/token-series.md tells them.

Source of the names: the projects' own metrics pages and code, as they are at the end of 2026. A selector stands as PromQL
has it. Of several selectors of a count the first that a pod shows counts, so that old and new names side by side are one
count. A histogram's `_sum` is a counter of what it observed, its `_count` of how often. No count is read of a gauge: what
it showed between two scrapes nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from aicost.core.counting import SHORT_ANSWER, SHORT_PROMPT, Failure, Size
from aicost.core.modalities import Modality
from aicost.sources.key_names import is_name

Selectors: TypeAlias = tuple[str, ...]
"""The series of one count, each by the name that some version gives it, the one to prefer first."""
Own: TypeAlias = tuple[str, ...]
"""The values of the labels that tell counts apart; series that differ in others only are one count scraped twice."""
SCRAPE = (
    *("job", "instance", "namespace", "pod", "container", "service", "endpoint", "node"),
    *("prometheus", "prometheus_replica", "replica", "receive_replica"),
)
"""Labels that scrapes and stores put on every series of a target."""


@dataclass(frozen=True, slots=True)
class Preset:
    """The series of one kind of server or gateway.

    `counts` are by the field of Tokens, `served` by the field of Served where callers are better measured by other series
    (seconds where that is a time). `labels` name the labels that hold a dimension, the first with a value counts;
    `provider` those that say whose model a gateway called. `apart` are its own labels that tell counts apart; None: it
    shows labels that its operator chose, so that all but those of scrapes do. `serves` is whether its pods compute the
    tokens themselves. `sizes` are by the values of counting.Size: buckets of histograms that count short requests;
    `failures` by those of counting.Failure; `beyond_text` by those of Modality, where audio of the input includes what caches gave.
    `aborted` are requests of which whoever asked went away before their end, among
    those of `counts`; empty where a server does not tell.
    """

    counts: Mapping[str, Selectors]
    labels: Mapping[str, tuple[str, ...]]
    served: Mapping[str, Selectors] = field(default_factory=dict)
    provider: tuple[str, ...] = ()
    apart: tuple[str, ...] | None = None
    serves: bool = False
    sizes: Mapping[str, Selectors] = field(default_factory=dict)
    failures: Mapping[str, Selectors] = field(default_factory=dict)
    beyond_text: Mapping[str, Selectors] = field(default_factory=dict)
    aborted: Selectors = ()

    @property
    def beside(self) -> Mapping[str, Selectors]:
        """The selectors of what is counted beside tokens, and of what parts of them are."""
        return {**self.sizes, **self.failures, **self.beyond_text}

    @property
    def by_caller(self) -> Mapping[str, Selectors]:
        """The selectors by the field of Served."""
        tokens = {name: self.counts[name] for name in ("input", "output") if name in self.counts}
        return {**tokens, **self.served}

    def own(self, labels: Mapping[str, str]) -> Own:
        """What tells a series apart from others of its target."""
        if self.apart is not None:
            return tuple(labels.get(name, "") for name in self.apart)
        return tuple(f"{name}={labels[name]}" for name in sorted(labels) if name not in SCRAPE)


def first_of(labels: Mapping[str, str], names: tuple[str, ...]) -> str:
    """The value of the first of these labels that has one; empty where none has.

    The last one is an id where there are several: what stands before it is a name, and counts only if it can be one.
    """
    return next(
        (labels[name] for name in names if labels.get(name) and (name == names[-1] or is_name(labels[name]))), ""
    )


def _vllm(prefix: str) -> Preset:
    """VLLM's series. Callers are measured by what it fills when a request ends: the whole prefill, the whole decode.

    Its time per output token is a mean of each request, and measures no decode.
    """
    return Preset(
        counts={
            "input": (f"{prefix}prompt_tokens_total",),
            "cached_input": (
                f"{prefix}prompt_tokens_cached_total",
                f"{prefix}prefix_cache_hits_total",
                f"{prefix}gpu_prefix_cache_hits_total",
            ),
            "output": (f"{prefix}generation_tokens_total",),
            "requests": (f"{prefix}request_success_total",),
        },
        served={
            "prefill": (f"{prefix}request_prefill_time_seconds_sum",),
            "decode": (f"{prefix}request_decode_time_seconds_sum",),
            "input": (f"{prefix}request_prompt_tokens_sum",),
            "output": (f"{prefix}request_generation_tokens_sum",),
        },
        labels={"model": ("model_name",)},
        apart=("model_name", "engine", "finished_reason", "ReplicaId", "WorkerId"),
        serves=True,
        aborted=(f'{prefix}request_success_total{{finished_reason="abort"}}',),
    )


def _failures(counter: str, label: str) -> Mapping[str, Selectors]:
    """A count of requests whose label says how they failed: HTTP's status, or another word.

    HTTP 408 (as which LiteLLM tells its own time-outs) and 499 came too late, and may be billed all the same.
    """
    refused = ",".join((f'{label}=~"4[0-9][0-9]"', *(f'{label}!="{late}"' for late in (408, 499))))
    return {
        Failure.REQUESTS: (f'{counter}{{{label}!=""}}',),
        Failure.REFUSED: (f"{counter}{{{refused}}}",),
    }


def _gen_ai(prefix: str = "", cached: str = "", written: str = "", duration: str = "") -> Preset:
    """OpenTelemetry's `gen_ai.client.token.usage`: `input` is all input, so types of tokens are never added up.

    `duration` is the histogram whose attribute `error.type` is there of operations that failed alone.
    """
    units = "", "_token", "_tokens"

    def of(what: str, kind: str) -> Selectors:
        named = (f"{prefix}gen_ai_client_token_usage{unit}_{what}" for unit in units)
        return tuple(f'{name}{{gen_ai_token_type="{kind}"}}' for name in named)

    def short(kind: str, most: int) -> Selectors:
        """The bucket of requests of so many tokens at most, as Prometheus 3 names its bound, and as it was exposed."""
        named = (f"{prefix}gen_ai_client_token_usage{unit}_bucket" for unit in units)
        return tuple(f'{name}{{gen_ai_token_type="{kind}",le="{le}"}}' for name in named for le in (f"{most}.0", most))

    caches = {"cached_input": cached, "cache_write": written}
    return Preset(
        counts={
            "input": of("sum", "input"),
            **{name: of("sum", kind) for name, kind in caches.items() if kind},
            "output": of("sum", "output"),
            "requests": of("count", "input"),
        },
        labels={"model": ("gen_ai_response_model", "gen_ai_request_model")},
        provider=("gen_ai_provider_name", "gen_ai_system_name", "gen_ai_system"),
        sizes={Size.SHORT_PROMPTS: short("input", SHORT_PROMPT), Size.SHORT_ANSWERS: short("output", SHORT_ANSWER)},
        failures=_failures(f"{duration}_seconds_count", "error_type") if duration else {},
    )


_EPP = "llm_d_epp_request_", "llm_d_router_epp_request_", "inference_objective_", "inference_model_"
"""The prefixes of llm-d's router, which began as the Gateway API's inference extension; two may be there at once."""
_KONG = "kong_ai_llm_tokens_total", "ai_llm_tokens_total"

PRESETS: Mapping[str, Preset] = {
    "vLLM": _vllm("vllm:"),
    "SGLang": Preset(
        counts={
            "input": ("sglang:prompt_tokens_total",),
            "cached_input": ("sglang:cached_tokens_total",),
            "output": ("sglang:generation_tokens_total",),
            "requests": ("sglang:num_requests_total",),
        },
        labels={"model": ("model_name",)},
        serves=True,
        aborted=("sglang:num_aborted_requests_total",),
    ),
    "RayServe": _vllm("ray_vllm_"),
    "TGI": Preset(
        counts={
            "input": ("tgi_request_input_length_sum",),
            "output": ("tgi_request_generated_tokens_sum",),
            "requests": ("tgi_request_success",),
        },
        labels={},
        apart=("method",),
        serves=True,
    ),
    "LlamaCpp": Preset(
        counts={"input": ("llamacpp:prompt_tokens_total",), "output": ("llamacpp:tokens_predicted_total",)},
        labels={"model": ("model",)},
        apart=("model",),
        serves=True,
    ),
    "Triton": Preset(
        counts={
            "input": ('nv_llm_input_token_len_sum{response_metric_type="total_input_tokens"}',),
            "output": ('nv_llm_output_token_len_sum{response_metric_type="total_output_tokens"}',),
            "requests": (
                'nv_llm_input_token_len_count{response_metric_type="total_input_tokens"}',
                "trtllm_request_success_total",
            ),
        },
        labels={"model": ("model", "model_name")},
        apart=("model", "version", "model_name", "engine_type", "finished_reason"),
        serves=True,
    ),
    "NIM": Preset(
        counts={
            "input": ('prompt_tokens_total{model_name!=""}',),
            "output": ('generation_tokens_total{model_name!=""}',),
            "requests": ('request_success_total{model_name!=""}', 'request_finish_total{model_name!=""}'),
        },
        labels={"model": ("model_name",)},
        apart=("model_name", "finished_reason"),
        serves=True,
    ),
    "LLMD": Preset(
        counts={
            "input": tuple(f"{prefix}input_tokens_sum" for prefix in _EPP),
            "cached_input": ("llm_d_epp_request_cached_tokens_sum", "inference_objective_prompt_cached_tokens_sum"),
            "output": tuple(f"{prefix}output_tokens_sum" for prefix in _EPP),
            "requests": (*(f"{prefix}total" for prefix in _EPP[:2]), *(f"{of}request_total" for of in _EPP[2:])),
        },
        labels={"model": ("model_name",), "customer": ("fairness_id",)},
        apart=("model_name", "target_model_name", "fairness_id", "priority"),
    ),
    "LiteLLM": Preset(
        counts={
            "input": ("litellm_input_tokens_metric_total",),
            "cached_input": ("litellm_input_cached_tokens_metric_total",),
            "cache_write": ("litellm_input_cache_creation_tokens_metric_total",),
            "output": ("litellm_output_tokens_metric_total",),
            "requests": ("litellm_requests_metric_total",),
        },
        labels={
            "model": ("model",),
            "customer": ("end_user",),
            "apiKey": ("api_key_alias", "hashed_api_key"),
            "project": ("team",),
            "user": ("user",),
        },
        provider=("api_provider",),
        failures=_failures("litellm_proxy_failed_requests_metric_total", "exception_status"),
        beyond_text={
            Modality.AUDIO_INPUT: ("litellm_input_audio_tokens_metric_total",),
            Modality.AUDIO_OUTPUT: ("litellm_output_audio_tokens_metric_total",),
        },
    ),
    "EnvoyAIGateway": _gen_ai(
        cached="cached_input", written="cache_creation_input", duration="gen_ai_server_request_duration"
    ),
    "AgentGateway": _gen_ai("agentgateway_", cached="input_cache_read"),
    "OpenTelemetry": _gen_ai(duration="gen_ai_client_operation_duration"),
    "Kong": Preset(
        counts={
            "input": tuple(f'{name}{{token_type="prompt_tokens"}}' for name in _KONG),
            "output": tuple(f'{name}{{token_type="completion_tokens"}}' for name in _KONG),
            "requests": ("kong_ai_llm_requests_total", "ai_llm_requests_total"),
        },
        labels={"model": ("ai_model",), "customer": ("consumer",), "workspace": ("workspace",)},
        provider=("ai_provider",),
        apart=(
            *("ai_provider", "ai_model", "cache_status", "vector_db", "embeddings_provider", "embeddings_model"),
            *("request_mode", "workspace", "consumer"),
        ),
    ),
}
"""By the name that a UsageSource says. Of two servers' series that one pod shows, the first here count."""
