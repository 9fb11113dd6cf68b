"""Each preset's real series, as its server or gateway shows them, in a real Prometheus."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from aicost.core.declarations import Dimensions, Meter, Series, Source
from aicost.core.identity import Labels, WorkloadRef, labels
from aicost.core.usage import PodTokens, Served, Tokens
from aicost.core.window import HOUR, Instant, Window, instant
from aicost.sources.callers import CallerSeries
from aicost.sources.model_servers import ModelServers
from aicost.sources.prometheus import Prometheus
from e2e.scenario.series import Piece
from e2e.tests.sources_prometheus.conftest import Backfilled

START = instant("2026-11-01T00:00:00Z")
HOURS = Window(START, Instant(START + 2 * HOUR))
LIVED = 1_000_000
"""What every counter had counted before: none of it may ever be charged."""
_SERIES = re.compile(r"(?P<name>[^{\s]+)(?:\{(?P<labels>.*)\})? (?P<per_hour>[\d.]+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def shown(text: str, **target: str) -> Iterator[Piece]:
    """Series as a page shows them, each with what it counts in an hour, scraped from a target."""
    for line in text.split("\n"):
        if found := _SERIES.fullmatch(line.strip()):
            own = dict(_LABEL.findall(found["labels"] or ""))
            slope = float(found["per_hour"]) / HOUR
            yield Piece(found["name"], tuple({**own, **target}.items()), LIVED, START - HOUR, slope=slope)


SERVERS = {
    "vllm": (
        """vllm:prompt_tokens_total{model_name="llama",engine="0"} 3600
        vllm:prompt_tokens_total{model_name="llama",engine="1"} 3600
        vllm:prompt_tokens_cached_total{model_name="llama",engine="0"} 720
        vllm:prefix_cache_hits_total{model_name="llama",engine="0"} 720
        vllm:gpu_prefix_cache_hits_total{model_name="llama",engine="0"} 720
        vllm:generation_tokens_total{model_name="llama",engine="0"} 1800
        vllm:request_success_total{model_name="llama",engine="0",finished_reason="stop"} 60
        vllm:request_success_total{model_name="llama",engine="0",finished_reason="length"} 6
        vllm:request_success_total{model_name="llama",engine="0",finished_reason="abort"} 6""",
        "llama",
        Tokens(input=7200, cached_input=720, output=1800, requests=72),
    ),
    "vllm-2025": (
        """vllm:prompt_tokens_total{model_name="llama"} 3600
        vllm:gpu_prefix_cache_hits_total{model_name="llama"} 720
        vllm:generation_tokens_total{model_name="llama"} 1800""",
        "llama",
        Tokens(input=3600, cached_input=720, output=1800),
    ),
    "sglang": (
        """sglang:prompt_tokens_total{model_name="qwen",engine_type="unified",team="red",customer="acme"} 3600
        sglang:prompt_tokens_total{model_name="qwen",engine_type="unified",team="red",customer="globex"} 1800
        sglang:cached_tokens_total{model_name="qwen",cache_source="device",team="red",customer="acme"} 360
        sglang:generation_tokens_total{model_name="qwen",team="red",customer="acme"} 720
        sglang:num_requests_total{model_name="qwen",team="red",customer="acme"} 36
        sglang:num_aborted_requests_total{model_name="qwen",team="red",customer="acme"} 4""",
        "qwen",
        Tokens(input=5400, cached_input=360, output=720, requests=36),
    ),
    "ray": (
        """ray_vllm_prompt_tokens_total{model_name="llama",engine="0",ReplicaId="a",WorkerId="1"} 3600
        ray_vllm_prompt_tokens_total{model_name="llama",engine="0",ReplicaId="b",WorkerId="2"} 3600
        ray_vllm_prefix_cache_hits_total{model_name="llama",engine="0",ReplicaId="a",WorkerId="1"} 360
        ray_vllm_generation_tokens_total{model_name="llama",engine="0",ReplicaId="a",WorkerId="1"} 1800
        ray_vllm_request_success_total{model_name="llama",engine="0",ReplicaId="a",finished_reason="stop"} 36""",
        "llama",
        Tokens(input=7200, cached_input=360, output=1800, requests=36),
    ),
    "tgi": (
        """tgi_request_input_length_sum 3600
        tgi_request_input_length_count 36
        tgi_request_generated_tokens_sum 1800
        tgi_request_success{method="generate"} 24
        tgi_request_success{method="generate_stream"} 12""",
        "",
        Tokens(input=3600, output=1800, requests=36),
    ),
    "llamacpp": (
        """llamacpp:prompt_tokens_total 3600
        llamacpp:tokens_predicted_total 1800
        llamacpp:requests_processing 3600""",
        "",
        Tokens(input=3600, output=1800),
    ),
    "triton": (
        """nv_llm_input_token_len_sum{model="tensorrt_llm",response_metric_type="total_input_tokens",version="1"} 3600
        nv_llm_input_token_len_count{model="tensorrt_llm",response_metric_type="total_input_tokens",version="1"} 36
        nv_llm_output_token_len_sum{model="tensorrt_llm",response_metric_type="total_output_tokens",version="1"} 1800
        nv_inference_request_success{model="ensemble",version="1"} 36
        nv_inference_request_success{model="tensorrt_llm",version="1"} 36
        nv_trt_llm_v1_metrics{v1_specific_metric="total_context_tokens",model="tensorrt_llm",version="1"} 7200
        nv_trt_llm_v1_metrics{v1_specific_metric="total_generation_tokens",model="tensorrt_llm",version="1"} 7200""",
        "tensorrt_llm",
        Tokens(input=3600, output=1800, requests=36),
    ),
    "trtllm-serve": (
        """trtllm_request_success_total{model_name="qwen",engine_type="trtllm",finished_reason="stop"} 36""",
        "qwen",
        Tokens(requests=36),
    ),
    "nim": (
        """prompt_tokens_total{model_name="meta/llama"} 3600
        generation_tokens_total{model_name="meta/llama"} 1800
        request_success_total{model_name="meta/llama"} 24
        request_finish_total{model_name="meta/llama",finished_reason="stop"} 24
        gpu_cache_usage_perc{model_name="meta/llama"} 36""",
        "meta/llama",
        Tokens(input=3600, output=1800, requests=24),
    ),
    "nim-on-vllm": (
        """prompt_tokens_total{model_name="meta/llama"} 3600
        vllm:prompt_tokens_total{model_name="meta/llama",engine="0"} 3600
        generation_tokens_total{model_name="meta/llama"} 1800
        vllm:generation_tokens_total{model_name="meta/llama",engine="0"} 1800""",
        "meta/llama",
        Tokens(input=3600, output=1800),
    ),
    "prefill": ("""vllm:prompt_tokens_total{model_name="big",engine="0"} 3600""", "big", Tokens(input=3600)),
    "decode": ("""vllm:generation_tokens_total{model_name="big",engine="0"} 1800""", "big", Tokens(output=1800)),
}
"""By pod: its page, its model, and what it counts in an hour."""
ABORTED = {"vllm": 6, "sglang": 4, "ray": 0}
"""Of those that tell, and that count requests."""

GATEWAYS: dict[str, tuple[str, str, dict[Dimensions, Served]]] = {}


def gateway(name: str, preset: str, text: str, **callers: tuple[int, int]) -> None:
    """A gateway's page and what customers had of it in an hour, input and output."""
    GATEWAYS[name] = preset, text, {}
    for customer, (read, written) in callers.items():
        GATEWAYS[name][2][frozenset({("customer", customer)})] = Served(input=read, output=written)


