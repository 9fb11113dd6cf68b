"""LiteLLM's daily activity: who used which model, each request once, whatever the pages and breakdowns say."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Dimensions
from aicost.core.gaps import Feed
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens
from aicost.core.window import date
from aicost.ports import Malformed
from aicost.sources.tokens.litellm.activity import Activity, parse
from aicost.sources.tokens.litellm.customers import parse_customers, parse_models
from e2e.emulators import faults
from e2e.emulators.faults import Act
from e2e.emulators.litellm import Use
from tests.sources.tokens.drawn import JSON, answer, replaced
from tests.sources.tokens.litellm.conftest import DAY, HASH, PROXY, LiteLLM, used
from tests.support.builders import dims

METRICS = {"prompt_tokens": 1000, "completion_tokens": 200, "cache_read_input_tokens": 400, "successful_requests": 7}
OF_KEY = {"metrics": METRICS, "metadata": {"key_alias": "rank", "team_id": None, "a field of next year": 1}}
PAGE = {
    "results": [
        {
            "date": "2026-11-01",
            "metrics": METRICS,
            "breakdown": {
                "models": {"gpt-6-sol": {"metrics": METRICS, "metadata": {}, "api_key_breakdown": {"k1": OF_KEY}}},
                "entities": {"tag-a": {"metrics": METRICS}, "tag-b": {"metrics": METRICS}},
            },
        }
    ],
    "metadata": {"page": 1, "total_pages": 1, "has_more": False},
}


WHOLE = {
    dims(model="openai/gpt-6-sol", apiKey="rank", project="search"): Tokens(1000, 400, 100, 200, 7),
    dims(model="openai/gpt-6-sol", apiKey="scoring", project="fraud", user="ann"): Tokens(30, 0, 0, 5, 1),
    dims(model="gpt-5.5", apiKey="scoring", project="fraud", user="ann"): Tokens(60, 0, 0, 6, 1),
    dims(model="gpt-5.5", apiKey=HASH): Tokens(8, 0, 0, 1, 1),
}


async def test_every_request_is_counted_once_by_who_made_it(litellm: LiteLLM) -> None:
    """By the key's alias, else its hash, with its team and user; failed requests are no use; no money comes from it."""
    reading = await litellm.read()
    assert used(reading) == WHOLE
    assert (reading.days, reading.gaps) == ((), ())
    assert [date(day.start) for day in reading.usage_days] == ["2026-10-31", "2026-11-01"]


async def test_requests_that_failed_are_told_beside_tokens(litellm: LiteLLM) -> None:
    """By who made them, also where none of a key succeeded; they are no requests that were answered."""
    revoked = Use("2026-11-01", "gpt-5.5", 0, successful_requests=0, failed_requests=9, key="k3", alias="revoked")
    litellm.has(usage=(*PROXY.usage, revoked))
    reading = await litellm.read(DAY)
    assert {dict(row.dimensions)["apiKey"]: row.measured for row in reading.usage if row.measured} == {
        "rank": frozenset({("failedRequests", 2)}),
        "revoked": frozenset({("failedRequests", 9)}),
    }
    assert used(reading) == WHOLE


def test_failures_that_are_more_than_the_whole_void_no_tokens() -> None:
    """They carry no money: a key's stay as they are told of it, and what is left of the whole has none."""
    of_key = OF_KEY | {"metrics": METRICS | {"failed_requests": 3}}
    entry = {"metrics": METRICS | {"failed_requests": 2}, "metadata": {}, "api_key_breakdown": {"k1": of_key}}
    result = {"date": "2026-11-01", "metrics": METRICS, "breakdown": {"models": {"gpt-6-sol": entry}}}
    found = parse(answer(PAGE | {"results": [result]}), DAY)
    assert _nonzero(found) == {dims(model="gpt-6-sol", apiKey="rank"): Tokens(1000, 400, 0, 200, 7)}
    assert {of: used.measured for of, used in found.rows.items() if used.measured} == {
        dims(model="gpt-6-sol", apiKey="rank"): frozenset({("failedRequests", 3)})
    }


async def test_a_key_that_is_named_like_anothers_hash_is_told_by_its_own(litellm: LiteLLM) -> None:
    """LiteLLM keeps two keys from one name, and none from the hash of another, by which that may be granted."""
    forged = Use("2026-11-01", "gpt-5.5", 50, key="stolen", alias=HASH)
    litellm.has(usage=(*PROXY.usage, forged))
    rows = used(await litellm.read())
    assert {of: counted for of, counted in rows.items() if of in WHOLE} == WHOLE
    ((caller, counted),) = [row for row in rows.items() if row[0] not in WHOLE]
    assert (dict(caller)["apiKey"] == HASH, counted.input) == (False, 50)


async def test_rows_that_straddle_pages_add_up(litellm: LiteLLM) -> None:
    """LiteLLM cuts pages over rows of its table: what one page tells of a day is a part of it."""
    litellm.has(rows_per_page=1)
    assert used(await litellm.read()) == WHOLE
    assert [
        asked["page"] for asked in litellm.requests("/user/daily/activity") if asked["start_date"] == "2026-11-01"
    ] == [
        "1",
        "2",
        "3",
        "4",
    ]


def test_breakdowns_that_overlap_are_never_summed() -> None:
    """A request with two tags is in both; only the models' breakdown by key has each request once."""
    assert _nonzero(parse(answer(PAGE), DAY)) == {dims(model="gpt-6-sol", apiKey="rank"): Tokens(1000, 400, 0, 200, 7)}


