"""Rows of a FOCUS Cost and Usage file into days of a bill. Pure: a row is its columns' texts by their names.

Columns: focus.finops.org, versions 1.0 to 1.4. `BilledCost` is what an invoice sums up, so credits, purchases and taxes
count; a row of a class `Correction` counts on the day that it corrects, beside what was there if it is on another month's
invoice or in a file that is declared to be a part. A charge for more than a day, such as a monthly fee, is on the first of
its days, for a day is the finest time of a bill and no charge is spread.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any, TypeAlias

from aicost.core.bills import TOKENS, BillDay, BillRow
from aicost.core.declarations import PARTS, Dimensions
from aicost.core.money import Money
from aicost.core.window import DAY, Instant, Window, day_of
from aicost.ports import Malformed
from aicost.sources.tokens.amounts import believed, currency_of, nanos, written
from aicost.sources.tokens.answers import LARGEST_COUNT, Answer
from aicost.sources.tokens.focus.accounts import Amounts, Told, counting, told_again
from aicost.sources.tokens.focus.exports import USAGE, Exports, Line, Reach, named

COST, CURRENCY, START, END = NEEDED = ("BilledCost", "BillingCurrency", "ChargePeriodStart", "ChargePeriodEnd")
"""What every version has and no row may lack."""
SERVICE, ACCOUNT, CATEGORY, TAGS = "ServiceName", "SubAccountId", "ChargeCategory", "Tags"
QUANTITY, UNIT = "ConsumedQuantity", "ConsumedUnit"
PAYER, PERIOD = "BillingAccountId", "BillingPeriodStart"
"""Whose invoice a row is on, and of which month: rows of two of them are never told again by each other."""
REGION, RESOURCE, SKU = FINER = ("RegionId", "ResourceId", "SkuId")
"""What tells rows apart, as far as they say it, of which one may be another told again."""
WANTED = (*NEEDED, SERVICE, ACCOUNT, CATEGORY, TAGS, QUANTITY, UNIT, PAYER, PERIOD, *FINER)
LONGEST_VALUE = 256
LATEST = 3 * DAY
"""A service that is charged no more is waited for as long as this: providers promise their charges within 24 to 72 hours."""
DOUBT = (
    "{} both tell of {}, and nobody can tell whether they add up or one replaces the other: say with focusFile.exports what "
    "they are, or remove the file that was replaced"
)
_EXACT = Context(prec=80)
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
        self.amount, self.tokens = _EXACT.add(self.amount, amount), _EXACT.add(self.tokens, tokens)
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
    _charged: dict[str, Reach] = field(default_factory=lambda: defaultdict(Reach))
    _told: dict[tuple[str, ...], dict[str, _Days]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(_days))
    )
    _exports: Exports = field(default_factory=Exports)
    _chosen: tuple[_Days, Mapping[Instant, str], Mapping[Instant, set[str]]] | None = None
    _holes: Mapping[Instant, str] | None = None

    def add(self, row: Answer, account: str = "") -> None:
        """Count a row of an account, the oldest account first. Raises Malformed where not even its day is known."""
        start, end = _instant(row.field(START)), _instant(row.field(END))
        if end <= start:
            raise Malformed(f"{row.path}: {END} is not after {START}")
        day, counts = day_of(start).start, not self.services or _name(row, SERVICE) in self.services
        self._chosen = self._holes = None
        used = _name(row, CATEGORY) in ("", USAGE)
        self._exports.add(_bill(row)[:3], account, day if counts and used else None)
        self.first = day if self.first is None else min(self.first, day)
        self._since[account] = min(self._since.get(account, day), day)
        for reach in (self._reach, self._reaches[account], *((self._charged[_name(row, SERVICE)],) if counts else ())):
            reach.add(end if end - start <= DAY else start, _name(row, CATEGORY))
        if not counts:
            return
        try:
            self._count(day, row, account)
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

    def used(self, day: Window) -> Mapping[Line, frozenset[str]]:
        """The services and accounts of whose usage a row tells on a day, and names of their files where it cost anything."""
        used: dict[Line, frozenset[str]] = {}
        for (dimensions, _), of in self._choose()[0].get(day.start, {}).items():
            told = dict(dimensions)
            if "category" not in told:
                line = told.get("service", ""), told.get("account", "")
                used[line] = self._exports.names(line) if of.amount else used.get(line, frozenset())
        return used

    def parts(self, day: Window) -> frozenset[str]:
        """The files that are declared to be parts and tell of a day."""
        return frozenset(self._choose()[2].get(day.start, ())) if self.exports == PARTS else frozenset()

    @property
    def files(self) -> frozenset[str]:
        """All that tell of any charge."""
        return frozenset(self._since)

    def reaching(self, day: Window) -> frozenset[str]:
        """The names, but for their numbers, of the files that reach over a day."""
        return frozenset(named(account) for account, (since, until) in self._spans() if since <= day.start < until)

    def late(self, day: Window) -> Mapping[str, Instant]:
        """Services whose charges end shortly before a day, and where: those of the day may come later than others'."""
        if self.reach is None or day.end + LATEST < self.reach:
            return {}
        ends = ((service, of.usage) for service, of in sorted(self._charged.items()) if of.usage is not None)
        return {service: end for service, end in ends if day.start - LATEST < end <= day.start}

    def day(self, source: str, day: Window) -> BillDay:
        """The account of a day that is not spoiled: its sums, rounded to nano-units once each."""
        rows = tuple(_rows(self._choose()[0].get(day.start, {})))
        whole = self.reach is not None and day.end <= self.reach and not self.late(day)
        return BillDay(source, "FOCUS", day, rows, whole=whole)

    def _spans(self) -> Iterator[tuple[str, tuple[Instant, Instant]]]:
        """From when on and until when each account tells of all days."""
        for account, since in self._since.items():
            yield account, (since, self._reaches[account].until or since)

    def _count(self, day: Instant, row: Answer, account: str) -> None:
        cost = believed(row.field(COST))
        tokens = _tokens(row)
        group = self._dimensions(row), currency_of(row.field(CURRENCY))
        finer = tuple(_name(row, column) for column in (START, END, *FINER))
        known = self._told[_bill(row)][account][day][group]
        known.add(cost, tokens, hash((cost, *finer)), named=bool(_name(row, RESOURCE)))

    def _choose(self) -> tuple[_Days, Mapping[Instant, str], Mapping[Instant, set[str]]]:
        """What counts of each day, of which days that cannot be known, and which accounts count."""
        if self._chosen is None:
            days, doubts, counting_on = _days(), dict[Instant, str](), defaultdict[Instant, set[str]](set)
            amounts = {
                bill: {account: _amounts(of) for account, of in told.items()} for bill, told in self._told.items()
            }
            again = told_again(_of_all(amounts, self._since))
            for bill, told in sorted(self._told.items()):
                counts, doubted = counting(amounts[bill], self.exports, again)
                for day, accounts in counts.items():
                    counting_on[day].update(accounts)
                    for group, of in (each for account in accounts for each in told[account][day].items()):
                        days[day][group].add(of.amount, of.tokens)
                for day, two in doubted.items():
                    doubts.setdefault(day, DOUBT.format(" and ".join(two), bill[0] or "a service without a name"))
            self._chosen = days, doubts, counting_on
        return self._chosen

    def _dimensions(self, row: Answer) -> Dimensions:
        carried = _tags(row.optional(TAGS)) if self.tags else {}
        named = {name: carried.get(tag, "") for name, tag in self.tags.items()}
        named |= {"service": _name(row, SERVICE), "account": _name(row, ACCOUNT)}
        category = _name(row, CATEGORY)
        named["category"] = "" if category == USAGE else category
        if any(len(value) > LONGEST_VALUE for value in named.values()):
            raise Malformed(f"{row.path}: a tag or a name has more than {LONGEST_VALUE} characters")
        return frozenset((name, value) for name, value in named.items() if value)


