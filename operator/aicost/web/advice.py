"""`GET /v1/advice`: what workloads are told of right-sizing, and what is not advised. On loopback, like the report beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from aiohttp import web

from aicost.core.identity import WorkloadRef
from aicost.core.parents import descendants
from aicost.core.statement import Facts
from aicost.ports import CLUSTER, Ledger, Unavailable
from aicost.reports.advice import AdviceDocument, advice_document
from aicost.web import asked


class UnknownError(Exception):
    """Nothing of that name is there; the message says what is."""


def routes(ledger: Ledger, latest: Callable[[], Facts | None]) -> web.RouteTableDef:
    """`GET /v1/advice?namespace=support&unit=care`: of a namespace, of a unit with its children, by default of all.

    404 for a unit that is not there, or a namespace without workloads, with those that are.
    """
    table = web.RouteTableDef()

    @table.get("/v1/advice")
    async def get(request: web.Request) -> web.Response:
        facts = latest()
        if facts is None:
            raise Unavailable("nothing was evaluated yet since the operator started: try again in a minute")
        try:
            told = await asyncio.to_thread(_told, ledger, facts, request.query)
        except UnknownError as error:
            return web.json_response({"error": str(error)}, status=404)
        return web.json_response(told.to_json())

    return table


def _told(ledger: Ledger, facts: Facts, query: Mapping[str, str]) -> AdviceDocument:
    told = advice_document(facts, ledger.marks().get(CLUSTER, ""))
    units, namespace = _units(facts, query.get("unit", "")), query.get("namespace", "")
    there = {workload.ref.namespace for workload in facts.declared.workloads}
    if namespace and namespace not in there:
        raise UnknownError(asked.unknown("AIWorkload in namespace", namespace, "in this cluster", there))
    workloads = (
        each
        for each in told.workloads
        if (units is None or each.unit in units) and namespace in ("", each.ref.namespace)
    )
    kept, shown = tuple(workloads), _refs(facts, units, namespace)
    return replace(told, workloads=kept, history=tuple(each for each in told.history if each.ref in shown))


def _refs(facts: Facts, units: frozenset[str] | None, namespace: str) -> frozenset[WorkloadRef]:
    """The workloads that are asked for; those that are deleted only where all are asked for."""
    if units is None and not namespace:
        return frozenset(promise.workload for promise in facts.promises)
    of = (workload for workload in facts.declared.workloads if units is None or workload.unit in units)
    return frozenset(workload.ref for workload in of if namespace in ("", workload.ref.namespace))


def _units(facts: Facts, name: str) -> frozenset[str] | None:
    """A unit and those beneath it; None for all."""
    if not name:
        return None
    there = {unit.name for unit in facts.declared.units}
    if name not in there:
        raise UnknownError(asked.unknown("unit", name, "in this cluster", there))
    return descendants(facts.declared.units).get(name, frozenset()) | {name}