gateway(
    "llmd",
    "LLMD",
    """llm_d_epp_request_input_tokens_sum{model_name="l",target_model_name="l",fairness_id="acme",priority="0"} 3600
    llm_d_epp_request_input_tokens_sum{model_name="l",target_model_name="l",fairness_id="globex",priority="0"} 1800
    llm_d_epp_request_output_tokens_sum{model_name="l",target_model_name="l",fairness_id="acme",priority="0"} 720
    inference_objective_input_tokens_sum{model_name="l",target_model_name="l"} 5400
    inference_objective_output_tokens_sum{model_name="l",target_model_name="l"} 720""",
    acme=(3600, 720),
    globex=(1800, 0),
)
for version, unit in (("", "1"), ("_token", "04"), ("_tokens", "otel")):
    gateway(
        f"envoy-{unit}",
        "EnvoyAIGateway",
        f"""gen_ai_client_token_usage{version}_sum{{gen_ai_token_type="input",tenant_id="acme"}} 3600
        gen_ai_client_token_usage{version}_sum{{gen_ai_token_type="cached_input",tenant_id="acme"}} 1800
        gen_ai_client_token_usage{version}_sum{{gen_ai_token_type="output",tenant_id="acme"}} 720
        gen_ai_client_token_usage{version}_sum{{gen_ai_token_type="reasoning",tenant_id="acme"}} 360
        gen_ai_client_token_usage{version}_sum{{gen_ai_token_type="input",tenant_id="globex",gen_ai_operation_name="chat"}} 360
        gen_ai_client_token_usage{version}_sum{{gen_ai_token_type="input",tenant_id="globex",gen_ai_operation_name="x"}} 360""",
        acme=(3600, 720),
        globex=(720, 0),
    )
