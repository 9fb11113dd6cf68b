"""Makes docs/reference/ from the code itself: `python -m aicost.cli.reference` (part of make crds).

With --check it writes nothing, and exits 1 with a diff where a page differs.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from aicost.cli.commands import COMMANDS, cli
from aicost.core.meanings import MEANINGS
from aicost.core.reasons import CheckReason, ConditionReason, GapReason, Refusal
from aicost.core.states import STATES
from aicost.reports.exposition import markdown
from aicost.settings import Settings

MARK = "<!-- generated: make crds; never edited -->"
FOLDER = Path("docs/reference")
_WIDTH = 100
_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "maxLength": "at most {} characters",
}


def pages() -> Mapping[Path, str]:
    """Every page by its path from the repository's root."""
    made = {"cli.md": _cli(), "settings.md": _settings(), "metrics.md": _metrics(), "reasons.md": _reasons()}
    return {FOLDER / name: f"{MARK}\n\n{text}\n" for name, text in made.items()}


def differences(root: Path) -> str:
    """A unified diff from the pages under `root` to what the code says; empty when they agree."""
    diffs: list[str] = []
    for path, wanted in pages().items():
        there = root / path
        found = there.read_text(encoding="utf-8") if there.exists() else ""
        diffs += difflib.unified_diff(
            found.splitlines(keepends=True), wanted.splitlines(keepends=True), str(path), f"{path} (code)"
        )
    return "".join(diffs)


def _cli() -> str:
    """The help of the command and of each of its commands, as the terminal shows it."""
    whole = click.Context(cli, info_name="aicost", terminal_width=_WIDTH, help_option_names=["-h", "--help"])
    parts = [_help(whole)]
    for name, late in sorted(COMMANDS.items()):
        parts.append(_help(click.Context(late.load(), parent=whole, info_name=name)))
    intro = "Installed as `aicost` and, for `kubectl aicost`, as `kubectl-aicost`."
    return "\n\n".join(["# The command `aicost`", intro, *parts])


def _help(context: click.Context) -> str:
    return f"## `{context.command_path}`\n\n```\n{context.get_help().rstrip()}\n```"


def _settings() -> str:
    """All settings, in the order in which they are declared."""
    intro = "Read once at the start from the environment. In the chart, values set them: [chart-values.md](../chart-values.md)."
    rows = (
        (f"`AICOST_{name.upper()}`", _default(of), "; ".join(_limits(of)), str(of["description"]))
        for name, of in Settings.model_json_schema()["properties"].items()
    )
    return f"# Settings\n\n{intro}\n\n{_table(('variable', 'default', 'limits', 'meaning'), rows)}"


def _default(of: Mapping[str, Any]) -> str:
    default = of.get("default")
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if default or default == 0 else "empty"


def _limits(of: Mapping[str, Any]) -> Iterator[str]:
    for name, words in _LIMITS.items():
        if name in of:
            bound = of[name]
            yield words.format(int(bound) if isinstance(bound, float) and bound.is_integer() else bound)
    if "enum" in of:
        yield f"one of {', '.join(of['enum'])}"


def _metrics() -> str:
    intro = (
        "What the operator's /metrics page shows. Amounts are decimal numbers for graphs; sums that must tie are in the "
        "ledger: `aicost report`."
    )
    return f"# Metrics\n\n{intro}\n\n{markdown()}"


def _reasons() -> str:
    """Every state and every reason that users may read, and what to do about it."""
    states = _table(("STATE", "meaning", "what to do"), ((f"`{word}`", *meaning) for word, meaning in STATES.items()))
    parts = [
        "# States and reasons",
        f"## What the column STATE says\n\n{states}",
        "Behind it stand reasons, in conditions, gaps and events. Their set is closed.",
    ]
    for title, kind in (
        ("Why data is missing", GapReason),
        ("Why a claim is refused", Refusal),
        ("What else a condition says", ConditionReason),
        ("What else the check-list of a month says", CheckReason),
    ):
        rows = ((f"`{reason}`", *meaning) for reason, meaning in MEANINGS.items() if isinstance(reason, kind))
        parts.append(f"## {title}\n\n{_table(('reason', 'meaning', 'what to do'), rows)}")
    return "\n\n".join(parts)


def _table(headers: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [headers, ("---",) * len(headers), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


@click.command()
@click.option("--check", is_flag=True, help="Compare only: exit 1 with a diff where a page differs.")
@click.option("--root", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="The repository.")
@click.pass_context
def main(context: click.Context, check: bool, root: Path) -> None:
    """Write the pages, or compare them."""
    if check:
        difference = differences(root)
        click.echo(difference, nl=False)
        context.exit(1 if difference else 0)
    for path, text in pages().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
