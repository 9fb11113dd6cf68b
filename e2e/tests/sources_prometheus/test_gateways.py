"""Who used a shared key through a gateway, out of a real Prometheus, and what he pays of the provider's bill for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aicost.core.bills import BillDay, BillRow, bill_entries
from aicost.core.declarations import Series, Source
from aicost.core.identity import labels
from aicost.core.ledger import Certainty
from aicost.core.reasons import GapReason
from aicost.core.refining import refinement, refiners_of
from aicost.core.usage import Tokens
from aicost.core.window import DAY, HOUR, Instant, Window, instant
from aicost.sources.prometheus import Prometheus
from aicost.sources.tokens.gateways import GatewayUsage
from aicost.wiring import PinnedClock
from e2e.conftest import PrometheusFactory
from e2e.scenario.series import Piece, history
from e2e.tests.sources_prometheus.conftest import Backfilled
from tests.support.builders import a_claim, a_grant, a_source, a_unit, a_workload, dims, ownership, usd

BEGUN = instant("2026-10-29T23:00:00Z")
"""When Prometheus and the gateway were first there: of that day only its last hour is known."""
THE_30TH, THE_31ST, THE_1ST = (
    Window(Instant(at), Instant(at + DAY)) for at in range(BEGUN + HOUR, BEGUN + 3 * DAY, DAY)
)
NOW = instant("2026-11-01T12:30:00Z")
OVER = Window(Instant(THE_30TH.start - 3 * DAY), THE_1ST.end)
MODEL = "gpt-6-sol-2026-08-01"
GATEWAY = Source("gw", "Prometheus", "Refine", refines=frozenset({("openai", "key_gw")}))
ENVOY = Series("EnvoyAIGateway", labels({"namespace": "gateways"}), dims(customer="tenant_id"))


def used(since: int, until: int, *, namespace: str = "gateways", provider: str = "openai") -> Iterator[Piece]:
    """What acme used of a provider's model: tokens and requests in each second."""
    of = {"namespace": namespace, "pod": f"gw-{since}", "job": "envoy", "instance": f"{namespace}:1975"}
    named = {"gen_ai_provider_name": provider, "gen_ai_response_model": MODEL, "tenant_id": "acme"}
    for kind, each_second in (("input", 1.0), ("cached_input", 0.5), ("cache_creation_input", 0.25), ("output", 0.2)):
        own = (*of.items(), *named.items(), ("gen_ai_token_type", kind))
        yield Piece("gen_ai_client_token_usage_sum", own, 10**6, since, until, slope=each_second)
        yield Piece("gen_ai_client_token_usage_count", own, 10**3, since, until, slope=0.01)


def failed(since: int, until: int, namespace: str = "gateways") -> Iterator[Piece]:
    """What acme asked for in vain: two requests in three were refused, one took too long."""
    instance = "mallory:1975" if namespace == "mallory" else "gateways:1975"
    of = {"namespace": namespace, "pod": f"gw-{since}", "job": "envoy", "instance": instance}
    named = {"gen_ai_provider_name": "openai", "gen_ai_request_model": MODEL, "tenant_id": "acme"}
    for error, each_second in (("", 0.01), ("429", 0.002), ("408", 0.001)):
        own = (*of.items(), *named.items(), ("error_type", error))
        yield Piece("gen_ai_server_request_duration_seconds_count", own, 10**3, since, until, slope=each_second)


def spoken(since: int, until: int) -> Iterator[Piece]:
    """What acme said to a proxy of LiteLLM, and heard: half of the input is audio, and a quarter of the output."""
    of = {"namespace": "proxies", "pod": "litellm-0", "job": "litellm", "instance": "proxies:4000"}
    named = {"api_provider": "openai", "model": "gpt-realtime", "end_user": "acme", "team": "red"}
    each_second = {"input": 2.0, "input_audio": 1.0, "output": 0.4, "output_audio": 0.1, "total": 2.4}
    for kind, slope in each_second.items():
        own = (*of.items(), *named.items())
        yield Piece(f"litellm_{kind}_tokens_metric_total", own, 10**6, since, until, slope=slope)


