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
from decimal import Decimal
from typing import TypeAlias

from aicost.core.billed_files import EXACT, Charge, Shares
from aicost.core.bills import TOKENS, BillDay, BillRow
from aicost.core.declarations import Dimensions
from aicost.core.money import Money
from aicost.core.window import DAY, Instant, Window, day_of
from aicost.ports import Malformed
from aicost.sources.tokens.amounts import believed, currency_of, nanos
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.focus.accounts import Amounts, Counted, counting, told_again
from aicost.sources.tokens.focus.columns import (
    ACCOUNT,
    CATEGORY,
    COST,
    CURRENCY,
    END,
    FINER,
    RESOURCE,
    SERVICE,
    START,
    USAGE,
    bill_of,
    dimensions_of,
    instant_of,
    name_of,
    tokens_of,
)
from aicost.sources.tokens.focus.exports import Exports, Reach, named
from aicost.sources.tokens.focus.lateness import Charged, awaited
from aicost.sources.tokens.focus.tellers import Counting, Tellers

DOUBT = (
    "{} both tell of {}, and nobody can tell whether they add up or one replaces the other: say with focusFile.exports what "
    "they are, or remove the file that was replaced"
)
Group: TypeAlias = tuple[Dimensions, str]
"""What is summed into one row of a day: dimensions and currency."""


@dataclass(slots=True)
class _Sum:
    amount: Decimal = Decimal(0)
    tokens: Decimal = Decimal(0)
    rows: int = 0
    """Sum of what the rows hash to: equal for the same rows in any order, within this process."""
    named: bool = True

    def add(self, amount: Decimal, tokens: Decimal, rows: int = 0, *, named: bool = True) -> None:
        self.amount, self.tokens = EXACT.add(self.amount, amount), EXACT.add(self.tokens, tokens)
        self.rows, self.named = self.rows + rows, self.named and named


_Days: TypeAlias = dict[Instant, dict[Group, _Sum]]


