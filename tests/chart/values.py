"""The chart's values as its author wrote them: path, default and comment of each, and the page made of them.

`python -m tests.chart.values`, a part of make crds, writes docs/chart-values.md anew.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "aicost"
PAGE = ROOT / "docs" / "chart-values.md"
_KEY = re.compile(r"( *)([A-Za-z]+):")
_HEAD = """\
# Values of the chart

Made from the comments in `charts/aicost/values.yaml` by `make crds`; never edited. A value that is not listed here, or
that is out of its bounds, is refused before anything is installed (`values.schema.json`).

| value | default | what it is |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Value:
    """One value: `prometheus.url`, its default, and its comment as one line."""

    path: str
    default: Any
    comment: str


def values() -> list[Value]:
    """All values in the order of values.yaml; a group's own comment belongs to no value."""
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    defaults = yaml.safe_load(text)
    found = (Value(path, _at(defaults, path), comment) for path, comment in _commented(text))
    return [value for value in found if not _is_group(value.default)]


def page() -> str:
    """docs/chart-values.md."""
    rows = (f"| `{v.path}` | `{json.dumps(v.default)}` | {v.comment.replace('|', chr(92) + '|')} |" for v in values())
    return _HEAD + "\n".join(rows) + "\n"


def _commented(text: str) -> Iterator[tuple[str, str]]:
    """The path and comment of every key that stands on a line of its own."""
    above: list[str] = []
    comment: list[str] = []
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            comment.append(line.lstrip("# "))
            continue
        if match := _KEY.match(line):
            above = [*above[: len(match[1]) // 2], match[2]]
            yield ".".join(above), " ".join(comment)
        comment = []


def _at(values: Mapping[str, Any], path: str) -> Any:
    found: Any = values
    for part in path.split("."):
        found = found[part]
    return found


def _is_group(default: Any) -> bool:
    return isinstance(default, dict) and bool(default) and "requests" not in default


if __name__ == "__main__":
    if "--check" in sys.argv:
        stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page()
        sys.exit(f"{PAGE.name} is not what values.yaml says: run make crds" if stale else 0)
    PAGE.write_text(page(), encoding="utf-8")
