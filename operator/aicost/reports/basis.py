"""What units and workloads of a month cost on one basis, as a document and as tables. Pure.

Shape: `{"period", "cluster", "known": {...} or null, "closed": {...} or null, "units": [...], "workloads": [...]}`, `known` of
the evaluated month and `closed` of a closed one; of each
`{"unit", "workload", "currency", "gpu", "compute", "tokens", "corrections", "passedOn", "received", "used", "invested",
"amortised"}`, amounts exact decimal strings, `used` null where nobody knows; `invested` and `amortised` are of trainings,
null of a month that was closed before closings kept them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from aicost.core.basis import Basis, issued_units, issued_workloads, unit_bases, workload_bases
from aicost.core.closing import Closing
from aicost.core.issued import Issued
from aicost.core.ledger import Total, Use
from aicost.core.money import NANOS_PER_UNIT, decimal, parse_nanos, rounded
from aicost.core.statement import Facts
from aicost.core.window import Period
from aicost.reports.closing import closing_to_json
from aicost.reports.document import Document
from aicost.reports.known import Known, known
from aicost.reports.layout import Style, section
from aicost.reports.tables import reach


class On(StrEnum):
    """What amounts are told on."""

    CHARGED = "charged"
    INCURRED = "incurred"
    USED = "used"
    CASH = "cash"
    AMORTISED = "amortised"


PARTS = ("gpu", "compute", "tokens", "corrections")
MOVED = ("passedOn", "received")
SPREAD = ("invested", "amortised")
NAMES = (*PARTS, *MOVED, *SPREAD)
OF_TRAININGS = frozenset((On.CASH, On.AMORTISED))
"""Not told of a month that was closed before closings kept what trainings cost and when they are used up."""
MEANINGS = {
    On.INCURRED: "what was caused by each, before anything moves",
    On.CHARGED: "incurred - passed on + received: after re-charge, and of units after distribution, as statuses tell it",
    On.USED: "the part of what was incurred that was really used: cards by their utilisation, tokens wholly",
    On.CASH: "what is charged, trainings in the month in which they ran",
    On.AMORTISED: "what is charged, trainings in the months after it, in equal parts, to who uses their models",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A unit, or with a name a workload of it: amounts in nano-units, those of NAMES."""

    unit: str
    workload: str
    currency: str
    amounts: Mapping[str, int]
    used: int | None

    @property
    def incurred(self) -> int:
        """What was caused here."""
        return sum(self.amounts[part] for part in PARTS)

    @property
    def charged(self) -> int:
        """What is to be carried in the end."""
        return self.incurred - self.amounts["passedOn"] + self.amounts["received"]

    @property
    def effective(self) -> int:
        """What is charged, with trainings when they are used up."""
        return self.charged - self.amounts["invested"] + self.amounts["amortised"]


@dataclass(frozen=True, slots=True)
class Bases:
    """A month on every basis. Of the evaluated one it is `known` what is missing, of a closed one how it was `closed`.

    A month before the evaluated one that is open yet has neither.
    """

    period: str
    cluster: str
    known: Known | None
    units: tuple[Told, ...]
    workloads: tuple[Told, ...]
    closed: Mapping[str, Any] | None = None

    @property
    def spreads_trainings(self) -> bool:
        """Whether it is known when trainings are used up."""
        return all(name in of.amounts for of in (*self.units, *self.workloads) for name in SPREAD)

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "period": self.period,
            "cluster": self.cluster,
            "known": self.known and self.known.to_json(),
            "closed": self.closed,
            "units": [_to_json(each) for each in self.units],
            "workloads": [_to_json(each) for each in self.workloads],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Bases:
        """From JSON data. Raises KeyError, TypeError, AttributeError or ValueError for anything else."""
        return cls(
            data["period"],
            data["cluster"],
            Known.from_json(data["known"]) if data["known"] else None,
            tuple(_from_json(each) for each in data["units"]),
            tuple(_from_json(each) for each in data["workloads"]),
            data["closed"],
        )


def bases(facts: Facts, cluster: str = "") -> Bases:
    """The document of the evaluated month."""
    units, workloads = (tuple(map(_told, of)) for of in (unit_bases(facts), workload_bases(facts)))
    return Bases(facts.period.month, cluster, known(facts), units, workloads)


def issued_bases(
    period: Period, issued: Issued, totals: Mapping[str, Iterable[Total]], use: Iterable[Use], cluster: str = ""
) -> Bases:
    """The document of a month before the evaluated one: its lines in each currency that is `issued`, by its rates."""
    tell = _told if issued.spreads is not None else _told_without_trainings
    units, workloads = issued_units(issued, totals), issued_workloads(issued, totals, use)
    return Bases(period.month, cluster, None, tuple(map(tell, units)), tuple(map(tell, workloads)))


def closed_bases(of: Bases, closing: Closing) -> Bases:
    """The document with how the month was closed."""
    return replace(of, closed=closing_to_json(closing))


