"""The custom resources as last seen, fed by kopf's events and by whole lists, in whatever order these arrive.

kopf alone would not do: it never tells of deletions that happened while its watch was away. Any thread may call.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from aicost.api.declared import Translated
from aicost.cluster.kinds import KINDS
from aicost.cluster.shelf import Shelf
from aicost.core.window import Instant
from aicost.ports import ResourceRef

Body: TypeAlias = Mapping[str, Any]
Bodies: TypeAlias = Mapping[str, tuple[Body, ...]]


class ResourceStore:
    """Implements ports.DeclarationStore. `translate` gets the bodies by kind, sorted by namespace and name."""

    def __init__(self, translate: Callable[[Bodies], Translated]) -> None:
        self._translate = translate
        self._lock = threading.Lock()
        self._shelves = {kind: Shelf() for kind in KINDS}
        self._listed_at: dict[str, Instant] = {}
        self._serial = 0
        self._translated: tuple[int, Translated | None] = 0, None
        self._listeners: list[Callable[[], None]] = []

    @property
    def synced(self) -> bool:
        return self.synced_at is not None

    @property
    def synced_at(self) -> Instant | None:
        """When the kind that was listed longest ago was; None before every kind was."""
        with self._lock:
            return min(self._listed_at.values()) if len(self._listed_at) == len(KINDS) else None

    def observe(self, change: str | None, body: Body) -> None:
        """One object, as a watch event or an answer shows it. `change` as in the watch; None: it is there."""
        with self._lock:
            shelf = self._shelves[body["kind"]]
            news = shelf.drop(body) if change == "DELETED" else shelf.put(body)
        self._tell(news)

    def reconcile(self, kind: str, items: Sequence[Body], version: str, at: Instant) -> None:
        """Every object of a kind, as of this resource version: what is not among them is gone."""
        with self._lock:
            news = self._shelves[kind].replace([{"kind": kind, **item} for item in items], version)
            first = kind not in self._listed_at
            self._listed_at[kind] = at
        self._tell(news or first)

    def resources(self, kind: str) -> tuple[Body, ...]:
        """All objects of a kind, by namespace and name."""
        with self._lock:
            return self._shelves[kind].bodies()

    def resource(self, ref: ResourceRef) -> Body | None:
        """One object, or None if there is none."""
        with self._lock:
            return self._shelves[ref.kind].get(ref.namespace, ref.name)

    def declarations(self) -> Translated:
        serial, translated = self._translated
        if translated is None or serial != self._serial:
            serial = self._serial  # news that come during the translation count for the next
            translated = self._translate({kind: self.resources(kind) for kind in KINDS})
            self._translated = serial, translated
        return translated

    def changes(self) -> asyncio.Event:
        """An event of the running loop, set whenever a spec came, changed or went; the caller clears it."""
        changed, loop = asyncio.Event(), asyncio.get_running_loop()

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(changed.set)

        self._listeners.append(tell)
        return changed

    def _tell(self, news: bool) -> None:
        if news:
            self._serial += 1
            for listener in self._listeners:
                listener()
