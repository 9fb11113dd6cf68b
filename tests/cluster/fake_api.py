"""A small API server in process, for faults that a real one cannot be asked for. Never proof of how a real one behaves.

It lists in pages, watches from a version on, and patches, creates and replaces objects of any path. `faults` are
answered first, each to one request whose description it matches.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from aicost.cluster.access import Access

Json = dict[str, Any]
Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]
_COLLECTIONS = frozenset(
    {"pods", "nodes", "aiworkloads", "businessunits", "usagesources", "pricebooks", "leases"}
    | {"resourceclaims", "resourceslices", "horizontalpodautoscalers"}
)


@dataclass
class FakeApi:
    """`objects` by path; `log` is every change with its version; `requests` is what was asked, in order."""

    objects: dict[str, Json] = field(default_factory=dict)
    log: list[tuple[int, str, str, Json]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    bodies: list[Json] = field(default_factory=list)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    version: int = 100
    bookmark_every: float = 0.05
    _epoch: int = 0

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._changed = asyncio.Condition()
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.access = Access(
            f"http://{host}:{port}", ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), lambda: "Bearer canary-token"
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def put(self, path: str, body: Json) -> None:
        """Create or change an object; watches tell."""
        await self._change("MODIFIED" if path in self.objects else "ADDED", path, body)

    async def delete(self, path: str, *, told: bool = True) -> None:
        """Delete an object; not `told`: as if the watch had missed it."""
        body = self.objects.pop(path)
        if told:
            await self._change("DELETED", path, body)
        else:
            self.version += 1

    def fail_next(self, asked: str, fault: Fault) -> None:
        """Answer the next request that contains these words (`watch /api/v1/pods`) in this way."""
        self.faults.append((asked, fault))

    async def end_watches(self) -> None:
        """End all open watches as a server does when their time is over."""
        self._epoch += 1
        async with self._changed:
            self._changed.notify_all()

    def count(self, asked: str) -> int:
        """How many requests contained these words."""
        return sum(asked in request for request in self.requests)

    async def _change(self, change: str, path: str, body: Json) -> None:
        self.version += 1
        body = {**body, "metadata": {**body["metadata"], "resourceVersion": str(self.version)}}
        if change != "DELETED":
            self.objects[path] = body
        self.log.append((self.version, change, path, body))
        async with self._changed:
            self._changed.notify_all()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = f"{'watch' if 'watch' in request.query else request.method} {request.path}"
        self.requests.append(asked)
        for position, (words, fault) in enumerate(self.faults):
            if words in asked:
                del self.faults[position]
                return await fault(request)
        if "watch" in request.query:
            return await self._watch(request)
        if request.method == "GET":
            return self._list(request) if request.path.rpartition("/")[2] in _COLLECTIONS else self._get(request.path)
        return await self._write(request)

    def _get(self, path: str) -> web.Response:
        return web.json_response(self.objects[path]) if path in self.objects else status(404)

    def _list(self, request: web.Request) -> web.Response:
        found = [body for path, body in sorted(self.objects.items()) if path.startswith(f"{request.path}/")]
        first, size = int(request.query.get("continue", "0")), int(request.query["limit"])
        rest = str(first + size) if len(found) > first + size else ""
        metadata = {"resourceVersion": str(self.version), "continue": rest}
        return web.json_response({"metadata": metadata, "items": found[first : first + size]})

    async def _write(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        path = request.path.removesuffix("/status")
        if request.method == "POST":
            path = f"{path}/{body['metadata'].get('name', len(self.bodies))}"
            body = {**body, "metadata": {"uid": f"uid-{self.version}", **body["metadata"]}}
        elif path not in self.objects:
            return status(404)
        elif request.method == "PATCH":
            body = patched(self.objects[path], body)
        elif body["metadata"]["resourceVersion"] != self.objects[path]["metadata"]["resourceVersion"]:
            return status(409)
        await self.put(path, body)
        return web.json_response(self.objects[path])

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        sent = int(request.query["resourceVersion"])
        response, epoch = await opened(request), self._epoch
        while epoch == self._epoch:
            for version, change, path, body in list(self.log):
                if version > sent and path.startswith(f"{request.path}/"):
                    await tell(response, change, body)
            sent = max([sent, *(version for version, *_ in self.log)])
            await tell(response, "BOOKMARK", {"metadata": {"resourceVersion": str(sent)}})
            async with self._changed:
                try:
                    async with asyncio.timeout(self.bookmark_every):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        return response


def patched(target: Any, patch: Any) -> Any:
    """A merge patch applied (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = patched(merged.get(key), value)
    return merged


def status(code: int, message: str = "", **headers: str) -> web.Response:
    """An error as Kubernetes answers it."""
    return web.json_response({"kind": "Status", "code": code, "message": message}, status=code, headers=headers)


def answering(code: int, message: str = "", **headers: str) -> Fault:
    """A fault: this error."""

    async def fault(_: web.Request) -> web.StreamResponse:
        return status(code, message, **headers)

    return fault


async def opened(request: web.Request) -> web.StreamResponse:
    """The beginning of a stream."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    return response


async def tell(response: web.StreamResponse, change: str, body: Json) -> None:
    """One event of a stream."""
    with contextlib.suppress(ConnectionResetError):
        await response.write(json.dumps({"type": change, "object": body}, ensure_ascii=False).encode() + b"\n")
