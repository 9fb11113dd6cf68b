"""What a bill row that does not say what it is of consists of."""

from __future__ import annotations

from fractions import Fraction

from aicost.core.mixed import parts_within, weighed
from aicost.core.usage import Tokens
from tests.support.builders import dims
from tests.support.tokens import AUDIBLE, LISTED, beyond, used

A, B = dims(apiKey="a"), dims(apiKey="b")


def test_usage_is_its_kinds_of_tokens() -> None:
    """Each with its worth at the list; no tokens are no part."""
    row = used(Tokens(30, 10, 5, 7, 1)).row
    kinds = [(dict(named)["lineItem"], counted, worth) for named, counted, worth in parts_within((row,), {row: LISTED})]
    assert kinds == [
        ("gpt-6-sol, input_tokens", 15, Fraction(30_000)),
        ("gpt-6-sol, cached_input_tokens", 10, Fraction(2_000)),
        ("gpt-6-sol, input_cache_write_tokens", 5, Fraction(12_500)),
        ("gpt-6-sol, output_tokens", 7, Fraction(70_000)),
    ]


def test_audio_is_a_part_of_its_own_where_it_has_a_price() -> None:
    """Without one it is none: what it cost is left to whoever owns the row, and the text is divided all the same."""
    row = used(Tokens(30, 10, output=7), measured=beyond(audio_input=20, audio_output=7)).row
    for price, audio in ((LISTED, []), (AUDIBLE, [("audioInputTokens", 20), ("audioOutputTokens", 7)])):
        kinds = [(dict(named)["lineItem"], counted) for named, counted, _ in parts_within((row,), {row: price})]
        told = [("cached_input_tokens", 10), *audio]
        assert kinds == [(f"gpt-6-sol, {kind}", counted) for kind, counted in told]


def test_what_has_no_price_has_no_parts() -> None:
    """Nor has what stands beside it; usage of nothing does no harm."""
    row, other = used(Tokens(30)).row, used(Tokens(1), model="m").row
    assert parts_within((row, other), {row: LISTED}) == ()
    nothing = used(Tokens(requests=5), model="m").row
    assert len(parts_within((row, nothing), {row: LISTED})) == 1


def test_parts_weigh_what_they_are_worth() -> None:
    """And what a row costs beyond them is nobody's who was seen."""
    parts = ((Fraction(10), {A: Fraction(1, 2)}), (Fraction(30), {A: Fraction(1, 3), B: Fraction(2, 3)}))
    assert weighed(parts, 8) == ({A: Fraction(15), B: Fraction(20)}, Fraction(5))
    assert weighed(parts, 100) == ({A: Fraction(15), B: Fraction(20)}, Fraction(65))
