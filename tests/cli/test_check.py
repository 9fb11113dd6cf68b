"""`aicost check` against the real read API over a real evaluation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from aicost.cli.commands import cli
from aicost.core.bills import BillDay
from aicost.core.cards import GPU
from aicost.core.holdings import FOREVER
from aicost.core.identity import ObjectRef
from aicost.core.money import decimal
from aicost.core.recommendations.live import Asking
from aicost.core.window import DAY, HOUR, Window
from aicost.ports import Unavailable
from aicost.reconcile.quoting import Quoting
from aicost.web import check
from aicost.web.server import LOOPBACK, serving
from tests.cli.test_tunnel import kubectl
from tests.reconcile.world import World, bill_of, running
from tests.support.builders import at, usd
from tests.support.expected import expected

EXPECTED = Path(__file__).parent / "expected"
GROUP = {"displayName": "All", "budget": {"amount": "30000", "period": "Quarter"}}


@pytest.fixture
async def world() -> World:
    """Two cards of chat and one of rank run, of eight at 4.00; care and its parent have budgets."""
    world = World(2 * DAY)
    world.declare()
    world.populate()
    world.store.apply("BusinessUnit", "group", GROUP)
    care = {"namespaces": [{"name": "support"}], "parent": "group", "budget": {"amount": "12000"}}
    world.store.apply("BusinessUnit", "care", care)
    await world.cycle()
    return world


@pytest.fixture
async def server(world: World) -> AsyncIterator[str]:
    async with serving(check.routes(Quoting(world.evaluation)), LOOPBACK, 0) as port:
        yield f"http://{LOOPBACK}:{port}"


async def run(server: str, manifest: dict[str, Any], *args: str) -> Result:
    """The command in a thread, for the server answers in this one."""
    given = ["check", "--server", server, "-f", "-", *args]
    return await asyncio.to_thread(CliRunner().invoke, cli, given, input=yaml.safe_dump(manifest))


def a_deployment(gpus: int = 1, *, app: str = "chat", namespace: str = "support", kind: str = "Deployment") -> Any:
    """Of one pod."""
    container = {"name": "app", "resources": {"limits": {"nvidia.com/gpu": gpus}}}
    pod = {"metadata": {"labels": {"app": app}}, "spec": {"containers": [container]}}
    metadata = {"name": "new", "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {"template": pod}}


async def test_what_fits_is_told_with_exit_code_0(server: str) -> None:
    """Cost, whose it will be, and the room of that unit and of the one above it, a third of whose quarter counts."""
    result = await run(server, a_deployment(), "-o", "json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    cost = {"low": "2920.00", "high": "2920.00"}
    (quote,) = told["quotes"]
    assert (quote["unit"], quote["workload"], quote["monthly"]) == ("care", "chat", cost)
    paces = {of.pop("pace") for of in told["budgets"]}
    assert paces == {decimal(usd(2 * 4 * 24 + 14).nanos * 730 // 24)}
    assert told["budgets"] == [
        {"unit": "care", "currency": "USD", "budget": "12000.00", "paceIsWhole": True, "added": cost, "fits": True},
        {"unit": "group", "currency": "USD", "budget": "10000.00", "paceIsWhole": True, "added": cost, "fits": True},
    ]


async def test_what_breaks_a_budget_has_exit_code_2(server: str) -> None:
    """The page says which; cheaper devices there are none here."""
    result = await run(server, a_deployment(2))
    assert (result.exit_code, result.stdout) == (2, expected(EXPECTED / "check-table.txt", result.stdout))


@pytest.mark.parametrize(
    "manifest", [a_deployment(app="x", namespace="search", kind="Unheard"), None], ids=["a kind", "a device"]
)
async def test_what_is_not_known_has_exit_code_1(server: str, manifest: dict[str, Any] | None) -> None:
    """A kind that is not understood, and a device that no node offers."""
    if manifest is None:
        manifest = a_deployment(app="x", namespace="search")
        resources = manifest["spec"]["template"]["spec"]["containers"][0]["resources"]
        resources["limits"] = {"nvidia.com/mig-1g.10gb": 1}
    result = await run(server, manifest)
    assert result.exit_code == 1
    assert "nothing is said of it" in result.stderr or "not known" in result.stdout


async def test_a_daemon_costs_at_most_what_the_nodes_there_are_cost(server: str) -> None:
    """Of those that its selector lets in; where there are none yet nobody knows."""
    daemon = a_deployment(app="x", namespace="search", kind="DaemonSet")
    result = await run(server, daemon, "-o", "json")
    assert (result.exit_code, json.loads(result.stdout)["quotes"][0]["monthly"]) == (
        0,
        {"low": "0.00", "high": "2920.00"},
    )
    daemon["spec"]["template"]["spec"]["nodeSelector"] = {"pool": "other"}
    none = await run(server, daemon, "-o", "json")
    assert (none.exit_code, json.loads(none.stdout)["quotes"][0]["monthly"]) == (1, None)


async def test_a_budget_in_a_currency_without_a_rate_has_exit_code_1(world: World, server: str) -> None:
    """All has a price, and nobody knows whether it fits: which is said."""
    care = {"namespaces": [{"name": "support"}], "currency": "EUR", "budget": {"amount": "12000"}}
    world.store.apply("BusinessUnit", "care", care)
    await world.cycle()
    result = await run(server, a_deployment())
    assert (result.exit_code, "whether it fits the budget of care is not known" in result.stderr) == (1, True)


@pytest.mark.parametrize("days", [(bill_of(0),), ()], ids=["yesterday's is not in", "never read"])
async def test_a_pace_without_its_bill_has_exit_code_1(days: tuple[BillDay, ...]) -> None:
    """It is at least what is known, and what that alone breaks is broken."""
    fresh = World(2 * DAY)
    fresh.declare()
    fresh.populate()
    fresh.bills.days = days
    fresh.store.apply("BusinessUnit", "care", {"namespaces": [{"name": "support"}], "budget": {"amount": "12000"}})
    await fresh.cycle()
    async with serving(check.routes(Quoting(fresh.evaluation)), LOOPBACK, 0) as port:
        url = f"http://{LOOPBACK}:{port}"
        fits, breaks = await run(url, a_deployment()), await run(url, a_deployment(3))
    assert (fits.exit_code, breaks.exit_code) == (1, 2)
    assert "at least 5840.00" in fits.stdout
    assert "not all that its last day cost is known yet" in fits.stderr


async def test_a_pace_of_a_day_with_a_hole_has_exit_code_1() -> None:
    """Of its first hour nobody tells who held what."""
    holed = World(2 * DAY)
    holed.declare()
    holed.populate()
    holed.history.covers = (Window(at(DAY + HOUR), FOREVER),)
    holed.store.apply("BusinessUnit", "care", {"namespaces": [{"name": "support"}], "budget": {"amount": "12000"}})
    await holed.cycle()
    async with serving(check.routes(Quoting(holed.evaluation)), LOOPBACK, 0) as port:
        result = await run(f"http://{LOOPBACK}:{port}", a_deployment(), "-o", "json")
    (room,) = json.loads(result.stdout)["budgets"]
    assert (result.exit_code, room["paceIsWhole"], room["fits"]) == (1, False, None)


OLD = ObjectRef("apps", "Deployment", "old")


@pytest.mark.parametrize(("paying", "added"), [("chat", "0.00"), ("other", "5840.00")])
async def test_what_a_rollout_scales_down_makes_room_for_it(paying: str, added: str) -> None:
    """In the budget of the unit that pays for it, and in no other one's."""
    fresh = World(2 * DAY)
    fresh.declare()
    fresh.populate()
    fresh.store.apply("BusinessUnit", "care", {"namespaces": [{"name": "support"}], "budget": {"amount": "12000"}})
    fresh.store.apply("BusinessUnit", "others", {"namespaces": [{"name": "support"}]})
    claim = {"businessUnit": "others", "pods": {"selector": {"matchLabels": {"app": "other"}}}}
    fresh.store.apply("AIWorkload", "other", claim, namespace="support")
    runs = running("old-0", "support", paying)
    fresh.inventory.holdings = (replace(runs, pod=replace(runs.pod, owners=(OLD,))),)
    fresh.inventory.asking = (Asking("support", "old-0", "app", ((GPU, 2),), (OLD,)),)
    fresh.history.told = fresh.inventory.devices(FOREVER)
    await fresh.cycle()
    old = a_deployment(2)
    old["metadata"]["name"] = "old"
    ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "old", "scaleDown": "onsuccess"}
    metadata, spec = {"name": "new", "namespace": "support"}, {"replicas": 1, "workloadRef": ref}
    rollout = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": metadata, "spec": spec}
    objects = {"apiVersion": "v1", "kind": "List", "items": [rollout, old]}
    async with serving(check.routes(Quoting(fresh.evaluation)), LOOPBACK, 0) as port:
        result = await run(f"http://{LOOPBACK}:{port}", objects, "-o", "json")
    (care,) = json.loads(result.stdout)["budgets"]
    assert (result.exit_code, care["unit"], care["added"]["high"]) == (0, "care", added)


