"""Tables keep their shape, whatever is written in their cells."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.reports.layout import Style, section

CELLS = st.text(st.sampled_from("ab |<[\\`\n\r\u2028\u202e\x1b"), max_size=8)


@settings(max_examples=40)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=3))
def test_every_row_is_a_line_of_as_many_cells(rows: list[tuple[str, str]]) -> None:
    """No text ends a line or a cell: nobody writes another row by the name of a project."""
    plain = section("T", ("UNIT", "AMOUNT"), rows, style="table").split("\n")
    assert len(plain) == 3 + len(rows)
    marked = section("T", ("UNIT", "AMOUNT"), rows, style="markdown").split("\n")
    assert len(marked) == 4 + len(rows)
    assert {len(re.sub(r"\\.", "", line).split("|")) for line in marked[2:]} == {4}


@pytest.mark.parametrize(
    ("style", "shown"),
    [("table", r"<script>x</script> [y](z) a|b\n"), ("markdown", r"\<script>x\</script> \[y](z) a\|b\\n")],
)
def test_markup_is_shown_as_it_is(style: Style, shown: str) -> None:
    """In Markdown it is escaped, so that it makes no link and no HTML."""
    assert shown in section("T", ("UNIT",), [("<script>x</script> [y](z) a|b\n",)], style=style)
