"""The demonstration's cluster on a clock that stands at the end of 1 November: its history is in Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from e2e.controlplane import ControlPlane, Prometheus, Tools
from e2e.demonstration import stage
from e2e.demonstration.__main__ import SCENARIO
from e2e.demonstration.providers import Providers, serving
from e2e.emulators.openai import OpenAIEmulator
from e2e.operator_process import OperatorProcess
from e2e.scenario.load import load
from e2e.scenario.model import Scenario
from e2e.scenario.openmetrics import write
from e2e.tests.operator.conftest import Operators, forget
from e2e.tests.operator.resources import Resources

NOW = "2026-11-02T00:00:00Z"
SECOND_DAY = 1_793_404_800
QUERIES = "queries.log"
KEY = "sk-admin-canary-3f9b1c"


@dataclass(frozen=True, slots=True)
class Scene:
    """The world around the operator. `declare` puts the example resources back to what the files say.

    `queries` is Prometheus' own log of every query that it was asked.
    """

    resources: Resources
    scenario: Scenario
    prometheus: Prometheus
    providers: Providers
    queries: Path

    @property
    def openai(self) -> OpenAIEmulator:
        return self.providers.openai

    def declare(self) -> None:
        stage.declare(self.resources.control_plane, self.providers)

    def settings(self, **more: str) -> dict[str, str]:
        """What an operator in this world is told."""
        hosts = self.providers.hosts
        return {"NOW": NOW, "PROMETHEUS_URL": self.prometheus.url, "ALLOWED_HOSTS": hosts, "CLOSE_DAY": "1", **more}


@pytest.fixture(scope="package")
def world(
    operator_plane: ControlPlane, resources: Resources, tools: Tools, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """Set once for all these tests; the last day of October and 1 November."""
    scenario = load(SCENARIO)
    sampling = replace(scenario.sampling, start=SECOND_DAY, fine_since=SECOND_DAY + 23 * 3600)
    scenario = replace(scenario, sampling=sampling)
    stage.populate(operator_plane, scenario)
    scenario = stage.witnessed(operator_plane, scenario)
    history = tmp_path_factory.mktemp("november") / "history.txt"
    with serving(scenario, KEY) as providers, _remembering(scenario, history, tools) as prometheus:
        yield Scene(resources, scenario, prometheus, providers, history.with_name(QUERIES))
    forget(resources)
    for namespace in scenario.namespaces:
        resources.kubectl("delete", "deployments,statefulsets,jobs", "--all", "-n", namespace)
        resources.kubectl("delete", "pods", "--all", "-n", namespace, "--force", "--grace-period=0")
    resources.kubectl("delete", "nodes", "-l", "aicost.dev/demonstration=true")


@contextmanager
def _remembering(scenario: Scenario, history: Path, tools: Tools) -> Iterator[Prometheus]:
    write(scenario, history)
    queries = {"query_log_file": str(history.with_name(QUERIES))}
    prometheus = Prometheus(tools=tools, settings={"global": queries})
    try:
        prometheus.backfill(history)
        prometheus.start()
        yield prometheus
    finally:
        prometheus.close()


@pytest.fixture
def scene(world: Scene) -> Iterator[Scene]:
    """The world with the example resources, new; the provider as it was."""
    was = world.openai.organisation
    forget(world.resources)
    world.declare()
    yield world
    world.openai.organisation = was
    world.openai.faults.clear()


@pytest.fixture
def operator(scene: Scene, operators: Operators) -> OperatorProcess:
    """An operator in this scene, not started yet."""
    return operators(**scene.settings())
