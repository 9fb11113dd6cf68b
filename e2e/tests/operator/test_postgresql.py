"""Operators whose ledger lies in one PostgreSQL: a paused leader that comes back writes nothing, clusters keep apart."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from e2e.demonstration.stage import NAMESPACE
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.conftest import Operators, forget
from e2e.tests.operator.resources import Resources, until
from tests.store.server import Server, running

TAKES_OVER_WITHIN_S = 90
"""The Lease expires in 15 seconds; a commit that the former leader was paused in is given up after 30."""


@pytest.fixture(scope="module")
def database() -> Iterator[Server]:
    """A server of its own."""
    with running() as server:
        yield server


def holder(database: Server, schema: str) -> tuple[int, str]:
    """Who may write a ledger: the term, and the holder of the Lease."""
    with database.connect() as session:
        found = session.execute(f"SELECT term, holder FROM {schema}.fence".encode()).fetchone()  # noqa: S608 # names of this module
    assert found is not None
    return found[0], found[1]


def says_no_secret(database: Server, *operators: OperatorProcess) -> None:
    """No log has the password."""
    assert [of for of in operators if database.password in of.process.log.read_text()] == []


def test_a_paused_leader_that_comes_back_writes_nothing(
    operators: Operators, resources: Resources, database: Server
) -> None:
    """While it stands still another takes Lease and ledger; when it goes on, it ends, and the fence is the other's."""
    forget(resources)
    resources.kubectl("delete", "lease", "aicost", "-n", NAMESPACE, "--ignore-not-found")
    settings = {"LEASE": "true", "LEDGER_URL": database.url(), "CLUSTER": "eu-1"}
    first, second = operators(**settings), operators(**settings)
    first.start()
    first.ready()
    first.process.signal(signal.SIGSTOP)
    second.start()
    second.until(lambda: second.get("readyz").is_success, "leading", TAKES_OVER_WITHIN_S)
    taken = holder(database, "aicost_eu_1")
    assert taken[0] == 2
    assert taken[1].endswith(f"_{second.process.pid}")
    first.process.signal(signal.SIGCONT)
    code = until(lambda: first.process.exit_code is not None and [first.process.exit_code], "the first ends")
    assert code == [1]
    assert holder(database, "aicost_eu_1") == taken
    assert second.get("readyz").is_success
    says_no_secret(database, first, second)


def test_operators_of_two_clusters_share_a_database(
    operators: Operators, resources: Resources, database: Server
) -> None:
    """Each has its own schema and its own fence, and both are ready at the same time."""
    forget(resources)
    pair = [operators(LEDGER_URL=database.url(), CLUSTER=cluster) for cluster in ("a-1", "b-1")]
    for operator in pair:
        operator.start()
    for operator in pair:
        operator.ready()
    assert [holder(database, schema)[0] for schema in ("aicost_a_1", "aicost_b_1")] == [1, 1]
    assert [operator.report().json()["cluster"] for operator in pair] == ["a-1", "b-1"]
    assert [operator.stop() for operator in pair] == [0, 0]
    says_no_secret(database, *pair)
