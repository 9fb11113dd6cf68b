"""What the files of a bill told of a UTC day: remembered, so that a file that is gone is missed, also after a restart. Pure values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from aicost.core.window import DAY, Instant, date


class Charge(NamedTuple):
    """What a bill's files are summed up by to tell whether one is missed; `category` is empty for usage."""

    service: str
    account: str
    category: str
    currency: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a charge came to on a day: an exact amount as a decimal text, and the files that told it."""

    charge: Charge
    amount: str
    files: frozenset[str]


@dataclass(frozen=True, slots=True)
class ToldDay:
    """What was told of the UTC day that begins at an instant: charges that are not zero.

    `files` are all that told of the day or reached over it, each with a stamp that changes whenever another content is written.
    """

    day: Instant
    files: Mapping[str, str] = field(default_factory=dict)
    charges: tuple[Told, ...] = ()

    def __post_init__(self) -> None:
        if len({told.charge for told in self.charges}) != len(self.charges):
            raise ValueError(f"a charge of {date(self.day)} is told twice")
        if unknown := frozenset[str]().union(*(told.files for told in self.charges)) - self.files.keys():
            raise ValueError(f"{min(unknown)} tells of {date(self.day)}, and does not reach over it")


def last_used(days: Iterable[ToldDay]) -> Mapping[str, tuple[Instant, frozenset[str]]]:
    """Of each service the end of the last of the days on which usage of it was told, and by which files."""
    last: dict[str, tuple[Instant, frozenset[str]]] = {}
    for day in days:
        for told in day.charges:
            until, files = last.get(told.charge.service, (Instant(0), frozenset[str]()))
            if not told.charge.category and (end := Instant(day.day + DAY)) >= until:
                last[told.charge.service] = end, told.files | (files if end == until else frozenset())
    return last
