"""What somebody changes while the operator runs: answered at once, and nobody else's number moves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from aicost.core.money import NANOS_PER_UNIT
from aicost.reports.basis import Bases
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.conftest import Operators, forget
from e2e.tests.operator.november.claiming import denial, usage, workload
from e2e.tests.operator.november.conftest import Scene
from e2e.tests.operator.resources import Body, Resources, condition, shown, until

SOON_S = 5
pytestmark = pytest.mark.usefixtures("running")


@pytest.fixture(scope="module")
def running(world: Scene, operators_of_module: Operators) -> OperatorProcess:
    """An operator that has told everybody."""
    forget(world.resources)
    world.declare()
    operator = operators_of_module(**world.settings())
    operator.start()
    operator.ready()
    return operator


def numbers(resources: Resources, *, without: str) -> dict[str, Any]:
    """Everything that statuses say, but for the one of that name, and for who was refused."""
    said = {shown(of): of["status"] for of in resources.all() if shown(of) != without}
    return {name: {part: of for part, of in status.items() if part != "refused"} for name, status in said.items()}


def test_a_budget_that_is_overrun_says_so_at_once(resources: Resources) -> None:
    """The new generation is observed with its budget, its condition, its column, and an Event."""
    generation = resources.patch("aicost", "support/chat", {"budget": {"amount": "1000"}})
    status = resources.answered("aicost", "support/chat", generation)
    assert status["budget"] == {"amount": "1000.00", "spentPercent": "269.6", "state": "Over"}
    assert (status["summary"]["state"], status["cost"]["charged"]) == ("Over", "2696.80")
    over = condition(status, "BudgetExceeded")
    assert (over["status"], over["observedGeneration"]) == ("True", generation)
    assert condition(status, "Ready")["status"] == "True"
    until(lambda: "OverBudget" in resources.kubectl("get", "events", "-n", "support"), "an Event tells of it", SOON_S)


def test_a_claim_without_a_grant_moves_nothing(running: OperatorProcess, resources: Resources) -> None:
    """search/mallory claims support's project: denied with a reason, charged nothing, every other number unchanged."""
    before, digest = numbers(resources, without=""), running.report().json()["digest"]
    resources.apply(workload("search/mallory", "search", usage=usage("proj_support")))
    denied = denial(resources, "search/mallory")
    assert denied["reason"] == "GrantMissing"
    assert "grants namespace search none of: project proj_support" in denied["message"]
    status = resources.status("aicost", "search/mallory")
    assert (status["summary"]["state"], status["cost"]["charged"]) == ("Denied", "0.00")
    assert numbers(resources, without="AIWorkload/search/mallory") == before
    assert running.report().json()["digest"] == digest
    refused = resources.status("usrc", "openai-prod")["refused"]
    assert [(of["namespace"], of["name"], of["reason"]) for of in refused] == [("search", "mallory", "GrantMissing")]
    resources.delete("aicost", "search/mallory")


def test_a_unit_that_does_not_list_the_namespace_denies(resources: Resources) -> None:
    """Nobody joins a unit by himself, and nobody's cost goes there."""
    before = numbers(resources, without="")
    pods = {"selector": {"matchLabels": {"app": "notebook"}}}
    resources.apply(workload("search/stray", "customer-care", pods=pods))
    assert denial(resources, "search/stray")["reason"] == "UnitNotGranted"
    assert resources.status("aicost", "search/stray")["cost"]["charged"] == "0.00"
    assert numbers(resources, without="AIWorkload/search/stray") == before
    resources.delete("aicost", "search/stray")


