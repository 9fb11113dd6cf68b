"""OpenAI's pages become rows or Malformed, whatever comes; documented ones become exactly what they say."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.usage import Tokens
from aicost.core.window import Window, instant
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.openai.costs import parse_costs
from aicost.sources.tokens.openai.pages import query
from aicost.sources.tokens.openai.usage import parse_completions, parse_embeddings
from aicost.sources.tokens.pages import Page
from tests.sources.tokens.drawn import JSON, answer, replaced
from tests.support.builders import dims

DAY = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-02T00:00:00Z"))
PARSERS = (parse_costs, parse_completions, parse_embeddings)
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


def page(*results: Any, **changes: Any) -> dict[str, Any]:
    bucket = {"object": "bucket", "start_time": DAY.start, "end_time": DAY.end, "results": list(results)}
    return {"object": "page", "data": [bucket], "has_more": False, "next_page": None} | changes


@given(JSON)
def test_any_json_is_rows_or_malformed(value: Any) -> None:
    """No answer makes a parser fail in another way."""
    for parse in PARSERS:
        expect_rows_or_malformed(parse, value)


@given(st.data())
def test_a_documented_page_with_one_wrong_value_is_rows_or_malformed(data: st.DataObject) -> None:
    """Also deep inside an answer that is otherwise right."""
    for parse, row in ((parse_costs, COST), (parse_completions, COMPLETION)):
        expect_rows_or_malformed(parse, replaced(page(row, row), data.draw))


def expect_rows_or_malformed(parse: Callable[[Answer, Window], Page[Any]], value: Any) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(parse(answer(value), DAY), Page)


def test_unknown_fields_and_values_are_no_fault() -> None:
    """A provider may add fields and tiers without breaking the bill."""
    assert parse_completions(answer(page(COMPLETION)), DAY).buckets == (
        ((dims(model="gpt-6-sol"), Tokens(1000, 800, 0, 500, 5)),),
    )
    assert len(parse_costs(answer(page(COST)), DAY).buckets[0]) == 1


def test_cached_tokens_are_inside_input_and_not_added() -> None:
    """OpenAI's input includes cached tokens: 1,000 with 800 cached stay 1,000."""
    ((_, tokens),) = parse_completions(answer(page(COMPLETION)), DAY).buckets[0]
    assert (tokens.input, tokens.cached_input) == (1000, 800)


def test_more_cached_than_input_is_malformed() -> None:
    """Counts that mean something else than documented are not used."""
    with pytest.raises(Malformed, match="input_cached_tokens is more than input_tokens"):
        parse_completions(answer(page(COMPLETION | {"input_cached_tokens": 1001})), DAY)


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
