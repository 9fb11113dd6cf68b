"""`GET /v1/drill`: what lies beneath a unit, a workload or an origin of a month. On loopback, like the report beside it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from aiohttp import web

from aicost.core.drill import ID_DIGITS, Whose, beneath
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Entry, Total
from aicost.core.statement import Facts
from aicost.core.window import Instant, Period
from aicost.ports import CLUSTER, Clock, Ledger
from aicost.reports.drill import LARGEST, MOST, Asked, Drill, drill, drill_origin
from aicost.web import asked

_ID = re.compile(f"[0-9a-f]{{{ID_DIGITS}}}")
_NAME = re.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


class UnknownError(Exception):
    """Nothing of that name is there; the message says what is."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, of which month, as of when, and for how many rows at most."""

    period: Period
    as_of: Instant | None
    most: int
    about: Whose | str
    """Whose lines, or the id of an origin."""

    @classmethod
    def of(cls, query: Mapping[str, str], now: Instant) -> Question:
        """Read and bounded. Raises ValueError, in words."""
        named = [name for name in ("unit", "workload", "origin") if query.get(name)]
        if len(named) != 1:
            raise ValueError("name one of unit, workload and origin")
        most = query.get("most", str(LARGEST))
        if not (most.isascii() and most.isdecimal() and 0 < int(most) <= MOST):
            raise ValueError(f"most must be a number from 1 to {MOST}, not {most!r}")
        month = asked.period(query, now) or Period.of(now)
        return cls(month, asked.as_of(query, now), int(most), _about(named[0], query[named[0]]))


def routes(ledger: Ledger, clock: Clock, latest: Callable[[], Facts | None]) -> web.RouteTableDef:
    """`GET /v1/drill?period=2026-11&unit=care`, or `workload=support/chat`, or `origin=ID`; `asOf`, `most=5000`.

    400 for a question that cannot be understood, 404 for a name that is not there, with those that are.
    """
    table = web.RouteTableDef()

    @table.get("/v1/drill")
    async def get(request: web.Request) -> web.Response:
        try:
            question = Question.of(request.query, clock.now())
            facts = latest()
            told = await asyncio.to_thread(_answer, ledger, question, facts)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        except UnknownError as error:
            return web.json_response({"error": str(error)}, status=404)
        return web.json_response(told.named(facts.names if facts else {}).to_json())

    return table


def _about(kind: str, value: str) -> Whose | str:
    if kind == "origin":
        if not _ID.fullmatch(value):
            raise ValueError(f"{value!r} is no id of an origin: it has {ID_DIGITS} digits of 0-9 and a-f")
        return value
    namespace, slash, name = value.rpartition("/")
    parts = (namespace, name) if slash else (name,)
    if bool(slash) is not (kind == "workload") or not all(_NAME.fullmatch(part) for part in parts):
        raise ValueError(f"{value!r} is no {kind}: write {'NAMESPACE/NAME' if kind == 'workload' else 'its name'}")
    return Whose(workload=WorkloadRef(namespace, name)) if slash else Whose(unit=name)


def _answer(ledger: Ledger, question: Question, facts: Facts | None) -> Drill:
    of = Asked(str(question.about), question.period, ledger.marks().get(CLUSTER, ""), question.as_of)
    if isinstance(question.about, str):
        of = replace(of, what=f"origin {question.about}")
        return drill_origin(of, _origin(ledger, question, question.about), question.most)
    over, as_of = question.period.window, question.as_of
    found = ledger.drilled(over, question.about, question.most, as_of)
    units = facts.declared.units if facts else ()
    if question.about.unit in {unit.parent for unit in units if unit.parent}:
        totals = ledger.totals(over, as_of=as_of)
        found = replace(found, beneath=beneath(question.about.unit, units, totals))
    if not found.totals:
        _must_be_there(question.about, f"in {question.period}", ledger.totals(over, as_of=as_of), facts)
    return drill(of, found, question.most)


def _origin(ledger: Ledger, question: Question, named: str) -> Entry:
    over, as_of = question.period.window, question.as_of
    entry = ledger.origin(over, named, as_of)
    if entry is None or not entry.lines:
        units = sorted({total.owner.unit for total in ledger.totals(over, as_of=as_of)})
        there = f"ask one of its units for theirs: {', '.join(units[: asked.MOST_NAMED])}" if units else "it has none"
        raise UnknownError(f"there is no origin {named} in {question.period}: {there}")
    return entry


def _must_be_there(whose: Whose, where: str, totals: tuple[Total, ...], facts: Facts | None) -> None:
    """What is declared may cost nothing; what is neither declared nor has a cost is not there."""
    workloads = {total.owner.workload for total in totals if total.owner.workload}
    units = {total.owner.unit for total in totals}
    if facts:
        workloads |= {workload.ref for workload in facts.declared.workloads}
        units |= {unit.name for unit in facts.declared.units}
    if whose.workload and whose.workload not in workloads:
        raise UnknownError(asked.unknown("workload", str(whose.workload), where, map(str, workloads)))
    if whose.unit and whose.unit not in units:
        raise UnknownError(asked.unknown("unit", whose.unit, where, units))
