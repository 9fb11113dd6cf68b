"""What tokens are worth: exactly, each once, by the mean request, and nothing where a price lacks."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.modalities import UNTOLD
from aicost.core.token_prices import Rates
from aicost.core.token_worth import doubts, has_other_rates, kinds_of, unpriced, worth_of
from aicost.core.usage import Tokens
from tests.support.builders import usd
from tests.support.tokens import AUDIBLE, LISTED, beyond, rates, requests

FLAT = replace(LISTED, longer=())
SHORT = requests(most=80_000)


def test_a_request_costs_each_kind_once() -> None:
    """1,000,000 of input of which 400,000 cached, and 100,000 of output, as a long request of gpt-6-sol: 4.06."""
    assert worth_of(LISTED, Tokens(1_000_000, 400_000, 0, 100_000, 1)) == usd(4, 60_000_000).nanos
    assert worth_of(FLAT, Tokens(1_000_000, 400_000, 100_000, 100_000, 1)) == usd(2, 330_000_000).nanos


def test_a_day_is_never_priced_as_one_request() -> None:
    """100 requests of 50,000 tokens are short ones, though their sum is long: half of what their sum as one would cost."""
    of_day = Tokens(5_000_000, requests=100)
    assert worth_of(LISTED, of_day) == usd(10).nanos
    assert worth_of(LISTED, replace(of_day, requests=1)) == usd(20).nanos


@given(SHORT, st.integers(1, 1000))
def test_scaling(one: Tokens, times: int) -> None:
    """So many equal requests cost so many times one, of whatever length."""
    many = Tokens(
        one.input * times, one.cached_input * times, one.cache_write * times, one.output * times, one.requests * times
    )
    single = worth_of(LISTED, one)
    assert single is not None
    assert worth_of(LISTED, many) == single * times


@given(st.lists(SHORT, min_size=1, max_size=5))
def test_additivity(each: list[Tokens]) -> None:
    """What requests cost together is the sum of what they cost, where none is a long one: in any order, in any parts."""
    parts = [worth_of(LISTED, one) for one in each]
    assert worth_of(LISTED, sum(each, Tokens())) == sum((part or 0 for part in parts), Fraction(0))


@given(requests())
def test_cached_input_is_counted_once(tokens: Tokens) -> None:
    """It costs its own rate instead of that of input, and without one that of input: never both."""
    cached = worth_of(FLAT, tokens)
    uncached = worth_of(FLAT, replace(tokens, cached_input=0))
    assert cached is not None
    assert uncached is not None
    assert uncached - cached == tokens.cached_input * Fraction(2_000_000_000 - 200_000_000, 1_000_000)
    without = replace(FLAT, rates=replace(FLAT.rates, cached_input=None))
    assert worth_of(without, tokens) == uncached


@given(requests())
def test_what_a_cache_took_without_a_rate_of_its_own_is_input(tokens: Tokens) -> None:
    """It costs what other input does."""
    without = replace(FLAT, rates=replace(FLAT.rates, cache_write=None))
    assert worth_of(without, tokens) == worth_of(without, replace(tokens, cache_write=0))


@pytest.mark.parametrize(
    ("price", "tokens", "priced"),
    [
        (rates("2"), Tokens(10, requests=1), True),
        (rates("2"), Tokens(10, output=1, requests=1), False),
        (Rates(output=Fraction(1)), Tokens(1, output=5), False),
        (rates("0", output="0"), Tokens(10, output=10), True),
    ],
)
def test_a_kind_without_a_rate_has_no_worth(price: Rates, tokens: Tokens, priced: bool) -> None:
    """An unknown price is never zero; a price of zero is one."""
    assert (worth_of(replace(FLAT, rates=price), tokens) is not None) is priced


def test_what_a_cache_keeps_for_long_has_a_rate_of_its_own() -> None:
    """5-minute and 1-hour writes of a million each: 2.50 and 4.00; without a rate of its own as other writes, in doubt."""
    written = Tokens(2_000_000, cache_write=2_000_000, cache_write_long=1_000_000)
    both = replace(FLAT, rates=replace(FLAT.rates, cache_write_long=Fraction(4 * 10**9)))
    assert worth_of(both, written) == usd(6, 500_000_000).nanos
    assert worth_of(FLAT, written) == usd(5).nanos
    assert (doubts(both, written), doubts(FLAT, written)) == (False, True)
    assert doubts(FLAT, Tokens(1, cache_write=1, cache_write_long=1))


@pytest.mark.parametrize(
    ("tokens", "doubtful"),
    [
        (Tokens(272_000), False),
        (Tokens(272_001), True),
        (Tokens(272_001, requests=1), False),
        (Tokens(544_000, requests=2), False),
        (Tokens(544_002, requests=2), True),
    ],
)
def test_doubts_are_told(tokens: Tokens, doubtful: bool) -> None:
    """Where requests are not counted and may be long, or where their mean is long, so that some may be short."""
    assert doubts(LISTED, tokens) is doubtful
    assert not doubts(FLAT, tokens)
    assert doubts(replace(FLAT, doubtful=True), tokens)


TALK = Tokens(1_000_000, 400_000, output=100_000, requests=10)
"""600,000 tokens are not cached."""


def test_audio_costs_its_own_rates() -> None:
    """600,000 at 32, 400,000 cached at 0.50 and 100,000 of output at 64 where none is text: 25.80; where half of it is 14.96."""
    all_audio = beyond(audio_input=600_000, cached_audio_input=400_000, audio_output=100_000)
    assert worth_of(AUDIBLE, TALK, all_audio) == usd(25, 800_000_000).nanos
    half = beyond(audio_input=300_000, audio_output=50_000)
    assert worth_of(AUDIBLE, TALK, half) == usd(14, 960_000_000).nanos
    assert [doubts(AUDIBLE, TALK, of) for of in (all_audio, half)] == [False, False]


def test_cached_audio_without_a_rate_costs_what_other_audio_does() -> None:
    """As cached text does what other text costs."""
    without = replace(AUDIBLE, rates=replace(AUDIBLE.rates, cached_audio_input=None))
    assert worth_of(without, TALK, beyond(cached_audio_input=400_000)) == usd(16, 800_000_000).nanos


@given(requests(), st.integers(0, 9), st.integers(0, 9))
def test_each_token_is_of_one_kind(tokens: Tokens, tenths: int, read: int) -> None:
    """However much of it is audio, priced or not."""
    told = beyond(
        audio_input=(tokens.input - tokens.cached_input - tokens.cache_write) * tenths // 9,
        cached_audio_input=tokens.cached_input * read // 9,
        audio_output=tokens.output * tenths // 9,
    )
    assert sum(counted for _, counted, _ in kinds_of(AUDIBLE, tokens, told)) == tokens.input + tokens.output
    left_out = sum(count for name, count in told if name in unpriced(FLAT, told))
    assert left_out == sum(count for _, count in told)
    assert sum(counted for _, counted, _ in kinds_of(FLAT, tokens, told)) == tokens.input + tokens.output - left_out


def test_audio_is_never_priced_as_text() -> None:
    """Without a rate it is left out of the worth and named; what of it has one is not."""
    told = beyond(audio_input=600_000, cached_audio_input=300_000, audio_output=100_000)
    assert worth_of(FLAT, TALK, told) == usd(0, 20_000_000).nanos
    assert unpriced(FLAT, told) == {"audioInputTokens", "cachedAudioInputTokens", "audioOutputTokens"}
    heard = replace(FLAT, rates=replace(FLAT.rates, audio_input=Fraction(32 * 10**9)))
    assert unpriced(heard, told) == {"audioOutputTokens"}
    assert worth_of(heard, TALK, told) == usd(28, 820_000_000).nanos
    assert unpriced(FLAT, frozenset()) == frozenset()


def test_what_may_be_audio_has_no_price() -> None:
    """Whatever rates there are: nobody knows which of them holds."""
    told = frozenset({("contradictoryAudioInputTokens", 900_000), ("contradictoryAudioOutputTokens", 100_000)})
    assert unpriced(AUDIBLE, told) == {"contradictoryAudioInputTokens", "contradictoryAudioOutputTokens"}
    assert worth_of(AUDIBLE, TALK, told) == usd(0, 40_000_000).nanos
    assert has_other_rates(AUDIBLE, told)


def test_images_cost_what_text_does_for_want_of_a_rate_and_in_doubt() -> None:
    """So most models charge them; cached ones what other images cost, if that is known."""
    told = beyond(image_input=200_000, cached_image_input=100_000, image_output=50_000)
    assert worth_of(FLAT, TALK, told) == worth_of(FLAT, TALK)
    assert unpriced(FLAT, told) == frozenset()
    seen = replace(FLAT, rates=replace(FLAT.rates, image_input=Fraction(8 * 10**9)))
    assert worth_of(seen, TALK, told) == usd(4, 260_000_000).nanos
    own = {name: Fraction(10**9) for name in ("image_input", "cached_image_input", "image_output")}
    priced = replace(FLAT, rates=replace(FLAT.rates, **own))
    assert [doubts(of, TALK, told) for of in (FLAT, seen, priced)] == [True, True, False]


def test_what_nobody_tells_apart_is_doubted() -> None:
    """Whatever the price."""
    assert doubts(AUDIBLE, TALK, frozenset({(UNTOLD, 5)}))
    assert not doubts(AUDIBLE, TALK, frozenset({("webSearchCalls", 5)}))
    assert unpriced(FLAT, frozenset({(UNTOLD, 5)})) == frozenset()


def test_other_rates_than_those_of_text() -> None:
    """Audio always has them; images where the price says so."""
    images = beyond(image_input=5)
    assert has_other_rates(FLAT, beyond(audio_output=1))
    assert not has_other_rates(FLAT, images)
    assert has_other_rates(replace(FLAT, rates=replace(FLAT.rates, image_input=Fraction(1))), images)
    assert not has_other_rates(AUDIBLE, frozenset())
