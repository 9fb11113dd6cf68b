"""Which files of a bill are gone and missed: nobody says that what they told is no more. Pure.

A file that is gone takes nothing away by itself: what it told of each charge and day is remembered. That is restated where
files that were written since tell of the same charge at least half of it beyond what they told before, or where one that is
of the same export and reaches over the day tells most of what the other told again, of charges and of their amounts: a late
charge or a credit in a file of another day does not, nor its row of no cost. Of months so far the last one says what is
charged, whatever that comes to, where it tells of most of what the other told: a correction of the next month does not.
Files that are declared to be parts never stand for each other, and numbered parts of one export only where they tell no less
than the one that is gone told. Nor does a file stand for one that counts again only since another is gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePath
from typing import NamedTuple, TypeAlias

from aicost.core.billed_files import EXACT, Charge, Shares, ToldDay, total
from aicost.core.declarations import MONTH_TO_DATE, PARTS
from aicost.core.window import Instant
from aicost.sources.tokens.focus.accounts import account_of
from aicost.sources.tokens.focus.exports import named
from aicost.sources.tokens.focus.stamps import called
from aicost.sources.tokens.focus.tallies import Tally, half, no_less

Tellers: TypeAlias = Callable[[Charge, Instant], Collection[str]]
"""The files that tell of a charge on a day, be it nothing."""


class Missing(NamedTuple):
    """A charge of which files that are gone are missed."""

    charge: Charge
    files: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Change:
    """What files told of a charge of a day, and tell now; which of them are gone, and which were written since."""

    charge: Charge
    day: Instant
    was: Shares
    now: Shares
    gone: frozenset[str]
    written: frozenset[str]

    @property
    def lost(self) -> Shares:
        return {file: amount for file, amount in self.was.items() if file in self.gone}

    @property
    def beyond(self) -> Decimal:
        """What the files that are there tell beyond what they told before."""
        return self.more({*self.was, *self.now} - self.gone)

    def more(self, files: Iterable[str]) -> Decimal:
        """What files tell beyond what they told before."""
        nothing = Decimal(0)
        return total(EXACT.subtract(self.now.get(file, nothing), self.was.get(file, nothing)) for file in files)

    @property
    def changed(self) -> bool:
        return total(self.was.values()) != total(self.now.values())

    @property
    def returns(self) -> bool:
        """Whether a file counts, and did not count so before, though nobody wrote it."""
        return any(amount != self.was.get(file) for file, amount in self.now.items() if file not in self.written)


@dataclass(slots=True)
class There:
    """The files that are there, each with its stamp; what was told before; what tells of a charge on a day now, and how much.

    `exports` is what they are declared to be.
    """

    stamps: Mapping[str, str]
    tellers: Tellers
    exports: str = ""
    before: Collection[ToldDay] = ()
    now: Callable[[Instant], Mapping[Charge, Shares]] = lambda _: {}
    _again: Mapping[str, frozenset[str]] | None = None

    def changes(self, before: ToldDay, now: Mapping[Charge, Shares]) -> Iterator[_Change]:
        """What each charge of a day comes to since files are gone."""
        gone = frozenset(before.files) - self.stamps.keys()
        written = frozenset(file for file, stamp in self.stamps.items() if before.files.get(file) != stamp)
        was = before.shares
        for charge in sorted(was.keys() | now.keys()) if gone else ():
            yield _Change(charge, before.day, was.get(charge, {}), now.get(charge, {}), gone, written)

    def restated(self, of: _Change, over: Collection[str]) -> bool:
        """Whether files that are written since say what a charge comes to now, for each file that told of it and is gone.

        `over` are the files that reach over the day.
        """
        lost, told = total(of.lost.values()), _by_account(self._telling(of))
        if told and no_less(of.beyond, lost):
            return True
        return all(
            any(self._says(account, files, gone, of, lost) for account, files in told.items())
            or any(_account(file) in self.again(gone) for file in _alike(gone, of.written.intersection(over)))
            for gone in of.lost
        )

    def again(self, gone: str) -> frozenset[str]:
        """The accounts that tell most of what the account of a file that is gone told by files that are."""
        if self._again is None:
            self._again = self._told_again()
        return self._again.get(_account(gone), frozenset())

    def _says(self, account: str, files: Collection[str], gone: str, of: _Change, lost: Decimal) -> bool:
        """Whether an account that tells of a charge stands for a file that is gone; that it cost nothing no file of the same export says."""
        if account == _account(gone):
            return False
        if self.exports == MONTH_TO_DATE:
            return account in self.again(gone)
        nothing = not total(of.now.values()) and len(_alike(gone, files)) < len(files)
        return nothing or half(of.beyond, lost)

    def _told_again(self) -> Mapping[str, frozenset[str]]:
        """By account that is gone: those that tell most of what it told, of charges and of their amounts."""
        told: dict[str, Tally] = defaultdict(Tally)
        again: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
        for of in (each for day in self.before for each in self.changes(day, self.now(day.day)) if each.lost):
            beyond = _by_account(self._telling(of))
            for gone, files in _by_account(of.lost).items():
                amount = total(of.was[file] for file in files)
                told[gone].add(of.charge.currency, amount)
                for account, by in beyond.items():
                    if account != gone and (self.exports == MONTH_TO_DATE or half(of.more(by), amount)):
                        again[gone][account].add(of.charge.currency, amount)
        return {
            gone: frozenset(account for account, of in by.items() if self._most(of, told[gone]))
            for gone, by in again.items()
        }

    def _telling(self, of: _Change) -> Iterable[str]:
        """The files that tell of a charge and were written since."""
        return of.written.intersection(self.tellers(of.charge, of.day))

    def _most(self, again: Tally, told: Tally) -> bool:
        """Whether that is more than half; many small charges say nothing of a large one, but of months so far."""
        if 2 * again.charges <= told.charges:
            return False
        amounts = ((again.amounts[currency], amount) for currency, amount in told.amounts.items())
        return self.exports == MONTH_TO_DATE or all(total((of, of)) > amount for of, amount in amounts)


def missed(before: ToldDay, now: ToldDay, there: There) -> Missing | None:
    """A charge of a day that comes to something else since files are gone, and nobody says so; None: nothing is missed."""
    for of in filter(lambda each: each.changed, there.changes(before, now.shares)):
        if of.returns or (of.lost and (there.exports == PARTS or not there.restated(of, now.files))):
            return Missing(of.charge, frozenset(of.lost) or of.gone)
    return None


def _account(file: str) -> str:
    return account_of(PurePath(called(file)))


def _by_account(files: Iterable[str]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for file in files:
        found[_account(file)].add(file)
    return found


def _alike(file: str, others: Iterable[str]) -> set[str]:
    """Those of the others whose names differ from the file's in numbers only: they are of one export."""
    return {other for other in others if named(other) == named(file)}