def test_what_no_model_is_told_of_is_counted() -> None:
    """It was used, by nobody knows whom: it is neither dropped nor given to a model."""
    whole = {**METRICS, "prompt_tokens": 1500}
    entry = {"metrics": METRICS, "metadata": {}, "api_key_breakdown": {"k1": OF_KEY}}
    result = {"date": "2026-11-01", "metrics": whole, "breakdown": {"models": {"gpt-6-sol": entry}}}
    assert _nonzero(parse(answer(PAGE | {"results": [result]}), DAY)) == {
        dims(model="gpt-6-sol", apiKey="rank"): Tokens(1000, 400, 0, 200, 7),
        dims(): Tokens(input=500),
    }
    assert dims() not in parse(answer(PAGE), DAY).rows


def test_what_no_key_is_told_of_has_no_caller() -> None:
    """It is counted, since it was used, and stays without an owner."""
    whole = {**METRICS, "prompt_tokens": 1500}
    entry = {"metrics": whole, "metadata": {}, "api_key_breakdown": {"k1": OF_KEY}}
    result = {"date": "2026-11-01", "metrics": whole, "breakdown": {"models": {"gpt-6-sol": entry}}}
    assert _nonzero(parse(answer(PAGE | {"results": [result]}), DAY))[dims(model="gpt-6-sol")] == Tokens(input=500)


def test_parts_that_are_more_than_the_whole_are_malformed() -> None:
    """Something was counted twice: nothing of the page is used."""
    entry = {"metrics": METRICS | {"prompt_tokens": 999}, "metadata": {}, "api_key_breakdown": {"k1": OF_KEY}}
    result = {"date": "2026-11-01", "metrics": METRICS, "breakdown": {"models": {"gpt-6-sol": entry}}}
    with pytest.raises(Malformed, match="its parts are more than the whole"):
        parse(answer(PAGE | {"results": [result]}), DAY)


def _nonzero(found: Activity) -> dict[Dimensions, Tokens]:
    return {dimensions: used.tokens for dimensions, used in found.rows.items() if used.tokens != Tokens()}


FAULTS = {
    "too many requests": (faults.status(429), GapReason.BILL_UNAVAILABLE, "HTTP 429"),
    "torn": (faults.torn(), GapReason.BILL_MALFORMED, "is torn"),
    "another page": (faults.put("metadata.page", "7"), GapReason.BILL_MALFORMED, "page 7 came where page 1"),
    "another day": (faults.put("results.0.date", '"2026-10-30"'), GapReason.BILL_MALFORMED, "results[0].date is not"),
    "negative": (faults.put("results.0.metrics.prompt_tokens", "-1"), GapReason.BILL_MALFORMED, "is not a count"),
}


@pytest.mark.parametrize(("act", "reason", "message"), FAULTS.values(), ids=FAULTS.keys())
async def test_a_fault_that_stays_spoils_its_day_only(
    litellm: LiteLLM, act: Act, reason: GapReason, message: str
) -> None:
    """A gap of usage: what was known of the day stays, and no bill is in doubt."""
    litellm.breaks(act, path="/user/daily/activity")
    reading = await litellm.read()
    assert [date(day.start) for day in reading.usage_days] == ["2026-10-31"]
    (gap,) = reading.gaps
    assert (gap.reason, gap.feed, date(gap.since)) == (reason, Feed.USAGE, "2026-11-01")
    assert message in gap.message


async def test_a_key_of_somebody_who_sees_only_himself_is_refused_in_words(litellm: LiteLLM) -> None:
    """Else the part of one user would be taken for the whole proxy."""
    litellm.has(virtual_keys=frozenset({"sk-virtual"}))
    litellm.secrets.credential = "sk-virtual"
    reading = await litellm.read(DAY)
    assert [gap.reason for gap in reading.gaps] == [GapReason.CREDENTIAL_INVALID]
    assert "a key of a proxy admin is needed" in reading.gaps[0].message
    assert "sk-virtual" not in repr(reading)


def test_what_is_for_no_customer_is_no_customers() -> None:
    """LiteLLM calls it Unassigned: it is left in what nobody is named for."""
    entities = {name: {"metrics": METRICS, "api_key_breakdown": {"k1": OF_KEY}} for name in ("Unassigned", "acme")}
    result = {"date": "2026-11-01", "metrics": METRICS, "breakdown": {"models": {}, "entities": entities}}
    found = parse_customers(answer(PAGE | {"results": [result]}), DAY, "m")
    assert found.rows.keys() == {dims(model="m", apiKey="rank", customer="acme")}


PARSERS = (parse, parse_models, partial(parse_customers, model="m"))


@given(JSON)
def test_any_json_is_rows_or_malformed(value: Any) -> None:
    """No answer makes a parser fail in another way."""
    for parser in PARSERS:
        with contextlib.suppress(Malformed):
            assert isinstance(parser(answer(value), DAY), Activity)


@given(st.data())
def test_a_documented_page_with_one_wrong_value_is_rows_or_malformed(data: st.DataObject) -> None:
    """Also deep inside an answer that is otherwise right."""
    for parser in PARSERS:
        with contextlib.suppress(Malformed):
            assert isinstance(parser(answer(replaced(PAGE, data.draw)), DAY), Activity)
