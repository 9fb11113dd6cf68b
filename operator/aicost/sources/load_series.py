"""Loads of cards and of model servers out of Prometheus' series."""

from __future__ import annotations

import asyncio

from aicost.core.identity import Labels
from aicost.core.loads import Loads
from aicost.core.window import Window
from aicost.sources.dcgm_loads import card_loads
from aicost.sources.hours import whole_hours
from aicost.sources.prometheus import Prometheus, in_parts
from aicost.sources.server_loads import server_loads


class LoadSeries:
    """LoadSource from Prometheus; `only` are the labels of dcgm-exporter's scrape, and without any all targets count."""

    def __init__(self, prometheus: Prometheus, only: Labels = frozenset()) -> None:
        self._prometheus = prometheus
        self._only = only

    async def loads(self, over: Window) -> Loads:
        """By whole hour of the window. Raises Unavailable, Malformed or Forbidden."""
        hours = whole_hours(over)
        if hours is None:
            return Loads()
        parts = await in_parts(self._part, hours)
        return Loads(
            tuple(load for part in parts for load in part.cards), tuple(load for part in parts for load in part.servers)
        )

    async def _part(self, hours: Window) -> Loads:
        cards, servers = await asyncio.gather(
            card_loads(self._prometheus, self._only, hours), server_loads(self._prometheus, hours)
        )
        return Loads(cards, servers)
