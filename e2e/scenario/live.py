"""Objects of a real API server as nodes and pods of a scenario, and the cards that a kubelet would give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from e2e.scenario.model import Card, Node, Owner, Pod

GPU = "nvidia.com/gpu"
PRODUCT = "nvidia.com/gpu.product"
_SUFFIXES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Objects:
    """What the API server lists, each as its JSON."""

    nodes: tuple[Mapping[str, Any], ...]
    pods: tuple[Mapping[str, Any], ...]
    controllers: tuple[Mapping[str, Any], ...]


@dataclass(slots=True)
class Cluster:
    """Live objects, made what a scenario is made of. What the API does not know comes from the scenario's parts.

    A node of the same name lends its cards and idle readings; a pod whose labels a live pod of the namespace has,
    lends its readings. A pod keeps the cards that it was given until it ends.
    """

    nodes: tuple[Node, ...] = ()
    pods: tuple[Pod, ...] = ()
    _given: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def seen(self, objects: Objects) -> tuple[tuple[Node, ...], tuple[Pod, ...]]:
        """The nodes, and the pods that are bound, in the order of their binding."""
        owners = {each["metadata"]["uid"]: each for each in objects.controllers}
        nodes = {node["metadata"]["name"]: self._node(node) for node in objects.nodes}
        bound = [self._pod(pod, owners) for pod in objects.pods if pod["spec"].get("nodeName") in nodes]
        bound.sort(key=lambda pod: (pod.scheduled, pod.uid))
        return tuple(nodes.values()), tuple(self._holding(pod, nodes[pod.node], bound) for pod in bound)

    def _node(self, node: Mapping[str, Any]) -> Node:
        meta = node["metadata"]
        labels = meta.get("labels", {})
        capacity = {name: quantity(of) for name, of in node.get("status", {}).get("capacity", {}).items()}
        known = next((each for each in self.nodes if each.name == meta["name"]), None)
        cards = known.cards if known else tuple(_cards(meta["name"], labels, capacity.get(GPU, 0)))
        idle = known.idle if known else {"DCGM_FI_DEV_GPU_UTIL": 0, "DCGM_FI_DEV_FB_USED": 4}
        created = _seconds(meta["creationTimestamp"])
        return Node(meta["name"], meta["uid"], created, None, labels, capacity, cards, idle)

    def _pod(self, pod: Mapping[str, Any], owners: Mapping[str, Mapping[str, Any]]) -> Pod:
        meta, spec, status = pod["metadata"], pod["spec"], pod.get("status", {})
        ended = _ended(status) if status.get("phase") in _ENDED else None
        labels = meta.get("labels", {})
        return Pod(
            key=meta["name"],
            namespace=meta["namespace"],
            name=meta["name"],
            uid=meta["uid"],
            node=spec["nodeName"],
            scheduled=_scheduled(meta, status),
            ended=ended,
            phase=status.get("phase", "Running"),
            container=spec["containers"][0]["name"],
            labels=labels,
            owners=tuple(_chain(meta, owners)),
            requests=_requests(spec),
            readings=self._readings(meta["namespace"], labels),
        )

    def _readings(self, namespace: str, labels: Mapping[str, str]) -> Mapping[str, float]:
        alike = (pod for pod in self.pods if pod.namespace == namespace and pod.labels.items() <= labels.items())
        return next((pod.readings for pod in alike), {})

    def _holding(self, pod: Pod, node: Node, others: Iterable[Pod]) -> Pod:
        """The pod with its cards: the lowest free ones when it is first seen."""
        if pod.uid not in self._given:
            live = [other.uid for other in others if other.node == node.name and other.ended is None]
            taken = {index for uid in live for index in self._given.get(uid, ())}
            free = [card.index for card in node.cards if card.index not in taken]
            self._given[pod.uid] = tuple(free[: pod.requests.get(GPU, 0)]) if pod.ended is None else ()
        return replace(pod, cards=self._given[pod.uid])


def quantity(text: str) -> int:
    """A Kubernetes quantity in whole units, rounded up: `8`, `500m`, `64Gi`."""
    if text.endswith("m"):
        return -(-int(text[:-1]) // 1000)
    return int(text[:-2]) * _SUFFIXES[text[-2:]] if text[-2:] in _SUFFIXES else int(text)


def _cards(node: str, labels: Mapping[str, str], count: int) -> Iterator[Card]:
    for index in range(count):
        yield Card(index, f"GPU-{node}-{index}", labels.get(PRODUCT, "NVIDIA GPU").replace("-", " "))


def _chain(meta: Mapping[str, Any], owners: Mapping[str, Mapping[str, Any]]) -> Iterator[Owner]:
    controller = next((of for of in meta.get("ownerReferences", ()) if of.get("controller")), None)
    if controller:
        yield Owner(controller["kind"], controller["name"])
        if above := owners.get(controller["uid"]):
            yield from _chain(above["metadata"], owners)


def _requests(spec: Mapping[str, Any]) -> dict[str, int]:
    """What the first container asks for: the emulated pods have one."""
    resources = spec["containers"][0].get("resources", {})
    asked = {**resources.get("limits", {}), **resources.get("requests", {})}
    return {name: quantity(of) for name, of in asked.items()}


def _scheduled(meta: Mapping[str, Any], status: Mapping[str, Any]) -> int:
    times = [of.get("lastTransitionTime") for of in status.get("conditions", ()) if of["type"] == "PodScheduled"]
    return _seconds(next((at for at in times if at), meta["creationTimestamp"]))


def _ended(status: Mapping[str, Any]) -> int | None:
    states = [of.get("state", {}).get("terminated", {}) for of in status.get("containerStatuses", ())]
    return max((_seconds(state["finishedAt"]) for state in states if state.get("finishedAt")), default=None)


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
