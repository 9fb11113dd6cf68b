"""How tables are laid out, in a terminal and as Markdown: words to the left, numbers to the right. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from tabulate import tabulate

Table: TypeAlias = tuple[Sequence[str], Sequence[Sequence[str]]]
Style: TypeAlias = Literal["table", "markdown"]
_LEFT = frozenset(
    {"ORIGIN", "OWNER", "UNIT", "PART", "WORKLOAD", "CURRENCY", "CERTAINTY", "REASON", "SUBJECT", "ID", "SINCE", "WHAT", "WHY"}
)  # fmt: skip


def section(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, style: Style) -> str:
    """A titled table."""
    if style == "table":
        return f"{title}\n\n{_columns([headers, *rows])}"
    sides = [_side(header) for header in headers]
    body = tabulate(rows, headers=headers, tablefmt="pipe", disable_numparse=True, colalign=sides)
    return f"## {title}\n\n{body}"


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
