"""Audio and images that a gateway does not tell apart: its callers pay no more of the text than they were seen using of all."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.token_mixtures import Mixture, mixtures_of, whole_of
from aicost.core.usage import UsageRow
from tests.core.test_refining import GW, RANK, SCORING, a_row, billed, parts, refined, seen, shares
from tests.core.test_refining_mixed import divided
from tests.support.builders import dims
from tests.support.tokens import beyond

LINE = a_row("gpt-realtime, input_tokens")


def own(key: str = "key_gw", model: str = "gpt-realtime", *, told: dict[str, int], **tokens: int) -> UsageRow:
    """What OpenAI counted of a key."""
    return replace(seen(dims(apiKey=key), model, "openai", **tokens), measured=beyond(**told))


def test_text_divides_as_if_nobody_told_it_apart() -> None:
    """Of a million tokens 900,000 are audio, a caller was seen using half of all: he pays half of the text, as before, not all."""
    half = seen(RANK, "openai/gpt-realtime", input=500_000)
    for told in ({}, {"audio_input": 900_000}, {"audio_input": 500_000, "image_input": 400_000}):
        assert shares(LINE, own(told=told, input=1_000_000), half) == {"rank": Fraction(1, 2), "": Fraction(1, 2)}


@pytest.mark.parametrize("tokens", [50_000, 100_000, 900_000, 1_000_000])
def test_whatever_a_line_is_of_a_caller_has_his_part_of_it(tokens: int) -> None:
    """Of a part of the text, of all text, or of text and audio together, by which name bills may tell both."""
    usage = own(told={"audio_input": 900_000}, input=1_000_000), seen(RANK, "gpt-realtime", input=500_000)
    line = a_row("gpt-realtime, input_tokens", tokens)
    assert shares(line, *usage) == {"rank": Fraction(1, 2), "": Fraction(1, 2)}


@settings(max_examples=30)
@given(
    st.integers(1, 999), st.integers(0, 999), st.dictionaries(st.sampled_from("abc"), st.integers(1, 999), min_size=1)
)
def test_a_part_of_a_mixture_is_what_was_seen_of_all_of_it(text: int, audio: int, seen_of: dict[str, int]) -> None:
    """So that all parts are the line, whoever used audio, and nobody pays more than for what was seen of him."""
    usage = [seen(dims(apiKey=name), "gpt-realtime", input=count) for name, count in seen_of.items()]
    of_all = max(text + audio, sum(seen_of.values()))
    found = shares(LINE, own(told={"audio_input": audio}, input=text + audio), *usage)
    assert {name: part for name, part in found.items() if name} == {
        name: Fraction(count, of_all) for name, count in seen_of.items()
    }
    assert sum(found.values()) == 1


def test_each_side_is_a_mixture_by_itself() -> None:
    """Output of which none is audio divides by what was seen of it; what caches gave has its own parts."""
    usage = (
        own(told={"audio_input": 500, "cached_audio_input": 60}, input=1000, cached_input=80, output=10),
        seen(RANK, "gpt-realtime", input=500, cached_input=40, output=10),
    )
    assert shares(a_row("gpt-realtime, output_tokens"), *usage) == {"rank": 1}
    half = {"rank": Fraction(1, 2), "": Fraction(1, 2)}
    assert shares(a_row("gpt-realtime, cached_input_tokens"), *usage) == half
    assert shares(LINE, *usage) == {"rank": Fraction(460, 920), "": Fraction(460, 920)}


def test_a_gateway_that_tells_audio_of_anybody_tells_who_wrote() -> None:
    """Who is told to have used no audio pays for all text that was seen of him."""
    usage = (
        own(told={"audio_input": 900}, input=1000),
        seen(RANK, "gpt-realtime", input=100),
        replace(seen(SCORING, "gpt-realtime", input=900), measured=beyond(audio_input=900)),
    )
    assert shares(LINE, *usage) == {"rank": 1}


def test_another_model_and_another_key_are_no_part_of_it() -> None:
    """Nor what names none. A key of text alone beside one of audio: the line of each has the part that was seen of all that both used."""
    gateway = replace(GW, refines=frozenset({("openai", "key_gw"), ("openai", "text")}))
    usage = (
        own(told={"audio_input": 900}, input=1000),
        own(model="gpt-6-sol", told={"audio_input": 7000}, input=7000),
        own("text", told={}, input=500),
        own("none", told={"audio_input": 9000}, input=9000),
        replace(own(told={"audio_input": 80}, input=80), dimensions=dims(apiKey="key_gw")),
        seen(RANK, "gpt-realtime", input=300),
    )
    rows = billed(LINE, a_row("gpt-realtime, input_tokens", apiKey="text"))
    found = refined(usage, gateway).shares(rows)
    assert [parts(found[row]) for row in rows] == [{"rank": Fraction(1, 5), "": Fraction(4, 5)}] * 2


def test_audio_that_a_cache_gave_is_audio_to_who_does_not_tell() -> None:
    """A gateway's audio includes it: 450,000 of 900,000 are half of what is not cached, 8.00 of 16.00, and nobody's of the rest."""
    measured = beyond(audio_input=500_000, cached_audio_input=400_000)
    counted = seen(dims(apiKey="key_gw"), "gpt-6-sol", "openai", input=900_000, cached_input=400_000)
    spoke = replace(seen(SCORING, "gpt-6-sol", input=450_000), measured=beyond(audio_input=450_000))
    assert divided(replace(counted, measured=measured), spoke) == {
        "scoring": Fraction(80, 264),
        "": Fraction(184, 264),
    }


def test_what_is_no_mixture_has_no_whole() -> None:
    """Then what was billed is all that there is; a key of which all is text is not looked at."""
    rows = {"text": (own(told={}, input=9),), "audio": (own(told={"audio_input": 4}, input=9),)}
    assert mixtures_of(rows, (), "input_tokens") == {"audio": (Mixture("gpt-realtime", 5, 9),)}
    tells = replace(seen(RANK, "m"), measured=beyond(audio_input=1))
    assert mixtures_of(rows, (tells,), "input_tokens") == {"audio": (Mixture("gpt-realtime", 5, 5),)}
    assert [whole_of(of) for of in ([], [Mixture("m", 5, 5)], [Mixture("m", 5, 9), Mixture("m", 3, 3)])] == [0, 0, 12]
