"""`aicost check` against the real read API over a real evaluation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from aicost.cli.commands import cli
from aicost.core.money import decimal
from aicost.core.window import DAY
from aicost.ports import Unavailable
from aicost.reconcile.quoting import Quoting
from aicost.web import check
from aicost.web.server import LOOPBACK, serving
from tests.reconcile.world import World
from tests.support.builders import usd
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
        {"unit": "care", "currency": "USD", "budget": "12000.00", "added": cost, "fits": True},
        {"unit": "group", "currency": "USD", "budget": "10000.00", "added": cost, "fits": True},
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
