"""Anthropic's analytics: its cents are dollars here, its rows are all read, and what cannot be known is said."""

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
from aicost.core.usage import Tokens
from aicost.core.window import Window, date, instant
from aicost.ports import Malformed
from aicost.sources.tokens.anthropic.rows import parse_costs, parse_usage
from aicost.sources.tokens.pages import Page
from e2e.emulators import faults
from e2e.emulators.anthropic_organisation import Spend
from e2e.emulators.faults import Act
from tests.sources.tokens.anthropic.conftest import WHOLE, Anthropic
from tests.sources.tokens.conftest import by_day
from tests.sources.tokens.drawn import JSON, answer, replaced
from tests.support.builders import dims, usd

DAY = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-02T00:00:00Z"))
TIMES = {"starting_at": "2026-11-01T00:00:00Z", "ending_at": "2026-11-02T00:00:00.000Z"}
COST = {
    **TIMES,
    "group": {"workspace_id": "w", "model": None, "cost_type": "tokens", "token_type": "output_tokens", "x": {}},
    "cost": {"amount": "58000", "list_amount": "60000", "currency": "USD", "requests": None},
}
USAGE = {
    **TIMES,
    "group": {"model": "claude-opus-5-5", "actor": {"type": "an identity of next year", "id": "x"}},
    "usage": {
        "uncached_input_tokens": 100,
        "cache_read_input_tokens": 800,
        "cache_creation": {"ephemeral_5m_input_tokens": 60, "ephemeral_1h_input_tokens": 40},
        "output_tokens": 500,
        "server_tool_use": {"web_search_requests": 2},
        "requests": 7,
        "total_tokens": 1500,
    },
}


def page(*rows: Any, **changes: Any) -> dict[str, Any]:
    return {"data": list(rows), "has_more": False, "next_page": None, "data_refreshed_at": None} | changes


async def test_every_row_is_there_in_dollars_with_all_its_dimensions(anthropic: Anthropic) -> None:
    """Keys, customers, service accounts, users, models, and code execution, which has no tokens."""
    reading = await anthropic.read()
    assert by_day(reading) == WHOLE
    assert reading.gaps == ()


@pytest.mark.parametrize(
    ("cents", "dollars"),
    [
        ("58000", usd(580)),
        ("123.45", usd(1, 234_500_000)),
        ("-1", usd(0, -10_000_000)),
        ("1e2", usd(1)),
        ("0.0000001", usd(0, 1)),
    ],
)
def test_amounts_are_cents(cents: str, dollars: Money) -> None:
    """Read as dollars, a bill would be a hundred times too large: the commonest fault of peers."""
    row = COST | {"cost": {**COST["cost"], "amount": cents}}  # type: ignore[dict-item] # a mapping, as above
    ((_, found),) = parse_costs(answer(page(row)), DAY).buckets[0]
    assert found.amount == dollars


def test_input_tokens_include_what_caches_gave_and_took() -> None:
    """Anthropic counts the three apart, everybody else together: 100 + 800 read + 60 + 40 written are 1,000."""
    ((dimensions, used),) = parse_usage(answer(page(USAGE)), DAY).buckets[0]
    assert used.tokens == Tokens(1000, 800, 100, 500, requests=7, cache_write_long=40)
    assert used.measured == {("webSearchCalls", 2)}
    assert dimensions == dims(model="claude-opus-5-5")


async def test_usage_is_by_the_same_dimensions(anthropic: Anthropic) -> None:
    """So that unit costs are of the same workload as the money."""
    rows = {row.dimensions: row.tokens.input for row in (await anthropic.read()).usage}
    keyed = dims(workspace="wrkspc_chat", apiKey="apikey_chat", customer="uprof_acme", model="claude-opus-5-5")
    assert rows[keyed] == 1000
    assert sum(rows.values()) == 6000


async def test_all_pages_are_read(anthropic: Anthropic) -> None:
    """Pages are cut over rows, however few fit on one; a part is never taken for the whole."""
    anthropic.has(rows_per_page=1)
    assert by_day(await anthropic.read()) == WHOLE
    assert len(anthropic.requests("/analytics/cost")) == 6


