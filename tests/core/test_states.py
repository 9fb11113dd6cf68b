"""States: one word each, with what it means and what to do."""

from __future__ import annotations

from aicost.core.states import STATES


def test_every_state_has_a_meaning_and_a_remedy() -> None:
    """No word reaches a user without a sentence that explains it and one that helps."""
    for word, (meaning, remedy) in STATES.items():
        assert word.isalpha()
        assert meaning.endswith(".")
        assert remedy.endswith(".")
