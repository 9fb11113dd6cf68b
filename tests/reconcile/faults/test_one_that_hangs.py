"""A provider that never answers: the others' bills, the GPUs and the statuses are there at once, all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from aicost.core.window import HOUR
from e2e.emulators.faults import Fault, hang
from tests.reconcile.faults.cluster import STANDARD, Cluster, Provider
from tests.reconcile.world import CHAT

PATIENCE = 20
"""Seconds in which all of the others must be there; the provider that hangs would take a minute."""


async def evaluated(cluster: Cluster) -> None:
    """What the engine does in a cycle: it waits for no bill."""
    cluster.evaluation.watch()
    cluster.evaluation.attend(float(cluster.clock.now()))
    await cluster.evaluation.catch_up()
    await cluster.evaluation.run()


@pytest.mark.parametrize(("hung", "other"), [("OpenAI", "Anthropic"), ("Anthropic", "OpenAI")])
async def test_one_that_hangs_delays_nobody(providers: Mapping[str, Provider], hung: str, other: str) -> None:
    """GPU cost and statuses come with the first evaluation, the other bill as soon as it is read; neither waits."""
    for name, provider in providers.items():
        provider.reset(STANDARD[name])
    providers[hung].emulator.faults.append(Fault(hang(60)))
    cluster = Cluster(providers)
    cluster.declare()
    cluster.populate()
    async with asyncio.timeout(PATIENCE):
        await evaluated(cluster)
        assert cluster.store.status(CHAT)["cost"]["incurred"]["gpu"] == "288.00"
        while cluster.condition(cluster.source(other), "DataAvailable")["status"] != "True":
            await asyncio.sleep(0.05)
            await evaluated(cluster)
        cluster.clock.advance(HOUR)
        await evaluated(cluster)
    assert cluster.store.status(CHAT)["cost"]["incurred"]["gpu"] == "296.00"
    assert cluster.condition(cluster.source(hung), "DataAvailable")["reason"] == "BillPending"
    cluster.desk.close()
    await cluster.desk.settle()
