"""Finds the owner chains of new pods, in the background, a few at a time, until it has them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aicost.cluster.backoff import Backoff
from aicost.cluster.owners import Owners
from aicost.cluster.pods import BoundPod
from aicost.core.identity import ObjectRef
from aicost.ports import Forbidden, Malformed, Unavailable

logger = logging.getLogger(__name__)
_AT_ONCE = 8


class Naming:
    """Takes pods by `add` and gives their chains to `named`. Until then a pod has its direct controller only."""

    def __init__(self, owners: Owners, named: Callable[[str, tuple[ObjectRef, ...]], None], backoff: Backoff) -> None:
        self._owners = owners
        self._named = named
        self._backoff = backoff
        self._waiting: asyncio.Queue[BoundPod] = asyncio.Queue()
        self._untried = 0

    @property
    def caught_up(self) -> bool:
        """Whether every pod's chain was asked for at least once."""
        return self._untried == 0

    def add(self, pod: BoundPod) -> None:
        """Find this pod's chain, if there is more to know than its direct controller."""
        if pod.controller and self._owners.may_go_on(pod.controller):
            self._untried += 1
            self._waiting.put_nowait(pod)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_AT_ONCE):
                tasks.create_task(self._work())

    async def _work(self) -> None:
        while True:
            pod = await self._waiting.get()
            first = True
            while problem := await self._try(pod, first=first):
                first = False
                delay = self._backoff.next()
                logger.warning("owners of pod %s are unknown, again in %.1f s: %s", pod.identity, delay, problem)
                await asyncio.sleep(delay)

    async def _try(self, pod: BoundPod, *, first: bool) -> Exception | None:
        try:
            chain = await self._owners.chain(pod.identity.namespace, pod.controller)
        except (Unavailable, Forbidden, Malformed) as problem:
            return problem
        else:
            self._named(pod.identity.uid, chain)
            self._backoff.reset()
            return None
        finally:
            self._untried -= first
