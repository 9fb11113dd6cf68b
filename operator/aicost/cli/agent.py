"""`aicost agent`: the node agent. Reads this node's GPUs until a signal, or once."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path

import click

from aicost.agent.exposition import Host
from aicost.agent.kubelet import handed_out
from aicost.agent.nvml import driver
from aicost.agent.pages import routes
from aicost.agent.sampling import Sampling
from aicost.agent.service import SECOND_SAMPLE, Service
from aicost.cli.logs import log_as_json
from aicost.ports import Unavailable
from aicost.web.server import serving

logger = logging.getLogger(__name__)


@click.command()
@click.option(
    "--node", default=socket.gethostname, show_default="this host's name", help="The node's name in Kubernetes."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=9400,
    show_default=True,
    help="Port of /metrics and /healthz; 0: any free one.",
)
@click.option("--address", default="0.0.0.0", show_default=True, help="Where they listen.")  # noqa: S104 # Prometheus reaches the pod's address
@click.option(
    "--interval",
    type=click.IntRange(1, 300),
    default=10,
    show_default=True,
    help="Seconds from one reading to the next.",
)
@click.option(
    "--pod-resources",
    "pods",
    type=click.Path(path_type=Path),
    help="The kubelet's socket that says who holds which GPU; without it no series names a pod.",
)
@click.option("--once", is_flag=True, help="Print the page and end.")
def agent(node: str, port: int, address: str, interval: int, pods: Path | None, once: bool) -> None:
    """Publish this node's GPUs as dcgm-exporter does, where none runs.

    Ends with 0 when it is told to, with 1 where NVML tells of no GPUs (no driver, no rights) or the port is taken; what to
    do about it is in the message.
    """
    log_as_json("INFO")
    with driver() as version:
        ask = partial(handed_out, pods) if pods else None
        sampling = Sampling(time.monotonic)
        service = Service(Host(node, version), interval, time.monotonic, sampling.readings, ask)
        asyncio.run(_printed(service) if once else _served(service, address, port))
    sys.exit(0)


async def _printed(service: Service) -> None:
    """After two readings, since activity is only known between two. Raises Unavailable when there was none."""
    await service.once()
    await asyncio.sleep(SECOND_SAMPLE)
    await service.once()
    if service.fault:
        raise Unavailable(service.fault)
    click.echo(service.page(), nl=False)


async def _served(service: Service, address: str, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(routes(service), address, port) as taken:
        logger.info("metrics of this node's GPUs listen on port %d", taken)
        reading = asyncio.create_task(service.run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([reading, stopping], return_when=asyncio.FIRST_COMPLETED)
        reading.cancel()
    if not stop.is_set():
        await reading
    logger.info("stopped as asked")
