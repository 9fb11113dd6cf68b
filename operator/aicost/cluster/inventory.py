"""The live cluster as the evaluation asks for it: two watches and the owner look-ups between them."""

from __future__ import annotations

import asyncio

from aicost.cluster.backoff import Backoff
from aicost.cluster.cardgroups import CardGroups
from aicost.cluster.connection import Connection
from aicost.cluster.holders import Holders
from aicost.cluster.listwatch import ListWatch, Pace
from aicost.cluster.naming import Naming
from aicost.cluster.owners import Owners
from aicost.cluster.requests import NODES, PODS
from aicost.core.holdings import Devices
from aicost.core.window import Instant
from aicost.ports import Clock


class LiveInventory:
    """Implements ports.Inventory while `run` runs; all of it on one event loop."""

    def __init__(self, connection: Connection, clock: Clock, pace: Pace | None = None) -> None:
        pace = pace or Pace()
        self._owners = Owners(connection)
        self._holders = Holders()
        self._naming = Naming(self._owners, self._holders.named, Backoff(pace.retry_first, pace.retry_most))
        self._holders.on_new = self._naming.add
        self._cards = CardGroups()
        self._pods = ListWatch(connection, PODS, self._holders, clock, pace)
        self._nodes = ListWatch(connection, NODES, self._cards, clock, pace)
        self._named_once = False

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pods.run())
            tasks.create_task(self._nodes.run())
            tasks.create_task(self._naming.run())

    @property
    def pods_synced_at(self) -> Instant | None:
        """When pods were last known to be complete, with their owner chains at the first time; else None."""
        synced_at = self._pods.synced_at
        self._named_once = self._named_once or (synced_at is not None and self._naming.caught_up)
        return synced_at if self._named_once else None

    @property
    def nodes_synced_at(self) -> Instant | None:
        """When nodes were last known to be complete; else None."""
        return self._nodes.synced_at

    @property
    def synced_at(self) -> Instant | None:
        pods, nodes = self.pods_synced_at, self.nodes_synced_at
        return None if pods is None or nodes is None else min(pods, nodes)

    def devices(self, until: Instant) -> Devices:
        return Devices(tuple(self._cards.groups(until)), tuple(self._holders.holdings(until)))

    def forget(self, before: Instant) -> None:
        """Drop what ended before: the ledger has it."""
        self._holders.forget(before)
        self._cards.forget(before)
        self._owners.forget(self._holders.controllers())
