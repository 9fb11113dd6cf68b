"""Tokens that are not text: parts of a row's tokens, told in its measures, each with a price of its own; every token counts once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from enum import StrEnum

from aicost.core.usage import Measured, Tokens


class Modality(StrEnum):
    """Kinds of tokens beyond text. None is a part of another: what a cache gave is not in the other input."""

    AUDIO_INPUT = "audioInputTokens"
    CACHED_AUDIO_INPUT = "cachedAudioInputTokens"
    AUDIO_OUTPUT = "audioOutputTokens"
    IMAGE_INPUT = "imageInputTokens"
    CACHED_IMAGE_INPUT = "cachedImageInputTokens"
    IMAGE_OUTPUT = "imageOutputTokens"
    CONTRADICTORY_INPUT = "contradictoryAudioInputTokens"
    CONTRADICTORY_OUTPUT = "contradictoryAudioOutputTokens"


UNTOLD = "tokensBeyondText"
"""How many tokens may be of another kind than they are taken for: their source does not tell."""

_AMONG = {Modality.CACHED_AUDIO_INPUT: Modality.AUDIO_INPUT, Modality.CACHED_IMAGE_INPUT: Modality.IMAGE_INPUT}
"""What a cached one is taken for where nobody tells what caches gave."""

CONTRADICTORY = frozenset({Modality.CONTRADICTORY_INPUT, Modality.CONTRADICTORY_OUTPUT})
"""Tokens that may be audio: more is told of it than there is room for, so that nobody knows how many are, or what they cost."""
AUDIO = frozenset({Modality.AUDIO_INPUT, Modality.CACHED_AUDIO_INPUT, Modality.AUDIO_OUTPUT}) | CONTRADICTORY
CACHED = frozenset({Modality.CACHED_AUDIO_INPUT, Modality.CACHED_IMAGE_INPUT})
OUTPUT = frozenset({Modality.AUDIO_OUTPUT, Modality.IMAGE_OUTPUT, Modality.CONTRADICTORY_OUTPUT})

KINDS: Mapping[str, str] = {
    Modality.AUDIO_INPUT: "audio tokens of input",
    Modality.CACHED_AUDIO_INPUT: "cached audio tokens of input",
    Modality.AUDIO_OUTPUT: "audio tokens of output",
    Modality.IMAGE_INPUT: "image tokens of input",
    Modality.CACHED_IMAGE_INPUT: "cached image tokens of input",
    Modality.IMAGE_OUTPUT: "image tokens of output",
    Modality.CONTRADICTORY_INPUT: "contradictory audio tokens of input",
    Modality.CONTRADICTORY_OUTPUT: "contradictory audio tokens of output",
}
"""What each is called in the ledger and for people."""

RATES: Mapping[str, tuple[str, ...]] = {
    Modality.AUDIO_INPUT: ("audio_input",),
    Modality.CACHED_AUDIO_INPUT: ("cached_audio_input", "audio_input"),
    Modality.AUDIO_OUTPUT: ("audio_output",),
    Modality.IMAGE_INPUT: ("image_input", "input"),
    Modality.CACHED_IMAGE_INPUT: ("cached_image_input", "image_input", "cached_input", "input"),
    Modality.IMAGE_OUTPUT: ("image_output", "output"),
}
"""The fields of Rates that price each, the first that has a rate. Images may cost what text does, audio never for want of a rate.

What is contradictory has none.
"""


def beyond_text(measured: Measured) -> Mapping[Modality, int]:
    """How many of a row's tokens are of each, as far as its source tells them apart."""
    told = dict(measured)
    return {modality: told[modality] for modality in Modality if told.get(modality)}


def speaks(measured: Measured) -> bool:
    """Whether some of a row's tokens are audio."""
    return not AUDIO.isdisjoint(beyond_text(measured))


def fits(tokens: Tokens, measured: Measured) -> bool:
    """Whether the tokens have room for these parts: uncached ones beside what caches gave, cached ones in it."""
    told = beyond_text(measured)
    given = sum(count for modality, count in told.items() if modality not in CACHED | OUTPUT)
    read, made = (sum(told.get(modality, 0) for modality in of) for of in (CACHED, OUTPUT))
    return given <= tokens.input - tokens.cached_input and read <= tokens.cached_input and made <= tokens.output


def as_told(tokens: Tokens, measured: Measured) -> Measured:
    """The measures of a row whose source tells audio apart and not what of it caches gave.

    Audio is never more than there is. Where caches gave something it may have been audio, at another price: that is `UNTOLD`.
    """
    told = dict(measured)
    heard = min(told.pop(Modality.AUDIO_INPUT, 0), tokens.input)
    said = min(told.pop(Modality.AUDIO_OUTPUT, 0), tokens.output)
    doubted = min(heard, tokens.cached_input)
    parts = {Modality.AUDIO_INPUT.value: heard, Modality.AUDIO_OUTPUT.value: said, UNTOLD: doubted}
    return frozenset((told | {name: count for name, count in parts.items() if count}).items())


def seen_by(measured: Measured, told: Collection[Modality]) -> Measured:
    """The measures as a source would tell them that tells only some modalities apart: what it does not is text to it."""
    seen: Counter[str] = Counter()
    for modality, count in beyond_text(measured).items():
        of = modality if modality in told else _AMONG.get(modality, modality)
        if of in told:
            seen[of.value] += count
    return frozenset(seen.items())


def text_of(tokens: Tokens, measured: Measured) -> Tokens:
    """What of the tokens is text, and all requests. What caches gave and took stays inside the input that is left."""
    told = beyond_text(measured)
    if not told:
        return tokens
    read, made = (sum(told.get(modality, 0) for modality in of) for of in (CACHED, OUTPUT))
    left = max(0, tokens.input - sum(told.values()) + made)
    cached = min(max(0, tokens.cached_input - read), left)
    written = min(tokens.cache_write, left - cached)
    long = min(tokens.cache_write_long, written)
    output = max(0, tokens.output - made)
    return replace(tokens, input=left, cached_input=cached, cache_write=written, output=output, cache_write_long=long)
