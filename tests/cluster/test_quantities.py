"""How many devices a pod holds, by Kubernetes' own rules."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from aicost.cluster.quantities import devices, pod_devices
from tests.cluster.manifests import a_container

GPU = "nvidia.com/gpu"


def spec(*containers: int, init: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"containers": [a_container(count) for count in containers], "initContainers": list(init)}


def sidecar(gpus: int) -> dict[str, Any]:
    return a_container(gpus, restartPolicy="Always")


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        (spec(1, 2), 3),
        (spec(1, init=(a_container(4),)), 4),
        (spec(3, init=(a_container(1), a_container(2))), 3),
        (spec(1, init=(sidecar(1),)), 2),
        (spec(1, init=(sidecar(1), a_container(3))), 4),
        (spec(1, init=(a_container(3), sidecar(1))), 3),
        (spec(2, init=(sidecar(1), sidecar(1), a_container(1))), 4),
    ],
)
def test_containers_add_up_and_init_containers_only_raise(asked: dict[str, Any], held: int) -> None:
    """Containers and sidecars run together; an init container runs before, beside the sidecars before it."""
    assert pod_devices(asked) == Counter({GPU: held})


def test_only_devices_that_cost_count() -> None:
    """CPU, memory and other vendors' devices are no holding, MIG slices and shared GPUs are, and zero is none."""
    quantities = {"cpu": "4", GPU: "0", "nvidia.com/mig-1g.5gb": "2", "nvidia.com/gpu.shared": "1", "amd.com/gpu": "1"}
    assert devices(quantities) == Counter({"nvidia.com/mig-1g.5gb": 2, "nvidia.com/gpu.shared": 1})


def test_more_devices_than_can_be_are_none() -> None:
    """Whoever may create a pod may write any number into it, and bind it to a node, where it will never run."""
    assert devices({GPU: "99999"}) == Counter({GPU: 99_999})
    assert devices({GPU: str(2**63 - 1)}) == devices({GPU: "-1"}) == Counter()


def test_requests_alone_are_enough() -> None:
    """Of an extended resource, request and limit are the same, and either may be left out."""
    assert pod_devices({"containers": [{"resources": {"requests": {GPU: "2"}}}, {}]}) == Counter({GPU: 2})
