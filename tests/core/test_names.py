"""Names are shown beside ids, one clean line each, and never instead of them."""

from __future__ import annotations

from hypothesis import given

from aicost.core.names import LONGEST, among, called, cleaned
from tests.support.strategies import ANY_TEXT


@given(ANY_TEXT)
def test_a_name_is_one_short_line_that_no_terminal_obeys(name: str) -> None:
    """Whatever a stranger calls his project."""
    shown = cleaned(name)
    assert shown.isprintable()
    assert len(shown) <= LONGEST
    assert cleaned(shown) == shown


def test_an_id_keeps_its_place() -> None:
    """The name follows it; what has none, or another source's, stands for itself."""
    names = {("openai", "project", "p"): "Support", ("openai", "project", "q"): "q"}
    assert called(names, "openai", "project p") == "project p (Support)"
    assert called(names, "openai", "project q") == "project q"
    assert called(names, "other", "project p") == "project p"
    assert called(names, "openai", "no project") == "no project"


def test_what_has_no_name_of_its_own_is_not_among_the_named() -> None:
    """Each thing once, with the name that its own source gives it."""
    names = {("openai", "project", "p"): "Support", ("openai", "project", "q"): "q", ("x", "apiKey", "k"): "chat"}
    things = [("x", "apiKey", "k"), ("openai", "project", "q"), ("x", "project", "p"), ("x", "apiKey", "k")]
    assert among(names, things) == (("x", "apiKey", "k", "chat"),)
