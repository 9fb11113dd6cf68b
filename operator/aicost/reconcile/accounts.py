"""Which account each UsageSource billed: so that one which is declared under another name bills no day a second time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from aicost.core.bills import BillDay
from aicost.core.declarations import BILL, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.rivals import counting

BILLED = "accounts.billed"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of all sources that ever billed, by their names, as the ledger's marks keep them."""

    known: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, marks: Mapping[str, str]) -> Accounts:
        """What the ledger remembers."""
        return cls(json.loads(marks.get(BILLED, "{}")))

    @property
    def marks(self) -> dict[str, str]:
        """For the ledger."""
        return {BILLED: json.dumps(self.known, sort_keys=True)}

    def following(self, sources: Iterable[Source], decided: Iterable[BillDay]) -> Accounts:
        """With those that are declared now; bills that wait keep those by which the ledger has them."""
        declared = tuple(sources)
        waiting = self.waiting(declared, decided)
        return Accounts({**self.known, **{name: of for name, of in _bills(declared).items() if name not in waiting}})

    def waiting(self, sources: Iterable[Source], read: Iterable[BillDay]) -> frozenset[str]:
        """The bills that took another's account, and these others, until each of them was read.

        Else the one's account would be there twice, and the other's not at all, for as long as one cannot be read.
        """
        bills = _bills(sources)
        moved = {name: known for name, known in self.known.items() if bills.get(name, known) != known}
        pairs = [{name, other} for name, of in bills.items() for other, known in moved.items() if of == known]
        waiting = frozenset[str]().union(*pairs)
        return frozenset() if waiting <= {day.source for day in read} else waiting

    def days(self, sources: Iterable[Source], told: Iterable[BillDay]) -> tuple[BillDay, ...]:
        """The days that were read, and for each an empty one of every source that is gone and billed the same account.

        Nothing is left of what the old name billed on them, since the new one bills all of it.
        """
        bills, read = _bills(sources), tuple(told)
        gone = [(name, account) for name, account in self.known.items() if name not in bills]
        superseded = (
            BillDay(name, day.provider, day.day, ())
            for day in read
            for name, account in gone
            if account == bills.get(day.source)
        )
        return (*read, *superseded)

    def gone(self, sources: Iterable[Source]) -> Mapping[str, str]:
        """The types of bills that are declared no more, or not used, by their names."""
        bills = _bills(sources)
        return {name: json.loads(account)[0] for name, account in self.known.items() if name not in bills}


def pending(sources: Iterable[Source], waiting: Collection[str]) -> tuple[Gap, ...]:
    """A gap for each bill that waits, and whose days are left out meanwhile."""
    why = f"of UsageSources {', '.join(sorted(waiting))} one bills what another one billed: what is known of each stays until all were read"
    gap = partial(Gap, GapReason.BILL_PENDING, Feed.BILLS, message=why)
    return tuple(gap(source.created, source=source.name) for source in sources if source.name in waiting)


def _bills(sources: Iterable[Source]) -> Mapping[str, str]:
    """The account of each bill that counts."""
    return {source.name: _account(source) for source in counting(sources) if source.role == BILL}


def _account(source: Source) -> str:
    """One credential at one address, and what is read there."""
    parts = [source.type, source.url, source.secret, sorted(source.projects), sorted(source.workspaces)]
    files = [source.focus.path, sorted(source.focus.services)] if source.focus else []
    return json.dumps([*parts, *files])
