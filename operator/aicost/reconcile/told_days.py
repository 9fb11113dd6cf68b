"""Which days a bill told of, so that what it left open is known also once nobody declares it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from aicost.core.bills import BillDay
from aicost.core.coverage import Coverage, missing, union
from aicost.core.window import Window, window


@dataclass(frozen=True, slots=True)
class ToldDays:
    """The days that were told to their end, and those that were not when they were told first."""

    whole: Coverage = ()
    partly: Coverage = ()

    def telling(self, days: Iterable[BillDay]) -> ToldDays:
        """With what is told of some days now."""
        read = tuple(days)
        whole = union((*self.whole, *(day.day for day in read if day.whole)))
        partly = union(day.day for day in read if not day.whole)
        return ToldDays(tuple(_without(whole, partly)), union((*self.partly, *partly)))

    def lacks(self, over: Window) -> Coverage:
        """What is not told to its end of a window, from the first day that was told on; nothing where all of it was told of before."""
        told = union((*self.whole, *self.partly))
        if not told or told[-1].end <= over.start:
            return ()
        asked = window(max(over.start, told[0].start), over.end)
        return missing(asked, self.whole) if asked else ()


def _without(covered: Coverage, taken: Coverage) -> Iterator[Window]:
    for each in covered:
        yield from missing(each, taken)


def to_json(told: Mapping[str, ToldDays]) -> str:
    """For the ledger."""
    days = {
        name: [[[each.start, each.end] for each in part] for part in (of.whole, of.partly)] for name, of in told.items()
    }
    return json.dumps(days, sort_keys=True)


def from_json(text: str) -> Mapping[str, ToldDays]:
    """From the ledger."""
    return {
        name: ToldDays(*(tuple(Window(*each) for each in part) for part in parts))
        for name, parts in json.loads(text).items()
    }
