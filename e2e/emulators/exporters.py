"""kube-state-metrics and dcgm-exporter for a cluster without GPUs: their pages, made from the real API server's objects.

`/kube-state-metrics/metrics` is one page; `/dcgm/NODE/metrics` is that of the exporter on a node. Utilisation comes
from a scenario. `python -m e2e.emulators.exporters --kubeconfig FILE` serves them.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from aiohttp import web
from kubernetes import client, config

from e2e.emulators.serving import Serving
from e2e.scenario.dcgm import card_pieces
from e2e.scenario.live import Cluster, Objects
from e2e.scenario.load import load
from e2e.scenario.openmetrics import exporter_target, kube_state
from e2e.scenario.series import page

TEXT = "text/plain; version=0.0.4; charset=utf-8"


class ApiServer:
    """Lists what the exporters show, through a kubeconfig. Blocking."""

    def __init__(self, api: client.ApiClient) -> None:
        core, apps, batch = client.CoreV1Api(api), client.AppsV1Api(api), client.BatchV1Api(api)
        self._nodes, self._pods = core.list_node, core.list_pod_for_all_namespaces
        self._controllers = apps.list_replica_set_for_all_namespaces, batch.list_job_for_all_namespaces

    def objects(self) -> Objects:
        """Everything, as it is now."""
        controllers = tuple(item for listing in self._controllers for item in _items(listing))
        return Objects(tuple(_items(self._nodes)), tuple(_items(self._pods)), controllers)


@contextmanager
def api_server(kubeconfig: Path) -> Iterator[ApiServer]:
    """The API server of a kubeconfig; its connections end with it, and are not left for whoever collects garbage later."""
    api = config.new_client_from_config(str(kubeconfig))  # type: ignore[no-untyped-call] # the package types its API only
    try:
        yield ApiServer(api)
    finally:
        api.rest_client.pool_manager.clear()


def _items(listing: Callable[..., Any]) -> Iterator[Mapping[str, Any]]:
    answer = listing(_preload_content=False)
    yield from json.loads(answer.data)["items"]


@dataclass(frozen=True, slots=True)
class Exporters:
    """The pages. `now` is the time that they show."""

    api: ApiServer
    cluster: Cluster
    now: Callable[[], float] = time.time

    @property
    def app(self) -> web.Application:
        """A new application that serves them."""
        app = web.Application()
        app.router.add_get("/kube-state-metrics/metrics", self._kube_state)
        app.router.add_get("/dcgm/{node}/metrics", self._dcgm)
        return app

    def serving(self, port: int = 0) -> Serving:
        """They, ready to be started."""
        return Serving(self.app, port)

    async def _kube_state(self, _: web.Request) -> web.Response:
        nodes, pods = self.cluster.seen(await asyncio.to_thread(self.api.objects))
        return self._page(page(kube_state(nodes, pods), int(self.now())))

    async def _dcgm(self, request: web.Request) -> web.Response:
        nodes, pods = self.cluster.seen(await asyncio.to_thread(self.api.objects))
        here = [node for node in nodes if node.name == request.match_info["node"]]
        if not here:
            raise web.HTTPNotFound(text="there is no such node")
        return self._page(page(card_pieces(here[0], pods), int(self.now())))

    @staticmethod
    def _page(text: str) -> web.Response:
        return web.Response(body=text.encode(), headers={"Content-Type": TEXT})


def scrape_configs(address: str, nodes: list[str], *, honor_labels: bool = False) -> list[dict[str, Any]]:
    """What Prometheus needs to scrape the pages at `host:port`, with the labels that service discovery would add."""
    state = {"job_name": "kube-state-metrics", "honor_labels": True, "metrics_path": "/kube-state-metrics/metrics"}
    return [
        {**state, "static_configs": [{"targets": [address]}]},
        *(_exporter(address, node, honor_labels=honor_labels) for node in nodes),
    ]


def _exporter(address: str, node: str, *, honor_labels: bool) -> dict[str, Any]:
    """Jobs have one name each in a configuration; that of the exporters is put back by its target's labels."""
    labels = exporter_target(node)
    return {
        "job_name": f"dcgm-exporter-{node}",
        "honor_labels": honor_labels,
        "metrics_path": f"/dcgm/{node}/metrics",
        "static_configs": [{"targets": [address], "labels": labels}],
    }


@click.command()
@click.option("--kubeconfig", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--scenario", type=click.Path(path_type=Path, exists=True), help="Lends cards and utilisation.")
@click.option("--port", type=int, default=0)
def main(kubeconfig: Path, scenario: Path | None, port: int) -> None:
    """Serve until the end of input or Ctrl-C; the first line of output is the URL."""
    known = load(scenario) if scenario else None
    cluster = Cluster(known.nodes, known.pods) if known else Cluster()
    with api_server(kubeconfig) as api, Exporters(api, cluster).serving(port) as serving:
        print(serving.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