def _amounts(days: _Days) -> Amounts[Group]:
    return {day: {group: _told(group, of) for group, of in groups.items()} for day, groups in days.items()}


def _told(group: Group, of: _Sum) -> Told:
    return Told(of.amount, of.rows, used="category" not in dict(group[0]), named=of.named)


def _of_all(
    amounts: Mapping[tuple[str, ...], Mapping[str, Amounts[Group]]], accounts: Iterable[str]
) -> Mapping[str, Amounts[tuple[tuple[str, ...], Group]]]:
    """What each account tells of all services together, the oldest account first."""
    merged: dict[str, dict[Instant, dict[tuple[tuple[str, ...], Group], Told]]] = {name: {} for name in accounts}
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


def _tokens(row: Answer) -> Decimal:
    """Of rows that consume tokens, how many; other units are not told."""
    quantity = row.optional(QUANTITY)
    if quantity is None or _name(row, UNIT).lower() != TOKENS:
        return Decimal(0)
    if not abs(counted := written(quantity)) <= LARGEST_COUNT:
        raise Malformed(f"{quantity.path} is not a count of at most {LARGEST_COUNT}")
    return counted


def _bill(row: Answer) -> tuple[str, ...]:
    """What rows have in common that may tell the same again."""
    return tuple(_name(row, column) for column in (SERVICE, ACCOUNT, PAYER, PERIOD))


def _name(row: Answer, column: str) -> str:
    """A text that may be missing; empty then."""
    found = row.optional(column)
    return "" if found is None else found.text()


def _instant(answer: Answer) -> Instant:
    """FOCUS wants UTC, so a time without an offset is that."""
    try:
        at = datetime.fromisoformat(answer.text())
        return Instant(int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()))
    except (ValueError, OverflowError) as error:
        raise Malformed(f"{answer.path} is no time: FOCUS writes 2026-11-01T00:00:00Z") from error


def _tags(answer: Answer | None) -> Mapping[str, str]:
    """A JSON object, or a list of keys and values as some exports have it. A tag without a value is none."""
    if answer is None:
        return {}
    try:
        found: Any = json.loads(answer.text() or "{}") or {}
        pairs = found.items() if isinstance(found, dict) else [(each["key"], each["value"]) for each in found]
        return {str(key): str(value) for key, value in pairs if value not in (None, "")}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Malformed(f"{answer.path} is not a JSON object") from error
