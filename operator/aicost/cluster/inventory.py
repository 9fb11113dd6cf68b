"""The live cluster as the evaluation asks for it: its watches and the owner look-ups between them."""

from __future__ import annotations

import asyncio

from aicost.cluster.autoscalers import Autoscalers
from aicost.cluster.backoff import Backoff
from aicost.cluster.cardgroups import CardGroups
from aicost.cluster.claims import Claims
from aicost.cluster.connection import Connection
from aicost.cluster.holders import Holders
from aicost.cluster.listwatch import ListWatch, Pace
from aicost.cluster.naming import Naming
from aicost.cluster.owners import Owners
from aicost.cluster.requests import NODES, PODS, RESOURCE_CLAIMS, RESOURCE_SLICES
from aicost.cluster.shapes import Shapes
from aicost.cluster.slices import Slices
from aicost.core.holdings import Devices
from aicost.core.recommendations.live import Live
from aicost.core.recommendations.shapes import NOTHING_SOUGHT, Sought
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
        self._claims = Claims()
        self._slices = Slices()
        self._slices.on_change = self._cards.publish
        self._clock = clock
        self._pods = ListWatch(connection, PODS, self._holders, clock, pace)
        self._nodes = ListWatch(connection, NODES, self._cards, clock, pace)
        self._claiming = ListWatch(connection, RESOURCE_CLAIMS, self._claims, clock, pace, optional=True)
        self._publishing = ListWatch(connection, RESOURCE_SLICES, self._slices, clock, pace, optional=True)
        self._autoscalers = Autoscalers(connection, every=pace.relist, retry=pace.retry_first)
        self._shapes = Shapes(connection, every=pace.relist)
        self._named_once = False

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for watch in (self._pods, self._nodes, self._claiming, self._publishing):
                tasks.create_task(watch.run())
            tasks.create_task(self._naming.run())
            tasks.create_task(self._autoscalers.run())
            tasks.create_task(self._shapes.run())

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
    def claims_synced_at(self) -> Instant | None:
        """When ResourceClaims and ResourceSlices were last known to be complete; else None.

        Both watches are silent for a minute where nothing is published or claimed, and hold nothing up meanwhile.
        """
        claims, slices = self._claiming.synced_at, self._publishing.synced_at
        if claims is None or slices is None:
            return None
        return min(claims, slices) if self._slices.publishes or self._claims.holds else self._clock.now()

    @property
    def synced_at(self) -> Instant | None:
        parts = (self.pods_synced_at, self.nodes_synced_at, self.claims_synced_at)
        known = [at for at in parts if at is not None]
        return min(known) if len(known) == len(parts) else None

    def devices(self, until: Instant) -> Devices:
        claimed = tuple(self._claims.held(until, self._slices.device))
        held = (*self._holders.holdings(until, claimed), *(each.own for each in claimed))
        return Devices(tuple(self._cards.groups(until)), held, tuple(sorted(self._holders.ended(until))))

    def live(self, sought: Sought = NOTHING_SOUGHT) -> Live:
        return Live(tuple(sorted(self._holders.asking())), self._autoscalers.scalers, self._shapes.seek(sought))

    def forget(self, before: Instant) -> None:
        """Drop what ended before: the ledger has it."""
        self._holders.forget(before)
        self._cards.forget(before)
        self._claims.forget(before)
        self._owners.forget(self._holders.controllers())
