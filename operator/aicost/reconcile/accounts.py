"""Which account each UsageSource billed: so that one which is declared under another name bills no day a second time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, combinations

from aicost.core.bills import BillDay
from aicost.core.declarations import BILL, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.rivals import counting

BILLED = "accounts.billed"
SAME = "accounts.same"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of all sources that ever billed, by their names, as the ledger's marks keep them.

    `same` are Secrets, by `name/key`, that were found to be of the account that an elder source reads by another one.
    """

    known: Mapping[str, str] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, marks: Mapping[str, str]) -> Accounts:
        """What the ledger remembers."""
        return cls(json.loads(marks.get(BILLED, "{}")), json.loads(marks.get(SAME, "{}")))

    @property
    def marks(self) -> dict[str, str]:
        """For the ledger."""
        return {BILLED: json.dumps(self.known, sort_keys=True), SAME: json.dumps(self.same, sort_keys=True)}

    def noting(self, sources: Iterable[Source], by: Mapping[str, frozenset[str]]) -> Accounts:
        """With the Secrets of one account: sources, elders first, that share what they are recognised `by`."""
        same = dict(self.same)
        read = sorted(_by_secret(sources, by), key=lambda each: (each.created, each.name))
        for elder, source in combinations(read, 2):
            one, other = (_first(same, each.secret) for each in (elder, source))
            if one != other and elder.type == source.type and by[elder.name] & by[source.name]:
                same[other] = one
        if same == self.same:
            return self
        return Accounts({name: _by_first(same, account) for name, account in self.known.items()}, same)

    def as_one(self, sources: Iterable[Source]) -> tuple[Source, ...]:
        """The sources, as if those of one account read it by one Secret at one address: what proves it is no declaration."""
        declared = tuple(sources)
        return tuple(
            self._as_first(each, declared) if "/".join(each.secret or ()) in self.same else each for each in declared
        )

    def _as_first(self, source: Source, declared: Iterable[Source]) -> Source:
        """With the Secret and the address by which its account was read first, whoever did: also one that is gone."""
        secret = _pair(_first(self.same, source.secret))
        now = (each.url for each in declared if each.secret == secret and each.type == source.type)
        of = (json.loads(account) for account in self.known.values())
        before = (url for type_, url, by, *_ in of if type_ == source.type and by == list(secret))
        return replace(source, secret=secret, url=next(chain(now, before), source.url))

    def counted(self, sources: Iterable[Source]) -> tuple[Source, ...]:
        """The sources as they are declared, without those whose account an elder one bills."""
        declared = tuple(sources)
        names = {source.name for source in counting(self.as_one(declared))}
        return tuple(source for source in declared if source.name in names)

    def following(self, sources: Iterable[Source], decided: Iterable[BillDay]) -> Accounts:
        """With those that are declared now; bills that wait keep those by which the ledger has them."""
        declared = tuple(sources)
        waiting = self.waiting(declared, decided)
        return replace(
            self, known={**self.known, **{name: of for name, of in _bills(declared).items() if name not in waiting}}
        )

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


def _by_secret(sources: Iterable[Source], by: Mapping[str, frozenset[str]]) -> Iterator[Source]:
    return (source for source in sources if source.role == BILL and source.secret and source.name in by)


def _first(same: Mapping[str, str], secret: tuple[str, str] | None) -> str:
    """The Secret and key by which an account was read first, as `name/key`: neither may have a slash."""
    named = "/".join(secret or ())
    while named in same:
        named = same[named]
    return named


def _pair(named: str) -> tuple[str, str]:
    name, _, key = named.partition("/")
    return name, key


def _by_first(same: Mapping[str, str], account: str) -> str:
    type_, url, secret, *more = json.loads(account)
    return json.dumps([type_, url, secret and _pair(_first(same, tuple(secret))), *more])
