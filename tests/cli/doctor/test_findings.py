"""Findings as table, JSON and exit code."""

from __future__ import annotations

import json

import pytest

from aicost.cli.doctor.findings import Finding, State, exit_code, missing, ok, table, to_json, unknown, warn

FINDINGS = (ok("A", "fine"), warn("B", "odd", "look"), missing("C", "gone", "bring it back"))


def test_the_table_has_one_row_a_finding() -> None:
    """With the check, its state, what was found and what to do."""
    lines = [line.rstrip() for line in table(FINDINGS).splitlines()]
    assert lines[0].split() == ["CHECK", "STATE", "FOUND", "WHAT", "TO", "DO"]
    assert [line.split() for line in lines[2:]] == [
        ["A", "OK", "fine"],
        ["B", "WARN", "odd", "look"],
        ["C", "MISSING", "gone", "bring", "it", "back"],
    ]


def test_long_texts_are_wrapped() -> None:
    """So that a terminal of 140 columns shows the table as it is."""
    text = table([missing("A check with a long name indeed", "found " * 30, "do " * 60)])
    assert max(map(len, text.splitlines())) <= 140


def test_json_holds_every_field() -> None:
    """The same words as the table."""
    assert json.loads(to_json(FINDINGS))["findings"][1] == {
        "check": "B",
        "state": "WARN",
        "found": "odd",
        "remedy": "look",
    }


HIDDEN = unknown("D", "could not be told: no answer", "ask again")


@pytest.mark.parametrize(
    ("findings", "code"), [(FINDINGS, 2), ((*FINDINGS, HIDDEN), 2), ((*FINDINGS[:2], HIDDEN), 1), (FINDINGS[:2], 0)]
)
def test_the_exit_code_tells_what_is_missing_from_what_is_unknown(findings: tuple[Finding, ...], code: int) -> None:
    """A warning alone leaves it at 0; what could not be told is not well."""
    assert exit_code(findings) == code


def test_a_finding_says_what_to_do_exactly_where_it_must() -> None:
    """OK with a remedy, or a fault without one, cannot be built."""
    for state, remedy in ((State.OK, "do"), (State.WARN, ""), (State.UNKNOWN, ""), (State.MISSING, "")):
        with pytest.raises(ValueError, match="say what to do"):
            Finding("A", state, "found", remedy)
