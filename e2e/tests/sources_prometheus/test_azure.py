"""An hour of real requests, of one model server and of a gateway with three tenants: tokens and cost are the file's."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest

from aicost.core.allocation import allocate
from aicost.core.declarations import Series, Source
from aicost.core.holdings import Devices
from aicost.core.identity import labels
from aicost.core.ownership import Ownership
from aicost.core.recharge import incurred, recharge
from aicost.core.usage import Served, Tokens
from aicost.core.window import HOUR, Instant, Window, day_of, instant
from aicost.reconcile.callers import CallerRecord
from aicost.sources.callers import CallerSeries
from aicost.sources.model_servers import ModelServers
from aicost.sources.prometheus import Prometheus
from e2e.scenario.series import Piece
from e2e.tests.sources_prometheus.conftest import Backfilled
from tests.support.builders import a_book, a_group, a_holding, a_pod, a_price, dims, usd
from tests.support.metering import SERVED, a_caller, a_meter, declared, granted

FILE = Path("azure-llm-2023/AzureLLMInferenceTrace_code.csv")
TENANTS = ("acme", "globex", "initech")
EVERY = 15
"""Seconds between scrapes."""
START = instant("2023-11-16T17:00:00Z")
HOURS = Window(Instant(START + HOUR), Instant(START + 3 * HOUR))
RESTARTS = [Instant(HOURS.start + 60 * minutes) for minutes in (20, 29, 45, 60, 68)]
"""Each right after a scrape, the one at 60 minutes between two hours: what comes between a last scrape and an end is lost."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the trace; `at` is the scrape that is the first to show it."""

    at: int
    read: int
    written: int
    tenant: str


@pytest.fixture(scope="module")
def requests(recorded: Path) -> list[Request]:
    """The trace, its requests dealt to three tenants in turn."""
    with (recorded / FILE).open() as file:
        rows = list(csv.DictReader(file))
    return [
        Request(_shown_at(row["TIMESTAMP"]), int(row["ContextTokens"]), int(row["GeneratedTokens"]), TENANTS[n % 3])
        for n, row in enumerate(rows)
    ]


