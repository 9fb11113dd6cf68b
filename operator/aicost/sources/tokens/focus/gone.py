"""Which files of a bill are gone and missed: nobody says that what they told is no more. Pure.

A file that is gone takes nothing away by itself. What it told is restated where another file, written since, tells of the
same charge and that comes to at least half of what it was, or is of the same export, reaches over the day and tells most of what
the other told again, of charges and of their amounts: a late charge or a credit in a file of another day does not, nor its row of
no cost. Of months so far the last one says what is charged, whatever that comes to. Files that are declared to be parts never
stand for each other, and numbered parts of one export only where what is charged comes to no less without the one that is gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import PurePath
from typing import TypeAlias

from aicost.core.billed_files import Charge, Told, ToldDay
from aicost.core.declarations import MONTH_TO_DATE, PARTS
from aicost.core.window import Instant
from aicost.sources.tokens.focus.accounts import account_of
from aicost.sources.tokens.focus.exports import named

Kind: TypeAlias = tuple[str, ...]
"""What a charge is of beside its currency: service, account and category."""


@dataclass(slots=True)
class Tellers:
    """Which files tell of each kind of charge and day, by the accounts that they are of."""

    _of: dict[Kind, dict[Instant, set[tuple[str, str]]]] = field(default_factory=lambda: defaultdict(dict))
    _on: dict[Instant, set[str]] = field(default_factory=lambda: defaultdict(set))
    _files: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, account: str, file: str) -> None:
        """A file is of an account."""
        self._files[account].add(file)

    def tell(self, kind: Kind, day: Instant, account: str, file: str) -> None:
        """A row of a file that counts."""
        self._of[kind].setdefault(day, set()).add((account, file))
        self._on[day].add(file)

    def of(self, charge: Charge, day: Instant, accounts: Collection[str] | None = None) -> frozenset[str]:
        """The files that tell of a charge on a day; only those of some accounts if so asked."""
        told = self._of.get(charge[:3], {}).get(day, ())
        return frozenset(file for account, file in told if accounts is None or account in accounts)

    def on(self, day: Instant) -> frozenset[str]:
        """The files that tell of anything on a day."""
        return frozenset(self._on.get(day, ()))

    def files(self, accounts: Iterable[str]) -> frozenset[str]:
        """All files of accounts."""
        return frozenset[str]().union(*(self._files.get(account, ()) for account in accounts))

    def names(self, account: str) -> frozenset[str]:
        """The names of an account's files, but for their numbers."""
        return frozenset(map(named, self._files.get(account, ())))


@dataclass(frozen=True, slots=True)
class There:
    """The files that are there, each with its stamp; what tells of a charge on a day now, and what a day's charges come to.

    `exports` is what they are declared to be; `told` is what each file told before, and on which days.
    """

    stamps: Mapping[str, str]
    tellers: Callable[[Charge, Instant], Collection[str]]
    exports: str = ""
    told: Mapping[str, Collection[tuple[Instant, Told]]] = field(default_factory=dict)
    amounts: Callable[[Instant], Mapping[Charge, Decimal]] = lambda _: {}

    def written(self, since: ToldDay) -> frozenset[str]:
        """Those that were not there, or not so, when a day was told."""
        return frozenset(file for file, stamp in self.stamps.items() if since.files.get(file) != stamp)

    def replaces(self, file: str, gone: str) -> bool:
        """Whether a file is of the other's export, by its name, and tells most of what that told again."""
        if named(file) != named(gone):
            return False
        told = self.told.get(gone, ())
        again = [each for at, each in told if file in self.tellers(each.charge, at) and self._stands(at, each)]
        return 2 * len(again) > len(told) and (self.exports == MONTH_TO_DATE or _outweigh(again, told))

    def restated(self, told: Told, before: ToldDay, now: ToldDay) -> bool:
        """Whether files that are written since say what a charge comes to now, for each file that told of it and is gone."""
        written, more = self.written(before), _no_less(self._now(told, before.day), Decimal(told.amount))
        tell = written & {*self.tellers(told.charge, before.day)}
        over = written & now.files.keys()
        return all(
            any(more or self._says(file, gone, told, before.day) for file in tell)
            or any(_apart(file, gone) and self.replaces(file, gone) for file in over)
            for gone in told.files - self.stamps.keys()
        )

    def _says(self, file: str, gone: str, told: Told, at: Instant) -> bool:
        """Whether a file that tells of a charge stands for one that is gone; that it cost nothing no file of the same export says."""
        nothing = not self._now(told, at) and named(file) != named(gone)
        return _apart(file, gone) and (nothing or self._stands(at, told))

    def _stands(self, at: Instant, told: Told) -> bool:
        """Whether a charge comes to so much that it is told again: what is less is charged beside it, such as late."""
        return self.exports == MONTH_TO_DATE or _no_less(2 * self._now(told, at), Decimal(told.amount))

    def _now(self, told: Told, at: Instant) -> Decimal:
        return self.amounts(at).get(told.charge, Decimal(0))


def _apart(one: str, other: str) -> bool:
    """Whether files are no parts of one export."""
    return account_of(PurePath(one)) != account_of(PurePath(other))


def _no_less(now: Decimal, before: Decimal) -> bool:
    """Of charges and of credits."""
    return now >= before > 0 or now <= before < 0


def _outweigh(again: Iterable[Told], told: Iterable[tuple[Instant, Told]]) -> bool:
    """Whether charges are more than half of what was told in each currency: many small ones say nothing of a large one."""
    rest: dict[str, Decimal] = defaultdict(Decimal)
    for each, weight in (*((each, 1) for _, each in told), *((each, -2) for each in again)):
        rest[each.charge.currency] += weight * abs(Decimal(each.amount))
    return all(of < 0 for of in rest.values())


def told_before(days: Iterable[ToldDay]) -> Mapping[str, Collection[tuple[Instant, Told]]]:
    """What each file told, and on which days."""
    told: dict[str, list[tuple[Instant, Told]]] = defaultdict(list)
    for at, each in ((day.day, each) for day in days for each in day.charges):
        for file in each.files:
            told[file].append((at, each))
    return told


def missed(before: ToldDay, now: ToldDay, there: There) -> Told | None:
    """What was told of a day by a file that is gone and comes to something else now, with the files that are missed; None: nothing."""
    amounts = {told.charge: told.amount for told in now.charges}
    for told in before.charges:
        gone, amount = told.files - there.stamps.keys(), amounts.get(told.charge, "0")
        if gone and amount != told.amount and (there.exports == PARTS or not there.restated(told, before, now)):
            return Told(told.charge, told.amount, gone)
    written, gone = there.written(before), frozenset(before.files) - there.stamps.keys()
    return _returned(before, now, gone, lambda charge: written & {*there.tellers(charge, before.day)})


def _returned(
    before: ToldDay, now: ToldDay, gone: frozenset[str], written: Callable[[Charge], Collection[str]]
) -> Told | None:
    """What was nothing, and is not since a file is gone: nobody wrote that."""
    known = {told.charge for told in before.charges}
    returned = (told.charge for told in now.charges if told.charge not in known and not written(told.charge))
    return next((Told(charge, "0", gone) for charge in returned if gone), None)