gateway(
    "agentgateway",
    "AgentGateway",
    """agentgateway_gen_ai_client_token_usage_sum{gen_ai_token_type="input",gen_ai_system="openai",tenant_id="acme"} 3600
    agentgateway_gen_ai_client_token_usage_sum{gen_ai_token_type="input_cache_read",tenant_id="acme"} 720
    agentgateway_gen_ai_client_token_usage_sum{gen_ai_token_type="output",tenant_id="acme"} 1800""",
    acme=(3600, 1800),
)
gateway(
    "otel",
    "OpenTelemetry",
    """gen_ai_client_token_usage_sum{gen_ai_token_type="input",service_name="a",tenant_id="acme"} 3600
    gen_ai_client_token_usage_sum{gen_ai_token_type="input",service_name="b",tenant_id="acme"} 1800
    gen_ai_client_token_usage_sum{gen_ai_token_type="output",service_name="b",tenant_id="acme"} 720""",
    acme=(5400, 720),
)
gateway(
    "kong",
    "Kong",
    """kong_ai_llm_tokens_total{ai_provider="openai",ai_model="m",consumer="acme",token_type="prompt_tokens"} 3600
    kong_ai_llm_tokens_total{ai_provider="openai",ai_model="m",consumer="acme",token_type="completion_tokens"} 720
    kong_ai_llm_tokens_total{ai_provider="openai",ai_model="m",consumer="acme",token_type="total_tokens"} 4320
    kong_ai_llm_cost_total{ai_provider="openai",ai_model="m",consumer="acme"} 360""",
    acme=(3600, 720),
)
gateway(
    "litellm",
    "LiteLLM",
    """litellm_input_tokens_metric_total{end_user="acme",team="red",model="m"} 1800
    litellm_input_tokens_metric_total{end_user="acme",team="blue",model="m"} 1800
    litellm_output_tokens_metric_total{end_user="acme",team="red",model="m"} 720
    litellm_total_tokens_metric_total{end_user="acme",team="red",model="m"} 4320""",
    acme=(3600, 720),
)
gateway(
    "sglang-tenants",
    "SGLang",
    """sglang:prompt_tokens_total{model_name="qwen",tenant_id="acme",team="red"} 1800
    sglang:prompt_tokens_total{model_name="qwen",tenant_id="acme",team="blue"} 1800
    sglang:generation_tokens_total{model_name="qwen",tenant_id="acme",team="red"} 720""",
    acme=(3600, 720),
)
CUSTOMER = {"LLMD": "fairness_id", "Kong": "consumer", "LiteLLM": "end_user"}


