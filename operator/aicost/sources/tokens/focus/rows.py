"""Rows of a FOCUS Cost and Usage file into days of a bill. Pure: a row is its columns' texts by their names.

Columns: focus.finops.org, versions 1.0 to 1.4. `BilledCost` is what an invoice sums up, so credits, purchases and taxes
count; a row of a class `Correction` counts on the day that it corrects, beside what was there if it is on another month's
invoice or in a file that is declared to be a part. A charge for more than a day, such as a monthly fee, is on the first of
its days, for a day is the finest time of a bill and no charge is spread.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from aicost.core.billed_files import Charge, Shares
from aicost.core.bills import TOKENS, BillDay, BillRow
from aicost.core.declarations import Dimensions
from aicost.core.money import Money
from aicost.core.window import DAY, Instant, Window
from aicost.ports import Malformed
from aicost.sources.tokens.amounts import believed, nanos
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.focus.accounts import NOTHING, Amounts, Counted, counting, told_again
from aicost.sources.tokens.focus.columns import COST, END, FINER, RESOURCE, START, tokens_of
from aicost.sources.tokens.focus.exports import Billed, Exports, Reach, named
from aicost.sources.tokens.focus.lateness import Charged, awaited
from aicost.sources.tokens.focus.repeated import MOST, Group, Line, Repeated, Span
from aicost.sources.tokens.focus.tellers import Counting, Tellers

DOUBT = (
    "{} both tell of {}, and nobody can tell whether they add up or one replaces the other: say with focusFile.exports what "
    "they are, or remove the file that was replaced"
)
_Days: TypeAlias = dict[Instant, dict[Group, Counted]]


def _days() -> _Days:
    return defaultdict(dict)


@dataclass(slots=True)
class Charges:
    """Sums of all charges by UTC day, exact; a charge that cannot be understood spoils its day.

    `tags` says which tag holds which dimension. Charges of other services than `services` are left out, where it names any.
    A file tells of every day from its first charge to where its charges reach: on one of these without a charge nothing was
    bought, and of one that no file tells of nobody knows. What two accounts tell of one service, invoice and day is added up
    only where `exports` says so.
    """

    tags: Mapping[str, str]
    services: frozenset[str] = frozenset()
    exports: str = ""
    first: Instant | None = None
    _reach: Reach = field(default_factory=Reach)
    _faults: dict[Instant, str] = field(default_factory=dict)
    _since: dict[str, Instant] = field(default_factory=dict)
    _reaches: dict[str, Reach] = field(default_factory=lambda: defaultdict(Reach))
    _charged: dict[tuple[str, str], Reach] = field(default_factory=lambda: defaultdict(Reach))
    _told: dict[Billed, dict[str, _Days]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(_days)))
    _tellers: Tellers = field(default_factory=Tellers)
    _exports: Exports = field(default_factory=Exports)
    _repeated: Repeated = field(init=False)
    _seen: set[tuple[str, str, Span, Line]] = field(default_factory=set)
    _billed: dict[Instant, tuple[BillRow, ...]] = field(default_factory=dict)
    _chosen: tuple[Mapping[Instant, str], Mapping[Instant, set[Counting]]] | None = None
    _holes: Mapping[Instant, str] | None = None
    _awaited: Mapping[str, Instant] | None = None

    def __post_init__(self) -> None:
        self._repeated = Repeated(self.tags)

    def add(self, row: Answer, account: str = "", file: str = "") -> None:
        """Count a row of an account, in a file if that is one of several; the oldest account first. Raises Malformed where not even its day is known."""
        if self._billed:
            raise ValueError("a day of these charges was told already")
        span, line, file = self._repeated.span(row), self._repeated.line(row), file or account
        counts = not self.services or line.service in self.services
        if (seen := (account, file, span, line)) not in self._seen:
            self._look(span, line, account, file, counts=counts)
            self._seen = self._seen if len(self._seen) < MOST else set()
            self._seen.add(seen)
        self._chosen = None
        try:
            if counts:
                self._count(span.day, line.bill, row, account, file)
        except Malformed as fault:
            self._faults.setdefault(span.day, str(fault))

    @property
    def reach(self) -> Instant | None:
        """Until when charges are told."""
        return self._reach.until

    @property
    def spoiled(self) -> Mapping[Instant, str]:
        """Days of which nobody knows what they cost, and why."""
        return {**self._choose()[0], **self._faults}

    def tells(self, day: Window) -> bool:
        """Whether a file tells of a day: one of its charges, or a file's that reaches over it."""
        return day.start in self._choose()[1] or bool(self.reaching(day))

    def hole(self, day: Window) -> str | None:
        """A service of which no file tells on a day, though it was used before and after, and others' files reach over it."""
        if self._holes is None:
            self._holes = self._exports.holes(
                {account: [*map(Instant, range(*span, DAY))] for account, span in self._spans()}
            )
        return self._holes.get(day.start)

    def shares(self, day: Instant) -> Mapping[Charge, Shares]:
        """What each file tells of the charges of the UTC day that begins then, as far as it counts and is not zero."""
        return self._tellers.shares(day, self._choose()[1].get(day, ()))

    def tellers(self, charge: Charge, day: Instant) -> frozenset[str]:
        """The files that tell of a charge on a day, be it nothing."""
        return self._tellers.of(charge, day)

    def files(self, day: Window) -> frozenset[str]:
        """The files that tell of a day, or reach over it."""
        return self._tellers.on(day.start) | self.reaching(day)

    def charged(self, service: str) -> bool:
        """Whether any file tells of a service that counts."""
        return any(name == service for name, _ in self._charged)

    def reaching(self, day: Window) -> frozenset[str]:
        """The files that reach over a day."""
        return self._tellers.files(account for account, (since, until) in self._spans() if since <= day.start < until)

    def reach_of(self, files: Iterable[str]) -> Instant | None:
        """How far files tell whose names differ from these in numbers only; None where there are none."""
        names = {named(file) for file in files}
        alike = (until for account, (_, until) in self._spans() if names & self._tellers.names(account))
        return max(alike, default=None)

    def late(self, day: Window) -> Mapping[str, Instant]:
        """Services whose charges end before a day does, and where: those of the day may come later than others'."""
        if self._awaited is None:
            self._awaited = awaited(self._by_export(), self.reach) if self.reach is not None else {}
        return {service: until for service, until in self._awaited.items() if until < day.end}

    def _by_export(self) -> Iterator[Charged]:
        """How far each service's usage is charged in each export."""
        exports = self._exports.files()
        until: dict[tuple[str, frozenset[str]], Instant] = {}
        for (service, account), of in self._charged.items():
            if of.usage is not None:
                export = exports[account]
                until[service, export] = max(of.usage, until.get((service, export), of.usage))
        reach = {export: max(self._reaches[file].until or Instant(0) for file in export) for _, export in until}
        yield from (Charged(service, end, reach[export]) for (service, export), end in until.items())

    def day(self, source: str, day: Window) -> BillDay:
        """The account of a day that is not spoiled: its sums, rounded to nano-units once each. From then on no rows are added."""
        rows = self._billed.get(day.start)
        if rows is None:
            rows = self._billed[day.start] = tuple(_rows(self._groups(day.start)))
        whole = self.reach is not None and day.end <= self.reach and not self.late(day)
        return BillDay(source, "FOCUS", day, rows, whole=whole)

    def _spans(self) -> Iterator[tuple[str, tuple[Instant, Instant]]]:
        """From when on and until when each account tells of all days."""
        for account, since in self._since.items():
            yield account, (since, self._reaches[account].until or since)

    def _look(self, span: Span, line: Line, account: str, file: str, *, counts: bool) -> None:
        """What a row says of which days are told, whatever it costs."""
        self._holes = self._awaited = None
        self._exports.add(line.bill[:3], account, span.day if counts and line.used else None)
        self.first = span.day if self.first is None else min(self.first, span.day)
        self._since[account] = min(self._since.get(account, span.day), span.day)
        charged = (self._charged[line.service, account],) if counts else ()
        for reach in (self._reach, self._reaches[account], *charged):
            reach.add(span.reach, line.category)
        self._tellers.add(account, file)

    def _count(self, day: Instant, bill: Billed, row: Answer, account: str, file: str) -> None:
        cost, kind = believed(row.field(COST)), self._repeated.kind(row)
        tokens = tokens_of(row) if kind.tokens else NOTHING
        self._tellers.tell(day, kind.charge, (bill, account), file, cost)
        groups = self._told[bill][account][day]
        known = groups.get(kind.group)
        if known is None:
            known = groups[kind.group] = Counted(NOTHING, 0, not kind.charge.category, named=True)
        finer = tuple(map(row.value.get, (START, END, *FINER)))
        known.add(cost, hash((cost, *finer)), named=bool(row.value.get(RESOURCE)))
        if tokens:
            known.count(tokens)

    def _groups(self, day: Instant) -> Mapping[Group, Counted]:
        """What counts of a day, whose sums are held no longer: the rows that are made of them are."""
        counts, found = self._choose()[1].get(day, ()), dict[Group, Counted]()
        for bill, account in ((bill, account) for bill, told in self._told.items() for account in told):
            groups = self._told[bill][account].pop(day, {})
            for group, of in groups.items() if (bill, account) in counts else ():
                found[group] = of if group not in found else found[group].beside(of)
        return found

    def _choose(self) -> tuple[Mapping[Instant, str], Mapping[Instant, set[Counting]]]:
        """Which days cannot be known, and what counts of each."""
        if self._chosen is None:
            doubts, counting_on = dict[Instant, str](), defaultdict[Instant, set[Counting]](set)
            again = frozenset() if self.exports else told_again(_of_all(self._told, self._since))
            for bill, told in sorted(self._told.items()):
                counts, doubted = counting(told, self.exports, again)
                for day, accounts in counts.items():
                    counting_on[day].update((bill, account) for account in accounts)
                for day, two in doubted.items():
                    doubts.setdefault(day, DOUBT.format(" and ".join(two), bill[0] or "a service without a name"))
            self._chosen = doubts, counting_on
        return self._chosen


