"""/healthz, /readyz and /metrics. Healthy: an evaluation finished lately. Ready: leading, and every store in sync."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from aicost.cluster.health import synced_at
from aicost.reports import exposition
from aicost.wiring import App

PATIENCE_SECONDS = 600.0
"""Longest time without a finished evaluation, at least; ten cycles where cycles are long."""


@dataclass(eq=False, slots=True)
class Probes:
    """What the probes show. `app` is set once this replica leads; waiting for the Lease is healthy, but not ready."""

    started: float
    app: App | None = None
    leading_since: float = 0.0

    def lead(self, app: App, now: float) -> None:
        """This replica leads from now on."""
        self.app, self.leading_since = app, now

    def problem(self, now: float) -> str | None:
        """Why the process should be restarted, or None."""
        if self.app is None:
            return None
        health = self.app.engine.health
        silent = now - (health.finished_at or self.leading_since)
        longest = max(PATIENCE_SECONDS, 10 * self.app.settings.cycle)
        return self._why(f"no evaluation finished for {silent:.0f} s") if silent > longest else None

    def missing(self) -> list[str]:
        """What keeps it from being ready."""
        if self.app is None:
            return ["waits for the Lease"]
        parts = synced_at(self.app.inventory, self.app.store)
        missing = [f"{part} are not in sync" for part, at in parts.items() if at is None]
        return missing or ([] if self.app.engine.health.evaluations else [self._why("no evaluation finished yet")])

    def _why(self, said: str) -> str:
        """With what keeps evaluations from finishing, if that is known: a full disk can be mended, a silence cannot."""
        problem = self.app.engine.health.problem if self.app else ""
        return f"{said}: {problem}" if problem else said


def routes(probes: Probes) -> web.RouteTableDef:
    """The three pages."""
    table = web.RouteTableDef()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Exposed(probes))

    @table.get("/healthz")
    async def healthz(_: web.Request) -> web.Response:
        problem = probes.problem(asyncio.get_running_loop().time())
        return web.Response(status=503 if problem else 200, text=f"{problem or 'ok'}\n")

    @table.get("/readyz")
    async def readyz(_: web.Request) -> web.Response:
        missing = probes.missing()
        return web.Response(status=503 if missing else 200, text="\n".join(missing or ["ok"]) + "\n")

    @table.get("/metrics")
    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return table


@dataclass(eq=False, slots=True)
class _Exposed(Collector):
    probes: Probes

    def collect(self) -> Iterator[Metric]:
        app = self.probes.app
        if app is None:
            yield from exposition.process({exposition.LEADER: 0})
            return
        health = app.engine.health
        since_then = asyncio.get_running_loop().time() - (health.finished_at or self.probes.started)
        yield from exposition.process(
            {
                exposition.EVALUATIONS: health.evaluations,
                exposition.FAILURES: health.failures,
                exposition.SECONDS: health.seconds,
                exposition.FINISHED: time.time() - since_then,
                exposition.WRITES: health.statuses,
                exposition.REFUSED_WRITES: app.writer.failed,
                exposition.EVENTS: app.announcer.posted,
                exposition.LOST_EVENTS: app.announcer.dropped,
                exposition.LEADER: 1,
            }
        )
        yield exposition.back_fill(app.engine.evaluation.recorder.progress)
        yield exposition.lever_failures(app.engine.evaluation.advice.asking.failures)
        if app.engine.evaluation.facts:
            yield from exposition.costs(app.engine.evaluation.facts)
