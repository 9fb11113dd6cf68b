"""Where an account has no analytics, the Admin reports are read, and what they cannot tell is said."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.gaps import Feed
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.window import Window, instant
from aicost.ports import Malformed
from aicost.sources.tokens.anthropic.reports import parse_costs, parse_usage
from aicost.sources.tokens.pages import Page
from e2e.emulators import faults
from e2e.emulators.anthropic_organisation import Spend, Usage
from tests.sources.tokens.anthropic.conftest import ORGANISATION, Anthropic
from tests.sources.tokens.conftest import by_day
from tests.sources.tokens.drawn import JSON, answer, replaced
from tests.support.builders import dims, usd

DAY = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-02T00:00:00Z"))
BUCKET = {
    "starting_at": "2026-11-01T00:00:00Z",
    "ending_at": "2026-11-02T00:00:00Z",
    "results": [
        {
            "amount": "123.45",
            "currency": "USD",
            "workspace_id": None,
            "description": "x",
            "uncached_input_tokens": 1,
            "cache_read_input_tokens": 2,
            "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4},
            "output_tokens": 5,
        }
    ],
}
PAGE = {"data": [BUCKET], "has_more": False, "next_page": None}


@pytest.fixture
def legacy(anthropic: Anthropic) -> Anthropic:
    """An account without analytics."""
    anthropic.has(analytics=False)
    return anthropic


async def test_the_bill_is_whole_by_workspace_and_line(legacy: Anthropic) -> None:
    """In dollars, to the last cent; the default workspace has no id there, and so no dimension."""
    rows = by_day(await legacy.read())["2026-11-01"]
    assert sum(rows.values(), Money(0, "USD")) == usd(1800)
    line = {"model": "claude-opus-5-5", "lineItem": "claude-opus-5-5 usage - output_tokens", "tier": "standard"}
    assert rows[dims(workspace="wrkspc_chat", **line)] == usd(1100)
    assert rows[dims(lineItem="code_execution usage - code_execution")] == usd(0, 495_000_000)


async def test_what_cannot_be_told_apart_is_said(legacy: Anthropic) -> None:
    """Claims by key or customer find nothing in these reports, and the gap says why."""
    reading = await legacy.read(DAY)
    (gap,) = (gap for gap in reading.gaps if gap.feed is Feed.BILLS)
    assert gap.reason is GapReason.GROUPING_REFUSED
    assert {(day.lost, day.lesser) for day in reading.days} == {(gap.lost, True)}
    assert "by apiKey, customer, user, serviceAccount" in gap.message


async def test_usage_is_by_key_and_model(legacy: Anthropic) -> None:
    """These reports know no customers, and count no requests; they tell tier and context window."""
    legacy.has(usage=(replace(ORGANISATION.usage[0], web_search_requests=4), *ORGANISATION.usage[1:]))
    usage = (await legacy.read(DAY)).usage
    assert sum(count for row in usage for _, count in row.measured) == 4
    rows = {row.dimensions: row.tokens for row in usage}
    made = {"tier": "standard", "contextWindow": "0-200k"}
    counted = rows[dims(workspace="wrkspc_chat", apiKey="apikey_chat", model="claude-opus-5-5", **made)]
    assert (counted.input, counted.cached_input, counted.cache_write, counted.output, counted.requests) == (
        1000,
        800,
        100,
        500,
        0,
    )


async def test_the_priority_tier_is_in_no_bill_and_that_is_said(legacy: Anthropic) -> None:
    """Its usage is there, its cost is not: a gap, not nothing."""
    priority = Usage("2026-11-01", "claude-opus-5-5", 900, output_tokens=100, service_tier="priority")
    spent = Spend("2026-11-01", "777", model="claude-opus-5-5", token_type="output_tokens", service_tier="priority")
    legacy.has(usage=(*ORGANISATION.usage, priority), costs=(*ORGANISATION.costs, spent))
    reading = await legacy.read(DAY)
    assert sum(by_day(reading)["2026-11-01"].values(), Money(0, "USD")) == usd(1800)
    (gap,) = (gap for gap in reading.gaps if gap.reason is GapReason.NOT_IN_BILL)
    assert "leaves out the Priority Tier, of which 1000 tokens were used" in gap.message


async def test_the_analytics_are_asked_for_once_a_poll(legacy: Anthropic) -> None:
    """What is not there for one day is not there for the next 34."""
    await legacy.read(Window(instant("2026-10-01T00:00:00Z"), instant("2026-11-02T00:00:00Z")))
    assert len(legacy.requests("/analytics/cost")) <= legacy.limits.concurrency
    assert len(legacy.requests("/cost_report")) == 32


async def test_only_the_included_workspaces_count(legacy: Anthropic) -> None:
    """The cost report has no filter of its own."""
    legacy.source = replace(legacy.source, workspaces=frozenset({"wrkspc_fraud"}))
    reading = await legacy.read(DAY)
    assert [*by_day(reading)["2026-11-01"].values()] == [usd(580)]
    assert [row.tokens.input for row in reading.usage] == [5000]


async def test_a_torn_report_spoils_its_day(legacy: Anthropic) -> None:
    """As everywhere: no part is taken for the whole."""
    legacy.breaks(faults.torn(), path="/cost_report")
    reading = await legacy.read()
    assert [*by_day(reading)] == ["2026-10-31"]
    assert GapReason.BILL_MALFORMED in {gap.reason for gap in reading.gaps}


def test_amounts_are_cents() -> None:
    """As in the analytics: "123.45" is 1.2345 dollars."""
    ((_, row),) = parse_costs(answer(PAGE), DAY).buckets[0]
    assert row.amount == usd(1, 234_500_000)


@given(JSON)
def test_any_json_is_rows_or_malformed(value: Any) -> None:
    """No answer makes a parser fail in another way."""
    for parse in (parse_costs, parse_usage):
        with contextlib.suppress(Malformed):
            assert isinstance(parse(answer(value), DAY), Page)


@given(st.data())
def test_a_documented_page_with_one_wrong_value_is_rows_or_malformed(data: st.DataObject) -> None:
    """Also deep inside an answer that is otherwise right."""
    for parse in (parse_costs, parse_usage):
        with contextlib.suppress(Malformed):
            assert isinstance(parse(answer(replaced(PAGE, data.draw)), DAY), Page)
