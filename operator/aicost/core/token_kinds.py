"""The kinds of tokens that line items of bills are of, and how many of counted tokens are of each."""

from __future__ import annotations

from aicost.core.modalities import RATES, Modality, text_of
from aicost.core.usage import Tokens, UsageRow

UNCACHED = frozenset({"input_tokens", "uncached_input_tokens"})
CACHED = frozenset({"cached_input_tokens", "cache_read_input_tokens"})
WRITTEN_LONG = "cache_creation.ephemeral_1h_input_tokens"
WRITTEN_SHORT = "cache_creation.ephemeral_5m_input_tokens"
WRITTEN = frozenset({"cache_write_tokens", "input_cache_write_tokens", WRITTEN_SHORT, WRITTEN_LONG})
OUTPUT = frozenset({"output_tokens"})
KINDS = UNCACHED | CACHED | WRITTEN | OUTPUT | frozenset(map(str, Modality))
"""The kinds of tokens that line items are of, as OpenAI and Anthropic name them; of audio and images as usage does."""


def tokens_of(counted: Tokens, kind: str) -> int:
    """How many of the tokens are of a kind. All input includes what caches gave and took."""
    if kind in UNCACHED:
        return max(0, counted.input - counted.cached_input - counted.cache_write)
    if kind in CACHED:
        return counted.cached_input
    if kind in (WRITTEN_SHORT, WRITTEN_LONG):
        return counted.cache_write_long if kind == WRITTEN_LONG else counted.cache_write - counted.cache_write_long
    if kind in WRITTEN:
        return counted.cache_write
    return counted.output if kind in OUTPUT else 0


def counted_of(row: UsageRow, kind: str) -> int:
    """How many of a row's tokens are of a kind, as far as its source tells audio and images apart."""
    if kind in RATES:
        return dict(row.measured).get(kind, 0)
    return tokens_of(text_of(row.tokens, row.measured), kind)
