"""Which account each UsageSource billed: so that one which is declared under another name bills no day a second time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations, product

from aicost.core.bills import BillDay
from aicost.core.closing import Ended
from aicost.core.declarations import BILL, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.rivals import bills_all_of, counting, same_account
from aicost.core.window import DAY, Instant, Window, day_of
from aicost.ports import ORGANISATION
from aicost.reconcile import told_days
from aicost.reconcile.holds import Hold, account_of, begun, from_json, source_of, to_json
from aicost.reconcile.told_days import ToldDays

BILLED = "accounts.billed"
SAME = "accounts.same"
ORGANISATIONS = "accounts.organisations"
LAST = "accounts.last"
HELD = "accounts.held"
COUNTED = "accounts.counted"
REACHED = "accounts.reached"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of all sources that ever billed, by their names, as the ledger's marks keep them.

    `same` are Secrets, by `name/key`, that were found to be of the account that an elder source reads by another one, and
    `organisations` digests of those that answered to each. `last` is the begin of the last day that each source told of, `reached` which days those are,
    `held` are the days of each bill that stay as another account was billed on them, also of bills that are gone; `counted_last`
    are the bills that counted last.
    """

    known: Mapping[str, str] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    organisations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    last: Mapping[str, Instant] = field(default_factory=dict)
    held: Mapping[str, tuple[Hold, ...]] = field(default_factory=dict)
    counted_last: frozenset[str] = frozenset()
    reached: Mapping[str, ToldDays] = field(default_factory=dict)

    @classmethod
    def of(cls, marks: Mapping[str, str]) -> Accounts:
        """What the ledger remembers."""
        known, same, organisations, last = (
            json.loads(marks.get(of, "{}")) for of in (BILLED, SAME, ORGANISATIONS, LAST)
        )
        named = {secret: tuple(of) for secret, of in organisations.items()}
        counted = frozenset(json.loads(marks.get(COUNTED, "[]")))
        reached = told_days.from_json(marks.get(REACHED, "{}"))
        return cls(known, same, named, last, from_json(marks.get(HELD, "{}")), counted, reached)

    @property
    def marks(self) -> dict[str, str]:
        """For the ledger."""
        of = {BILLED: self.known, SAME: self.same, ORGANISATIONS: self.organisations, LAST: self.last}
        kept = {mark: json.dumps(what, sort_keys=True) for mark, what in of.items()}
        told = {HELD: to_json(self.held), REACHED: told_days.to_json(self.reached)}
        return {**kept, **told, COUNTED: json.dumps(sorted(self.counted_last))}

    def noting(self, sources: Iterable[Source], by: Mapping[str, frozenset[str]]) -> Accounts:
        """With the Secrets of one account: sources, elders first, that share what they are recognised `by`."""
        declared = tuple(sources)
        read = sorted(_by_secret(declared, by), key=lambda each: (each.created, each.name))
        same = self._same(read, by, {source.name for source in declared})
        organisations = dict(self.organisations)
        for source in read:
            if named := [digest for digest in by[source.name] if digest.startswith(ORGANISATION)]:
                organisations[_first(same, source.secret)] = tuple(sorted(named))
        noted = replace(self, same=same, organisations=organisations)
        if same != self.same:
            before = (source_of(name, account) for name, account in self.known.items())
            known = noted.as_one((*declared, *before))[len(declared) :]
            noted = replace(noted, known={of.name: account_of(of) for of in known})
        return noted

    def _same(
        self, read: Sequence[Source], by: Mapping[str, frozenset[str]], declared: Collection[str]
    ) -> Mapping[str, str]:
        """Also with Secrets by which an account was read before, by a source that is gone or names another one now."""
        same = dict(self.same)
        for elder, source in combinations(read, 2):
            one, other = (_first(same, each.secret) for each in (elder, source))
            if one != other and elder.type == source.type and by[elder.name] & by[source.name]:
                same[other] = one
        for source, (name, account) in product(read, self.known.items()):
            before, past = source_of(name, account), name == source.name or name not in declared
            one, other = (_first(same, each.secret) for each in (before, source))
            known = by[source.name] & frozenset(self.organisations.get(one, ()))
            if past and one != other and before.type == source.type and known:
                same[other] = one
        return same

    def beginning(self, sources: Iterable[Source]) -> Accounts:
        """With the days that bills leave to what another account was billed on them, as far as that is not settled by now."""
        declared = tuple(sources)
        bills = _bills(self.as_one(declared))
        known = {name: source_of(name, account) for name, account in self.known.items()}
        names = {source.name for source in declared}
        held = dict(self.held)
        for name, source in bills.items():
            new = name not in self.counted_last
            left = [hold for gone in (self.held if new else ()) if gone not in bills for hold in self.held[gone]]
            begins = begun(source, bills, known, self.last, declared=names, new=new)
            holds = _with(self.held.get(name, ()), (*left, *begins))
            held[name] = tuple(hold for hold in holds if self._binds(hold, source, bills))
        return replace(self, held=held, counted_last=frozenset(bills))

    def _binds(self, hold: Hold, source: Source, bills: Mapping[str, Source]) -> bool:
        """Not once another bill has the account."""
        others = (bill for name, bill in bills.items() if name not in (hold.of, source.name))
        elsewhere = any(same_account(hold.billed, bill) for bill in others)
        return not elsewhere and hold.binds(source, self._organisations(hold, source))

    def _organisations(self, hold: Hold, source: Source) -> tuple[frozenset[str], frozenset[str]]:
        one, other = (_first(self.same, each.secret) for each in (hold.billed, source))
        return frozenset(self.organisations.get(one, ())), frozenset(self.organisations.get(other, ()))

    def begins(self) -> Mapping[str, Instant]:
        """Of each bill that leaves days as another account was billed on them the begin of the first that is its own."""
        return {name: Instant(max(hold.last for hold in holds) + DAY) for name, holds in self.held.items() if holds}

    def told(self, read: Iterable[BillDay], waiting: Collection[str]) -> tuple[BillDay, ...]:
        """The days that count of those that were read."""
        begins = self.begins()
        return tuple(
            day for day in read if day.source not in waiting and day.day.start >= begins.get(day.source, day.day.start)
        )

    def gaps(self, sources: Iterable[Source], waiting: Collection[str], since: Instant) -> tuple[Gap, ...]:
        """What bills leave out of the days from an instant on."""
        declared = tuple(sources)
        of = ((source, hold) for source in declared for hold in self.held.get(source.name, ()) if hold.last >= since)
        return (
            *pending(declared, waiting),
            *(hold.gap(source, self._organisations(hold, source)) for source, hold in of),
        )

    def as_one(self, sources: Iterable[Source]) -> tuple[Source, ...]:
        """The sources, as if those of one account read it by one Secret at one address: what proves it is no declaration."""
        declared = tuple(sources)
        return tuple(self._as_one(each, declared) for each in declared)

    def _as_one(self, source: Source, declared: Iterable[Source]) -> Source:
        """With the Secret and the address by which its account was read first, whoever did: also one that is gone."""
        if "/".join(source.secret or ()) not in self.same:
            return source
        secret = _pair(_first(self.same, source.secret))
        before = (source_of(name, account) for name, account in self.known.items())
        first = (each.url for each in (*declared, *before) if (each.type, each.secret) == (source.type, secret))
        return replace(source, secret=secret, url=next(first, source.url))

    def counted(self, sources: Iterable[Source]) -> tuple[Source, ...]:
        """The sources as they are declared, without those whose account an elder one bills."""
        declared = tuple(sources)
        names = {source.name for source in counting(self.as_one(declared))}
        return tuple(source for source in declared if source.name in names)

    def following(self, sources: Iterable[Source], decided: Iterable[BillDay]) -> Accounts:
        """With those that are declared now, and how far they told; bills that wait keep those by which the ledger has them."""
        declared, days = tuple(sources), tuple(decided)
        waiting, bills = self.waiting(declared, days), _bills(declared)
        known = {name: account_of(of) for name, of in bills.items() if name not in waiting}
        last = dict(self.last)
        for day in days:
            if day.source in bills:
                last[day.source] = max(day.day.start, last.get(day.source, day.day.start))
        told = {name: [day for day in days if day.source == name] for name in bills}
        new = {name: self.reached.get(name, ToldDays()).telling(of) for name, of in told.items() if of}
        return replace(self, known={**self.known, **known}, last=last, reached={**self.reached, **new})

    def waiting(self, sources: Iterable[Source], read: Iterable[BillDay]) -> frozenset[str]:
        """The bills that took another's account, and these others, until each of them was read.

        Else the one's account would be there twice, and the other's not at all, for as long as one cannot be read.
        """
        bills = _bills(sources)
        known = {name: source_of(name, account) for name, account in self.known.items()}
        moved = {name: of for name, of in known.items() if name in bills and not same_account(of, bills[name])}
        pairs = [{name, other} for name, of in bills.items() for other, was in moved.items() if same_account(of, was)]
        waiting = frozenset[str]().union(*pairs)
        return frozenset() if waiting <= {day.source for day in read} else waiting

    def days(self, sources: Iterable[Source], told: Iterable[BillDay]) -> tuple[BillDay, ...]:
        """The days that were read, and for each an empty one of every source that is gone and billed the same account.

        Nothing is left of what the old name billed on them, where the new one bills all of it: days
        that stay another account's are that one's.
        """
        bills, read, begins = _bills(sources), tuple(told), self.begins()
        gone = [source_of(name, account) for name, account in self.known.items() if name not in bills]
        superseded = (
            BillDay(before.name, day.provider, day.day, ())
            for day in read
            for before in gone
            if day.source in bills
            and day.day.start >= begins.get(before.name, day.day.start)
            and same_account(before, bills[day.source])
            and bills_all_of(bills[day.source], before)
        )
        return (*read, *superseded)

    def gone(self, sources: Iterable[Source]) -> Mapping[str, str]:
        """The types of bills that are declared no more, or not used, by their names."""
        bills = _bills(sources)
        return {name: json.loads(account)[0] for name, account in self.known.items() if name not in bills}

    def ended(self, sources: Iterable[Source], over: Window) -> tuple[Ended, ...]:
        """What each bill leaves open of a window that told of it and is none now, and that no other bills whole."""
        declared = {source.name: source for source in sources}
        bills = _bills(declared.values())
        gone = (
            source_of(name, self.known[name]) for name in sorted(self.known.keys() & self.last.keys() - bills.keys())
        )
        left = (of for of in gone if not any(same_account(of, by) and bills_all_of(by, of) for by in bills.values()))
        return tuple(
            Ended(of.name, _why_ended(declared.get(of.name)), hole)
            for of in left
            for hole in self._reached(of.name).lacks(over)
        )

    def _reached(self, name: str) -> ToldDays:
        """Of a bill that was gone before its days were kept the last one is known alone."""
        return self.reached.get(name) or ToldDays((day_of(self.last[name]),))


def _why_ended(source: Source | None) -> str:
    if source is None:
        return "which is declared no more"
    return "which is not used beside an elder one" if source.role == BILL else f"whose role is {source.role} now"


def pending(sources: Iterable[Source], waiting: Collection[str]) -> tuple[Gap, ...]:
    """A gap for each bill that waits, and whose days are left out meanwhile."""
    why = f"of UsageSources {', '.join(sorted(waiting))} one bills what another one billed: what is known of each stays until all were read"
    gap = partial(Gap, GapReason.BILL_PENDING, Feed.BILLS, message=why)
    return tuple(gap(source.created, source=source.name) for source in sources if source.name in waiting)


def _bills(sources: Iterable[Source]) -> Mapping[str, Source]:
    """The bills that count, by their names."""
    return {source.name: source for source in counting(sources) if source.role == BILL}


def _with(held: Sequence[Hold], new: Iterable[Hold]) -> Iterator[Hold]:
    """Also the new ones, but for an account that billed nothing since it was held itself: declaring the first again undoes it."""
    yield from held
    yield from (hold for hold in new if all(of.of != hold.of or of.last < hold.last for of in held))


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
