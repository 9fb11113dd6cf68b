"""A scenario's history as Prometheus would have scraped it, written for `promtool tsdb create-blocks-from`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from e2e.scenario.dcgm import card_pieces
from e2e.scenario.kube_state import controller_pieces, node_pieces, pod_pieces
from e2e.scenario.model import Node, Pod, Scenario
from e2e.scenario.series import Piece, history, piece
from e2e.scenario.vllm import server_pieces

KUBE_STATE_TARGET = {"job": "kube-state-metrics", "instance": "kube-state-metrics:8080"}


def write(scenario: Scenario, *paths: Path) -> None:
    """Write the history of the scenario's window, cut in time into as many files."""
    pieces, instants = tuple(scraped(scenario)), scenario.sampling.instants()
    size = -(-len(instants) // len(paths))
    for number, path in enumerate(paths):
        with path.open("w") as file:
            file.writelines(history(pieces, instants[number * size : (number + 1) * size]))


def scraped(scenario: Scenario) -> Iterator[Piece]:
    """Every series with its scrape's labels, as far as it lies in the window."""
    window = scenario.sampling
    for found in _scraped(scenario):
        if found.since < window.end and window.start < found.until:
            yield found


def _scraped(scenario: Scenario) -> Iterator[Piece]:
    yield from _from_target(kube_state(scenario.nodes, scenario.pods), KUBE_STATE_TARGET, honor_labels=True)
    for node in scenario.nodes:
        target = exporter_target(node.name)
        yield piece("up", target, 1, node.created, node.gone)
        yield from _from_target(card_pieces(node, scenario.pods), target, honor_labels=scenario.honor_labels)
    pods = {pod.key: pod for pod in scenario.pods}
    for server in scenario.servers:
        pod = pods[server.pod]
        target = {"job": "vllm", "instance": f"{pod.name}:8000", "namespace": pod.namespace, "pod": pod.name}
        yield from _from_target(server_pieces(server, pod), target, honor_labels=False)


def kube_state(nodes: Iterable[Node], pods: Iterable[Pod]) -> Iterator[Piece]:
    """kube-state-metrics' page."""
    of = tuple(pods)
    for node in nodes:
        yield from node_pieces(node)
    for pod in of:
        yield from pod_pieces(pod)
    yield from controller_pieces(of)


def exporter_target(node: str) -> dict[str, str]:
    """The labels that a scrape of a node's dcgm-exporter adds."""
    name = "nvidia-dcgm-exporter"
    place = {"namespace": "gpu-operator", "pod": f"{name}-{node}", "container": name}
    return {"job": name, "service": name, "instance": f"{node}:9400", **place}


def _from_target(pieces: Iterable[Piece], target: Mapping[str, str], *, honor_labels: bool) -> Iterator[Piece]:
    """As Prometheus joins labels: with `honor_labels` the exporter's stand, without they move out of the way."""
    for found in pieces:
        own = dict(found.labels)
        if not honor_labels:
            own = {f"exported_{name}" if name in target else name: value for name, value in own.items()}
        yield replace(found, labels=tuple(sorted({**target, **own}.items())))
