"""An operator that ends, in order or not, and begins again: the same ledger, and nobody notices."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx

from e2e.operator_process import OperatorProcess
from e2e.tests.operator.conftest import Operators
from e2e.tests.operator.november.conftest import Scene
from e2e.tests.operator.resources import Resources, until


def counted(operator: OperatorProcess, metric: str) -> float:
    """The value of a metric without labels."""
    lines = operator.get("metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{metric} ")).split()[1])


def digest(operator: OperatorProcess) -> str:
    return str(operator.report().json()["digest"])


def ledger(operator: OperatorProcess) -> Path:
    return Path(operator.settings["LEDGER_URL"].removeprefix("sqlite:///"))


def begin(operator: OperatorProcess) -> None:
    operator.start()
    operator.ready()


def kill_when_grown(operator: OperatorProcess) -> None:
    """Kill it in the moment in which its ledger grows; at the latest when it has evaluated."""
    before, look_again = size(operator), time.monotonic() + 1
    while size(operator) == before:
        time.sleep(0.0005)
        if time.monotonic() > look_again:
            look_again += 1
            if is_ready(operator):
                break
    operator.kill()


def size(operator: OperatorProcess) -> int:
    """Of the ledger and its log; 0 before they are there."""
    path = ledger(operator)
    try:
        return path.stat().st_size + path.with_name(f"{path.name}-wal").stat().st_size
    except FileNotFoundError:
        return 0


def is_ready(operator: OperatorProcess) -> bool:
    try:
        return operator.get("readyz").is_success
    except httpx.HTTPError:
        return False


def assert_quiet(operator: OperatorProcess, resources: Resources, before: dict[str, str]) -> None:
    """Three evaluations later nothing was written."""
    until(lambda: counted(operator, "aicost_evaluations_total") >= 3, "three evaluations")
    assert counted(operator, "aicost_status_writes_total") == 0
    assert resources.versions() == before


def test_a_restart_changes_nothing(scene: Scene, operator: OperatorProcess) -> None:
    """In the middle of a month: the same digest, and not one status write; after a stop, and after SIGKILL."""
    begin(operator)
    known, versions = digest(operator), scene.resources.versions()
    assert operator.stop() == 0
    begin(operator)
    assert digest(operator) == known
    assert_quiet(operator, scene.resources, versions)
    operator.kill()
    begin(operator)
    assert digest(operator) == known
    assert_quiet(operator, scene.resources, versions)


def test_a_workload_deleted_meanwhile_keeps_its_past(scene: Scene, operator: OperatorProcess) -> None:
    """Deleted while nobody looked: what it cost stays its own and its unit's, in the report and among the unit's top."""
    begin(operator)
    known = digest(operator)
    assert operator.stop() == 0
    scene.resources.delete("aicost", "search/notebook")
    begin(operator)
    rows = operator.report().json()["rows"]
    assert [(row["unit"], row["amount"]) for row in rows if row["workload"] == "search/notebook"] == [
        ("search", "96.00")
    ]
    assert digest(operator) == known
    unit = scene.resources.status("bu", "search")
    assert (unit["total"]["charged"], unit["top"]["workloads"]) == (
        "1120.80",
        [
            {"namespace": "search", "name": "rank", "amount": "1024.80"},
            {"namespace": "search", "name": "notebook", "amount": "96.00", "deleted": True},
        ],
    )


def test_a_kill_in_a_commit_loses_nothing(scene: Scene, operators: Operators) -> None:
    """Killed again and again while the first numbers are stored: whole in the end, as if nothing had happened."""
    undisturbed, operator = operators(**scene.settings()), operators(**scene.settings())
    begin(undisturbed)
    known = digest(undisturbed)
    undisturbed.stop()
    for _ in ("while its tables are made", "in the first commit", "afterwards"):
        operator.start()
        kill_when_grown(operator)
    begin(operator)
    assert digest(operator) == known
    assert operator.stop() == 0
    with closing(sqlite3.connect(ledger(operator))) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