def a_meter(name: str, preset: str, matchers: Labels) -> Source:
    dimensions = frozenset({("customer", CUSTOMER.get(preset, "tenant_id"))})
    series = Series(preset, matchers, dimensions)
    return Source(name, "Prometheus", "Meter", meter=Meter(WorkloadRef("platform", "llm")), series=series)


@pytest.fixture(scope="module")
def recorded_url(backfilled: Backfilled) -> str:
    """All of them side by side, every server in a pod, every gateway in a namespace, and each forged by a neighbour."""
    pieces: list[Piece] = []
    for pod, (text, _, _) in SERVERS.items():
        pieces += shown(text, namespace="platform", pod=pod, job="servers", instance=f"{pod}:8000")
    for name, (_, text, _) in GATEWAYS.items():
        pieces += shown(text, namespace=name, pod="gw-0", job="gateway", instance=f"{name}:9090")
        pieces += shown(text, namespace="mallory", pod=f"forged-{name}", job="gateway", instance=f"m-{name}:9090")
    return backfilled(pieces, list(range(START - HOUR, HOURS.end, 60)))


async def test_each_server_s_own_tokens(recorded_url: str) -> None:
    """By pod, model and hour: of old and new names one counts, gauges and totals do not, and no lifetime is charged."""
    found = [of for of in await ModelServers(Prometheus(recorded_url)).pod_tokens(HOURS) if of.namespace == "platform"]
    hours = [Window(Instant(START + n * HOUR), Instant(START + (n + 1) * HOUR)) for n in range(2)]
    assert sorted(found, key=lambda of: (of.pod, of.hour)) == [
        PodTokens("platform", pod, model, hour, tokens, ABORTED.get(pod))
        for pod, (_, model, tokens) in sorted(SERVERS.items())
        for hour in hours
    ]


@pytest.mark.parametrize("name", GATEWAYS)
async def test_each_gateway_s_callers(recorded_url: str, name: str) -> None:
    """By caller and hour: types of tokens are not added up, and what a neighbour shows under the same names is not read."""
    preset, _, callers = GATEWAYS[name]
    source = a_meter(name, preset, labels({"namespace": name}))
    uses = await CallerSeries(Prometheus(recorded_url)).caller_use([source], HOURS)
    by_customer: dict[Dimensions, Served] = {}
    for use in uses:
        caller = frozenset(pair for pair in use.dimensions if pair[0] == "customer")
        by_customer[caller] = by_customer.get(caller, Served()) + use.served
    assert by_customer == {caller: served + served for caller, served in callers.items()}


async def test_vllm_s_callers_have_time(backfilled: Backfilled) -> None:
    """Whole requests: prefill and decode in microseconds, tokens from the same histograms; so has Ray's vLLM."""
    text = """{p}request_prefill_time_seconds_sum{{model_name="l",engine="0",tenant_id="acme"}} 36
    {p}request_decode_time_seconds_sum{{model_name="l",engine="0",tenant_id="acme"}} 360
    {p}request_time_per_output_token_seconds_sum{{model_name="l",engine="0",tenant_id="acme"}} 3600
    {p}request_prompt_tokens_sum{{model_name="l",engine="0",tenant_id="acme"}} 3600
    {p}request_generation_tokens_sum{{model_name="l",engine="0",tenant_id="acme"}} 720"""
    pieces: list[Piece] = []
    for preset, prefix in (("vLLM", "vllm:"), ("RayServe", "ray_vllm_")):
        target = {"namespace": preset.lower(), "pod": "llm-0", "instance": "llm-0:8000"}
        pieces += shown(text.format(p=prefix), **target)
    series = Prometheus(backfilled(pieces, list(range(START - HOUR, HOURS.end, 60))))
    sources = [a_meter(name, name, labels({"namespace": name.lower()})) for name in ("vLLM", "RayServe")]
    uses = await CallerSeries(series).caller_use(sources, HOURS)
    assert {use.source for use in uses} == {"vLLM", "RayServe"}
    assert {use.served for use in uses} == {Served(36_000_000, 360_000_000, 3600, 720)}
