"""What nobody would see is shown, and all else stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.texts import is_seen, seen

STRANGE = "\n\r\t\x00\x1b\x85\u200b\u202e\u2028\u2066\ufeff"


@given(st.text(st.sampled_from("ab é😀|" + STRANGE)))
def test_what_is_shown_is_seen_and_what_is_seen_stays(text: str) -> None:
    """On one line; a text without such characters is itself, and is told from the same text with them."""
    shown = seen(text)
    assert is_seen(shown)
    assert len(shown.splitlines()) <= 1
    assert (shown == text) is is_seen(text)


@pytest.mark.parametrize("character", STRANGE)
def test_each_is_an_escape(character: str) -> None:
    """That names it."""
    assert seen(f"a{character}b") == f"a{character.encode('unicode_escape').decode()}b"


@pytest.mark.parametrize("text", ["proj_1", "Überwachung", "顧客", "क्\u200dष", "👩\u200d🚀"])
def test_every_script_is_seen(text: str) -> None:
    """Joiners too: some scripts, and what is drawn of several signs, need them."""
    assert seen(text) == text
