"""dcgm-exporter's series: every card of a node, with the pod that holds it, if any, in its labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from e2e.scenario.model import Card, Node, Pod
from e2e.scenario.series import FOREVER, Piece, piece


def card_pieces(node: Node, pods: Iterable[Pod]) -> Iterator[Piece]:
    """The readings of a node's cards: those of the pods that hold them, and in between the idle ones."""
    here = [pod for pod in pods if pod.node == node.name]
    for card in node.cards:
        held = sorted((pod for pod in here if card.index in pod.cards), key=lambda pod: pod.scheduled)
        free_from = node.created
        for pod in held:
            yield from _readings(node, card, None, free_from, pod.scheduled)
            free_from = min(pod.ended or FOREVER, pod.gone or FOREVER, node.gone or FOREVER)
            yield from _readings(node, card, pod, pod.scheduled, free_from)
        yield from _readings(node, card, None, free_from, node.gone or FOREVER)


def _readings(node: Node, card: Card, pod: Pod | None, since: int, until: int) -> Iterator[Piece]:
    if since >= until:
        return
    labels = {
        "gpu": str(card.index),
        "UUID": card.uuid,
        "device": f"nvidia{card.index}",
        "modelName": card.model,
        **card.labels,
        "Hostname": node.name,
    }
    if pod:
        labels |= {"container": pod.container, "namespace": pod.namespace, "pod": pod.name}
    for metric, value in {**node.idle, **(pod.readings if pod else {})}.items():
        yield piece(metric, labels, value, since, until)