async def test_costs_are_split_by_both_components(anthropic: Anthropic) -> None:
    """By the kind of token alone, web search and code execution would be left out silently."""
    await anthropic.read()
    for params in (of.params for of in anthropic.emulator.asked if of.path.endswith("/analytics/cost")):
        assert {"cost_type", "token_type"} <= {value for name, value in params if name == "group_by[]"}


async def test_a_split_that_is_refused_is_said(anthropic: Anthropic) -> None:
    """The next coarser one is taken: the sum is the same, and the gap names what cannot be claimed by."""
    anthropic.has(refused=frozenset({"actor"}))
    reading = await anthropic.read()
    assert [sum(by_day(reading)["2026-11-01"].values(), Money(0, "USD"))] == [usd(1800)]
    assert {(gap.reason, gap.feed) for gap in reading.gaps} == {
        (GapReason.GROUPING_REFUSED, Feed.BILLS),
        (GapReason.GROUPING_REFUSED, Feed.USAGE),
    }
    assert all("refused to split by user, serviceAccount" in gap.message for gap in reading.gaps)
    assert {(day.lost, day.lesser) for day in reading.days} == {(frozenset({"user", "serviceAccount"}), False)}


async def test_identities_without_a_name_are_added_up_and_not_dropped(anthropic: Anthropic) -> None:
    """Two that Anthropic cannot render are two rows that look alike: the split without identities has their sum."""
    nobody = {"type": "federated_actor", "provider": {"type": "oidc"}, "subject": None}
    rows = tuple(
        Spend("2026-11-01", amount, "w", actor=nobody | {"n": amount}, model="m", token_type="output_tokens")
        for amount in ("100", "200")
    )
    anthropic.has(costs=rows)
    reading = await anthropic.read(DAY)
    assert by_day(reading) == {"2026-11-01": {dims(workspace="w", model="m", lineItem="output_tokens"): usd(3)}}
    assert [gap.reason for gap in reading.gaps] == [GapReason.GROUPING_REFUSED]


async def test_a_day_is_whole_when_the_data_reach_to_its_end(anthropic: Anthropic) -> None:
    """Data refreshed before midnight may lack the evening: the day is told, and that more is to come."""
    anthropic.has(refreshed_at="2026-10-31T23:59:59Z")
    reading = await anthropic.read()
    assert [(date(day.day.start), day.whole) for day in reading.days] == [("2026-10-31", False), ("2026-11-01", False)]
    late = sorted((g for g in reading.gaps if g.reason is GapReason.BILL_LATE), key=lambda gap: gap.feed)
    assert [(gap.feed, date(gap.since)) for gap in late] == [(Feed.BILLS, "2026-10-31"), (Feed.USAGE, "2026-10-31")]
    assert "reach to 2026-10-31T23:59:59Z only" in late[0].message


async def test_only_the_included_workspaces_are_asked_for(anthropic: Anthropic) -> None:
    """The rest of the account belongs to another source."""
    anthropic.source = replace(anthropic.source, workspaces=frozenset({"wrkspc_fraud"}))
    assert [*by_day(await anthropic.read(DAY))["2026-11-01"].values()] == [usd(580)]


@given(JSON)
def test_any_json_is_rows_or_malformed(value: Any) -> None:
    """No answer makes a parser fail in another way."""
    for parse in (parse_costs, parse_usage):
        with contextlib.suppress(Malformed):
            assert isinstance(parse(answer(value), DAY), Page)


@given(st.data())
def test_a_documented_page_with_one_wrong_value_is_rows_or_malformed(data: st.DataObject) -> None:
    """Also deep inside an answer that is otherwise right."""
    for parse, row in ((parse_costs, COST), (parse_usage, USAGE)):
        with contextlib.suppress(Malformed):
            assert isinstance(parse(answer(replaced(page(row, row), data.draw)), DAY), Page)


