"""LiteLLM's daily activity: who used which model, each request once, whatever the pages and breakdowns say."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Dimensions, Grant, Source
from aicost.core.gaps import Feed
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens
from aicost.core.window import Window, date, instant
from aicost.ports import BillReading, Malformed
from aicost.sources.tokens.litellm.activity import Activity, parse
from aicost.sources.tokens.litellm.customers import parse_customers, parse_models
from e2e.emulators import faults
from e2e.emulators.faults import Act
from e2e.emulators.litellm import LiteLLMEmulator, Proxy, Use
from tests.sources.tokens.conftest import Emulated, served
from tests.sources.tokens.drawn import JSON, answer, replaced
from tests.support.builders import dims

KEY = "sk-litellm-emulated"
DAY = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-02T00:00:00Z"))
HASH = "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"
PROXY = Proxy(
    usage=(
        Use("2026-10-31", "gpt-5.5", 10, key="k1", alias="rank", team="search"),
        Use("2026-11-01", "openai/gpt-6-sol", 1000, 200, 400, 100, 7, 2, key="k1", alias="rank", team="search"),
        Use("2026-11-01", "openai/gpt-6-sol", 30, 5, key="k2", alias="scoring", team="fraud", user="ann"),
        Use("2026-11-01", "gpt-5.5", 60, 6, key="k2", alias="scoring", team="fraud", user="ann"),
        Use("2026-11-01", "gpt-5.5", 8, 1),
    )
)
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


LiteLLM: TypeAlias = Emulated[LiteLLMEmulator]


@pytest.fixture(scope="module")
def new_litellm() -> Iterator[Callable[[], LiteLLM]]:
    """One emulator for all tests."""
    source = Source("gw", "LiteLLM", "Refine", secret=("litellm", "token"))
    with served(LiteLLMEmulator(PROXY), source, KEY) as anew:
        yield anew


@pytest.fixture
def litellm(new_litellm: Callable[[], LiteLLM]) -> LiteLLM:
    """A proxy without faults."""
    return new_litellm()


def used(reading: BillReading) -> dict[Dimensions, Tokens]:
    """What was used on 1 November, without rows of nothing."""
    return {
        row.dimensions: row.tokens
        for row in reading.usage
        if date(row.day.start) == "2026-11-01" and row.tokens != Tokens()
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
    return {dimensions: tokens for dimensions, tokens in found.rows.items() if tokens != Tokens()}


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


SOL = "openai/gpt-6-sol"
SERVED = (
    Use("2026-11-01", SOL, 700, 20, 400, 0, 4, key="k1", alias="rank", team="search", customer="acme"),
    Use("2026-11-01", SOL, 200, 10, key="k1", alias="rank", team="search", customer="globex, Inc."),
    Use("2026-11-01", SOL, 100, 5, key="k1", alias="rank", team="search"),
    Use("2026-11-01", SOL, 30, key="k2", alias="scoring", customer="acme"),
    Use("2026-11-01", "gpt-5.5", 60, key="k2", alias="scoring", customer="acme"),
)
RANK = {"model": SOL, "apiKey": "rank", "project": "search"}
BY_CUSTOMER = {
    dims(**RANK, customer="acme"): Tokens(700, 400, 0, 20, 4),
    dims(**RANK, customer="globex, Inc."): Tokens(200, 0, 0, 10, 1),
    dims(**RANK): Tokens(100, 0, 0, 5, 1),
    dims(model=SOL, apiKey="scoring", customer="acme"): Tokens(30, requests=1),
    dims(model="gpt-5.5", apiKey="scoring", customer="acme"): Tokens(60, requests=1),
}
UNDIVIDED = {
    dims(**RANK): Tokens(1000, 400, 0, 35, 6),
    dims(model=SOL, apiKey="scoring"): Tokens(30, requests=1),
    dims(model="gpt-5.5", apiKey="scoring"): Tokens(60, requests=1),
}


@pytest.fixture(params=[(), (Grant("customer", "acme", frozenset({"support"})),)], ids=["", "granted"])
def serving(litellm: LiteLLM, request: pytest.FixtureRequest) -> LiteLLM:
    """A proxy whose callers name their customers, of whom one is granted to somebody or none is."""
    litellm.has(usage=SERVED)
    litellm.source = replace(litellm.source, grants=request.param)
    return litellm


@pytest.mark.parametrize("rows_per_page", [None, 4])
async def test_each_request_is_told_once_with_the_customer_that_it_was_for(
    serving: LiteLLM, rows_per_page: int | None
) -> None:
    """Customers of a key and model, exactly, and of the same key what was for nobody; on however many pages."""
    serving.has(rows_per_page=rows_per_page)
    reading = await serving.read(DAY)
    assert (used(reading), reading.gaps) == (BY_CUSTOMER, ())


@pytest.mark.parametrize("changes", [{"tells_customers": False}, {"rows_per_page": 1}], ids=["old", "many"])
async def test_customers_whom_nobody_can_tell_are_missed_where_one_is_granted(
    serving: LiteLLM, changes: dict[str, Any]
) -> None:
    """A proxy that does not tell of them, or of too many: usage is undivided, each request counted once all the same."""
    serving.has(**changes)
    reading = await serving.read(DAY)
    assert used(reading) == UNDIVIDED
    assert [(gap.reason, set(gap.lost)) for gap in reading.gaps] == [
        (GapReason.GROUPING_REFUSED, {"customer"}) for _ in serving.source.grants
    ]


async def test_a_customer_who_used_more_than_all_is_not_believed(serving: LiteLLM) -> None:
    """Tables of LiteLLM are written one after the other: no count is ever negative, and none is lost."""
    more = faults.put("results.0.breakdown.entities.acme.api_key_breakdown.k1.metrics.prompt_tokens", "99999")
    serving.breaks(more, path="/customer/daily/activity", skip=2)
    reading = await serving.read(DAY)
    assert used(reading) == UNDIVIDED
    assert len(reading.gaps) == len(serving.source.grants)


@pytest.mark.parametrize(
    ("act", "reason"),
    [(faults.status(429), GapReason.BILL_UNAVAILABLE), (faults.torn(), GapReason.BILL_MALFORMED)],
    ids=["too many requests", "torn"],
)
async def test_customers_who_cannot_be_read_now_spoil_the_day(serving: LiteLLM, act: Act, reason: GapReason) -> None:
    """What was known of it, customers too, stays until they can be."""
    serving.breaks(act, path="/customer/daily/activity")
    reading = await serving.read(DAY)
    assert (reading.usage_days, [gap.reason for gap in reading.gaps]) == ((), [reason])


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
