"""On which card each MIG instance lies, from dcgm-exporter's labels: in one query for a window, whatever the number of cards.

The node is what the exporter names as its host; an exporter that names its own pod there tells of no node.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from aicost.core.identity import Labels
from aicost.core.layout import normalised
from aicost.core.placements import Placement, telling
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.dcgm import UP
from aicost.sources.dcgm_history import targets
from aicost.sources.dcgm_holders import Holders
from aicost.sources.hours import whole_hours
from aicost.sources.matchers import of_the_right_scrape, selecting, the_only
from aicost.sources.prometheus import Prometheus, in_parts
from aicost.sources.prometheus_answers import Sample
from aicost.sources.recorded import filled

_SEEN = "DCGM_FI_PROF_GR_ENGINE_ACTIVE"
"""What exporters tell of every instance: what a card's memory holds is missing under MIG in some (dcgm-exporter #512)."""


class DcgmPlacements:
    """PlacementSource from dcgm-exporter; `only` are the labels of its scrape. Without any, all must come from one job and namespace."""

    def __init__(self, prometheus: Prometheus, only: Labels = frozenset()) -> None:
        self._prometheus = prometheus
        self._only = only

    async def placements(self, over: Window) -> tuple[Placement, ...]:
        """By whole hour of the window, as far as they say more than labels. Raises Unavailable, Malformed or Forbidden."""
        hours = whole_hours(over)
        parts = await in_parts(self._part, hours) if hours else []
        return tuple(each for part in parts for each in part)

    async def _part(self, hours: Window) -> tuple[Placement, ...]:
        labels = ",".join(filter(None, ('GPU_I_ID!=""', selecting(self._only))))
        query = f"count_over_time({_SEEN}{{{labels}}}[1h] offset 1ms)"
        up, seen = await asyncio.gather(
            self._prometheus.instant(filled(UP, hours, HOUR, self._only), hours.end),
            self._prometheus.steps(query, Instant(hours.start + HOUR), hours.end, HOUR),
        )
        if seen and not self._only:
            the_only(targets(seen, up), "dcgm-exporter", of_the_right_scrape("dcgmMatchers"))
        return telling(placements_of(seen, Holders(sample.labels for sample in up)))


def placements_of(seen: Iterable[Sample], holders: Holders) -> Iterator[Placement]:
    """What samples at the ends of hours tell: each instance of which its node, card, id and profile are told."""
    for sample in seen:
        labels, holder = sample.labels, holders.of(sample.labels)
        node = labels.get("hostname") or labels.get("Hostname", "")
        place = node, labels.get("UUID", ""), labels.get("GPU_I_ID", ""), normalised(labels.get("GPU_I_PROFILE", ""))
        if all(place):
            pod = (holder.namespace, holder.pod) if holder else ("", "")
            yield Placement(*place, Window(Instant(sample.at - HOUR), sample.at), *pod)
