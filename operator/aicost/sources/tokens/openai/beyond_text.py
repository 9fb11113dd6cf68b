"""What OpenAI's usage tells of tokens that are no text, and what it leaves open: parts of a completion's input and output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from aicost.core.counting import together
from aicost.core.modalities import AUDIO, UNTOLD, Modality, fits
from aicost.core.usage import Measured, Tokens
from aicost.sources.tokens.answers import Answer

_Parts: TypeAlias = dict[Modality, int]

_INPUT: Mapping[Modality, str] = {
    Modality.AUDIO_INPUT: "input_audio_tokens",
    Modality.IMAGE_INPUT: "input_image_tokens",
    Modality.CACHED_AUDIO_INPUT: "input_cached_audio_tokens",
    Modality.CACHED_IMAGE_INPUT: "input_cached_image_tokens",
}
"""Those of input are documented as without what caches gave, which is told apart."""
_OUTPUT: Mapping[Modality, str] = {
    Modality.AUDIO_OUTPUT: "output_audio_tokens",
    Modality.IMAGE_OUTPUT: "output_image_tokens",
}
_CACHED: Mapping[Modality, Modality] = {
    Modality.AUDIO_INPUT: Modality.CACHED_AUDIO_INPUT,
    Modality.IMAGE_INPUT: Modality.CACHED_IMAGE_INPUT,
}


def beyond_text(result: Answer, tokens: Tokens) -> Measured:
    """The parts that are no text; where there are none nothing is told.

    What contradicts its side means something else than is documented: as many of its tokens as may be audio are told as
    contradictory, which has no price. What a cache gave is in doubt where nobody tells how much of it was audio. Raises
    Malformed for what is no count.
    """
    given, made = _told(result, _INPUT), _told(result, _OUTPUT)
    if not any((*given.values(), *made.values())):
        return frozenset()
    speaks = any(count for of, count in (*given.items(), *made.items()) if of in AUDIO)
    doubted = frozenset({(UNTOLD, _untold(result, tokens) if speaks else 0)})
    return together((_of_input(result, tokens, given), _of_output(result, tokens, made), doubted))


def _told(result: Answer, names: Mapping[Modality, str]) -> _Parts:
    return {of: result.counted(name) for of, name in names.items()}


def _untold(result: Answer, tokens: Tokens) -> int:
    """How many tokens that a cache gave may be audio, and nobody says so."""
    if result.optional(_INPUT[Modality.CACHED_AUDIO_INPUT]):
        return 0
    others = result.counted("input_cached_text_tokens") + result.counted(_INPUT[Modality.CACHED_IMAGE_INPUT])
    return max(0, tokens.cached_input - others)


def _of_input(result: Answer, tokens: Tokens, parts: _Parts) -> Measured:
    """As documented; with what caches gave taken off where only so the text, too, adds up to the uncached input."""
    room, text = tokens.input - tokens.cached_input, result.counted("input_text_tokens")
    told = result.optional("input_uncached_tokens")
    uncached = told.count() if told else room - tokens.cache_write
    fresh, read = (sum(parts[of] for of in names) for names in (_CACHED, _CACHED.values()))
    apart = parts | {of: parts[of] - parts[cached] for of, cached in _CACHED.items()}
    if text and read and text + fresh - uncached in (read, tokens.cached_input) and min(apart.values()) >= 0:
        parts = apart
    fit = parts is apart or text + fresh <= room
    if fit and fits(tokens, _measured(parts)):
        return _measured(parts)
    return _contradictory(parts, Modality.CONTRADICTORY_INPUT, tokens.input)


def _of_output(result: Answer, tokens: Tokens, parts: _Parts) -> Measured:
    if result.counted("output_text_tokens") + sum(parts.values()) > tokens.output:
        return _contradictory(parts, Modality.CONTRADICTORY_OUTPUT, tokens.output)
    return _measured(parts)


def _contradictory(parts: _Parts, of: Modality, whole: int) -> Measured:
    """What may be audio of a whole, and that the rest is in doubt, if any part is told at all."""
    audio = sum(count for modality, count in parts.items() if modality in AUDIO)
    return together([frozenset({(of.value, min(audio, whole)), (UNTOLD, sum(parts.values()))})])


def _measured(parts: _Parts) -> Measured:
    return together([frozenset((of.value, count) for of, count in parts.items())])
