"""Which days the files of a service's export tell of. Pure.

Files are of one export that tell of the same service and account, or whose names differ by numbers only: what another
export's files reach over says nothing of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from aicost.core.window import DAY, Instant
from aicost.sources.tokens.focus.columns import USAGE
from aicost.sources.tokens.focus.stamps import called

Billed: TypeAlias = tuple[str, ...]
"""A service and an account, and on whose invoice it is."""
_NUMBERS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+", re.IGNORECASE)


@dataclass(slots=True)
class Reach:
    """How far usage is charged, or where there is none, whatever else is: taxes and fees may be dated ahead."""

    usage: Instant | None = None
    other: Instant | None = None

    @property
    def until(self) -> Instant | None:
        return self.other if self.usage is None else self.usage

    def add(self, until: Instant, category: str) -> None:
        if category in ("", USAGE):
            self.usage = until if self.usage is None else max(self.usage, until)
        else:
            self.other = until if self.other is None else max(self.other, until)


@dataclass(slots=True)
class Exports:
    """What every file tells of, and on which days each service was used."""

    _files: dict[Billed, set[str]] = field(default_factory=lambda: defaultdict(set))
    _used: dict[Billed, set[Instant]] = field(default_factory=lambda: defaultdict(set))

    def add(self, line: Billed, file: str, used_on: Instant | None) -> None:
        """A row of a file; on no day where it is no usage, or does not count."""
        self._files[line].add(file)
        if used_on is not None:
            self._used[line].add(used_on)

    def holes(self, told: Mapping[str, Iterable[Instant]]) -> Mapping[Instant, str]:
        """Days of which no file of a service's export tells, though it was used before and after: and that service.

        `told` are the days that each file reaches over.
        """
        of, found = self.files(), dict[Instant, str]()
        over = {files: {day for file in files for day in told.get(file, ())} for files in set(of.values())}
        for line, days in sorted(self._used.items()):
            known = over[of[min(self._files[line])]] | days
            between = map(Instant, range(min(days), max(days), DAY))
            found = {**{day: line[0] for day in between if day not in known}, **found}
        return found

    def files(self) -> Mapping[str, frozenset[str]]:
        """The files of each file's export."""
        alike = defaultdict[str, set[str]](set)
        for file in {each for files in self._files.values() for each in files}:
            alike[named(file)].add(file)
        of: dict[str, frozenset[str]] = {}
        for files in (*self._files.values(), *alike.values()):
            merged = frozenset(files).union(*(of.get(file, ()) for file in files))
            of.update(dict.fromkeys(merged, merged))
        return of


def named(file: str) -> str:
    """A file's name without its numbers, in which files of one export differ."""
    return _NUMBERS.sub("*", called(file))