async def test_an_autoscaler_of_the_files_says_how_many(server: str) -> None:
    """From the fewest to the most pods."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "new"}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 3}
    metadata = {"name": "any", "namespace": "support"}
    hpa = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": spec}
    result = await run(server, {"apiVersion": "v1", "kind": "List", "items": [a_deployment(), hpa]}, "-o", "json")
    monthly = json.loads(result.stdout)["quotes"][0]["monthly"]
    assert (result.exit_code, monthly) == (2, {"low": "5840.00", "high": "8760.00"})


def a_claim_of(app: str, unit: str = "care") -> dict[str, Any]:
    """An AIWorkload that nobody applied yet."""
    spec = {"businessUnit": unit, "pods": {"selector": {"matchLabels": {"app": app}}}}
    metadata = {"name": "fresh", "namespace": "support"}
    return {"apiVersion": "aicost.dev/v1alpha1", "kind": "AIWorkload", "metadata": metadata, "spec": spec}


async def test_a_workload_of_the_files_has_the_pods_that_it_claims(server: str) -> None:
    """As if it were applied already: the budget of its unit counts."""
    both = {"apiVersion": "v1", "kind": "List", "items": [a_claim_of("fresh"), a_deployment(8, app="fresh")]}
    result = await run(server, both, "-o", "json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["quotes"][0]["workload"], told["budgets"][0]["fits"]) == (2, "fresh", False)


async def test_a_workload_of_the_files_takes_over_nothing(server: str) -> None:
    """Who claimed the pods before keeps them."""
    both = {"apiVersion": "v1", "kind": "List", "items": [a_claim_of("chat"), a_deployment()]}
    told = json.loads((await run(server, both, "-o", "json")).stdout)
    assert told["quotes"][0]["workload"] == "chat"


@pytest.mark.parametrize(
    ("items", "payers"),
    [([], "care, group"), ([a_claim_of("fresh", "unborn")], "care, group, unborn")],
    ids=["nobody", "a unit that is not there yet"],
)
async def test_pods_that_nobody_claims_are_not_known_to_fit(
    server: str, items: list[dict[str, Any]], payers: str
) -> None:
    """Where a unit with a budget may have to pay them."""
    objects = {"apiVersion": "v1", "kind": "List", "items": [*items, a_deployment(8, app="fresh")]}
    result = await run(server, objects)
    assert result.exit_code == 1
    assert f"whether it fits the budget of {payers} is not known" in result.stderr


async def test_a_manifest_without_gpus_fits(server: str) -> None:
    """There is nothing to tell."""
    result = await run(server, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}})
    assert (result.exit_code, result.stdout) == (0, "no GPUs are asked for\n")


async def test_a_file_is_read_by_its_name(server: str, tmp_path: Path) -> None:
    """As Markdown for a pull request."""
    file = tmp_path / "new.yaml"
    file.write_text(yaml.safe_dump(a_deployment(app="x", namespace="search")))
    given = ["check", "--server", server, "-f", str(file), "-o", "markdown"]
    result = await asyncio.to_thread(CliRunner().invoke, cli, given)
    assert (result.exit_code, "| search: nobody claims it |" in result.stdout) == (0, True)


async def test_before_the_first_evaluation_nobody_knows() -> None:
    """Which is said, with exit code 1."""
    async with serving(check.routes(Quoting(World().evaluation)), LOOPBACK, 0) as port:
        result = await run(f"http://{LOOPBACK}:{port}", a_deployment())
    assert isinstance(result.exception, Unavailable)
    assert "nothing was evaluated yet" in str(result.exception)


async def test_what_no_file_has_is_read_by_kubectl(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the way that leads to the operator; where a URL leads there no cluster is asked, for nobody knows that it is the same."""
    deployment = tmp_path / "deployment.json"
    deployment.write_text(json.dumps(a_deployment(2)))
    get = f'case "$*" in *"-- deployments.apps new") cat {deployment};; *) echo deployment.apps/aicost;; esac'
    port = server.rpartition(":")[2]
    kubectl(tmp_path, monkeypatch, get=get, forward=f'echo "Forwarding from 127.0.0.1:{port} -> 8081"; exec sleep 60')
    ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "new"}
    metadata, spec = {"name": "rolls", "namespace": "support"}, {"replicas": 3, "workloadRef": ref}
    rollout = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": metadata, "spec": spec}
    given = ["check", "-f", "-", "-o", "json"]
    found = await asyncio.to_thread(CliRunner().invoke, cli, given, input=yaml.safe_dump(rollout))
    cost = 3 * 2 * 4 * 730
    assert json.loads(found.stdout)["quotes"][0]["monthly"] == {"low": f"{cost}.00", "high": f"{cost}.00"}
    beside = await run(server, rollout)
    assert (
        beside.exit_code,
        "Deployment new, from which it takes its pods, is in none of the files" in beside.stderr,
    ) == (
        1,
        True,
    )
