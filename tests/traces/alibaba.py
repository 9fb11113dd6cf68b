"""Alibaba's GPU trace of 2023 as a cluster: its nodes, its pods, and a scheduler that places them as they come.

The trace tells what pods asked for, down to a thousandth of a card, and when they lived, but not where: each goes to the
fullest card that still has room, or, if it asks for whole cards, to the node with the fewest left over.
Source: https://github.com/alibaba/clusterdata, cluster-trace-gpu-v2023.
"""

from __future__ import annotations

import csv
import heapq
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aicost.core.cards import TIME_SLICING
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.identity import NodeRef, PodIdentity, labels
from aicost.core.layout import Slot
from aicost.core.window import Instant, Window

DATA = Path(os.environ.get("AICOST_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data") / "alibaba-gpu-v2023"
GPU = "nvidia.com/gpu"
MILLI = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """A pod's wish: so many cards, or thousandths of one, from one second of the trace to another."""

    name: str
    cards: int
    milli: int
    start: int
    end: int

    @property
    def devices(self) -> int:
        """In thousandths of a card."""
        return self.cards * self.milli


def nodes() -> dict[str, tuple[str, int]]:
    """Model and number of cards of each node."""
    with (DATA / "openb_node_list_gpu_node.csv").open() as file:
        return {row["sn"]: (row["model"], int(row["gpu"])) for row in csv.DictReader(file)}


def pods() -> list[Asked]:
    """All pods of the trace, those without a card among them, by the time of their creation."""
    with (DATA / "openb_pod_list_default.csv").open() as file:
        rows = [
            Asked(row["name"], *(int(row[name]) for name in ("num_gpu", "gpu_milli", "creation_time", "deletion_time")))
            for row in csv.DictReader(file)
        ]
    return sorted(rows, key=lambda pod: (pod.start, pod.name))


def replay(compressed: int) -> tuple[Devices, int]:
    """Who held what, each second of the account being so many of the trace; and how many pods held a card at all."""
    held = [
        (pod, node, window)
        for pod, node in placed(pods())
        if (window := _window(pod.start // compressed, pod.end // compressed))
    ]
    end = max(window.end for _, _, window in held)
    whole = Window(Instant(0), Instant(-(-end // 3600) * 3600))
    groups = tuple(
        CardGroup(
            NodeRef(name, Instant(0)), GPU, model, cards, whole, labels({}), TIME_SLICING, (Slot(GPU, cards * MILLI),)
        )
        for name, (model, cards) in nodes().items()
    )
    holdings = tuple(
        Holding(PodIdentity(pod.name, f"team-{int(pod.name[-2:]) % 20}", pod.name), node, GPU, pod.devices, window)
        for pod, node, window in held
    )
    return Devices(groups, holdings), len(holdings)


def placed(wishes: list[Asked]) -> Iterator[tuple[Asked, str]]:
    """The pods that hold a card, each with its node; one that fits nowhere when it comes never runs."""
    free = {name: [MILLI] * cards for name, (_, cards) in nodes().items()}
    leaving: list[tuple[int, str, list[int], int]] = []
    for pod in wishes:
        while leaving and leaving[0][0] <= pod.start:
            _, node, cards, milli = heapq.heappop(leaving)
            for card in cards:
                free[node][card] += milli
        if pod.devices and (place := _place(pod, free)):
            node, cards = place
            for card in cards:
                free[node][card] -= pod.milli
            heapq.heappush(leaving, (pod.end, node, cards, pod.milli))
            yield pod, node


def _place(pod: Asked, free: dict[str, list[int]]) -> tuple[str, list[int]] | None:
    if pod.milli < MILLI:
        fitting = ((left, name, card) for name, of in free.items() for card, left in enumerate(of) if left >= pod.milli)
        best = min(fitting, default=None)
        return (best[1], [best[2]]) if best else None
    idle = {name: [card for card, left in enumerate(of) if left == MILLI] for name, of in free.items()}
    name = min(
        (name for name, cards in idle.items() if len(cards) >= pod.cards), key=lambda n: len(idle[n]), default=None
    )
    return (name, idle[name][: pod.cards]) if name else None


def _window(start: int, end: int) -> Window | None:
    return Window(Instant(start), Instant(end)) if start < end else None
