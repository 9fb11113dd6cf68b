"""Parts that are asked for one by one are told apart, each token once."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.counting import Failure, Measure
from aicost.core.declarations import Dimensions
from aicost.core.usage import Tokens
from aicost.sources.tokens.apart import apart
from aicost.sources.tokens.pages import Contradictory
from aicost.sources.tokens.used import Used, measured
from tests.support.builders import dims

NAMES = {"tier": ("batch", "priority"), "contextWindow": ("200k-1M",), "region": ("us",), "speed": ("fast",)}


@st.composite
def requests(draw: st.DrawFn) -> tuple[Dimensions, Dimensions, Used]:
    """Whose requests were made in which manner, and what they used."""
    manner = {name: draw(st.sampled_from(values)) for name, values in NAMES.items() if draw(st.booleans())}
    count = st.integers(0, 9)
    used = Used(Tokens(draw(count), output=draw(count), requests=1), measured(Measure.WEB_SEARCH_CALLS, draw(count)))
    return dims(apiKey=draw(st.sampled_from("ab"))), dims(**manner), used


@settings(max_examples=50)
@given(st.lists(requests(), max_size=12))
def test_parts_are_what_was_used_and_sum_to_all(drawn: list[tuple[Dimensions, Dimensions, Used]]) -> None:
    """Whatever was used in whichever manners: each is asked for with those that have more to them."""
    told: dict[Dimensions, Used] = defaultdict(Used)
    for whose, manner, used in drawn:
        told[whose | manner] += used
    asked = {of: _within(drawn, of) for of in {manner for _, manner, _ in drawn} - {frozenset()}}
    assert apart(_within(drawn, frozenset()), asked) == told


def _within(drawn: list[tuple[Dimensions, Dimensions, Used]], of: Dimensions) -> dict[Dimensions, Used]:
    found: dict[Dimensions, Used] = defaultdict(Used)
    for whose, manner, used in drawn:
        if manner >= of:
            found[whose] += used
    return dict(found)


SEARCHES = measured(Measure.WEB_SEARCH_CALLS, 1)
FAILED = measured(Failure.REQUESTS, 1)


@pytest.mark.parametrize(
    "whole",
    [{}, {dims(apiKey="a"): Used(Tokens(5, output=9), SEARCHES)}, {dims(apiKey="a"): Used(Tokens(9, output=9))}],
    ids=["not there", "tokens", "searches"],
)
def test_a_part_of_what_is_not_there_is_a_contradiction(whole: dict[Dimensions, Used]) -> None:
    """Also where one kind of token alone is more, or what is no token."""
    with pytest.raises(Contradictory):
        apart(whole, {dims(tier="batch"): {dims(apiKey="a"): Used(Tokens(6), SEARCHES)}})


@pytest.mark.parametrize("of", ["a", "b"], ids=["too many", "not there"])
def test_failures_of_a_part_that_the_whole_does_not_have_void_no_tokens(of: str) -> None:
    """They carry no money: tokens are told apart all the same, and what is left has no failures."""
    part = {dims(apiKey="a"): Used(Tokens(6)), dims(apiKey=of): Used(Tokens(6 if of == "a" else 0), FAILED)}
    assert apart({dims(apiKey="a"): Used(Tokens(9))}, {dims(customer="acme"): part}) == {
        **{row | dims(customer="acme"): used for row, used in part.items()},
        dims(apiKey="a"): Used(Tokens(3)),
    }