def _shown_at(stamp: str) -> int:
    seconds = datetime.fromisoformat(f"{stamp[:19]}+00:00").timestamp() + 1
    return -(-int(seconds) // EVERY) * EVERY


def counter(name: str, of: list[tuple[int, int]], restarts: list[Instant], since: int, **own: str) -> Iterator[Piece]:
    """A counter's values from scrape to scrape: it begins again with zero after each restart."""
    added: dict[int, int] = defaultdict(int)
    for at, amount in of:
        added[at] += amount
    value = 0
    for at in range(since, HOURS.end, EVERY):
        value = added[at] if at - EVERY in restarts else value + added[at]
        yield Piece(name, tuple(own.items()), value, at, at + EVERY)


def vllm(requests: list[Request]) -> Iterator[Piece]:
    """The server's own counters; it was started half an hour before the first request, and five times since."""
    own = {"namespace": "platform", "pod": "llm-0", "instance": "llm-0:8000", "model_name": "llama", "engine": "0"}
    counts: dict[str, Callable[[Request], int]] = {
        "vllm:prompt_tokens_total": lambda each: each.read,
        "vllm:generation_tokens_total": lambda each: each.written,
        "vllm:request_success_total": lambda _: 1,
    }
    for name, of in counts.items():
        yield from counter(name, [(each.at, of(each)) for each in requests], RESTARTS, START + HOUR // 2, **own)


def gateway(requests: list[Request]) -> Iterator[Piece]:
    """What the gateway shows: it served others since yesterday, so it is there, and a tenant's series begin with him."""
    own = {"namespace": "gateways", "pod": "gw-0", "instance": "gw-0:1975", "gen_ai_request_model": "llama"}
    counts: dict[str, Callable[[Request], int]] = {
        "input": lambda each: each.read,
        "output": lambda each: each.written,
    }
    for kind, of in counts.items():
        family = "gen_ai_client_token_usage_sum"
        yield Piece(family, (*own.items(), ("gen_ai_token_type", kind), ("tenant_id", "old")), 12345, START - HOUR)
        for tenant in TENANTS:
            used = [(each.at, of(each)) for each in requests if each.tenant == tenant]
            since = min(at for at, _ in used)
            yield from counter(family, used, [], since, **own, gen_ai_token_type=kind, tenant_id=tenant)


@pytest.fixture(scope="module")
def url(backfilled: Backfilled, requests: list[Request]) -> str:
    """Both, scraped every 15 seconds by a real Prometheus."""
    return backfilled([*vllm(requests), *gateway(requests)], list(range(START - HOUR, HOURS.end, EVERY)))


def test_the_file_is_the_one_that_is_known(requests: list[Request]) -> None:
    """8,819 requests within an hour, with restarts among them."""
    assert len(requests) == 8819
    assert HOURS.start < min(each.at for each in requests) < max(each.at for each in requests) < HOURS.end
    assert all(min(each.at for each in requests) < at < max(each.at for each in requests) for at in RESTARTS)


async def test_the_server_counted_what_the_file_says(url: str, requests: list[Request]) -> None:
    """Prompt, generation and requests over five restarts: equal to the token."""
    found = await ModelServers(Prometheus(url)).pod_tokens(HOURS)
    assert sum((each.tokens for each in found), Tokens()) == Tokens(
        input=sum(each.read for each in requests),
        output=sum(each.written for each in requests),
        requests=len(requests),
    )
    assert {(each.namespace, each.pod, each.model) for each in found} == {("platform", "llm-0", "llama")}


def a_gateway() -> Source:
    """What meters the server: the gateway's tokens by tenant."""
    callers = granted("acme", "support"), granted("globex", "search"), granted("initech", "support")
    series = Series("EnvoyAIGateway", labels({"namespace": "gateways"}), dims(customer="tenant_id"))
    return replace(a_meter(*callers), series=series)


async def test_three_tenants_carry_the_server_s_cost(url: str, requests: list[Request]) -> None:
    """Each tenant's tokens are the file's, and what they carry of four cards' two hours is the cost, to the nano-unit."""
    source = a_gateway()
    record = CallerRecord(CallerSeries(Prometheus(url)), (), {}, lambda: None)
    await record.catch_up([source], HOURS, 0)
    (day,) = record.days(HOURS)
    had = {dict(caller)["customer"]: served for caller, served in day.callers}
    assert had == {
        tenant: Served(
            input=sum(each.read for each in requests if each.tenant == tenant),
            output=sum(each.written for each in requests if each.tenant == tenant),
        )
        for tenant in TENANTS
    }
    everybody = declared(
        a_caller("acme"), a_caller("globex", "search", "find"), a_caller("initech"), source, server=SERVED[0]
    )
    who = Ownership.always(everybody)
    pods = Devices((a_group(4, HOURS),), (a_holding(a_pod("llm-0", "platform", app="llm"), HOURS, count=4),))
    entries = allocate(pods, a_book(a_price(usd(4, 7))), who, [HOURS]).entries
    cost = 2 * 4 * usd(4, 7).nanos
    moved = recharge([day], [source], incurred((), ((day_of(HOURS.start).start, each) for each in entries)), who)
    (entry,) = moved.entries
    carried = {line.subject: (line.owner, line.amount, line.quantity) for line in entry.lines if line.quantity}
    assert sum(amount.nanos for _, amount, _ in carried.values() if amount) == cost
    tokens = sum(served.tokens for served in had.values())
    for tenant, served in had.items():
        owner, amount, quantity = next(of for subject, of in carried.items() if tenant in subject)
        assert (owner.workload and owner.workload.name, quantity) == (tenant, served.tokens)
        assert amount
        assert abs(amount.nanos - Fraction(cost * served.tokens, tokens)) < 1
