"""CPU and memory on a running operator: a price that leaves the host out charges the node's own, from its history."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aicost.core.hosts import GIB
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.conftest import Operators
from e2e.tests.operator.november.conftest import Scene
from e2e.tests.operator.resources import condition, until

CORES, MEMORY = 192, 2199023255552 // GIB
"""What each of the two nodes with eight H100 has."""
CORE_HOUR, GIB_HOUR = Decimal("0.05"), Decimal("0.005")


def of_a_day(cores: int, gib: int) -> Decimal:
    return 24 * (cores * CORE_HOUR + gib * GIB_HOUR)


@pytest.fixture
def operator(scene: Scene, operators: Operators) -> OperatorProcess:
    """One that waits for no late samples of the day's last hour, and tells every number at once."""
    return operators(**scene.settings(LATENESS="0", STATUS_INTERVAL="0"))


def test_a_host_that_no_price_includes_is_charged_to_who_took_of_it(scene: Scene, operator: OperatorProcess) -> None:
    """By request, since nobody scrapes cAdvisor here, which is said; the rest is idle, and nothing is lost."""
    resources = scene.resources
    operator.start()
    operator.ready()
    before = Decimal(resources.status("bu", "unallocated")["pools"]["idle"])
    spec = resources.get("pb", "default")["spec"]
    gpus = [{**gpu, "includesHost": not gpu["model"].startswith("H100")} for gpu in spec["gpus"]]
    rates = [{"from": "2026-01-01", "cpuCoreHour": str(CORE_HOUR), "memoryGiBHour": str(GIB_HOUR)}]
    resources.answered("pb", "default", resources.patch("pb", "default", {"gpus": gpus, "compute": rates}))

    def compute(name: str) -> Decimal:
        return Decimal(resources.status("aicost", name)["cost"]["incurred"]["compute"])

    until(lambda: compute("platform/llm") == of_a_day(16, 128), "llm pays 16 cores and 128 GiB of its node")
    assert compute("search/rank") == 0
    status = resources.status("aicost", "platform/llm")
    assert "NoHostUse" in {gap["reason"] for gap in status["gaps"]}
    assert Decimal(status["cost"]["charged"]) == 0
    assert condition(resources.status("pb", "default"), "NotEvaluated").get("status") != "True"
    prices = {item["name"]: item.get("price") for item in resources.status("pb", "default")["priced"]}
    assert (prices["CPU"], prices["memory"]) == ("0.05", "0.005")
    half_a_day = of_a_day(96, 1024) / 2
    held = of_a_day(16, 128) + of_a_day(4, 32) + half_a_day
    idle = 2 * of_a_day(CORES, MEMORY) - held
    until(
        lambda: Decimal(resources.status("bu", "unallocated")["pools"]["idle"]) == before + idle,
        "what nobody took of both nodes is idle",
    )
    report = operator.report().json()
    compute_proof = [of for of in report["proofs"] if of["component"] == "compute"]
    assert compute_proof
    assert all(of["origins"] == of["lines"] and not of["broken"] for of in compute_proof)