def _days() -> _Days:
    return defaultdict(lambda: defaultdict(_Sum))


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
    _told: dict[tuple[str, ...], dict[str, _Days]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(_days))
    )
    _tellers: Tellers = field(default_factory=Tellers)
    _exports: Exports = field(default_factory=Exports)
    _chosen: tuple[_Days, Mapping[Instant, str], Mapping[Instant, set[Counting]]] | None = None
    _holes: Mapping[Instant, str] | None = None
    _awaited: Mapping[str, Instant] | None = None

    def add(self, row: Answer, account: str = "", file: str = "") -> None:
        """Count a row of an account, in a file if that is one of several; the oldest account first. Raises Malformed where not even its day is known."""
        start, end = instant_of(row.field(START)), instant_of(row.field(END))
        if end <= start:
            raise Malformed(f"{row.path}: {END} is not after {START}")
        day, counts = day_of(start).start, not self.services or name_of(row, SERVICE) in self.services
        self._chosen = self._holes = self._awaited = None
        used = name_of(row, CATEGORY) in ("", USAGE)
        self._exports.add(bill_of(row)[:3], account, day if counts and used else None)
        self.first = day if self.first is None else min(self.first, day)
        self._since[account] = min(self._since.get(account, day), day)
        charged = (self._charged[name_of(row, SERVICE), account],) if counts else ()
        for reach in (self._reach, self._reaches[account], *charged):
            reach.add(end if end - start <= DAY else start, name_of(row, CATEGORY))
        self._tellers.add(account, file or account)
        if not counts:
            return
        try:
            self._count(day, row, account, file or account)
        except Malformed as fault:
            self._faults.setdefault(day, str(fault))

    @property
    def reach(self) -> Instant | None:
        """Until when charges are told."""
        return self._reach.until

    @property
    def spoiled(self) -> Mapping[Instant, str]:
        """Days of which nobody knows what they cost, and why."""
        return {**self._choose()[1], **self._faults}

    def tells(self, day: Window) -> bool:
        """Whether a file tells of a day: one of its charges, or a file's that reaches over it."""
        return day.start in self._choose()[0] or bool(self.reaching(day))

    def hole(self, day: Window) -> str | None:
        """A service of which no file tells on a day, though it was used before and after, and others' files reach over it."""
        if self._holes is None:
            self._holes = self._exports.holes(
                {account: [*map(Instant, range(*span, DAY))] for account, span in self._spans()}
            )
        return self._holes.get(day.start)

    def shares(self, day: Instant) -> Mapping[Charge, Shares]:
        """What each file tells of the charges of the UTC day that begins then, as far as it counts and is not zero."""
        return self._tellers.shares(day, self._choose()[2].get(day, ()))

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
        """The account of a day that is not spoiled: its sums, rounded to nano-units once each."""
        rows = tuple(_rows(self._choose()[0].get(day.start, {})))
        whole = self.reach is not None and day.end <= self.reach and not self.late(day)
        return BillDay(source, "FOCUS", day, rows, whole=whole)

    def _spans(self) -> Iterator[tuple[str, tuple[Instant, Instant]]]:
        """From when on and until when each account tells of all days."""
        for account, since in self._since.items():
            yield account, (since, self._reaches[account].until or since)

    def _count(self, day: Instant, row: Answer, account: str, file: str) -> None:
        cost = believed(row.field(COST))
        tokens = tokens_of(row)
        group = dimensions, currency = dimensions_of(row, self.tags), currency_of(row.field(CURRENCY))
        charge = Charge(name_of(row, SERVICE), name_of(row, ACCOUNT), dict(dimensions).get("category", ""), currency)
        self._tellers.tell(day, charge, (bill_of(row), account), file, cost)
        finer = tuple(name_of(row, column) for column in (START, END, *FINER))
        known = self._told[bill_of(row)][account][day][group]
        known.add(cost, tokens, hash((cost, *finer)), named=bool(name_of(row, RESOURCE)))

    def _choose(self) -> tuple[_Days, Mapping[Instant, str], Mapping[Instant, set[Counting]]]:
        """What counts of each day, of which days that cannot be known, and which accounts count."""
        if self._chosen is None:
            days, doubts, counting_on = _days(), dict[Instant, str](), defaultdict[Instant, set[Counting]](set)
            amounts = {
                bill: {account: _amounts(of) for account, of in told.items()} for bill, told in self._told.items()
            }
            again = told_again(_of_all(amounts, self._since))
            for bill, told in sorted(self._told.items()):
                counts, doubted = counting(amounts[bill], self.exports, again)
                for day, accounts in counts.items():
                    counting_on[day].update((bill, account) for account in accounts)
                    for group, of in (each for account in accounts for each in told[account][day].items()):
                        days[day][group].add(of.amount, of.tokens)
                for day, two in doubted.items():
                    doubts.setdefault(day, DOUBT.format(" and ".join(two), bill[0] or "a service without a name"))
            self._chosen = days, doubts, counting_on
        return self._chosen


def _amounts(days: _Days) -> Amounts[Group]:
    return {day: {group: _counted(group, of) for group, of in groups.items()} for day, groups in days.items()}


def _counted(group: Group, of: _Sum) -> Counted:
    return Counted(of.amount, of.rows, used="category" not in dict(group[0]), named=of.named)


def _of_all(
    amounts: Mapping[tuple[str, ...], Mapping[str, Amounts[Group]]], accounts: Iterable[str]
) -> Mapping[str, Amounts[tuple[tuple[str, ...], Group]]]:
    """What each account tells of all services together, the oldest account first."""
    merged: dict[str, dict[Instant, dict[tuple[tuple[str, ...], Group], Counted]]] = {name: {} for name in accounts}
    for bill, told in amounts.items():
        for account, days in told.items():
            for day, groups in days.items():
                merged[account].setdefault(day, {}).update({(bill, group): of for group, of in groups.items()})
    return {account: days for account, days in merged.items() if days}


def _rows(groups: Mapping[Group, _Sum]) -> Iterator[BillRow]:
    """In a stable order; rows that only their currency tells apart carry it as a dimension."""
    alike = Counter(dimensions for dimensions, _ in groups)
    for (dimensions, currency), of in sorted(groups.items(), key=lambda group: (sorted(group[0][0]), group[0][1])):
        more = frozenset({("currency", currency)}) if alike[dimensions] > 1 else frozenset()
        counted = int(of.tokens)
        yield BillRow(dimensions | more, Money(nanos(of.amount), currency), counted, TOKENS if counted else "")
