"""How many of counted tokens are of each kind that line items are of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.token_kinds import WRITTEN_LONG, WRITTEN_SHORT, tokens_of
from aicost.core.usage import Tokens


@given(st.builds(Tokens, *(st.integers(0, 10**6),) * 4))
def test_kinds_partition_what_was_used(counted: Tokens) -> None:
    """Every input token is of one kind: none is paid twice, none is lost."""
    whole = Tokens(
        counted.input + counted.cached_input + counted.cache_write, counted.cached_input, counted.cache_write
    )
    kinds = ("input_tokens", "cached_input_tokens", "cache_write_tokens")
    assert sum(tokens_of(whole, kind) for kind in kinds) == whole.input


def test_tokens_are_written_for_minutes_or_for_an_hour() -> None:
    """Each kind counts its own, both together what was written."""
    counted = Tokens(input=100, cached_input=20, cache_write=50, cache_write_long=30, output=7)
    kinds = (
        WRITTEN_SHORT,
        WRITTEN_LONG,
        "cache_write_tokens",
        "input_tokens",
        "cached_input_tokens",
        "output_tokens",
        "images",
        "",
    )
    assert [tokens_of(counted, kind) for kind in kinds] == [20, 30, 50, 30, 20, 7, 0, 0]
