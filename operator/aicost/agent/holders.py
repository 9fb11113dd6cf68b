"""Who holds which card, from what the kubelet handed out. Pure.

Ids of devices differ by who hands them out: NVIDIA's device plugin by UUID, GKE's by the device file, DRA's driver by
the number of the card; a replica of a shared device has a number behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from aicost.agent.readings import Card

_REPLICA = re.compile(r"(.+?)(?:::|/vgpu)(\d+)")


@dataclass(frozen=True, slots=True)
class Handed:
    """A device that the kubelet gave to a container, by the id that the plugin or the driver calls it."""

    namespace: str
    pod: str
    container: str
    device: str


@dataclass(frozen=True, order=True, slots=True)
class Holder:
    """A container that holds a card; `vgpu` is the number of the replica where the card is shared, else empty."""

    namespace: str
    pod: str
    container: str
    vgpu: str = ""


def holders_of(card: Card, handed: Iterable[Handed]) -> tuple[Holder, ...]:
    """All who hold the card or instance, in a stable order.

    Without replicas there is one; several are told all the same (kubelets before Kubernetes 1.34 list finished pods
    too), since who of them is alive is not for a node to guess.
    """
    found = set()
    for each in handed:
        device, vgpu = _replica(each.device)
        if device in card.names:
            found.add(Holder(each.namespace, each.pod, each.container, vgpu))
    return tuple(sorted(found))


def _replica(device: str) -> tuple[str, str]:
    match = _REPLICA.fullmatch(device)
    return (match[1], match[2]) if match else (device, "")
