"""OpenAI's pages become rows or Malformed, whatever comes; documented ones become exactly what they say."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.usage import Tokens
from aicost.core.window import Window, instant
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.openai.costs import parse_costs
from aicost.sources.tokens.openai.pages import query
from aicost.sources.tokens.openai.usage import OTHERS, TOKENS, parse, parse_days
from aicost.sources.tokens.pages import Page
from aicost.sources.tokens.used import Used
from tests.sources.tokens.drawn import JSON, answer, replaced
from tests.support.builders import dims

DAY = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-02T00:00:00Z"))
OVER = Window(instant("2026-10-30T00:00:00Z"), DAY.end)
KINDS = {**TOKENS, **OTHERS}
PARSERS: dict[str, Callable[[Answer, Window], Page[Any]]] = {
    "costs": parse_costs,
    **{name: partial(parse, kind=kind) for name, kind in TOKENS.items()},
    **{name: partial(parse_days, kind=kind) for name, kind in OTHERS.items()},
}
COST = {
    "object": "organization.costs.result",
    "amount": {"value": 0.06, "currency": "usd"},
    "line_item": None,
    "project_id": None,
    "quantity": None,
    "a_field_of_next_year": {"x": 1},
}
COMPLETION = {
    "object": "organization.usage.completions.result",
    "input_tokens": 1000,
    "output_tokens": 500,
    "input_cached_tokens": 800,
    "num_model_requests": 5,
    "model": "gpt-6-sol",
    "service_tier": "a tier of next year",
}
COUNTED = {
    "moderations": "input_tokens",
    "images": "images",
    "audio_speeches": "characters",
    "audio_transcriptions": "seconds",
    "vector_stores": "usage_bytes",
    "code_interpreter_sessions": "num_sessions",
    "file_search_calls": "num_requests",
    "web_search_calls": "num_requests",
}
DOCUMENTED: dict[str, dict[str, Any]] = {
    "costs": COST,
    **{
        name: {
            "object": f"organization.usage.{kind.result}.result",
            COUNTED.get(name, "input_tokens"): 3,
            "num_model_requests": 2,
            "output_tokens": 1,
            "project_id": "p",
        }
        for name, kind in KINDS.items()
    },
}


def page(*results: Any, **changes: Any) -> dict[str, Any]:
    bucket = {"object": "bucket", "start_time": DAY.start, "end_time": DAY.end, "results": list(results)}
    return {"object": "page", "data": [bucket], "has_more": False, "next_page": None} | changes


@given(JSON)
def test_any_json_is_rows_or_malformed(value: Any) -> None:
    """No answer makes a parser fail in another way."""
    for read in PARSERS.values():
        expect_rows_or_malformed(read, value)


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=20)
@given(data=st.data())
def test_a_documented_page_with_one_wrong_value_is_rows_or_malformed(name: str, data: st.DataObject) -> None:
    """Also deep inside an answer that is otherwise right."""
    expect_rows_or_malformed(PARSERS[name], replaced(page(DOCUMENTED[name], DOCUMENTED[name]), data.draw))


def expect_rows_or_malformed(read: Callable[[Answer, Window], Page[Any]], value: Any) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(read(answer(value), DAY), Page)


def completions(*results: Any) -> Page[Used]:
    return parse(answer(page(*results)), DAY, TOKENS["completions"])


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_whatever_is_counted_is_told_in_its_measure_and_nothing_else(count: int, requests: int) -> None:
    """Each kind's count is there whole, under its own name, on its own day, and no token is made of it."""
    for name, field in COUNTED.items():
        result = DOCUMENTED[name] | {field: count, "num_model_requests": requests}
        (((dimensions, used),),) = parse_days(answer(page(result)), OVER, OTHERS[name]).buckets
        assert dict(dimensions)["day"] == "2026-11-01"
        assert [counted for _, counted in used.measured] == [count][: bool(count)]
        assert used.tokens == Tokens(requests=used.tokens.requests)
        assert used.tokens.requests in (0, requests)


@pytest.mark.parametrize("start", [OVER.start - 86_400, OVER.end, OVER.start + 3600])
def test_a_bucket_of_another_time_is_malformed(start: int) -> None:
    """Before, after, or not a whole UTC day: nothing is booked on a day that was not asked for."""
    result = page(DOCUMENTED["images"])
    result["data"][0] |= {"start_time": start, "end_time": start + 86_400}
    with pytest.raises(Malformed, match="of another time"):
        parse_days(answer(result), OVER, OTHERS["images"])


def test_unknown_fields_and_values_are_no_fault() -> None:
    """A provider may add fields and tiers without breaking the bill."""
    told = dims(model="gpt-6-sol", tier="a tier of next year")
    assert completions(COMPLETION).buckets == (((told, Used(Tokens(1000, 800, 0, 500, 5))),),)
    assert len(parse_costs(answer(page(COST)), DAY).buckets[0]) == 1


def test_cached_tokens_are_inside_input_and_not_added() -> None:
    """OpenAI's input includes cached tokens: 1,000 with 800 cached stay 1,000."""
    ((_, used),) = completions(COMPLETION).buckets[0]
    assert (used.tokens.input, used.tokens.cached_input) == (1000, 800)


def test_more_cached_than_input_is_malformed() -> None:
    """Counts that mean something else than documented are not used."""
    for more in ({"input_cached_tokens": 1001}, {"input_cached_tokens": 800, "input_cache_write_tokens": 201}):
        with pytest.raises(Malformed, match="cached and written tokens are more than input_tokens"):
            completions(COMPLETION | more)
    assert len(completions(COMPLETION | {"input_cached_tokens": 800, "input_cache_write_tokens": 200}).buckets) == 1


def test_a_null_and_an_empty_dimension_are_absent() -> None:
    """Neither becomes a value that somebody could claim."""
    row = COST | {"project_id": "", "api_key_id": None}
    assert parse_costs(answer(page(row)), DAY).buckets[0][0][0] == dims()


def test_the_following_page_is_there_while_there_is_more() -> None:
    """`next_page` counts only with `has_more`, and must then be there."""
    assert parse_costs(answer(page(next_page="x")), DAY).following is None
    assert parse_costs(answer(page(has_more=True, next_page="x")), DAY).following == "x"
    with pytest.raises(Malformed, match="next_page is missing"):
        parse_costs(answer(page(has_more=True)), DAY)


def test_arrays_are_asked_for_in_brackets() -> None:
    """As OpenAI's own client writes them, repeated, and in a stable order."""
    assert query(DAY, ("project_id", "line_item"), frozenset({"b", "a"})) == [
        ("start_time", "1793491200"),
        ("end_time", "1793577600"),
        ("bucket_width", "1d"),
        ("limit", "1"),
        ("group_by[]", "project_id"),
        ("group_by[]", "line_item"),
        ("project_ids[]", "a"),
        ("project_ids[]", "b"),
    ]
