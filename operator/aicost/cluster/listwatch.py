"""Follow a resource for ever: list it, watch it, list it again when the watch has a gap or some time has passed.

Each object is projected at once to what its follower keeps. Errors never end it; they are logged and tried again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from aicost.cluster.backoff import Backoff
from aicost.cluster.connection import Connection
from aicost.cluster.failures import ExpiredError, NotFoundError, ThrottledError
from aicost.cluster.lists import PAGE, pages
from aicost.cluster.requests import Resource
from aicost.cluster.watches import Change, Event, watch
from aicost.core.window import Instant
from aicost.ports import Clock, Forbidden, Malformed, Unavailable

logger = logging.getLogger(__name__)
T = TypeVar("T")


class Follower(Protocol[T]):
    """Whoever keeps what a watch shows."""

    def project(self, item: Mapping[str, Any]) -> T | None:
        """What to keep of an object; None: it will never matter. KeyError, TypeError, ValueError: it is malformed."""
        ...

    def on_list(self, items: Sequence[T], at: Instant, since: Instant | None) -> None:
        """All that exists at `at`; whatever else was there went since `since` (None: nothing was known before)."""
        ...

    def on_event(self, change: Change, item: T, at: Instant, since: Instant) -> None:
        """One object changed: that was heard at `at`, and had not happened yet at `since`.

        A stream that broke is taken up again where it was, so that it may tell late; nothing tells how late.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast: seconds, except `page`, which is items a request.

    `watch` bounds how long the server keeps a watch open; `silence` is how long it may say nothing (it sends a
    bookmark a minute); `relist` is when everything is listed again though nothing seems missing.
    """

    page: int = PAGE
    watch: tuple[int, int] = (300, 600)
    silence: float = 90
    relist: float = 1800
    retry_first: float = 0.5
    retry_most: float = 30


class ListWatch(Generic[T]):
    """Keeps one follower in step with one resource; `run` never returns, cancellation ends it at once.

    Where the resource is `optional`, a server that does not know it has nothing of it; it is asked again now and then.
    """

    def __init__(
        self,
        connection: Connection,
        resource: Resource,
        follower: Follower[T],
        clock: Clock,
        pace: Pace | None = None,
        *,
        optional: bool = False,
    ) -> None:
        self._connection = connection
        self._resource = resource
        self._follower = follower
        self._clock = clock
        self._pace = pace or Pace()
        self._optional = optional
        self._backoff = Backoff(self._pace.retry_first, self._pace.retry_most)
        self._version = ""
        self._relist_at = 0.0
        self._known_at: Instant | None = None
        self._lost = True

    @property
    def synced_at(self) -> Instant | None:
        """When the follower was last known to be complete; None before the first list and while the watch is lost."""
        return None if self._lost else self._known_at

    async def run(self) -> None:
        """List and watch until cancelled."""
        while True:
            try:
                if not self._version or _now() >= self._relist_at:
                    await self._list()
                await self._watch()
            except NotFoundError as problem:
                await (self._without(problem) if self._optional else self._pause(problem))
            except ExpiredError as problem:
                self._version = ""
                await self._pause(problem, logging.INFO)
            except Malformed as problem:
                self._version = ""
                await self._pause(problem)
            except (Unavailable, Forbidden) as problem:
                await self._pause(problem)
            except Exception as problem:  # one bad object or a bug of ours must not end the watch
                logger.exception("following %s failed, it is listed again", self._resource.plural)
                self._version = ""
                await self._pause(problem, logging.DEBUG)

    async def _list(self) -> None:
        began, items, version = self._clock.now(), list[T](), ""
        async for page in pages(self._connection, self._resource, size=self._pace.page):
            items += [kept for item in page.items if (kept := self._kept(item)) is not None]
            version = page.version
        self._follower.on_list(items, began, self._known_at)
        self._version, self._known_at = version, began
        self._relist_at = _now() + self._pace.relist * random.uniform(0.9, 1.1)  # noqa: S311 # spreads load

    async def _watch(self) -> None:
        left = int(self._relist_at - _now())
        seconds = max(1, min(random.randint(*self._pace.watch), left))  # noqa: S311 # spreads load
        heard = False
        events = watch(self._connection, self._resource, self._version, seconds, self._pace.silence)
        async with aclosing(events):
            async for event in events:
                self._lost = False
                if event.version:
                    heard = True
                    self._heard(event)
                if _now() >= self._relist_at:
                    break
        if not heard:
            await asyncio.sleep(self._backoff.next())

    def _heard(self, event: Event) -> None:
        at = self._clock.now()
        if event.change and (item := self._kept(event.item)) is not None:
            self._follower.on_event(event.change, item, at, at if self._known_at is None else self._known_at)
        self._version = event.version
        self._known_at = at
        self._backoff.reset()

    def _kept(self, item: Mapping[str, Any]) -> T | None:
        try:
            return self._follower.project(item)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = (item.get("metadata") or {}).get("name") if isinstance(item, dict) else None
            logger.warning("%s %s is left out, it cannot be read: %r", self._resource.plural, name, error)
            return None

    async def _without(self, problem: NotFoundError) -> None:
        now = self._clock.now()
        self._follower.on_list((), now, self._known_at)
        logger.log(logging.INFO if self._lost else logging.DEBUG, "there are no %s: %s", self._resource.plural, problem)
        self._version, self._known_at, self._lost = "", now, False
        await asyncio.sleep(self._pace.silence)

    async def _pause(self, problem: Exception, level: int = logging.WARNING) -> None:
        self._lost = True
        delay = max(self._backoff.next(), problem.seconds if isinstance(problem, ThrottledError) else 0)
        logger.log(level, "%s are not followed for now, again in %.1f s: %s", self._resource.plural, delay, problem)
        await asyncio.sleep(delay)


def _now() -> float:
    return asyncio.get_running_loop().time()
