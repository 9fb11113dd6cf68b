"""Tells people of transitions by Events (events.k8s.io/v1): in the background, bounded, each once in a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aicost.cluster.bucket import Bucket
from aicost.cluster.connection import Connection
from aicost.cluster.kinds import GROUP, VERSION, shown
from aicost.cluster.requests import EVENTS, Request
from aicost.cluster.resources import ResourceStore
from aicost.ports import Forbidden, Malformed, ResourceRef, Unavailable

logger = logging.getLogger(__name__)
CONTROLLER = "aicost.dev/operator"
_LONGEST_NOTE = 1024
_OF_CLUSTER_SCOPED = "default"


@dataclass(frozen=True, slots=True)
class _News:
    about: ResourceRef
    reason: str
    message: str
    warning: bool


@dataclass(frozen=True, slots=True)
class Patience:
    """`waiting` Events at most wait to be posted at `per_second`; the same one is not posted again for `again` s."""

    waiting: int = 256
    per_second: float = 5
    again: float = 600


def _real_time() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class EventAnnouncer:
    """Implements ports.Announcer while `run` runs. `instance` names this process; `posted` and `dropped` count for metrics."""

    connection: Connection
    store: ResourceStore
    instance: str
    patience: Patience = field(default_factory=Patience)
    time: Callable[[], datetime] = _real_time
    posted: int = 0
    dropped: int = 0
    _waiting: asyncio.Queue[_News] = field(default_factory=asyncio.Queue, init=False)
    _told: dict[_News, float] = field(default_factory=dict, init=False)

    async def announce(self, about: ResourceRef, reason: str, message: str, *, warning: bool) -> None:
        news, now = _News(about, reason, message, warning), asyncio.get_running_loop().time()
        self._told = {told: at for told, at in self._told.items() if at > now - self.patience.again}
        if news in self._told:
            return
        if self._waiting.qsize() >= self.patience.waiting:
            self.dropped += 1
            return
        self._told[news] = now
        self._waiting.put_nowait(news)

    async def run(self) -> None:
        """Post until cancelled."""
        bucket = Bucket(self.patience.per_second, burst=10)
        while True:
            news = await self._waiting.get()
            await bucket.take()
            await self._post(news)

    async def _post(self, news: _News) -> None:
        namespace = news.about.namespace or _OF_CLUSTER_SCOPED
        try:
            await self.connection.send(Request("create", EVENTS, namespace), self._event(news, namespace))
            self.posted += 1
        except (Unavailable, Forbidden, Malformed) as problem:
            self.dropped += 1
            logger.info("an Event about %s was lost: %s", shown(news.about), problem)

    def _event(self, news: _News, namespace: str) -> dict[str, Any]:
        about, body = news.about, self.store.resource(news.about)
        regarding = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": about.kind,
            "name": about.name,
            **({"namespace": about.namespace} if about.namespace else {}),
            **({"uid": body["metadata"]["uid"]} if body else {}),
        }
        return {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"generateName": f"{about.name[:200].rstrip('.-')}-", "namespace": namespace},
            "eventTime": self.time().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "type": "Warning" if news.warning else "Normal",
            "reason": news.reason,
            "note": _shortened(news.message),
            "action": "Evaluate",
            "reportingController": CONTROLLER,
            "reportingInstance": self.instance[:128],
            "regarding": regarding,
        }


def _shortened(message: str) -> str:
    """The API takes a note of 1 kB; cut by bytes, never inside a character."""
    return message.encode()[:_LONGEST_NOTE].decode(errors="ignore")
