"""Tokens of audio and images: parts of a row's tokens, and each token once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.modalities import (
    AUDIO,
    CONTRADICTORY,
    KINDS,
    RATES,
    UNTOLD,
    Modality,
    as_told,
    beyond_text,
    fits,
    seen_by,
    speaks,
    text_of,
)
from aicost.core.token_prices import Rates
from aicost.core.usage import Measured, Tokens
from tests.support.tokens import beyond

COUNTS = st.dictionaries(st.sampled_from(list(Modality)), st.integers(0, 9), max_size=6)
TOKENS = st.builds(Tokens, *(st.integers(0, 30) for _ in range(6)))


@given(TOKENS, COUNTS)
def test_text_and_what_is_beyond_it_are_all_tokens(tokens: Tokens, counts: dict[Modality, int]) -> None:
    """Each once where the parts fit; where they do not nothing is less than none, and caches stay within the input."""
    measured: Measured = frozenset((of.value, count) for of, count in counts.items())
    text = text_of(tokens, measured)
    told = beyond_text(measured)
    assert 0 <= text.cached_input + text.cache_write <= text.input or not told
    assert 0 <= text.cache_write_long <= text.cache_write or not told
    assert text.output >= 0
    if fits(tokens, measured):
        assert text.input + text.output + sum(told.values()) == tokens.input + tokens.output
        assert text.requests == tokens.requests


def test_what_is_told_of_audio_is_taken_off_its_own_side() -> None:
    """Uncached audio off the input, cached audio off what caches gave, and audio of the answer off the output."""
    tokens = Tokens(1000, 400, 100, 300, requests=7, cache_write_long=60)
    told = beyond(audio_input=200, cached_audio_input=150, audio_output=250, image_input=30, cached_image_input=20)
    assert text_of(tokens, told) == Tokens(600, 230, 100, 50, requests=7, cache_write_long=60)
    assert text_of(tokens, frozenset({("webSearchCalls", 5)})) == tokens


def test_caches_never_hold_more_text_than_there_is() -> None:
    """Written tokens that are audio, too, are counted as audio alone."""
    tokens = Tokens(1000, 400, 500, cache_write_long=450)
    assert text_of(tokens, beyond(audio_input=500)) == Tokens(500, 400, 100, cache_write_long=100)
    assert text_of(tokens, beyond(audio_input=700)) == Tokens(300, 300)


@pytest.mark.parametrize(
    ("told", "fit"),
    [
        ({"audio_input": 600, "image_input": 0}, True),
        ({"audio_input": 500, "image_input": 101}, False),
        ({"cached_audio_input": 300, "cached_image_input": 100}, True),
        ({"cached_audio_input": 300, "cached_image_input": 101}, False),
        ({"audio_output": 10, "image_output": 40}, True),
        ({"audio_output": 10, "image_output": 41}, False),
        ({"audio_input": 600, "cached_audio_input": 400, "audio_output": 50}, True),
        ({}, True),
    ],
)
def test_parts_fit_within_their_own_whole(told: dict[str, int], fit: bool) -> None:
    """Of 1,000 tokens of input 400 are cached: 600 are left for what is not, and 50 are output."""
    assert fits(Tokens(1000, 400, 0, 50), beyond(**told)) is fit


@pytest.mark.parametrize(
    ("tokens", "counted", "told"),
    [
        (Tokens(900, output=50), {"audioInputTokens": 300, "audioOutputTokens": 20}, None),
        (Tokens(900, output=50), {"audioInputTokens": 900, "audioOutputTokens": 50, "failedRequests": 3}, None),
        (Tokens(900, output=50), {"audioInputTokens": 300}, None),
        (Tokens(900), {"audioInputTokens": 901}, {"audioInputTokens": 900}),
        (Tokens(output=50), {"audioOutputTokens": 51, "audioInputTokens": 4}, {"audioOutputTokens": 50}),
        (Tokens(900, 100), {"audioInputTokens": 300}, {"audioInputTokens": 300, "tokensBeyondText": 100}),
        (Tokens(900, 100), {"audioInputTokens": 1}, {"audioInputTokens": 1, "tokensBeyondText": 1}),
        (Tokens(900, 100, output=5), {"audioOutputTokens": 5}, None),
        (Tokens(900, 100), {"failedRequests": 3}, None),
        (Tokens(), {}, None),
    ],
)
def test_audio_of_which_caches_are_not_told(
    tokens: Tokens, counted: dict[str, int], told: dict[str, int] | None
) -> None:
    """Never more than all tokens of its side; where a cache gave some of the input, as much of it is in doubt."""
    assert dict(as_told(tokens, frozenset(counted.items()))) == (counted if told is None else told)


def test_who_tells_less_sees_more_of_it_as_text() -> None:
    """What caches gave is among the other input where that is told; what is told apart stays what it is."""
    told = beyond(audio_input=1, cached_audio_input=2, audio_output=4, image_input=8, cached_image_input=16)
    assert seen_by(told, frozenset()) == frozenset()
    assert seen_by(told | {("images", 5)}, frozenset(Modality)) == told
    assert seen_by(told, {Modality.AUDIO_INPUT}) == beyond(audio_input=3)
    assert seen_by(told, {Modality.IMAGE_INPUT, Modality.AUDIO_OUTPUT}) == beyond(image_input=24, audio_output=4)
    assert seen_by(told, {Modality.CACHED_AUDIO_INPUT}) == beyond(cached_audio_input=2)


def test_audio_alone_speaks() -> None:
    """Images and what is no token at all do not."""
    assert all(speaks(frozenset({(of.value, 1)})) is (of in AUDIO) for of in Modality)
    assert not speaks(frozenset({("webSearchCalls", 5), (UNTOLD, 1)}))


def test_each_kind_has_a_name_and_a_rate_of_its_own() -> None:
    """And no rate of text stands in for audio; for what is contradictory none at all."""
    own = [names[0] for names in RATES.values()]
    assert set(KINDS) == set(RATES) | CONTRADICTORY == set(Modality)
    assert len({*own}) == len(RATES)
    text = set(Rates().named()) - {*own}
    assert {of for of, names in RATES.items() if text & {*names}} == {of for of in Modality if "image" in of.lower()}
