"""Devices that are held twice: nobody is charged for more than a node has, and nobody's cost is another's."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from e2e.operator_process import OperatorProcess
from e2e.tests.operator.live.conftest import API, GPU, H100, PER_SECOND, PRODUCT, Live, known_until
from e2e.tests.operator.live.test_seconds import assert_nothing_lost
from e2e.tests.operator.live.test_seconds import told as missing
from e2e.tests.operator.resources import Body, charged, until

NODE, CARDS, THIEVES = "live-robbed", 2, "live-thieves"


@pytest.fixture
def robbed(scene: Live) -> Iterator[Live]:
    """With a node of its own, and a namespace of others who may declare workloads of their own unit."""
    scene.join(NODE, {PRODUCT: H100}, {GPU: CARDS})
    unit = {"apiVersion": API, "kind": "BusinessUnit", "metadata": {"name": "thieves"}}
    scene.resources.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": THIEVES}},
        {**unit, "spec": {"namespaces": [{"name": THIEVES}]}},
        _workload(),
    )
    yield scene
    scene.resources.kubectl("delete", "pods", "--all", "-n", THIEVES, "--force", "--grace-period=0")
    scene.resources.kubectl("delete", "node", NODE)


def _workload() -> Body:
    meta = {"name": "mallory", "namespace": THIEVES}
    spec = {"businessUnit": "thieves", "pods": {"selector": {"matchLabels": {"app": "mallory"}}}}
    return {"apiVersion": API, "kind": "AIWorkload", "metadata": meta, "spec": spec}


def _pod() -> Body:
    """It names its node itself, so that no scheduler counts what is left there."""
    meta = {"name": "mallory", "namespace": THIEVES, "labels": {"app": "mallory"}}
    container = {"name": "app", "image": "example.com/app", "resources": {"limits": {GPU: CARDS}}}
    spec = {"nodeName": NODE, "terminationGracePeriodSeconds": 0, "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def parked(status: Body) -> Decimal:
    """What `unallocated` says of what contradicts itself."""
    return Decimal(status["pools"]["parked"])


def test_cards_that_are_held_twice_are_parked_and_billed_to_nobody(robbed: Live, operator: OperatorProcess) -> None:
    """Where a kubelet takes more than its node has: neither whole to both nor in parts, and the sum is the node's cost."""
    robbed.declare("honest")
    bound = robbed.run("honest", "honest", CARDS, on=NODE)
    operator.start()
    operator.ready()
    before = charged(robbed.reaching("honest", bound + 2))
    assert before > 0
    robbed.resources.apply(_pod())

    def rest() -> Body | None:
        robbed.stir()
        status = robbed.resources.status("bu", "unallocated")
        return status if parked(status) > before else None

    told = until(rest, "what is held twice is parked") or {}
    until(
        lambda: missing(robbed.workload("honest"), "OverAllocated"), "who held first is told that his cards are parked"
    )
    assert charged(robbed.resources.status("aicost", f"{THIEVES}/mallory")) == 0
    assert charged(robbed.workload("honest")) <= before
    assert parked(told) <= (known_until(told) - bound + 60) * CARDS * PER_SECOND
    assert_nothing_lost(operator)
