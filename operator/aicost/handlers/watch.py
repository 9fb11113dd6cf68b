"""kopf in a thread of its own: events of our kinds go into the store, nothing is written back by kopf.

Only `on.event` is used, so kopf leaves no annotation and no finalizer on anything (GitOps tools and namespaces thank).
It gets its own loop because it cancels every task of the loop that it runs in.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import kopf

from aicost.cluster.access import Access
from aicost.cluster.kinds import GROUP, KINDS, VERSION
from aicost.cluster.resources import ResourceStore
from aicost.handlers.login import credentials

logger = logging.getLogger(__name__)
STOP_SECONDS = 10.0


class ResourceWatch:
    """Feeds `store` from `start` until `stop`. `died` is set on the caller's loop if kopf ends by itself."""

    def __init__(self, store: ResourceStore, access: Access) -> None:
        self._store = store
        self._access = access
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.died = asyncio.Event()

    def start(self) -> None:
        """Begin to watch. To be called on a running loop."""
        loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, args=(loop,), name="kopf", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """End the watch."""
        self._stopping.set()
        if self._thread:
            await asyncio.to_thread(self._thread.join, STOP_SECONDS)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            asyncio.run(
                kopf.operator(
                    registry=self._registry(),
                    settings=_settings(),
                    clusterwide=True,
                    standalone=True,
                    stop_flag=self._stopping,
                )
            )
        except BaseException:  # nobody else hears of what ends a thread
            logger.exception("the watch of aicost's resources failed")
        if not self._stopping.is_set():
            loop.call_soon_threadsafe(self.died.set)

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()

        @kopf.on.login(registry=registry)
        def login(**_: Any) -> kopf.ConnectionInfo:
            return credentials(self._access)

        async def observe(event: kopf.RawEvent, **_: Any) -> None:
            self._store.observe(event["type"], dict(event["object"]))

        for kind in KINDS.values():
            kopf.on.event(GROUP, VERSION, kind.plural, registry=registry)(observe)
        return registry


def _settings() -> kopf.OperatorSettings:
    """No index exists, so the limits on workers are safe; events are announced by us, on transitions only."""
    settings = kopf.OperatorSettings()
    settings.watching.chunk_size = 500
    settings.watching.server_timeout = 300
    settings.queueing.worker_limit = 100
    settings.queueing.idle_timeout = 0.1
    settings.posting.enabled = False
    settings.scanning.disabled = True  # it would watch CRDs and namespaces, which the operator's account may not
    settings.networking.request_timeout = 30
    settings.process.ultimate_exiting_timeout = STOP_SECONDS
    return settings
