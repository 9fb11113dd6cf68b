"""A live cluster for tests."""

from __future__ import annotations

from dataclasses import dataclass

from aicost.core.holdings import CardGroup, Devices, Holding, clipped
from aicost.core.recommendations.live import Asking, Live, Scaler
from aicost.core.recommendations.shapes import NOTHING_SOUGHT, Shape, Sought
from aicost.core.window import Instant, Window
from tests.support.fakes import ManualClock


@dataclass
class FakeInventory:
    """The live cluster. Holdings and groups that still go on end at FOREVER; `watching` False is a lost watch."""

    clock: ManualClock
    groups: tuple[CardGroup, ...] = ()
    holdings: tuple[Holding, ...] = ()
    watching: bool = True
    scalers: tuple[Scaler, ...] | None = ()
    shapes: tuple[Shape, ...] = ()
    asking: tuple[Asking, ...] = ()

    @property
    def synced_at(self) -> Instant | None:
        return self.clock.now() if self.watching else None

    def devices(self, until: Instant) -> Devices:
        return clipped(Devices(self.groups, self.holdings), Window(Instant(0), until))

    def live(self, sought: Sought = NOTHING_SOUGHT) -> Live:
        return Live(
            self.asking, self.scalers, tuple(each for each in self.shapes if (each.namespace, each.ref) in sought)
        )

    def forget(self, before: Instant) -> None:
        self.groups = tuple(group for group in self.groups if group.window.end > before)
        self.holdings = tuple(holding for holding in self.holdings if holding.window.end > before)
