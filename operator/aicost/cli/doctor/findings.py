"""What doctor says: one finding a check, as a table or as JSON, and the exit code that follows from all of them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

from tabulate import tabulate

_WIDTHS = [28, None, 48, 48]


class State(StrEnum):
    """OK; WARN: worth knowing; UNKNOWN: it could not be told; MISSING: aicost's numbers are incomplete without it."""

    OK = "OK"
    WARN = "WARN"
    UNKNOWN = "UNKNOWN"
    MISSING = "MISSING"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and what to do about it; nothing is to be done where the state is OK."""

    check: str
    state: State
    found: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if (self.state is State.OK) is bool(self.remedy):
            raise ValueError(f"{self.check}: say what to do exactly where something is to be done")


def ok(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(check, State.OK, found)


def warn(check: str, found: str, remedy: str) -> Finding:
    """Worth knowing."""
    return Finding(check, State.WARN, found, remedy)


def unknown(check: str, found: str, remedy: str) -> Finding:
    """The check could not be made, so that nothing is known to be well."""
    return Finding(check, State.UNKNOWN, found, remedy)


def missing(check: str, found: str, remedy: str) -> Finding:
    """Without it numbers are incomplete."""
    return Finding(check, State.MISSING, found, remedy)


def table(findings: Iterable[Finding]) -> str:
    """For a terminal, one row a finding."""
    rows = [(finding.check, finding.state, finding.found, finding.remedy) for finding in findings]
    headers = ("CHECK", "STATE", "FOUND", "WHAT TO DO")
    return tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True, maxcolwidths=_WIDTHS)


def to_json(findings: Iterable[Finding]) -> str:
    """For programs: `{"findings": [{"check", "state", "found", "remedy"}]}`."""
    return json.dumps({"findings": [asdict(finding) for finding in findings]}, indent=2)


def exit_code(findings: Iterable[Finding]) -> int:
    """2 where something is missing, else 1 where something could not be told, else 0."""
    states = {finding.state for finding in findings}
    return 2 if State.MISSING in states else int(State.UNKNOWN in states)
