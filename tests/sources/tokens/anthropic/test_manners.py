"""Usage is told by tier, context window, region and speed beside whose it is, each token once."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Dimensions
from aicost.core.gaps import Feed
from aicost.core.reasons import GapReason
from aicost.core.token_prices import manner_of
from aicost.core.window import Window, instant
from aicost.ports import BillReading, Malformed
from aicost.sources.token_prices import GenaiPrices
from aicost.sources.tokens import READERS
from aicost.sources.tokens.anthropic.rows import parse_manners
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.pages import Page
from e2e.emulators import faults
from e2e.emulators.anthropic_organisation import Spend, Usage
from tests.sources.tokens.anthropic.conftest import Anthropic
from tests.sources.tokens.drawn import JSON, answer, replaced
from tests.support.builders import dims

DAY = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-02T00:00:00Z"))
ACME = Usage("2026-11-01", "claude-opus-5-5", 100, output_tokens=1, api_key="k", user_profile="uprof_acme")
GLOBEX = replace(ACME, user_profile="uprof_globex")
BATCH = replace(ACME, service_tier="batch", uncached_input_tokens=700, web_search_requests=3)
USED = (
    ACME,
    GLOBEX,
    BATCH,
    replace(BATCH, inference_geo="us", uncached_input_tokens=30, requests=2),
    replace(GLOBEX, service_tier="priority", speed="fast", context_window="200k-1M", uncached_input_tokens=5),
    replace(GLOBEX, service_tier=None, context_window=None, inference_geo=None, speed=None, uncached_input_tokens=3),
)
PAID = Spend("2026-11-01", "700", model="claude-opus-5-5", token_type="output_tokens", service_tier="priority")
GROUP = {"service_tier": "batch", "context_window": None, "inference_geo": "us", "speed": "standard"}
TIMES = {"starting_at": "2026-11-01T00:00:00Z", "ending_at": "2026-11-02T00:00:00Z"}
PAGE = {"data": [{**TIMES, "group": GROUP, "usage": {}}], "has_more": False, "next_page": None}


def inputs(reading: BillReading) -> dict[Dimensions, int]:
    return {row.dimensions: row.tokens.input for row in reading.usage}


def made(customer: str, **manner: str) -> Dimensions:
    named = {"workspace": "wrkspc_default", "apiKey": "k", "model": "claude-opus-5-5"}
    return dims(customer=customer, **named, **manner)


@pytest.fixture
def used(anthropic: Anthropic) -> Anthropic:
    anthropic.has(usage=USED, costs=(PAID,))
    return anthropic


async def test_each_token_is_told_once_with_how_it_was_asked_for(used: Anthropic) -> None:
    """By customer and manner; what is standard, or of no tier at all, has no dimension more."""
    reading = await used.read(DAY)
    assert inputs(reading) == {
        made("uprof_acme"): 100,
        made("uprof_globex"): 103,
        made("uprof_acme", tier="batch"): 700,
        made("uprof_acme", tier="batch", region="us"): 30,
        made("uprof_globex", tier="priority", speed="fast", contextWindow="200k-1M"): 5,
    }
    assert sum(row.tokens.requests for row in reading.usage) == 7
    searched = {row.dimensions: row.measured for row in reading.usage if row.measured}
    assert searched == {of: {("webSearchCalls", 3)} for of in inputs(reading) if ("tier", "batch") in of}
    assert reading.gaps == ()


async def test_what_is_asked_in_a_batch_has_the_price_of_batches(used: Anthropic) -> None:
    """Half of the list price, which the standard one would have doubled."""
    (batch,) = (row for row in (await used.read(DAY)).usage if row.dimensions == made("uprof_acme", tier="batch"))
    listed = GenaiPrices()
    dear = listed.price("anthropic", "claude-opus-5-5", DAY.start, frozenset())
    cheap = listed.price("anthropic", "claude-opus-5-5", DAY.start, manner_of(batch.dimensions))
    assert dear
    assert dear.rates.input
    assert cheap
    assert (cheap.rates.input, cheap.doubtful) == (dear.rates.input / 2, False)


async def test_a_manner_is_asked_for_only_where_it_occurs(used: Anthropic) -> None:
    """One question of the manners, one of each, and one of all; where all is standard, two."""
    await used.read(DAY)
    assert len(used.requests("/analytics/usage")) == 5
    used.has(usage=(ACME, GLOBEX))
    used.asked()
    await used.read(DAY)
    assert len(used.requests("/analytics/usage")) == 2


@pytest.mark.parametrize(
    ("refused", "lost", "batches"),
    [({"speed"}, "region, speed", 730), ({"context_window"}, "contextWindow, region, speed", 730)],
)
async def test_manners_that_are_refused_are_in_the_rest(
    used: Anthropic, refused: set[str], lost: str, batches: int
) -> None:
    """The next coarser split is taken, the sum is the same, and the gap names what nobody told apart."""
    used.has(refused=frozenset(refused))
    reading = await used.read(DAY)
    assert sum(inputs(reading).values()) == 938
    assert inputs(reading)[made("uprof_acme", tier="batch")] == batches
    (gap,) = reading.gaps
    assert (gap.reason, gap.feed) == (GapReason.GROUPING_REFUSED, Feed.USAGE)
    assert gap.message.endswith(f"refused to split by {lost}")


async def test_a_refusal_is_remembered_for_a_day(used: Anthropic) -> None:
    """The next poll asks at once for what is given, of manners and owners alike, and tells the same."""
    reader = READERS["Anthropic", "Bill"](Access(used.secrets, used.policy, used.limits))
    used.has(refused=frozenset({"speed", "actor"}))
    first = await reader.read(used.source, DAY)
    asked = len(used.asked())
    assert await reader.read(used.source, DAY) == replace(first, names=None)
    refused = ("costs", "manners", "one manner by owner", "all by owner")
    assert len(used.asked()) == asked - len(refused) - len(("workspaces", "keys"))


async def test_without_any_manner_all_is_told_by_whose_it_is(used: Anthropic) -> None:
    """An account that is not told its tiers has its usage all the same."""
    used.has(refused=frozenset({"service_tier"}))
    reading = await used.read(DAY)
    assert inputs(reading) == {made("uprof_acme"): 830, made("uprof_globex"): 108}
    assert reading.gaps[0].lost == {"tier", "contextWindow", "region", "speed"}


async def test_parts_that_are_more_than_all_are_not_believed(used: Anthropic) -> None:
    """What was used is told, and not in which manner: no count is ever negative, and none is lost."""
    of_batches = faults.Fault(faults.put("data.0.usage.uncached_input_tokens", "10000"), path="/usage", skip=1, times=1)
    used.emulator.faults.append(of_batches)
    reading = await used.read(DAY)
    assert inputs(reading) == {made("uprof_acme"): 830, made("uprof_globex"): 108}
    assert reading.gaps[0].lost == {"tier", "contextWindow", "region", "speed"}


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        (
            {"costs": (replace(PAID, service_tier="standard"),)},
            ["the bill leaves out the Priority Tier, of which 6 tokens were used"],
        ),
        ({}, []),
        ({"costs": (), "refreshed_at": "2026-11-01T20:00:00Z"}, []),
    ],
    ids=["nowhere", "billed", "not yet"],
)
async def test_a_tier_that_the_bill_leaves_out_is_missed(
    used: Anthropic, changes: dict[str, Any], missing: list[str]
) -> None:
    """It is bought by commitment, so that it may be on no bill: what it cost is not zero, and nobody tells it."""
    used.has(**changes)
    gaps = [gap for gap in (await used.read(DAY)).gaps if gap.reason is GapReason.NOT_IN_BILL]
    assert [(gap.feed, gap.message.partition(": ")[2]) for gap in gaps] == [(Feed.BILLS, said) for said in missing]


@given(JSON, st.data())
def test_any_page_of_manners_is_read_or_malformed(value: Any, data: st.DataObject) -> None:
    """Whatever comes, also deep inside a page that is otherwise right."""
    for document in (value, replaced(PAGE, data.draw)):
        with contextlib.suppress(Malformed):
            assert isinstance(parse_manners(answer(document), DAY), Page)
