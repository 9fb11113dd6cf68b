"""A cluster to examine: the demonstration's, on a control plane of its own, with a healthy history and OpenAI."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aicost.cli.commands import cli
from aicost.cluster.reserved import MANIFEST
from e2e.controlplane import ControlPlane, Prometheus, Tools
from e2e.demonstration import stage
from e2e.demonstration.__main__ import NOW, SCENARIO
from e2e.demonstration.providers import KEY, Providers, serving
from e2e.scenario.load import load
from e2e.scenario.model import Scenario
from e2e.scenario.openmetrics import scraped
from e2e.scenario.series import Piece, history

LAST_HOUR = 3600
PROJECT_KEY = "sk-proj-cannot-read-the-bill"
PATIENCE_S = 20


@dataclass(frozen=True, slots=True)
class Said:
    """What doctor said: its exit code, its output, and its findings by their checks."""

    code: int
    output: str
    findings: dict[str, dict[str, str]]

    def state(self, check: str) -> str:
        assert check in self.findings, self.output
        return self.findings[check]["state"]

    def found(self, check: str) -> str:
        assert check in self.findings, self.output
        return self.findings[check]["found"]

    def not_ok(self) -> dict[str, str]:
        return {check: of["state"] for check, of in self.findings.items() if of["state"] != "OK"}


@dataclass(slots=True)
class Patient:
    """The cluster, and doctor as a process with settings as the chart gives them."""

    plane: ControlPlane
    scenario: Scenario
    providers: Providers
    prometheus: str
    account: Path

    def doctor(self, *options: str, kubeconfig: Path | None = None, **settings: str) -> Said:
        """In this process, which saves its start."""
        env = self._environment(kubeconfig, settings)
        done = CliRunner().invoke(cli, ["doctor", "-o", "json", *options], env=env, catch_exceptions=False)
        findings = {of["check"]: of for of in json.loads(done.stdout)["findings"]}
        return Said(done.exit_code, done.output, findings)

    def process(self, *options: str) -> subprocess.CompletedProcess[str]:
        """As a command of its own, as the operator's account."""
        env = {name: value for name, value in self._environment(None, {}).items() if value is not None}
        command = [sys.executable, "-m", "aicost", "doctor", *options]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **env}
        )

    def _environment(self, kubeconfig: Path | None, settings: Mapping[str, str]) -> dict[str, str | None]:
        given = {
            "NOW": NOW,
            "NAMESPACE": stage.NAMESPACE,
            "KUBECONFIG": str(kubeconfig or self.account),
            "PROMETHEUS_URL": self.prometheus,
            "KUBE_STATE_METRICS_MATCHERS": "job=kube-state-metrics",
            "DCGM_MATCHERS": "job=nvidia-dcgm-exporter",
            "ALLOWED_HOSTS": self.providers.hosts,
            **settings,
        }
        foreign: dict[str, str | None] = {name: None for name in os.environ if name.startswith(("AICOST_", "KUBE"))}
        return {**foreign, **{f"AICOST_{name}": value for name, value in given.items()}}

    def until(self, holds: Callable[[Said], bool]) -> Said:
        """What doctor says once it holds: the API server publishes schemas moments after a CRD changed."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            said = self.doctor()
            if holds(said):
                return said
            assert time.monotonic() < deadline, said.output

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        self.plane.kubectl(
            "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
        )

    def secret(self, *, host: str = "", token: str = KEY) -> None:
        self.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": stage.SECRET, "namespace": stage.NAMESPACE},
                "type": "aicost.dev/credential",
                "stringData": {"host": host or self.providers.reached["OpenAI"].host, "token": token},
            }
        )


Remembered = Callable[[Iterable[Piece]], str]


@pytest.fixture(scope="session")
def remembered(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remembered]:
    """Makes a running Prometheus that scraped these series in the last hour before NOW; gives its URL."""
    with ExitStack() as stack:

        def made(pieces: Iterable[Piece]) -> str:
            path = tmp_path_factory.mktemp("history") / "history.om"
            sampling = _last_hour(load(SCENARIO)).sampling
            with path.open("w") as file:
                file.writelines(history(pieces, sampling.instants()))
            server = Prometheus(tools=tools)
            stack.callback(server.close)
            server.backfill(path)
            server.start()
            return server.url

        yield made


@pytest.fixture(scope="session")
def patient(tools: Tools, remembered: Remembered) -> Iterator[Patient]:
    """Healthy; a test that breaks something mends it."""
    scenario = load(SCENARIO)
    with ControlPlane(tools) as plane, serving(scenario) as providers:
        organisation = providers.openai.organisation
        providers.openai.organisation = replace(organisation, scopeless_keys=frozenset({PROJECT_KEY}))
        stage.install(plane)
        stage.populate(plane, scenario)
        lived = _last_hour(stage.witnessed(plane, scenario))
        stage.declare(plane, providers)
        account = plane.service_account_kubeconfig(stage.NAMESPACE, "aicost")
        healthy = Patient(plane, lived, providers, remembered(scraped(lived)), account)
        healthy.apply(MANIFEST)  # no operator runs here that would make it
        yield healthy


def _last_hour(scenario: Scenario) -> Scenario:
    sampling = scenario.sampling
    start = sampling.end - LAST_HOUR
    return replace(scenario, sampling=replace(sampling, start=start, fine_since=start))
