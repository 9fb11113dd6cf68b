"""One operator that is stolen from in every way that is known, and what must stay as it is while somebody tries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from e2e.operator_process import OperatorProcess
from e2e.tests.operator.conftest import forget, in_a_run
from e2e.tests.operator.november.conftest import Scene
from e2e.tests.operator.resources import Body, Resources, condition, shown, until

AMOUNTS = ("cost", "own", "children", "total", "pools", "billed", "attributed", "unclaimed", "top", "tokens", "gpu")


@pytest.fixture(scope="package")
def operator(world: Scene, account: Path) -> Iterator[OperatorProcess]:
    """It polls each second, writes all that it can into its log, and has told everybody."""
    forget(world.resources)
    world.declare()
    with in_a_run(account) as make:
        operator = make(**world.settings(BILL_POLL="1", BILL_DAYS="2", LOG_LEVEL="DEBUG"))
        operator.start()
        operator.ready()
        yield operator
        assert operator.stop() == 0


@pytest.fixture
def robbed(world: Scene, operator: OperatorProcess) -> Iterator[Scene]:
    """The world as the files declare it, while the operator runs; whatever a thief declared is gone afterwards."""
    was, honest = world.openai.organisation, specs(world.resources)
    yield world
    world.openai.organisation = was
    world.openai.faults.clear()
    now = specs(world.resources)
    for kind, _, name in (stolen.partition("/") for stolen in now.keys() - honest.keys()):
        world.resources.delete(kind, name)
    if {name: now.get(name) for name in honest} != honest:
        world.declare()
    until(lambda: read(world.resources) and operator.get("readyz").is_success, "all is as it was")


@contextmanager
def unmoved(operator: OperatorProcess, resources: Resources, *thieves: str) -> Iterator[None]:
    """Nobody's amounts but the thieves' change meanwhile, nor any entry of the ledger."""
    before, digest = amounts(resources, thieves), operator.report().json()["digest"]
    yield
    assert amounts(resources, thieves) == before
    assert operator.report().json()["digest"] == digest


def amounts(resources: Resources, thieves: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """What every status says of money and of what it was for, but for those of these names."""
    told = {shown(of): of.get("status", {}) for of in resources.all() if shown(of) not in thieves}
    return {name: {part: status[part] for part in AMOUNTS if part in status} for name, status in told.items()}


def specs(resources: Resources) -> dict[str, Body]:
    """What is declared."""
    return {shown(of): of["spec"] for of in resources.all()}


def read(resources: Resources) -> bool:
    """Whether OpenAI's bill is in, whole and as it is."""
    status = resources.status("usrc", "openai-prod")
    return (status.get("billed"), status.get("summary", {}).get("state")) == ("3200.00", "OK")


def billed(resources: Resources) -> str:
    """What OpenAI's bill is of the month."""
    return str(resources.status("usrc", "openai-prod").get("billed"))


def a_source(name: str, **spec: Any) -> Body:
    """A UsageSource of OpenAI's bill, unless the spec says otherwise."""
    usual = {"type": "OpenAI", "secretRef": {"name": "openai-admin"}}
    meta = {"name": name}
    return {"apiVersion": "aicost.dev/v1alpha1", "kind": "UsageSource", "metadata": meta, "spec": usual | spec}


def data_available(resources: Resources, name: str, holds: Callable[[Body], bool]) -> Body:
    """A source's condition DataAvailable, once it is so."""
    return until(
        lambda: (found := condition(resources.status("usrc", name), "DataAvailable")) and holds(found) and found,
        f"UsageSource {name} says why it is not read",
    ) or {}  # fmt: skip


def refused_for(resources: Resources, name: str, reason: str, words: str = "") -> str:
    """The message of a source that is not read for that reason, once it says so in these words."""

    def says(found: Body) -> bool:
        return (found["status"], found["reason"]) == ("False", reason) and words in found["message"]

    return str(data_available(resources, name, says)["message"])