def _of_all(
    told: Mapping[Billed, Mapping[str, Amounts[Group]]], accounts: Iterable[str]
) -> Mapping[str, Amounts[tuple[Billed, Group]]]:
    """What each account tells of all services together, the oldest account first: of those that may be told again, or tell again."""
    days: dict[str, set[Instant]] = {name: set() for name in accounts}
    for account, of in ((account, of) for by in told.values() for account, of in by.items()):
        days[account].update(of)
    pairs = ((one, by) for one in days for by in days if one != by and days[one] and days[one] <= days[by])
    alike = frozenset(each for pair in pairs for each in pair)
    merged: dict[str, dict[Instant, dict[tuple[Billed, Group], Counted]]] = {name: {} for name in days if name in alike}
    for bill, by in told.items():
        for account, day, groups in ((name, day, by[name][day]) for name in by if name in alike for day in by[name]):
            merged[account].setdefault(day, {}).update({(bill, group): of for group, of in groups.items()})
    return merged


def _rows(groups: Mapping[Group, Counted]) -> Iterator[BillRow]:
    """In a stable order; rows that only their currency tells apart carry it as a dimension."""
    alike = Counter(dimensions for dimensions, _ in groups)
    for (dimensions, currency), of in sorted(groups.items(), key=lambda group: (_in_order(group[0][0]), group[0][1])):
        more = frozenset({("currency", currency)}) if alike[dimensions] > 1 else frozenset()
        counted = of.counted
        named = dimensions | more if more else dimensions
        yield BillRow(named, Money(nanos(of.amount), currency), counted, TOKENS if counted else "")


@lru_cache(MOST)
def _in_order(dimensions: Dimensions) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(dimensions))