FIRST = "data.0"
LASTING = {
    "too many requests": (faults.status(429), GapReason.BILL_UNAVAILABLE, "HTTP 429"),
    "server error": (faults.status(500), GapReason.BILL_UNAVAILABLE, "HTTP 500"),
    "torn": (faults.torn(), GapReason.BILL_MALFORMED, "is torn"),
    "cut": (faults.cut(), GapReason.BILL_UNAVAILABLE, "completely"),
    "loop": (faults.cursor_loop(), GapReason.BILL_MALFORMED, "leads back to an earlier page"),
    "NaN": (faults.put(f"{FIRST}.cost.amount", "NaN"), GapReason.BILL_MALFORMED, "data[0].cost.amount is not a finite"),
    "words": (faults.put(f"{FIRST}.cost.amount", '"free"'), GapReason.BILL_MALFORMED, "is not a decimal number"),
    "huge": (faults.put(f"{FIRST}.cost.amount", '"1e10"'), GapReason.BILL_MALFORMED, "is not believed"),
    "no currency": (faults.put(f"{FIRST}.cost.currency", "null"), GapReason.BILL_MALFORMED, "currency is missing"),
    "other day": (
        faults.put(f"{FIRST}.starting_at", '"2026-10-31T00:00:00Z"'),
        GapReason.BILL_MALFORMED,
        "another time",
    ),
    "no time": (
        faults.put(f"{FIRST}.ending_at", '"2026-99-01T00:00:00Z"'),
        GapReason.BILL_MALFORMED,
        "not a time in UTC",
    ),
    "a number for a key": (faults.put(f"{FIRST}.group.api_key_id", "7"), GapReason.BILL_MALFORMED, "is a number"),
}


@pytest.mark.parametrize(("act", "reason", "message"), LASTING.values(), ids=LASTING.keys())
async def test_a_fault_that_stays_spoils_its_day_only(
    anthropic: Anthropic, act: Act, reason: GapReason, message: str
) -> None:
    """The other day is whole, and the gap says what was wrong and where."""
    anthropic.breaks(act, path="/analytics/cost")
    reading = await anthropic.read()
    assert by_day(reading) == {"2026-10-31": WHOLE["2026-10-31"]}
    (gap,) = reading.gaps
    assert (gap.reason, gap.feed, date(gap.since)) == (reason, Feed.BILLS, "2026-11-01")
    assert message in gap.message


@pytest.mark.parametrize("act", [faults.page_again(), faults.empty_page()], ids=["again", "empty"])
async def test_a_repeated_page_and_an_empty_one_change_nothing(anthropic: Anthropic, act: Act) -> None:
    """Neither doubles nor loses a row."""
    anthropic.has(rows_per_page=2)
    anthropic.breaks(act, path="/analytics/cost", times=1)
    reading = await anthropic.read()
    assert by_day(reading) == WHOLE
    assert reading.gaps == ()


@pytest.mark.parametrize(("status", "key"), [(401, "sk-ant-api03-workspace"), (403, "sk-ant-scopeless")])
async def test_a_key_that_may_not_read_costs_is_told_which_one_is_needed(
    anthropic: Anthropic, status: int, key: str
) -> None:
    """In words, for whoever stores the Secret; the key itself is in no message."""
    anthropic.has(scopeless_keys=frozenset({"sk-ant-scopeless"}))
    anthropic.secrets.credential = key
    reading = await anthropic.read(DAY)
    assert {gap.reason for gap in reading.gaps} == {GapReason.CREDENTIAL_INVALID}
    assert f"HTTP {status}" in reading.gaps[0].message
    assert "an Admin API key is needed" in reading.gaps[0].message
    assert key not in repr(reading)


async def test_two_keys_of_one_organisation_are_recognised(anthropic: Anthropic) -> None:
    """Where each answer names the organisation that it is of, as Anthropic's do."""
    anthropic.has(admin_keys=frozenset({anthropic.secrets.credential, "sk-ant-admin-another"}))
    one = await anthropic.read()
    anthropic.secrets.credential = "sk-ant-admin-another"
    again = await anthropic.read()
    anthropic.has(id="org-another")
    other = await anthropic.read()
    assert len(one.accounts & again.accounts) == 1
    assert not one.accounts & other.accounts
