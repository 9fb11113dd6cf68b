"""What the operator's tests share: a control plane of their own, since an operator sees all of it, and its account."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from e2e.controlplane import ControlPlane, Run, Tools
from e2e.demonstration import stage
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.resources import KINDS, Resources

_NUMBERS = itertools.count(1)


class Operators(Protocol):
    """Makes an operator that is not started yet, under the release's ServiceAccount; it is gone when its scope ends.

    Settings are those of OperatorProcess. The ledger is new, unless LEDGER_URL names one. No Lease unless asked for:
    who takes over from a killed one would wait for it.
    """

    def __call__(self, **settings: str) -> OperatorProcess: ...


@pytest.fixture(scope="session")
def operator_plane(tools: Tools) -> Iterator[ControlPlane]:
    """A control plane with aicost's release, whose operator runs beside it."""
    with ControlPlane(tools) as running:
        stage.install(running)
        yield running


@pytest.fixture(scope="session")
def resources(operator_plane: ControlPlane) -> Resources:
    """The resources there."""
    return Resources(operator_plane)


@pytest.fixture(scope="session")
def account(operator_plane: ControlPlane) -> Path:
    """The kubeconfig of the ServiceAccount that the release made."""
    return operator_plane.service_account_kubeconfig(stage.NAMESPACE, "aicost")


@pytest.fixture
def operators(account: Path) -> Iterator[Operators]:
    """For one test."""
    with in_a_run(account) as make:
        yield make


@pytest.fixture(scope="module")
def operators_of_module(account: Path) -> Iterator[Operators]:
    """For the tests of a module."""
    with in_a_run(account) as make:
        yield make


@contextmanager
def in_a_run(account: Path) -> Iterator[Operators]:
    """For as long as a scope of one's own."""
    with Run() as run:

        def make(**settings: str) -> OperatorProcess:
            of = {"NAMESPACE": stage.NAMESPACE, "LEASE": "false", "CYCLE": "1", "STATUS_INTERVAL": "0", **settings}
            return OperatorProcess(run, account, of, name=f"operator-{next(_NUMBERS)}")

        yield make


def forget(resources: Resources) -> None:
    """Delete every object of aicost's kinds."""
    resources.kubectl("delete", ",".join(KINDS), "--all", "-A")
