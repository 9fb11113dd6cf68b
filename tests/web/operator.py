"""A running operator's parts as the probes see them, over fakes: nothing of it needs a cluster."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import ClientSession

from aicost.core.coverage import Progress
from aicost.core.window import Instant
from aicost.reconcile.asking import Asking
from aicost.reconcile.engine import Health
from aicost.settings import Settings
from aicost.web.server import LOOPBACK
from aicost.wiring import App
from tests.support.builders import T0


@dataclass
class Stores:
    """Inventory and resource store in one: when each part was last complete."""

    pods_synced_at: Instant | None = T0
    nodes_synced_at: Instant | None = T0
    claims_synced_at: Instant | None = T0
    synced_at: Instant | None = T0


@dataclass
class Recording:
    """The recorder as far as the metrics look at it."""

    progress: Progress = field(default_factory=lambda: Progress(0, 0))


@dataclass
class Advising:
    """The desk for advice as far as the metrics look at it."""

    asking: Asking = field(default_factory=Asking)


@dataclass
class Facts:
    """The evaluation as far as the metrics look at it."""

    facts: Any = None
    recorder: Recording = field(default_factory=Recording)
    advice: Advising = field(default_factory=Advising)


@dataclass
class Working:
    """The engine as far as the probes look at it."""

    health: Health = field(default_factory=Health)
    evaluation: Facts = field(default_factory=Facts)


@dataclass
class Writer:
    """What could not be written."""

    failed: int = 0


@dataclass
class Announcer:
    """What was posted, and what was not."""

    posted: int = 0
    dropped: int = 0


@dataclass
class Operator:
    """The parts of wiring's App that the probes look at."""

    settings: Settings = field(default_factory=Settings)
    inventory: Stores = field(default_factory=Stores)
    store: Stores = field(default_factory=Stores)
    engine: Working = field(default_factory=Working)
    writer: Writer = field(default_factory=Writer)
    announcer: Announcer = field(default_factory=Announcer)

    def app(self) -> App:
        """As the probes take it."""
        return cast("App", self)


async def get(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Status, content type and text of a page on loopback."""
    async with (
        ClientSession() as session,
        session.get(f"http://{LOOPBACK}:{port}{path}", headers=headers) as answer,
    ):
        return answer.status, answer.content_type, await answer.text()
