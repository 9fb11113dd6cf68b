"""What rows of a FOCUS file have in common is understood once: a bill says the same of most of its rows. Pure.

Bounded, for tags may be of one row only.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from aicost.core.billed_files import Charge
from aicost.core.bills import TOKENS
from aicost.core.declarations import Dimensions
from aicost.core.window import DAY, Instant, day_of
from aicost.ports import Malformed
from aicost.sources.tokens.amounts import currency_of
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.focus.columns import (
    ACCOUNT,
    CATEGORY,
    CURRENCY,
    END,
    PAYER,
    PERIOD,
    SERVICE,
    START,
    TAGS,
    UNIT,
    USAGE,
    bill_of,
    dimensions_of,
    instant_of,
    name_of,
)
from aicost.sources.tokens.focus.exports import Billed

MOST = 1 << 16
Group: TypeAlias = tuple[Dimensions, str]
"""What is summed into one row of a day: dimensions and currency."""
Texts: TypeAlias = tuple[object, ...]
Known = TypeVar("Known")
_SPAN = (START, END)
_LINE = (SERVICE, ACCOUNT, PAYER, PERIOD, CATEGORY)
_KIND = (SERVICE, ACCOUNT, CATEGORY, TAGS, CURRENCY, UNIT, PAYER, PERIOD)


@dataclass(frozen=True, slots=True)
class Span:
    """Of which UTC day a row is, by its start, and how far it says that charges reach: a month's fee, to where it begins."""

    day: Instant
    reach: Instant


@dataclass(frozen=True, slots=True)
class Line:
    """On what of a bill a row is, of which service, and of which category; usage is `used`."""

    bill: Billed
    service: str
    category: str
    used: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """What a row is summed up by: for the bill, and to tell whether a file is missed. And whether its quantity is one of tokens."""

    group: Group
    charge: Charge
    tokens: bool


@dataclass(slots=True)
class Repeated:
    """Understands rows; `tags` says which tag holds which dimension."""

    tags: Mapping[str, str]
    _spans: dict[Texts, Span] = field(default_factory=dict)
    _lines: dict[Texts, Line] = field(default_factory=dict)
    _kinds: dict[Texts, Kind] = field(default_factory=dict)

    def span(self, row: Answer) -> Span:
        """Raises Malformed where it is of no day."""
        texts = _texts(row, _SPAN)
        return self._spans.get(texts) or kept(self._spans, texts, _span(row))

    def line(self, row: Answer) -> Line:
        """Raises Malformed for what no name can be."""
        texts = _texts(row, _LINE)
        return self._lines.get(texts) or kept(self._lines, texts, _line(row))

    def kind(self, row: Answer) -> Kind:
        """Raises Malformed for what no tag, name or currency can be."""
        texts = _texts(row, _KIND)
        return self._kinds.get(texts) or kept(self._kinds, texts, self._kind(row))

    def _kind(self, row: Answer) -> Kind:
        dimensions, currency = dimensions_of(row, self.tags), currency_of(row.field(CURRENCY))
        service, account, *invoice = bill_of(row)
        charge = Charge(service, account, dict(dimensions).get("category", ""), currency, *invoice)
        return Kind((dimensions, currency), charge, name_of(row, UNIT).lower() == TOKENS)


Key = TypeVar("Key", bound=Hashable)


def kept(known: dict[Key, Known], key: Key, value: Known) -> Known:
    """The value, which is known from now on, with as many others as are remembered."""
    if len(known) >= MOST:
        known.clear()
    known[key] = value
    return value


def _texts(row: Answer, columns: tuple[str, ...]) -> Texts:
    return tuple(map(row.value.get, columns))


def _span(row: Answer) -> Span:
    start, end = instant_of(row.field(START)), instant_of(row.field(END))
    if end <= start:
        raise Malformed(f"{row.path}: {END} is not after {START}")
    return Span(day_of(start).start, end if end - start <= DAY else start)


def _line(row: Answer) -> Line:
    category = name_of(row, CATEGORY)
    return Line(bill_of(row), name_of(row, SERVICE), category, category in ("", USAGE))
