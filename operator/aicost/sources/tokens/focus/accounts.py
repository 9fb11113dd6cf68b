"""Which of several FOCUS files count where they tell of the same service, account and day. Pure.

Exports come as one file for each time, or as one that holds the month so far, made anew each day: Azure, AWS and others do
either, and no column of FOCUS says which. A person may declare it; else only rows that come again show it. Files that are
parts of one export are one account.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from math import floor
from pathlib import PurePath
from typing import TypeAlias, TypeVar

from aicost.core.billed_files import EXACT
from aicost.core.declarations import PARTS
from aicost.core.window import Instant


@dataclass(slots=True)
class Counted:
    """What an account tells of a day's group: the sum and a digest of its rows in any order, equal within this process.

    And whether they are of usage, which seldom costs the same twice, and each names its resource. Tokens tell nothing apart.
    """

    amount: Decimal
    rows: int = 0
    used: bool = True
    named: bool = False
    tokens: int = field(default=0, compare=False)
    rest: Decimal = field(default=Decimal(0), compare=False)
    """Parts of a token beside `tokens`, which seldom are any: a whole number takes a third of the memory."""

    def add(self, amount: Decimal, rows: int, *, named: bool) -> None:
        """Another row."""
        self.amount, self.rows, self.named = EXACT.add(self.amount, amount), self.rows + rows, self.named and named

    def count(self, tokens: Decimal) -> None:
        """Tokens of it."""
        whole = floor(tokens)
        self.tokens += whole
        if part := EXACT.subtract(tokens, Decimal(whole)):
            self.rest = EXACT.add(self.rest, part)

    @property
    def counted(self) -> int:
        """All its tokens, whole ones."""
        return int(EXACT.add(Decimal(self.tokens), self.rest))

    def beside(self, other: Counted) -> Counted:
        """Both together, of accounts that add up."""
        amount, rest = EXACT.add(self.amount, other.amount), EXACT.add(self.rest, other.rest)
        tokens, rows = self.tokens + other.tokens, self.rows + other.rows
        return Counted(amount, rows, self.used, self.named and other.named, tokens, rest)


NOTHING = Decimal(0)
Group = TypeVar("Group")
Amounts: TypeAlias = Mapping[Instant, Mapping[Group, Counted]]
"""What one account tells of a service: by day and by what it tells apart."""
Counting: TypeAlias = Mapping[Instant, tuple[str, ...]]
"""The accounts that add up, by day."""
Pairs: TypeAlias = frozenset[tuple[str, str]]
"""An account that is told again, and by which."""
_PART = re.compile(r"part[-_]?\d+(_0\d{3}(?![^\W_]))?|(?<!\d)000\d{2,}", re.IGNORECASE)
"""Azure's parts have two numbers, the second of four digits; a date behind a part's number is no number of it."""


def account_of(path: PurePath) -> str:
    """The account that a file is of: parts of one export, which providers number so, are of the same.

    `part_0_0001.csv` is what Azure writes, `focus-00001.snappy.parquet` AWS, `focus-000000000000.csv` BigQuery.
    """
    return str(path.with_name(_PART.sub("*", path.name)))


def counting(
    told: Mapping[str, Amounts[Group]], exports: str = "", again: Pairs = frozenset()
) -> tuple[Counting, Mapping[Instant, tuple[str, str]]]:
    """Of accounts of one service, the oldest first: which count on each day, and days of which two tell and nobody knows.

    `exports` is what they are declared to be; also of months so far none replaces one that begins before it, for what a later
    month says of that is a correction. `again` are known to be told again. Where neither says it, a later account replaces one
    of which it tells every day again and most rows as they were, and with that the earlier ones of the same begin.
    """
    in_turn = _in_turn(told) if exports else told
    replaced = frozenset() if exports else _replaced(told, again)
    counts: dict[Instant, tuple[str, ...]] = {}
    doubted: dict[Instant, tuple[str, str]] = {}
    for account in (name for name in in_turn if name not in replaced):
        for day in told[account]:
            others = counts.get(day, ())
            if others and not (exports == PARTS or (exports and min(told[account]) <= min(told[others[-1]]))):
                doubted.setdefault(day, (others[-1], account))
            counts[day] = (*(others if exports == PARTS else ()), account)
    return {day: accounts for day, accounts in counts.items() if day not in doubted}, doubted


def told_again(told: Mapping[str, Amounts[Group]]) -> Pairs:
    """Of accounts of everything they tell, the oldest first: which one is told again by which later one.

    It holds of all services of both: a tax or a fee, one row a month, shows nothing by itself.
    """
    pairs = combinations(_in_turn(told), 2)
    return frozenset((earlier, later) for earlier, later in pairs if _tells_again(told[later], told[earlier]))


def _in_turn(told: Mapping[str, Amounts[Group]]) -> list[str]:
    """By how far they reach, and of two that reach as far the one last that was written later."""
    return sorted(told, key=lambda name: max(told[name]))


def _replaced(told: Mapping[str, Amounts[Group]], known: Pairs) -> frozenset[str]:
    pairs = list(combinations(_in_turn(told), 2))
    of_all = {(one, by) for one, by in pairs if (one, by) in known and told[one].keys() <= told[by].keys()}
    again = {earlier for earlier, _ in told_again(told) | of_all}
    before = {earlier for earlier, later in pairs if later in again and _begins(told[later], told[earlier])}
    return frozenset(again | before)


def _begins(longer: Amounts[Group], shorter: Amounts[Group]) -> bool:
    return min(longer) == min(shorter) and shorter.keys() <= longer.keys()


def _tells_again(later: Amounts[Group], earlier: Amounts[Group]) -> bool:
    """Whether all days of the earlier are in the later, and at least half of what can show it came again as it was.

    Parts that happen to cost alike are no sign: of rows that name no resource, fees and what costs the same on other days
    show nothing, and one sum alone not where both reach as far.
    """
    if not earlier.keys() <= later.keys():
        return False
    if not any(each.amount for _, _, each in _each(earlier)):
        return True
    showing = [(each, later[day].get(group)) for day, group, each in _showing(earlier, later)]
    same = [each for each, other in showing if each == other]
    reaches_further = max(later) > max(earlier) or any(each.named for each in same)
    return 2 * len(same) >= len(showing) and len({each.amount for each in same}) > (0 if reaches_further else 1)


def _showing(earlier: Amounts[Group], later: Amounts[Group]) -> Iterator[tuple[Instant, Group, Counted]]:
    often = [Counter((group, each.amount) for _, group, each in _each(of)) for of in (earlier, later)]
    for day, group, each in _each(earlier):
        once = all(times[group, each.amount] <= 1 for times in often)
        if each.amount and (each.named or (each.used and once)):
            yield day, group, each


def _each(of: Amounts[Group]) -> Iterator[tuple[Instant, Group, Counted]]:
    for day, groups in of.items():
        yield from ((day, group, each) for group, each in groups.items())
