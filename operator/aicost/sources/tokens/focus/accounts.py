"""Which of several FOCUS files counts where they tell of the same service, account and day. Pure; they are never added up.

Exports come as one file for each time, or as one that holds the month so far, made anew each day: Azure, AWS and others do
either, and no column of FOCUS says which. Files that are parts of one export are one account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import combinations
from pathlib import PurePath
from typing import TypeAlias, TypeVar

from aicost.core.window import Instant

Group = TypeVar("Group")
Amounts: TypeAlias = Mapping[Instant, Mapping[Group, Decimal]]
"""What one account tells of a service: by day and by what it tells apart."""
_PART = re.compile(r"part[-_]?\d+|(?<!\d)000\d{2,}", re.IGNORECASE)


def account_of(path: PurePath) -> str:
    """The account that a file is of: parts of one export, which providers number so, are of the same.

    `part_0_0001.csv` is what Azure writes, `focus-00001.snappy.parquet` AWS, `focus-000000000000.csv` BigQuery.
    """
    return str(path.with_name(_PART.sub("*", path.name)))


def counting(told: Mapping[str, Amounts[Group]]) -> tuple[Mapping[Instant, str], Mapping[Instant, tuple[str, str]]]:
    """Of accounts of one service, the oldest first: which counts on each day, and days of which two tell and nobody knows.

    A later account replaces one of which it tells every day again and most amounts as they were, and with that the earlier
    ones of the same begin.
    """
    replaced = _replaced(told)
    counts: dict[Instant, str] = {}
    doubted: dict[Instant, tuple[str, str]] = {}
    for account in (name for name in told if name not in replaced):
        for day in told[account]:
            if other := counts.get(day):
                doubted.setdefault(day, (other, account))
            counts[day] = account
    return {day: account for day, account in counts.items() if day not in doubted}, doubted


def _replaced(told: Mapping[str, Amounts[Group]]) -> frozenset[str]:
    in_turn = sorted(told, key=lambda name: max(told[name]))  # of two that reach as far the one that was written later
    latest = in_turn[::-1]
    again = {
        earlier
        for place, earlier in enumerate(in_turn, 1)
        if any(_tells_again(told[later], told[earlier]) for later in latest[:-place])
    }
    pairs = combinations(in_turn, 2)
    before = {earlier for earlier, later in pairs if later in again and _begins(told[later], told[earlier])}
    return frozenset(again | before)


def _begins(longer: Amounts[Group], shorter: Amounts[Group]) -> bool:
    return min(longer) == min(shorter) and shorter.keys() <= longer.keys()


def _tells_again(later: Amounts[Group], earlier: Amounts[Group]) -> bool:
    """Whether all days of the earlier are in the later, and at least half of its amounts as they were."""
    if not earlier.keys() <= later.keys():
        return False
    same = [amount == later[day].get(group) for day, group, amount in _each(earlier)]
    return 2 * sum(same) >= len(same)


def _each(of: Amounts[Group]) -> Iterator[tuple[Instant, Group, Decimal]]:
    for day, groups in of.items():
        yield from ((day, group, amount) for group, amount in groups.items() if amount)
