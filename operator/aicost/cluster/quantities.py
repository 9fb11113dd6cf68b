"""How many devices a pod or a node has: whole numbers of NVIDIA's extended resources, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aicost.core.cards import believed

GPU = "nvidia.com/gpu"
GPU_SHARED = "nvidia.com/gpu.shared"
_NAMES = frozenset({GPU, GPU_SHARED})
MIG = "nvidia.com/mig-"


def devices(quantities: Mapping[str, Any] | None) -> Counter[str]:
    """The devices in a resource list, by resource name, as far as they are believed. Raises ValueError for fractions."""
    counts = (
        (name, int(value)) for name, value in (quantities or {}).items() if name in _NAMES or name.startswith(MIG)
    )
    return Counter({name: count for name, count in counts if believed(count)})


def pod_devices(spec: Mapping[str, Any]) -> Counter[str]:
    """What the scheduler reserves for a pod: the containers and sidecars together, or more if an init container asks.

    A sidecar is an init container with restartPolicy Always: it lives on, beside the containers and beside each init
    container after it (Kubernetes: resource/v1 helpers, PodRequests).
    """
    sidecars: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            sidecars += _asked(container)
            most |= sidecars
        else:
            most |= sidecars + _asked(container)
    return most | _sum(map(_asked, spec.get("containers") or ()), sidecars)


def asking(spec: Mapping[str, Any]) -> Iterator[tuple[str, Counter[str]]]:
    """The containers and sidecars that ask for devices, by name: what lives as long as the pod does."""
    sidecars = (of for of in spec.get("initContainers") or () if of.get("restartPolicy") == "Always")
    for container in (*(spec.get("containers") or ()), *sidecars):
        if asked := _asked(container):
            yield container["name"], asked


def _asked(container: Mapping[str, Any]) -> Counter[str]:
    """Of an extended resource the request equals the limit, and either may be left out."""
    resources = container.get("resources") or {}
    return devices(resources.get("limits")) | devices(resources.get("requests"))


def _sum(parts: Iterable[Counter[str]], start: Counter[str]) -> Counter[str]:
    total = Counter(start)
    for part in parts:
        total += part
    return total
