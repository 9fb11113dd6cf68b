"""Which files are of one export, and which days none of them tells of."""

from __future__ import annotations

import pytest

from aicost.core.window import DAY, Instant
from aicost.sources.tokens.focus.exports import Exports, named

BEDROCK, AZURE, CLAUDE = (("Bedrock", "1", "p"), ("Azure", "2", "p"), ("Claude", "1", "p"))


def days(*numbers: int) -> list[Instant]:
    return [Instant(number * DAY) for number in numbers]


def exports(*rows: tuple[tuple[str, str, str], str, int | None]) -> Exports:
    known = Exports()
    for line, file, used_on in rows:
        known.add(line, file, None if used_on is None else Instant(used_on * DAY))
    return known


def test_a_day_without_a_file_of_its_export_is_a_hole() -> None:
    """What others reach over says nothing of it; before its first and behind its last day it was not used."""
    known = exports((BEDROCK, "b-1", 1), (BEDROCK, "b-3", 3), (AZURE, "azure", 0), (AZURE, "azure", 5))
    told = {"b-1": days(1), "b-3": days(3), "azure": days(0, 1, 2, 3, 4, 5)}
    assert known.holes(told) == {Instant(2 * DAY): "Bedrock"}
    assert known.holes({**told, "b-3": days(2, 3)}) == {}


@pytest.mark.parametrize(("file", "line"), [("b-2", CLAUDE), ("other", BEDROCK), ("other", None)])
def test_files_of_one_export_tell_of_each_others_services(file: str, line: tuple[str, str, str] | None) -> None:
    """By a name that differs in numbers only, or by a service that they share, be it of no usage; else not."""
    known = exports((BEDROCK, "b-1", 1), (BEDROCK, "b-3", 3), (line or AZURE, file, None))
    told = {"b-1": days(1), "b-3": days(3), file: days(2)}
    assert bool(known.holes(told)) is (line is None)


def test_another_payers_files_tell_nothing() -> None:
    """Of the same service, which is on another's invoice."""
    known = exports((BEDROCK, "one-1", 1), (BEDROCK, "one-3", 3), (("Bedrock", "1", "q"), "two", 2))
    assert known.holes({"one-1": days(1), "one-3": days(3), "two": days(1, 2, 3)}) == {Instant(2 * DAY): "Bedrock"}


def test_files_of_one_export_differ_in_numbers() -> None:
    """Also in the id of a run, which is of letters too."""
    run = "0f8fad5b-d9cb-469f-a165-70867728950e"
    assert named(f"20261101-20261130/{run}/x.csv") == "*-*/*/x.csv"
    assert named("us-2.csv") == named("us-17.csv") != named("eu-2.csv")
