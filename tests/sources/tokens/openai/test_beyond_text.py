"""What OpenAI tells of audio and images is believed where it adds up, and has no price where it contradicts its tokens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.modalities import CONTRADICTORY, UNTOLD, Modality, beyond_text, text_of
from aicost.sources.tokens.openai.usage import TOKENS, parse
from aicost.sources.tokens.used import Used
from tests.sources.tokens.drawn import answer
from tests.sources.tokens.openai.test_parsers import COMPLETION, DAY, page

TALK = {"input_tokens": 1000, "input_cached_tokens": 400, "output_tokens": 300, "num_model_requests": 9}
"""600 tokens of input are not cached."""


def used(counts: dict[str, Any]) -> Used:
    [[(_, found)]] = parse(answer(page(COMPLETION | counts)), DAY, TOKENS["completions"]).buckets
    return found


def told(**counts: int | None) -> dict[str, int]:
    """What is told of a day's talk, by the fields of OpenAI's answer without `_tokens`."""
    return dict(used(TALK | {f"{name}_tokens": count for name, count in counts.items()}).measured)


def test_tokens_of_audio_and_images_are_told_as_parts() -> None:
    """Each by itself, what a cache gave of them apart; of text alone nothing is told."""
    parts = {"input_audio_tokens": 1, "output_audio_tokens": 2, "input_cached_audio_tokens": 4}
    parts |= {"input_image_tokens": 8, "output_image_tokens": 16, "input_cached_image_tokens": 32}
    more = used(parts | {"input_text_tokens": 155})
    assert dict(more.measured) == {
        "audioInputTokens": 1,
        "audioOutputTokens": 2,
        "cachedAudioInputTokens": 4,
        "imageInputTokens": 8,
        "imageOutputTokens": 16,
        "cachedImageInputTokens": 32,
    }
    assert more.tokens == used({}).tokens
    assert used({}).measured == used({"input_text_tokens": 1000, "output_text_tokens": 501}).measured == frozenset()


def test_audio_that_contradicts_its_side_has_no_price() -> None:
    """As many tokens as may be audio, never more than there are, and what else it may mean is in doubt; the other side stands."""
    over = told(input_audio=601, input_cached_audio=0, output_audio=5)
    assert over == {"contradictoryAudioInputTokens": 601, "audioOutputTokens": 5, UNTOLD: 601}
    both = told(input_audio=900, input_cached_audio=400, output_audio=301, output_image=1)
    assert both == {"contradictoryAudioInputTokens": 1000, "contradictoryAudioOutputTokens": 300, UNTOLD: 1602}
    assert told(input_audio=100, input_cached_audio=401) == {"contradictoryAudioInputTokens": 501, UNTOLD: 501}
    assert told(input_audio=600, input_cached_audio=400) == {"audioInputTokens": 600, "cachedAudioInputTokens": 400}


def test_images_that_contradict_their_side_are_in_doubt() -> None:
    """They may cost what text does, so that it has a price."""
    assert told(input_image=601) == {UNTOLD: 601}
    assert told(output_image=301) == {UNTOLD: 301}


def test_text_that_is_told_leaves_no_room_for_what_is_not() -> None:
    """Parts that fit their side alone contradict it together with its text."""
    assert told(input_text=101, input_audio=500, input_cached_audio=0) == {
        "contradictoryAudioInputTokens": 500,
        UNTOLD: 500,
    }
    assert told(output_text=200, output_audio=101, input_cached_audio=0) == {
        "contradictoryAudioOutputTokens": 101,
        UNTOLD: 101,
    }
    assert told(input_text=100, output_text=200, input_audio=500, input_cached_audio=0, output_audio=100) == {
        "audioInputTokens": 500,
        "audioOutputTokens": 100,
    }


@pytest.mark.parametrize("text", [450, 490])
def test_the_text_shows_whether_audio_includes_what_caches_gave(text: int) -> None:
    """450 of text and 550 of audio are 600 uncached tokens if 400 of the audio are cached ones; so if text includes them, too."""
    cached = 850 - text
    assert told(input_text=text, input_audio=1000 - text, input_cached_audio=cached) == {
        "audioInputTokens": 150,
        "cachedAudioInputTokens": cached,
    }


def test_text_shows_it_where_it_is_told_and_adds_up() -> None:
    """Without it, or with another sum, or with more from caches than in all, audio is what is documented or contradicts."""
    assert told(input_audio=550, input_cached_audio=400) == {"audioInputTokens": 550, "cachedAudioInputTokens": 400}
    for counts in ({"input_text": 451, "input_audio": 550}, {"input_text": 800, "input_audio": 200}):
        assert told(**counts, input_cached_audio=400).keys() == {"contradictoryAudioInputTokens", UNTOLD}
    assert told(input_text=600, input_audio=400, input_cached_audio=400) == {"cachedAudioInputTokens": 400}


def test_uncached_tokens_that_are_told_are_what_it_adds_up_to() -> None:
    """Also where nobody tells how many of the others a cache took: 350 and 550 are 500 if 400 are cached ones, and not 600."""
    counts = {"input_text": 350, "input_audio": 550, "input_cached_audio": 400}
    assert told(**counts, input_uncached=500) == {"audioInputTokens": 150, "cachedAudioInputTokens": 400}
    assert told(**counts).keys() == {"contradictoryAudioInputTokens", UNTOLD}


def test_images_may_include_what_caches_gave_likewise() -> None:
    """All that is told beside the text is read in one way."""
    counts = {"input_text": 300, "input_audio": 400, "input_cached_audio": 200, "input_image": 150}
    assert told(**counts, input_cached_image=50) == {
        "audioInputTokens": 200,
        "cachedAudioInputTokens": 200,
        "imageInputTokens": 100,
        "cachedImageInputTokens": 50,
    }


def test_how_much_audio_a_cache_gave_is_in_doubt_where_it_is_not_told() -> None:
    """Missing is not zero: unless the rest of the cache is told to be all of it, or nobody spoke."""
    assert told(input_audio=500) == {"audioInputTokens": 500, UNTOLD: 400}
    assert told(output_audio=5) == {"audioOutputTokens": 5, UNTOLD: 400}
    assert told(input_audio=500, input_cached_text=100, input_cached_image=50) == {
        "audioInputTokens": 500,
        "cachedImageInputTokens": 50,
        UNTOLD: 250,
    }
    assert told(input_audio=500, input_cached_text=401) == {"audioInputTokens": 500}
    assert told(input_audio=500, input_cached_audio=0) == {"audioInputTokens": 500}
    assert told(input_image=500) == {"imageInputTokens": 500}
    assert told(input_audio=0, output_audio=None) == {}


COUNTS = st.integers(0, 1200) | st.none()
NAMES = ("input_text", "input_audio", "input_image", "input_cached_audio", "input_cached_image", "output_audio")


@given(st.fixed_dictionaries(dict.fromkeys(NAMES, COUNTS)))
def test_whatever_is_told_each_token_counts_once(counts: dict[str, int | None]) -> None:
    """And audio that is told is never text: it has its own measure, or is contradictory."""
    found = used(TALK | {f"{name}_tokens": count for name, count in counts.items()})
    parts, text = beyond_text(found.measured), text_of(found.tokens, found.measured)
    assert text.input + text.output + sum(parts.values()) == 1300
    audio = sum(counts[name] or 0 for name in ("input_audio", "input_cached_audio"))
    heard = {of: count for of, count in parts.items() if "udioInput" in of}
    includes = parts.get(Modality.CACHED_AUDIO_INPUT, 0)
    assert sum(heard.values()) in (min(audio, 1000), audio - includes)
    assert CONTRADICTORY.isdisjoint(heard) or len(heard) == 1
