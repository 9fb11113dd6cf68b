"""`aicost run`: the operator. Waits for the Lease, works until a signal, gives the Lease back."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Coroutine, Iterable
from typing import Any

import click

from aicost.cli.logs import log_as_json
from aicost.cli.settings import read_settings, unknown
from aicost.cluster import access
from aicost.cluster.connection import Connection
from aicost.core.statement import Facts
from aicost.handlers import ResourceWatch
from aicost.reconcile.quoting import Quoting
from aicost.settings import Settings, given
from aicost.web import advice, api, basis, check, drill, months, probes
from aicost.web.server import LOOPBACK, serving
from aicost.wiring import App, assembled, connected, leadership_of

logger = logging.getLogger(__name__)


@click.command()
def run() -> None:
    """Run the operator, as the Deployment does. Settings come from the environment (AICOST_...)."""
    settings = read_settings()
    log_as_json(settings.log_level)
    for sentence in unknown(given()):
        logger.warning("%s", sentence)
    gc.freeze()  # modules stay: the collector need not look through them again and again
    sys.exit(asyncio.run(_run(settings)))


async def _run(settings: Settings) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    shown = probes.Probes(started=loop.time())
    async with (
        connected(settings) as connection,
        serving(probes.routes(shown), settings.probes_address, settings.probes_port) as port,
    ):
        logger.info("probes and metrics listen on port %d", port)
        return await _lead(settings, connection, shown, stop)


async def _lead(settings: Settings, connection: Connection, shown: probes.Probes, stop: asyncio.Event) -> int:
    """Wait for the Lease, then operate; the next replica need not wait for it to expire.

    The Lease is kept while the ledger is opened, too: that may wait for a former leader's commit, or migrate.
    """
    leadership = leadership_of(settings, connection)
    if settings.lease and not await _first(leadership.acquire(), stop):
        return 0
    tenure = leadership.tenure
    keeping = [asyncio.create_task(leadership.keep())] if settings.lease else []
    try:
        async with assembled(settings, connection, leadership, tenure) as app:
            shown.lead(app, asyncio.get_running_loop().time())
            return await _operate(app, stop, keeping)
    finally:
        shown.app = None
        await _end(keeping)
        await leadership.release()


async def _operate(app: App, stop: asyncio.Event, keeping: Iterable[asyncio.Task[None]]) -> int:
    """Until a signal (0), or until the Lease, the watch or the engine is lost (1): then a fresh process is better."""
    watch = ResourceWatch(app.store, access.load(app.settings.kubeconfig))

    def latest() -> Facts | None:
        return app.engine.evaluation.facts

    reads = (page for of in (api, drill) for page in of.routes(app.ledger, app.clock, latest))
    pages = [*reads, *basis.routes(app.ledger, app.clock, latest, app.engine.evaluation.look)]
    pages += [*advice.routes(app.ledger, latest), *check.routes(Quoting(app.engine.evaluation))]
    pages += months.routes(app.engine.close)
    async with serving(pages, LOOPBACK, app.settings.api_port) as port:
        logger.info("the read API listens on loopback, port %d", port)
        watch.start()
        ends: dict[asyncio.Task[Any], str] = {
            asyncio.create_task(stop.wait()): "",
            asyncio.create_task(app.engine.run()): "the engine ended",
            asyncio.create_task(watch.died.wait()): "the watch of aicost's resources ended",
        }
        ends |= dict.fromkeys(keeping, "the Lease was lost")
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(ends)
            await watch.stop()
    reasons = [ends[task] for task in done]
    if "" in reasons:
        logger.info("stopped as asked")
        return 0
    for task in done:
        logger.error("%s: this process ends so that a fresh one begins", ends[task], exc_info=task.exception())
    return 1


async def _end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _first(leading: Coroutine[None, None, int], stop: asyncio.Event) -> bool:
    """Whether the Lease came before the signal to stop."""
    waiting = asyncio.create_task(leading)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([waiting, stopping], return_when=asyncio.FIRST_COMPLETED)
    led = waiting.done()
    await _end([stopping] if led else [waiting, stopping])
    return led
