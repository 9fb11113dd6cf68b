"""Rows of a FOCUS Cost and Usage file into days of a bill. Pure: a row is its columns' texts by their names.

Columns: focus.finops.org, versions 1.0 to 1.4. `BilledCost` is what an invoice sums up, so credits, purchases and taxes
count; a row of a class `Correction` counts on the day that it corrects. A charge for more than a day, such as a monthly
fee, is on the first of its days, for a day is the finest time of a bill and no charge is spread.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any, TypeAlias

from aicost.core.bills import TOKENS, BillDay, BillRow
from aicost.core.declarations import Dimensions
from aicost.core.money import Money
from aicost.core.window import DAY, Instant, Window, day_of
from aicost.ports import Malformed
from aicost.sources.tokens.amounts import believed, currency_of, nanos, written
from aicost.sources.tokens.answers import LARGEST_COUNT, Answer

COST, CURRENCY, START, END = NEEDED = ("BilledCost", "BillingCurrency", "ChargePeriodStart", "ChargePeriodEnd")
"""What every version has and no row may lack."""
SERVICE, ACCOUNT, CATEGORY, TAGS = "ServiceName", "SubAccountId", "ChargeCategory", "Tags"
QUANTITY, UNIT = "ConsumedQuantity", "ConsumedUnit"
WANTED = (*NEEDED, SERVICE, ACCOUNT, CATEGORY, TAGS, QUANTITY, UNIT)
LONGEST_VALUE = 256
_EXACT = Context(prec=80)
Group: TypeAlias = tuple[Dimensions, str]
"""What is summed into one row of a day: dimensions and currency."""


@dataclass(slots=True)
class _Sum:
    amount: Decimal = Decimal(0)
    tokens: Decimal = Decimal(0)


@dataclass(slots=True)
class Charges:
    """Sums of all charges by UTC day, exact; a charge that cannot be understood spoils its day.

    `tags` says which tag holds which dimension. Charges of other services than `services` are left out, where it names any.
    A file tells of every day from its first charge to where its charges reach: on one of these without a charge nothing was
    bought, and of one that no file tells of nobody knows.
    """

    tags: Mapping[str, str]
    services: frozenset[str] = frozenset()
    first: Instant | None = None
    reach: Instant | None = None
    spoiled: dict[Instant, str] = field(default_factory=dict)
    _told: dict[str, tuple[Instant, Instant]] = field(default_factory=dict)
    _sums: dict[Instant, dict[Group, _Sum]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(_Sum)))

    def add(self, row: Answer, file: str = "") -> None:
        """Count a row of a file. Raises Malformed where not even its day is known."""
        start, end = _instant(row.field(START)), _instant(row.field(END))
        if end <= start:
            raise Malformed(f"{row.path}: {END} is not after {START}")
        day = day_of(start).start
        reach = end if end - start <= DAY else start
        self.first = day if self.first is None else min(self.first, day)
        self.reach = reach if self.reach is None else max(self.reach, reach)
        since, until = self._told.get(file, (day, reach))
        self._told[file] = min(since, day), max(until, reach)
        if self.services and _name(row, SERVICE) not in self.services:
            return
        try:
            self._count(day, row)
        except Malformed as fault:
            self.spoiled.setdefault(day, str(fault))

    def tells(self, day: Window) -> bool:
        """Whether a file tells of a day: one of its charges, or a file's that reaches over it."""
        return day.start in self._sums or any(since <= day.start < until for since, until in self._told.values())

    def day(self, source: str, day: Window) -> BillDay:
        """The account of a day that is not spoiled: its sums, rounded to nano-units once each."""
        rows = tuple(_rows(self._sums.get(day.start, {})))
        return BillDay(source, "FOCUS", day, rows, whole=self.reach is not None and day.end <= self.reach)

    def _count(self, day: Instant, row: Answer) -> None:
        cost = believed(row.field(COST))
        tokens = _tokens(row)
        known = self._sums[day][self._dimensions(row), currency_of(row.field(CURRENCY))]
        known.amount = _EXACT.add(known.amount, cost)
        known.tokens = _EXACT.add(known.tokens, tokens)

    def _dimensions(self, row: Answer) -> Dimensions:
        carried = _tags(row.optional(TAGS)) if self.tags else {}
        named = {name: carried.get(tag, "") for name, tag in self.tags.items()}
        named |= {"service": _name(row, SERVICE), "account": _name(row, ACCOUNT)}
        category = _name(row, CATEGORY)
        named["category"] = "" if category == "Usage" else category
        if any(len(value) > LONGEST_VALUE for value in named.values()):
            raise Malformed(f"{row.path}: a tag or a name has more than {LONGEST_VALUE} characters")
        return frozenset((name, value) for name, value in named.items() if value)


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
