"""How tables are laid out, in a terminal and as Markdown: words to the left, numbers to the right. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from tabulate import tabulate

from aicost.core.texts import seen

Table: TypeAlias = tuple[Sequence[str], Sequence[Sequence[str]]]
Style: TypeAlias = Literal["table", "markdown"]
_LEFT = frozenset(
    {"ORIGIN", "OWNER", "UNIT", "PART", "WORKLOAD", "CURRENCY", "CERTAINTY", "REASON", "SUBJECT", "ID", "SINCE", "WHAT", "WHY", "ADVICE",
     "EFFECT", "BASIS", "LEVER", "TARGET", "ENDED", "MADE"}
)  # fmt: skip
_MARKS = re.compile(r"[\\|<\[]")


def section(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, style: Style) -> str:
    """A titled table; a cell may hold any text."""
    shown = [[seen(cell) for cell in row] for row in rows]
    if style == "table":
        return f"{title}\n\n{_columns([headers, *shown])}"
    sides = [_side(header) for header in headers]
    body = tabulate(
        [[_plain(cell) for cell in row] for row in shown],
        headers=headers,
        tablefmt="pipe",
        disable_numparse=True,
        colalign=sides,
    )
    return f"## {title}\n\n{body}"


def _plain(cell: str) -> str:
    """As Markdown that shows the text itself: no end of the cell, no link, no HTML."""
    return _MARKS.sub(r"\\\g<0>", cell)


def _columns(lines: Sequence[Sequence[str]]) -> str:
    """Two spaces apart and no wider than need be: tabulate pads headers."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    sides = [str.ljust if _side(header) == "left" else str.rjust for header in lines[0]]
    return "\n".join(
        "  ".join(side(cell, width) for side, cell, width in zip(sides, line, widths, strict=True)).rstrip()
        for line in lines
    )


def _side(header: str) -> str:
    return "left" if header in _LEFT else "right"
