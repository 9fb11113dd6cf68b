"""The probes over real HTTP: alive while evaluations finish, ready when everything is in sync, and what is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from aicost.core.coverage import Progress
from aicost.settings import Settings
from aicost.web.probes import PATIENCE_SECONDS, Probes, routes
from aicost.web.server import LOOPBACK, serving
from tests.support.builders import T0, a_total, facts, owned_by, usd
from tests.web.operator import Operator, get


@asynccontextmanager
async def pages(probes: Probes) -> AsyncIterator[int]:
    async with serving(routes(probes), LOOPBACK, 0) as port:
        yield port


def now() -> float:
    return asyncio.get_running_loop().time()


def leading(operator: Operator, *, started: float = 0.0) -> Probes:
    return Probes(started, operator.app())


@pytest.mark.parametrize(
    ("finished", "started", "asked", "cycle", "alive"),
    [
        (None, 0.0, PATIENCE_SECONDS, 60, True),
        (None, 0.0, PATIENCE_SECONDS + 1, 60, False),
        (1000.0, 0.0, 1000.0 + PATIENCE_SECONDS, 60, True),
        (1000.0, 0.0, 1001.0 + PATIENCE_SECONDS, 60, False),
        (None, 0.0, 3600.0, 360, True),
        (None, 0.0, 3601.0, 360, False),
    ],
)
def test_it_is_alive_while_evaluations_finish(
    finished: float | None, started: float, asked: float, cycle: float, alive: bool
) -> None:
    """Counted from the last evaluation that finished, or from the start; ten cycles where those are long."""
    operator = Operator(settings=Settings(cycle=cycle))
    operator.engine.health.finished_at = finished
    assert (leading(operator, started=started).problem(asked) is None) is alive


async def test_a_silent_engine_fails_its_liveness_in_words() -> None:
    """The kubelet gets a 503, people get since when nothing happened."""
    operator = Operator()
    operator.engine.health.finished_at = now() - PATIENCE_SECONDS - 5
    async with pages(leading(operator)) as port:
        assert await get(port, "/healthz") == (503, "text/plain", "no evaluation finished for 605 s\n")
        operator.engine.health.finished_at = now()
        assert await get(port, "/healthz") == (200, "text/plain", "ok\n")


async def test_a_replica_that_waits_is_alive_but_not_ready() -> None:
    """Waiting for the Lease is no fault, however long; but nobody should read from it."""
    async with pages(Probes(started=now() - 10 * PATIENCE_SECONDS)) as port:
        assert (await get(port, "/healthz"))[0] == 200
        assert await get(port, "/readyz") == (503, "text/plain", "waits for the Lease\n")
        assert "aicost_leader 0.0\n" in (await get(port, "/metrics"))[2]


async def test_it_is_ready_when_everything_is_in_sync() -> None:
    """After the lists and the first evaluation."""
    operator = Operator()
    operator.engine.health.evaluations = 1
    async with pages(leading(operator)) as port:
        assert await get(port, "/readyz") == (200, "text/plain", "ok\n")


async def test_what_is_missing_is_named_line_by_line() -> None:
    """Pods, nodes, claims and resources each have their own line; then comes the first evaluation."""
    operator = Operator()
    inventory, store = operator.inventory, operator.store
    inventory.pods_synced_at = inventory.nodes_synced_at = inventory.claims_synced_at = store.synced_at = None
    async with pages(leading(operator)) as port:
        missing = "pods are not in sync\nnodes are not in sync\nclaims are not in sync\nresources are not in sync\n"
        assert await get(port, "/readyz") == (503, "text/plain", missing)
        inventory.pods_synced_at = inventory.nodes_synced_at = inventory.claims_synced_at = store.synced_at = T0
        assert await get(port, "/readyz") == (503, "text/plain", "no evaluation finished yet\n")


async def test_a_full_disk_is_named() -> None:
    """Both pages say what keeps evaluations from finishing: who reads them need not look for the log."""
    operator = Operator()
    operator.engine.health.problem = "ledger /data/ledger.db has no room left"
    async with pages(leading(operator, started=0.0)) as port:
        said = "no evaluation finished yet: ledger /data/ledger.db has no room left\n"
        assert await get(port, "/readyz") == (503, "text/plain", said)
        operator.engine.health.finished_at = now() - PATIENCE_SECONDS - 5
        status, _, told = await get(port, "/healthz")
        assert (status, told) == (503, "no evaluation finished for 605 s: ledger /data/ledger.db has no room left\n")


async def test_metrics_tell_of_the_engine_and_of_the_month() -> None:
    """Counts and time of evaluations; costs as soon as there are facts."""
    operator = Operator()
    health = operator.engine.health
    health.evaluations, health.failures, health.statuses, health.seconds = 7, 2, 9, 0.5
    health.finished_at = now() - 30
    operator.writer.failed, operator.announcer.posted, operator.announcer.dropped = 3, 5, 4
    async with pages(leading(operator)) as port:
        before = _samples((await get(port, "/metrics"))[2])
        operator.engine.evaluation.facts = replace(facts(a_total(owned_by(), usd(4))), gaps=())
        after = _samples((await get(port, "/metrics"))[2])
    assert before["aicost_evaluations_total"] == 7
    assert before["aicost_evaluation_failures_total"] == 2
    assert before["aicost_status_writes_total"] == 9
    assert before["aicost_status_write_failures_total"] == 3
    assert (before["aicost_events_total"], before["aicost_events_lost_total"]) == (5, 4)
    assert before["aicost_evaluation_seconds"] == 0.5
    assert before["aicost_leader"] == 1
    assert 30 <= time.time() - before["aicost_evaluation_timestamp_seconds"] < 60
    assert before["aicost_build_info"] == 1
    assert "aicost_business_unit_cost" not in before
    assert "aicost_business_unit_cost" in after


async def test_metrics_tell_how_far_the_back_fill_has_come() -> None:
    """Days done and days in all, also before anything was evaluated."""
    operator = Operator()
    operator.engine.evaluation.recorder.progress = Progress(3, 25)
    async with pages(leading(operator)) as port:
        page = (await get(port, "/metrics"))[2]
    assert 'aicost_back_fill_days{state="done"} 3.0\n' in page
    assert 'aicost_back_fill_days{state="total"} 25.0\n' in page


async def test_metrics_tell_of_levers_that_failed() -> None:
    """By name; one that never failed has no series."""
    operator = Operator()
    operator.engine.evaluation.advice.asking.failures["mig_slice"] = 2
    async with pages(leading(operator)) as port:
        found = _samples((await get(port, "/metrics"))[2])
    assert found["aicost_lever_failures_total"] == 2


async def test_the_time_is_the_start_s_while_nothing_finished() -> None:
    """An operator that never evaluated looks as old as it is, so that one alert finds it too."""
    async with pages(leading(Operator(), started=now() - 100)) as port:
        began = _samples((await get(port, "/metrics"))[2])["aicost_evaluation_timestamp_seconds"]
    assert 100 <= time.time() - began < 130


async def test_other_paths_are_not_there() -> None:
    """The probes serve three pages, the read API is elsewhere."""
    async with pages(Probes(0.0)) as port:
        assert (await get(port, "/v1/report"))[0] == 404


def _samples(text: str) -> dict[str, float]:
    return {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}
