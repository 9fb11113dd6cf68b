"""From nothing to the first statuses: every number of the demonstration, on every kind, adding up to the last digit."""

from __future__ import annotations

import subprocess
import time
from decimal import Decimal

import pytest

from aicost.reports.document import Document
from aicost.reports.drill import Drill
from e2e.controlplane import Tools
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.conftest import Operators, forget
from e2e.tests.operator.november.conftest import Scene
from e2e.tests.operator.resources import Body, Resources, charged, condition, shown, until

WORKLOADS = {
    "fraud/scoring": "1220.80", "fraud/train": "384.00", "platform/llm": "0.00",
    "search/notebook": "96.00", "search/rank": "1024.80", "support/chat": "2696.80",
}  # fmt: skip
UNITS = {
    "customer-care": "2696.80", "fraud-risk": "1604.80", "platform": "0.00", "search": "1120.80",
    "unallocated": "1180.80",
}  # fmt: skip
SOON_S = 5


@pytest.fixture(scope="module")
def running(world: Scene, operators_of_module: Operators) -> OperatorProcess:
    """An operator that was ready before anything was declared, and then saw the examples."""
    forget(world.resources)
    operator = operators_of_module(**world.settings())
    operator.start()
    operator.ready()
    world.declare()
    declared = time.monotonic()
    until(lambda: all(of.get("status") for of in world.resources.all()), "every resource has a status", SOON_S)
    until(lambda: costs(world.resources) == WORKLOADS, "all bills are in", 4 * SOON_S - (time.monotonic() - declared))
    return operator


def costs(resources: Resources) -> dict[str, str]:
    """What each workload is charged, of three sources that are each read at their own pace."""
    return {name: str(resources.status("aicost", name)["cost"]["charged"]) for name in WORKLOADS}


def by_kind(resources: Resources) -> dict[str, Body]:
    return {shown(of): of["status"] for of in resources.all()}


def test_every_workload_and_unit_has_its_exact_cost(running: OperatorProcess, resources: Resources) -> None:
    """Within seconds after they were applied, to an operator that was there first."""
    found = by_kind(resources)
    assert {name: found[f"AIWorkload/{name}"]["cost"]["charged"] for name in WORKLOADS} == WORKLOADS
    assert {name: found[f"BusinessUnit/{name}"]["total"]["charged"] for name in UNITS} == UNITS
    pools = found["BusinessUnit/unallocated"]["pools"]
    assert pools == {"idle": "700.80", "unclaimed": "480.00", "parked": "0.00"}
    assert running.process.exit_code is None


def test_nothing_is_lost_and_nothing_is_counted_twice(running: OperatorProcess, resources: Resources) -> None:
    """What workloads are charged and the pools hold is what the origins cost, with a difference of exactly zero."""
    found = by_kind(resources)
    pools = found["BusinessUnit/unallocated"]["pools"].values()
    parts = [*(charged(found[f"AIWorkload/{name}"]) for name in WORKLOADS), *map(Decimal, pools)]
    document = Document.from_json(running.report().json())
    assert sum(parts) == Decimal("6603.20")
    assert sum(row.nanos or 0 for row in document.rows) == 6_603_200_000_000
    assert {(origins - lines, broken) for _, _, _, origins, lines, broken in document.proofs} == {(0, 0)}
    assert sum(origins for _, _, _, origins, _, _ in document.proofs) == 6_603_200_000_000


def test_a_cost_is_followed_from_its_unit_to_the_line(running: OperatorProcess) -> None:
    """Unit, workload, origin: each sums to what stands above it, and the shared card names everybody who shared it."""
    unit, workload = (
        Drill.from_json(running.ask("drill", most="5000", **of).json())
        for of in ({"unit": "customer-care"}, {"workload": "support/chat"})
    )
    assert unit.sums == workload.sums == (("USD", 2_696_800_000_000),)
    assert sum(piece.nanos or 0 for piece in workload.parts) == 2_696_800_000_000
    card = next(piece.origin for piece in workload.parts if piece.origin.pool == "L4-24GB")
    origin = Drill.from_json(running.ask("drill", origin=card.id).json())
    assert sum(piece.nanos or 0 for piece in origin.parts) == card.nanos == 800_000_000
    shared = {"support/chat", "search/rank", "fraud/scoring", ""}
    assert {piece.workload: piece.nanos for piece in origin.parts} == dict.fromkeys(shared, 200_000_000)
    assert (
        running.ask("drill", unit="customer-car")
        .json()["error"]
        .startswith("there is no unit customer-car in 2026-11: there are customer-care,")
    )