def pieces() -> Iterator[Piece]:
    """Three days: a gateway that is away on the second, scraped every ten minutes, and a neighbour who shows the same."""
    yield Piece("up", (("job", "envoy"), ("instance", "gateways:1975")), 1, BEGUN, NOW)
    yield from used(BEGUN, THE_30TH.end)
    yield from used(BEGUN, THE_30TH.end, provider="azure.ai.openai")
    yield from used(THE_1ST.start, NOW)
    yield from used(BEGUN, NOW, namespace="mallory")
    yield from spoken(BEGUN, NOW)
    yield from failed(BEGUN, NOW)
    yield from failed(BEGUN, NOW, namespace="mallory")
    yield from failed(BEGUN, NOW, namespace="eve")


SCRAPES = list(range(BEGUN, NOW, 600))


@pytest.fixture(scope="module")
def url(backfilled: Backfilled) -> str:
    """A Prometheus that has them."""
    return backfilled(pieces(), SCRAPES)


def during(seconds: int = DAY) -> Tokens:
    """What acme used in so many seconds."""
    return Tokens(seconds, seconds // 2, seconds // 4, seconds // 5, seconds // 100)


def reader(url: str, now: Instant = NOW) -> GatewayUsage:
    return GatewayUsage(Prometheus(url), PinnedClock(now))


def reading(series: Series = ENVOY) -> Source:
    return replace(GATEWAY, series=series)


async def test_days_are_read_by_caller_and_provider_s_model(url: str) -> None:
    """A day whose begin Prometheus does not hold is not read, one of silence is a gap, and today is read so far."""
    found = await reader(url).read(reading(), OVER)
    assert {(row.day, dict(row.dimensions)["model"]): row.tokens for row in found.usage} == {
        (THE_30TH, f"openai/{MODEL}"): during(),
        (THE_30TH, f"azure.ai.openai/{MODEL}"): during(),
        (THE_1ST, f"openai/{MODEL}"): during(12 * HOUR + 20 * 60),
    }
    assert {dict(row.dimensions)["customer"] for row in found.usage} == {"acme"}
    assert set(found.usage_days) == {THE_30TH, THE_1ST}
    assert [(gap.reason, gap.since, gap.source) for gap in found.gaps] == [
        (GapReason.METER_UNAVAILABLE, THE_31ST.start, "gw")
    ]


async def test_failures_are_told_beside_tokens_and_are_no_sign_of_life(url: str) -> None:
    """By caller, with those that HTTP 4xx refused; on a day of which no tokens are told they tell nothing of it."""
    found = await reader(url).read(reading(), OVER)
    told = {
        (row.day, dict(row.dimensions)["model"]): dict(row.measured)
        for row in found.usage
        if "azure" not in dict(row.dimensions)["model"]
    }
    assert told[THE_30TH, f"openai/{MODEL}"] == {"failedRequests": 258, "refusedRequests": 172}
    assert {day for day, _ in told} == {THE_30TH, THE_1ST}


async def test_audio_is_told_apart_and_never_added_to_the_tokens(url: str) -> None:
    """LiteLLM's counters of it are parts of those of all tokens."""
    found = await reader(url).read(reading(Series("LiteLLM", labels({"namespace": "proxies"}))), OVER)
    [row] = [row for row in found.usage if row.day == THE_31ST]
    assert row.tokens == Tokens(2 * DAY, output=DAY * 2 // 5)
    assert dict(row.measured) == {"audioInputTokens": DAY, "audioOutputTokens": DAY // 10}
    assert dict(row.dimensions)["model"] == "openai/gpt-realtime"


async def test_a_neighbour_who_shows_failures_alone_spoils_nothing_and_is_not_believed(url: str) -> None:
    """Without a namespace that is told, failures are those of the one target that counts tokens."""
    series = replace(ENVOY, matchers=labels({"instance": "gateways:1975"}))
    found = await reader(url).read(reading(series), OVER)
    assert set(found.usage) == set((await reader(url).read(reading(), OVER)).usage)


async def test_where_it_never_was_one_day_says_so(url: str) -> None:
    """A wrong matcher is told, and not once for each day."""
    found = await reader(url).read(reading(replace(ENVOY, matchers=labels({"namespace": "nowhere"}))), OVER)
    assert (found.usage, found.usage_days) == ((), ())
    assert [gap.since for gap in found.gaps] == [THE_31ST.start]
    assert "no series of EnvoyAIGateway tell of 2026-10-31" in found.gaps[0].message


async def test_a_prometheus_that_is_new_says_so(url: str) -> None:
    """Of a day whose begin it does not hold nothing is told, but of yesterday that; older days may be known by now."""
    begun = Window(Instant(THE_30TH.start - DAY), THE_30TH.start)
    for now, told in ((begun.end, [begun.start]), (Instant(begun.end + DAY), [])):
        found = await reader(url, now).read(reading(), begun)
        assert (found.usage, found.usage_days, [gap.since for gap in found.gaps]) == ((), (), told)


async def test_a_neighbour_who_shows_the_same_is_found_out(url: str) -> None:
    """Without a namespace nothing tells the gateway from whoever writes in its name: nothing is read."""
    found = await reader(url).read(reading(replace(ENVOY, matchers=frozenset())), OVER)
    assert (found.usage, found.usage_days) == ((), ())
    assert {gap.reason for gap in found.gaps} == {GapReason.BILL_MALFORMED}
    assert (
        "in mallory namespace, and nothing tells whom to believe: name the gateway's namespace" in found.gaps[0].message
    )


async def test_a_day_that_is_long_over_is_asked_for_once(prometheus_factory: PrometheusFactory, tmp_path: Path) -> None:
    """What was read stays when Prometheus is away, or has forgotten it; of younger days that is a gap."""
    path = tmp_path / "history.om"
    path.write_text("".join(history(pieces(), SCRAPES)))
    server = prometheus_factory()
    server.backfill(path)
    server.start()
    gateway = reader(server.url, THE_1ST.end)
    first = await gateway.read(reading(), OVER)
    server.stop()
    second = await gateway.read(reading(), OVER)
    assert second.usage == tuple(row for row in first.usage if row.day == THE_30TH)
    assert {gap.since for gap in second.gaps} == {THE_31ST.start, THE_1ST.start}
    assert {gap.reason for gap in second.gaps} == {GapReason.BILL_UNAVAILABLE}


async def test_without_prometheus_every_day_is_a_gap() -> None:
    """It says what to configure."""
    found = await GatewayUsage(None, PinnedClock(NOW)).read(reading(), THE_1ST)
    assert "no Prometheus is configured" in found.gaps[0].message


async def test_a_tenant_pays_of_the_bill_what_the_gateway_saw(url: str) -> None:
    """By tokens of each line's kind: what was sent to another provider takes no part, and the rest stays unclaimed."""
    found = await reader(url).read(reading(), OVER)
    rows = [
        BillRow(dims(apiKey="key_gw", lineItem=f"{MODEL}, {kind}"), usd(100), quantity, "tokens")
        for kind, quantity in (("input_tokens", DAY), ("output_tokens", DAY))
    ]
    granted = replace(reading(), grants=(a_grant("acme", "support", dimension="customer"),))
    chat = a_workload("chat", usage=(a_claim("gw", customer="acme"),))
    sources = a_source(), granted
    entries, _ = bill_entries(
        (BillDay("openai", "openai", THE_30TH, tuple(rows)),),
        ownership(a_unit(), chat, *sources),
        refinement=refinement({THE_30TH.start: refiners_of(sources)}, found.usage),
    )
    paid = {}
    for entry in entries:
        assert entry.origin.certainty is Certainty.CALIBRATED
        for line in entry.lines:
            assert line.amount
            name = line.owner.workload.name if line.owner.workload else "unclaimed"
            paid[entry.origin.description.rpartition(", ")[2], name] = line.amount.nanos
    assert paid == {
        ("input_tokens", "chat"): usd(25).nanos,  # a quarter is neither cached nor written to a cache
        ("input_tokens", "unclaimed"): usd(75).nanos,
        ("output_tokens", "chat"): usd(20).nanos,
        ("output_tokens", "unclaimed"): usd(80).nanos,
    }
