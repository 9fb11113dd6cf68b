"""Which parts of an export are left from an earlier run: other parts tell what they told since these were written. Pure.

An export that is made anew with fewer parts leaves the others behind, until somebody deletes them. Nothing in a file says so: that the
parts beside it came to more, by exactly what it tells itself or all that are left tell, on most days and of most dollars does. That may
be chance, so that nobody is told to remove what the newest run wrote. Once it is gone, it is not missed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import PurePath

from aicost.core.billed_files import EXACT, Charge, Shares, ToldDay, total
from aicost.core.window import Instant
from aicost.sources.tokens.focus.accounts import account_of
from aicost.sources.tokens.focus.gone import Tellers
from aicost.sources.tokens.focus.invoices import Now
from aicost.sources.tokens.focus.stamps import called
from aicost.sources.tokens.focus.tallies import Tally


@dataclass(slots=True)
class Stale:
    """The files that are there, each with its stamp; what tells of a charge on a day now, and how much; what was told before."""

    stamps: Mapping[str, str]
    tellers: Tellers
    now: Now
    before: Mapping[Instant, ToldDay]
    _known: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._known = frozenset[str]().union(*(day.files for day in self.before.values()))

    def parts(self) -> frozenset[str]:
        """Parts that are left, or are gone: what they told is told again beside them."""
        told, again = defaultdict[str, Tally](Tally), defaultdict[str, Tally](Tally)
        for day in self.before.values():
            beside, now = self._written(day), self.now(day.day)
            for charge, shares in day.shares.items():
                rises = {account: _rise(files, shares, now.get(charge, {})) for account, files in beside.items()}
                parts = dict(self._unwritten(day, shares))
                for part, amount in parts.items():
                    told[part].add(charge.currency, amount)
                    if rises.get(_account(part)) in (amount, _of_account(part, parts)):
                        again[part].add(charge.currency, amount)
        return frozenset(part for part, of in again.items() if of.halves(told[part]))

    def missed_no_more(self, parts: frozenset[str]) -> Mapping[Instant, ToldDay]:
        """What was told before, but for what parts that are gone told and others tell now."""
        gone = parts - self.stamps.keys()
        return {at: self._without(day, gone) if gone & day.files.keys() else day for at, day in self.before.items()}

    def _written(self, day: ToldDay) -> Mapping[str, set[str]]:
        """By account: files that are there, and hold something else than when a day was told; none that was not known at all."""
        found = defaultdict[str, set[str]](set)
        for file, stamp in self.stamps.items():
            if file in self._known and day.files.get(file) != stamp:
                found[_account(file)].add(file)
        return found

    def _unwritten(self, day: ToldDay, shares: Shares) -> Iterator[tuple[str, Decimal]]:
        """Parts that are as they were when a day was told, or gone."""
        for part, amount in shares.items():
            if self.stamps.get(part, day.files[part]) == day.files[part]:
                yield part, amount

    def _without(self, day: ToldDay, gone: frozenset[str]) -> ToldDay:
        beside = self._written(day)

        def told(charge: Charge, shares: Shares) -> Shares:
            by = self.tellers(charge, day.day)
            return {file: of for file, of in shares.items() if file not in gone or not beside[_account(file)] & {*by}}

        kept = ((charge, told(charge, shares)) for charge, shares in day.shares.items())
        return ToldDay.of(day.day, day.files, {charge: shares for charge, shares in kept if shares})


def _rise(files: set[str], was: Shares, now: Shares) -> Decimal:
    nothing = Decimal(0)
    return total(EXACT.subtract(now.get(file, nothing), was.get(file, nothing)) for file in files)


def _of_account(part: str, parts: Shares) -> Decimal:
    return total(amount for each, amount in parts.items() if _account(each) == _account(part))


def _account(file: str) -> str:
    return account_of(PurePath(called(file)))