def test_a_workload_is_told_all_about_its_month(running: OperatorProcess, resources: Resources) -> None:
    """Reach, certainty, budget, tokens, card hours, utilisation: exact, and nothing is missing."""
    chat, llm = (resources.status("aicost", name) for name in ("support/chat", "platform/llm"))
    assert chat["dataThrough"]["bills"] == llm["dataThrough"]["gpu"] == "2026-11-02T00:00:00Z"
    assert chat["period"] == "2026-11"
    assert chat["certainty"] == {"billed": "2500.00", "calibrated": "0.00", "rated": "196.80", "estimated": "0.00"}
    assert chat["budget"] == {"amount": "50000.00", "spentPercent": "5.3", "state": "OK"}
    assert chat["tokens"]["input"] == 995_120_000
    assert [(of["name"], of["amount"]) for of in chat["top"]["customers"]] == [
        ("uprof_acme", "700.00"),
        ("uprof_globex", "400.00"),
        ("undeclared", "1400.00"),
    ]
    assert chat["top"]["features"] == [{"name": "replies", "amount": "2500.00"}]
    assert (llm["gpu"]["cardHours"], llm["gpu"]["utilisation"]) == ("96.00", "62.0")
    assert llm["lastDay"] == {"date": "2026-11-01", "amount": "0.00", "state": "Preliminary"}
    assert (llm["dataThrough"]["usage"], llm["tokens"]["requests"]) == ("2026-11-01T23:00:00Z", 23 * 4500)
    for status in (chat, llm):
        assert condition(status, "Ready")["status"] == condition(status, "DataAvailable")["status"] == "True"
        assert status["gaps"] == []
    assert running.process.exit_code is None


def test_callers_carry_the_model_server(running: OperatorProcess, resources: Resources) -> None:
    """What llm incurred is passed on to the last nano-unit; its callers received it; the meter says the same."""
    moved = {name: resources.status("aicost", name)["cost"] for name in WORKLOADS}
    llm = moved.pop("platform/llm")
    assert (llm["incurred"]["total"], llm["passedOn"], llm["received"]) == ("384.00", "384.00", "0.00")
    assert {name: cost["received"] for name, cost in moved.items() if cost["received"] != "0.00"} == {
        "support/chat": "192.00",
        "search/rank": "96.00",
        "fraud/scoring": "96.00",
    }
    meter = resources.status("usrc", "llm-meter")
    assert (meter["recharge"], meter["summary"]["state"]) == (
        {"passedOn": "384.00", "unclaimed": "0.00", "unclaimedCallers": []},
        "OK",
    )
    assert running.process.exit_code is None


def test_sources_and_prices_say_what_they_know(running: OperatorProcess, resources: Resources) -> None:
    """The UsageSource what of its bill nobody claims, the PriceBook that nothing is without a price."""
    source, prices = resources.status("usrc", "openai-prod"), resources.status("pb", "default")
    assert (source["billed"], source["attributed"], source["unclaimed"]) == ("3200.00", "2840.00", "360.00")
    assert (source["captureRate"], source["summary"]["through"]) == ("88.7", "2026-11-01")
    assert prices["summary"] == {"priced": 3, "builtIn": 0, "missing": 0, "state": "OK"}
    assert [(of["name"], of["price"]) for of in prices["priced"]] == [
        ("A100-80GB", "2.00"),
        ("H100-80GB", "4.00"),
        ("L4-24GB", "0.80"),
    ]
    assert running.process.exit_code is None


def test_kubectl_shows_it(running: OperatorProcess, resources: Resources) -> None:
    """By name, wide, sorted, watched and explained, through the short name."""
    one = resources.kubectl("get", "aicost", "chat", "-n", "support").splitlines()
    assert one[0].split() == ["NAME", "UNIT", "COST", "BUDGET", "SAVE", "STATE", "AGE"]
    assert one[1].split()[:5] == ["chat", "customer-care", "2696.80", "5.3", "OK"]
    wide = resources.kubectl("get", "aicost", "-A", "-o", "wide")
    assert len(wide.splitlines()[0]) > len(one[0])
    costs = resources.kubectl("get", "aicost", "-A", "--sort-by=.spec.businessUnit", "-o", "name").split()
    assert costs == [
        f"aiworkload.aicost.dev/{name}" for name in ("chat", "scoring", "train", "llm", "notebook", "rank")
    ]
    explained = resources.kubectl("explain", "aicost.spec")
    assert "businessUnit\t<string> -required-" in explained
    assert running.process.exit_code is None


def test_a_watch_shows_a_change(running: OperatorProcess, resources: Resources, tools: Tools) -> None:
    """`kubectl get aicost -w` prints the answer to a new spec without being asked again."""
    command = [str(tools.require("kubectl")), "get", "aicost", "notebook", "-n", "search", "-w"]
    environment = resources.control_plane.environment()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout
        first = [watching.stdout.readline() for _ in range(2)]
        resources.patch("aicost", "search/notebook", {"budget": {"amount": "90"}})
        rest = (watching.stdout.readline() for _ in range(4))
        over = next(line for line in rest if "Over" in line)
        watching.kill()
    assert "OK" in first[1]
    assert over.split()[:5] == ["notebook", "search", "96.00", "106.6", "Over"]
    assert running.process.exit_code is None
