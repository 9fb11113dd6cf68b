"""`POST /v1/check`: what GPUs of manifests will cost, for `aicost check`. On loopback; nothing is changed by it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, TypeAlias

from aiohttp import web

from aicost.api.declared import translate
from aicost.api.workload import AIWorkload
from aicost.core.declarations import Workload
from aicost.core.identity import ObjectRef, labels
from aicost.core.quotes import Asked, Pods, Quote, Room, Server
from aicost.core.recommendations.live import Scaler
from aicost.reports.quotes import quotes_to_json

MOST = 500
Quoted: TypeAlias = Callable[[Asked], tuple[tuple[Quote, ...], tuple[Room, ...], str]]
"""Quotes, rooms, and the currency of the quotes. Raises Unavailable."""


def routes(quoted: Quoted) -> web.RouteTableDef:
    """`{"servers": [{"namespace", "group", "kind", "name", "labels": {}, "pods": [{"devices": {}, "least", "most", "product"}]}]}`.

    Pods with `"nodes": {}` are one on each node with these labels. `"workloads": []` are AIWorkloads as objects that may claim them,
    `"scalers": [{"namespace", "group", "kind", "name", "least", "most", "by"}]` set how many there are, and `"told": false` says
    that the manifest does not. `"replaces": {"group", "kind", "name"}` of a server is what is scaled down to none once it runs.

    As application/json, which a page in a browser cannot send here unasked. 400 for a body that cannot be understood.
    """
    table = web.RouteTableDef()

    @table.post("/v1/check")
    async def post(request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return web.json_response({"error": "send application/json"}, status=415)
        try:
            asked = _asked(await request.json())
        except (ValueError, KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            return web.json_response({"error": f"the request cannot be understood: {error}"}, status=400)
        return web.json_response(quotes_to_json(*await asyncio.to_thread(quoted, asked)))

    return table


def _asked(body: dict[str, Any]) -> Asked:
    servers, workloads, scalers = body["servers"], body.get("workloads") or [], body.get("scalers") or []
    if max(map(len, (servers, workloads, scalers))) > MOST:
        counts = f"{len(servers)} servers, {len(workloads)} workloads and {len(scalers)} autoscalers"
        raise ValueError(f"{counts}: {MOST} of each are the most")
    return Asked(tuple(map(_server, servers)), _workloads(workloads), tuple(map(_scaler, scalers)))


def _scaler(of: dict[str, Any]) -> Scaler:
    return Scaler(str(of["namespace"]), _ref(of), max(0, int(of["least"])), int(of["most"]), str(of["by"]))


def _workloads(objects: list[dict[str, Any]]) -> tuple[Workload, ...]:
    found = translate({AIWorkload.definition.kind: objects})
    for wrong in found.invalid:
        raise ValueError(f"{wrong.kind} {wrong.name}: {wrong.message}")
    return found.declared.workloads


def _server(of: dict[str, Any]) -> Server:
    carried = labels({str(name): str(value) for name, value in of["labels"].items()})
    replaces = None if of.get("replaces") is None else _ref(of["replaces"])
    return Server(str(of["namespace"]), _ref(of), carried, tuple(map(_pods, of["pods"])), replaces)


def _ref(of: dict[str, Any]) -> ObjectRef:
    return ObjectRef(str(of["group"]), str(of["kind"]), str(of["name"]))


def _pods(of: dict[str, Any]) -> Pods:
    devices = tuple(sorted((str(name), int(count)) for name, count in of["devices"].items()))
    nodes = None if of.get("nodes") is None else labels({str(name): str(value) for name, value in of["nodes"].items()})
    told = of.get("told") is not False
    return Pods(devices, int(of["least"]), int(of["most"]), str(of["product"]), nodes, told)
