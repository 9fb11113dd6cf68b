"""docs/reference/ is what the code says."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from aicost.cli.commands import COMMANDS
from aicost.cli.reference import FOLDER, differences, main, pages
from aicost.core.meanings import MEANINGS
from aicost.reports.exposition import FAMILIES
from aicost.settings import Settings

ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    return pages()[FOLDER / name]


def test_the_pages_in_the_repository_are_those_of_the_code() -> None:
    """Else `python -m aicost.cli.reference` was forgotten."""
    assert differences(ROOT) == ""


def test_every_command_with_every_option_is_there() -> None:
    """As its help says."""
    text = page("cli.md")
    for name, late in COMMANDS.items():
        assert f"## `aicost {name}`" in text
        for option in late.load().params:
            assert all(flag in text for flag in option.opts)


def test_every_setting_metric_and_reason_is_there() -> None:
    """Each in a row of its own."""
    assert all(f"| `AICOST_{name.upper()}` |" in page("settings.md") for name in Settings.model_fields)
    assert all(f"| `{family.name}" in page("metrics.md") for family in FAMILIES)
    assert all(f"| `{reason}` |" in page("reasons.md") for reason in MEANINGS)


def test_tables_have_the_same_number_of_cells_in_every_row() -> None:
    """A bar inside a cell is escaped."""
    for text in pages().values():
        for table in text.split("\n\n"):
            rows = [line.replace(r"\|", "") for line in table.splitlines() if line.startswith("|")]
            assert len({row.count("|") for row in rows}) <= 1


def test_pages_are_written_and_compared(tmp_path: Path) -> None:
    """--check fails with a diff before they are written and after one was edited, and passes in between."""
    check = ["--check", "--root", str(tmp_path)]
    assert CliRunner().invoke(main, check).exit_code == 1
    assert CliRunner().invoke(main, ["--root", str(tmp_path)]).exit_code == 0
    assert CliRunner().invoke(main, check).exit_code == 0
    edited = tmp_path / FOLDER / "reasons.md"
    edited.write_text(edited.read_text().replace("NoPrice", "NoPrize"))
    compared = CliRunner().invoke(main, check)
    assert compared.exit_code == 1
    assert "-| `NoPrize` |" in compared.output
    assert "+| `NoPrice` |" in compared.output


def test_every_page_says_that_it_is_generated() -> None:
    """In its first line, so that nobody edits it."""
    assert all(text.startswith("<!-- generated") for text in pages().values())
