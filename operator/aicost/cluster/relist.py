"""Lists our kinds again and again, so that the store misses no deletion for long."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aicost.cluster.backoff import Backoff
from aicost.cluster.connection import Connection
from aicost.cluster.kinds import KINDS
from aicost.cluster.lists import pages
from aicost.cluster.resources import ResourceStore
from aicost.ports import Clock, Forbidden, Malformed, Unavailable

logger = logging.getLogger(__name__)


class Relister:
    """Feeds a store with whole lists every `every` seconds; a kind that fails is tried again sooner."""

    def __init__(
        self, connection: Connection, store: ResourceStore, clock: Clock, *, every: float = 300, retry: float = 1
    ) -> None:
        self._connection = connection
        self._store = store
        self._clock = clock
        self._every = every
        self._retry = retry

    async def run(self) -> None:
        """List until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for kind in KINDS:
                tasks.create_task(self._follow(kind))

    async def _follow(self, kind: str) -> None:
        backoff = Backoff(self._retry, max(self._retry, min(self._every, 30)))
        while True:
            try:
                await self.relist(kind)
            except (Unavailable, Forbidden, Malformed) as problem:
                delay = backoff.next()
                logger.warning("%s objects were not listed, again in %.1f s: %s", kind, delay, problem)
                await asyncio.sleep(delay)
            else:
                backoff.reset()
                await asyncio.sleep(self._every)

    async def relist(self, kind: str) -> None:
        """List one kind now. Raises Unavailable, Forbidden or Malformed; the store is as it was then."""
        began, items, version = self._clock.now(), list[Any](), "0"
        async for page in pages(self._connection, KINDS[kind]):
            items += page.items
            version = page.version
        try:
            self._store.reconcile(kind, items, version, began)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Malformed(f"a list of {kind} objects cannot be read: {error!r}") from error