def test_a_new_claim_takes_back_what_nobody_claimed(resources: Resources) -> None:
    """Granted and claimed, what nobody saw of the shared project moves to its workload, from the start of the month."""
    grants = resources.get("usrc", "openai-prod")["spec"]["grants"]
    grants.append({"dimension": "project", "value": "proj_shared", "namespaces": ["search"]})
    resources.patch("usrc", "openai-prod", {"grants": grants})
    pods = resources.get("aicost", "search/rank")["spec"]["pods"]
    resources.apply(workload("search/rank", "search", pods=pods, usage=usage("proj_shared")))
    until(lambda: cost(resources, "search/rank") == "1084.80", "search/rank has the project's cost", SOON_S)
    until(lambda: pools(resources) == ("700.80", "420.00"), "it is unclaimed no more", SOON_S)
    assert resources.status("bu", "search")["total"]["charged"] == "1180.80"
    assert cost(resources, "support/chat") == "2696.80"


def test_an_owner_change_counts_from_its_instant(resources: Resources) -> None:
    """Another unit pays from now on, where the operator's clock stands still; all that was stays with the unit before."""
    before = incurred(resources, "customer-care")
    care = resources.get("bu", "customer-care")["spec"]["namespaces"]
    resources.patch("bu", "customer-care", {"namespaces": [*care, {"name": "platform"}]})
    generation = resources.patch("aicost", "platform/llm", {"businessUnit": "customer-care"})
    cost_now = resources.answered("aicost", "platform/llm", generation)["cost"]
    assert (cost_now["incurred"]["total"], cost_now["charged"]) == ("384.00", "0.00")
    generation = resources.patch("bu", "customer-care", {"displayName": "Care"})
    resources.answered("bu", "customer-care", generation)
    assert (incurred(resources, "platform"), incurred(resources, "customer-care")) == (Decimal(384), before)


def test_the_reserved_unit_comes_back(resources: Resources) -> None:
    """Whoever deletes it finds it again, with its status and the operator's label."""
    before = pools(resources)
    resources.delete("bu", "unallocated")

    def back() -> Body | None:
        return next(
            (of for of in resources.all() if shown(of) == "BusinessUnit/unallocated" and of.get("status")), None
        )

    unit = until(back, "it is there again", SOON_S) or {}
    assert unit["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "aicost"}
    assert pools(resources) == before


def test_idle_cost_goes_to_who_it_is_distributed_to(running: OperatorProcess, resources: Resources) -> None:
    """At once, and back when the rule goes; what workloads are charged stays, and a report says what the status says."""
    idle, _ = pools(resources)
    platform = total(resources, "platform")
    to = [{"businessUnit": "platform", "percent": "50"}]
    resources.patch("bu", "unallocated", {"distribute": [{"pool": "Idle", "method": "Fixed", "to": to}]})
    until(lambda: total(resources, "platform") == platform + Decimal(idle) / 2, "platform carries half of it", SOON_S)
    assert Decimal(pools(resources)[0]) == Decimal(idle) / 2
    told = Bases.from_json(running.ask("basis").json())
    carried = {unit.unit: unit.charged for unit in told.units}
    assert carried["platform"] == total(resources, "platform") * NANOS_PER_UNIT
    assert sum(carried.values()) == sum(unit.incurred for unit in told.units)
    assert told.known
    assert told.known.distributed
    resources.kubectl(
        "patch", "bu", "unallocated", "--type=json", "-p", '[{"op": "remove", "path": "/spec/distribute"}]'
    )
    until(lambda: (total(resources, "platform"), pools(resources)[0]) == (platform, idle), "it is idle again", SOON_S)


def cost(resources: Resources, name: str) -> str:
    return str(resources.status("aicost", name).get("cost", {}).get("charged"))


def total(resources: Resources, unit: str) -> Decimal:
    return Decimal(resources.status("bu", unit)["total"]["charged"])


def incurred(resources: Resources, unit: str) -> Decimal:
    """What was incurred there, whoever carries it."""
    return Decimal(resources.status("bu", unit)["total"]["incurred"]["total"])


def pools(resources: Resources) -> tuple[str, str]:
    """Idle and unclaimed."""
    found = resources.status("bu", "unallocated")["pools"]
    return found["idle"], found["unclaimed"]