def render_bases(told: Bases, on: On, style: Style) -> str:
    """What that basis means, units and workloads on it, and how far data reaches."""
    where = f" in cluster {told.cluster}" if told.cluster else ""
    parts = [f"{on.value} in {told.period}{where}: {MEANINGS[on]}"]
    if on is not On.USED and told.units:
        parts.append(section("Business units", *_table(told.units, on), style=style))
    if told.workloads:
        parts.append(section("Workloads", *_table(told.workloads, on), style=style))
    return "\n\n".join([*parts, _reach(told)])


def _reach(told: Bases) -> str:
    """As of a report of the ledger."""
    return reach(Document(told.period, told.cluster, "", (), (), told.known, closed=told.closed))


def _table(of: Sequence[Told], on: On) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """With the sum of each currency; where use is unknown the sum is that of the others, and says so."""
    named = ("WORKLOAD", "UNIT") if any(each.workload for each in of) else ("UNIT",)
    rows = [((each.workload, each.unit)[-len(named) :], each) for each in of]
    table = [
        (*names, *_cells(each, on), each.currency) for names, each in sorted(rows, key=lambda row: _rank(row[1], on))
    ]
    for currency, mine in _by_currency(of):
        summed = [each for each in mine if each.used is not None] if on is On.USED else mine
        title = "sum" if len(summed) == len(mine) else "sum of what is known"
        table.append((title, *([""] * (len(named) - 1)), *_sums(summed, on), currency))
    return (*named, *HEADERS[on], "CURRENCY"), table


HEADERS = {
    On.INCURRED: ("GPU", "COMPUTE", "TOKENS", "CORRECTIONS", "INCURRED"),
    On.CHARGED: ("INCURRED", "PASSED ON", "RECEIVED", "CHARGED"),
    On.USED: ("INCURRED", "USED", "SHARE"),
    On.CASH: ("TRAININGS", "OTHERS", "CASH"),
    On.AMORTISED: ("CASH", "TRAININGS BOUGHT", "USED UP", "AMORTISED"),
}


def _rank(of: Told, on: On) -> tuple[int, str, str]:
    if on is On.AMORTISED:
        return -of.effective, of.workload, of.unit
    return -(of.charged if on in (On.CHARGED, On.CASH) else of.incurred), of.workload, of.unit


def _cells(of: Told, on: On) -> tuple[str, ...]:
    if on is On.INCURRED:
        return (*(decimal(of.amounts[part]) for part in PARTS), decimal(of.incurred))
    if on is On.CHARGED:
        return (decimal(of.incurred), *(decimal(of.amounts[part]) for part in MOVED), decimal(of.charged))
    if on is On.CASH:
        bought = of.amounts["invested"]
        return decimal(bought), decimal(of.charged - bought), decimal(of.charged)
    if on is On.AMORTISED:
        return decimal(of.charged), *(decimal(of.amounts[part]) for part in SPREAD), decimal(of.effective)
    if of.used is None:
        return decimal(of.incurred), "unknown", ""
    return decimal(of.incurred), decimal(of.used), _percent(of.used, of.incurred)


def _sums(of: Sequence[Told], on: On) -> tuple[str, ...]:
    amounts = {name: sum(each.amounts.get(name, 0) for each in of) for name in NAMES}
    if on is not On.USED:
        return _cells(Told("", "", "", amounts, None), on)
    used, incurred = sum(each.used or 0 for each in of), sum(each.incurred for each in of)
    return decimal(incurred), decimal(used), _percent(used, incurred)


def _by_currency(of: Iterable[Told]) -> Iterator[tuple[str, list[Told]]]:
    found: dict[str, list[Told]] = defaultdict(list)
    for each in of:
        found[each.currency].append(each)
    yield from sorted(found.items())


def _percent(part: int, whole: int) -> str:
    return f"{rounded(part * 100 * NANOS_PER_UNIT // whole, 1)} %" if whole > 0 else ""


def _told_without_trainings(of: Basis) -> Told:
    told = _told(of)
    return replace(told, amounts={name: told.amounts[name] for name in (*PARTS, *MOVED)})


def _told(of: Basis) -> Told:
    cost = of.cost
    parts = (cost.gpu, cost.compute, cost.tokens, cost.corrections, cost.passed_on, cost.received)
    named = dict(zip(NAMES, (*parts, of.invested, of.amortised), strict=True))
    return Told(of.unit, str(of.workload) if of.workload else "", of.currency, named, of.used)


def _to_json(of: Told) -> dict[str, Any]:
    amounts = {name: decimal(of.amounts[name]) if name in of.amounts else None for name in NAMES}
    used = None if of.used is None else decimal(of.used)
    return {"unit": of.unit, "workload": of.workload, "currency": of.currency, **amounts, "used": used}


def _from_json(data: Mapping[str, Any]) -> Told:
    amounts = {name: parse_nanos(data[name]) for name in NAMES if data[name] is not None}
    used = None if data["used"] is None else parse_nanos(data["used"])
    return Told(data["unit"], data["workload"], data["currency"], amounts, used)
