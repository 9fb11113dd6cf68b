"""Who held which cards in the past, from dcgm-exporter alone: for time that kube-state-metrics does not cover.

Only whole cards can be told apart this way (accounting rule 1). A node is what the exporter names as its host, and
nobody tells when it was created: its instant of creation is 0, so that it is the same node in every account.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.identity import Labels, NodeRef, PodIdentity
from aicost.core.window import Instant, Window, window
from aicost.ports import Account
from aicost.sources.dcgm import UP
from aicost.sources.dcgm_holders import Holder, Holders
from aicost.sources.matchers import Target, of_the_right_scrape, target, the_only
from aicost.sources.prometheus import Prometheus
from aicost.sources.prometheus_answers import Sample
from aicost.sources.recorded import day_by_day, filled, told

RESOURCE = "nvidia.com/gpu"
_CARDS = "(timestamp(DCGM_FI_DEV_FB_USED{$only}) or timestamp(DCGM_FI_DEV_GPU_UTIL{$only}))"
FIRST_SEEN = f"min_over_time({_CARDS}[$window:$step])"
LAST_SEEN = f"max_over_time({_CARDS}[$window:$step])"
_UNKNOWN = Instant(0)

Place: TypeAlias = tuple[str, str, str]
"""Node, product and how its cards are shared."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A card that was seen from a first to a last sample, held by one pod or none."""

    place: Place
    card: str
    holder: Holder | None
    first: Instant
    last: Instant


class DcgmHistory:
    """DeviceHistory from dcgm-exporter; `interval` is the seconds between two scrapes of it.

    `only` are the labels of its scrape: other targets' series are not asked for. Without any, all must come from one
    job and namespace.
    """

    def __init__(self, prometheus: Prometheus, interval: int = 60, only: Labels = frozenset()) -> None:
        self._prometheus = prometheus
        self._interval = interval
        self._only = only

    async def devices(self, over: Window) -> Account | None:
        """The account of the window; None when DCGM covers none of it. Raises Unavailable, Malformed or Forbidden."""
        return await day_by_day(self._part, over)

    async def _part(self, over: Window) -> Account | None:
        first, last, up = await asyncio.gather(
            *(
                self._prometheus.instant(filled(query, over, self._interval, self._only), over.end)
                for query in (FIRST_SEEN, LAST_SEEN, UP)
            )
        )
        if not self._only:
            the_only(targets(last, up), "dcgm-exporter", of_the_right_scrape("dcgmMatchers"))
        devices = devices_of(first, last, Holders(sample.labels for sample in up), over, self._interval)
        if not devices.groups:
            return None
        began, ended = min(int(s.value) for s in first), max(int(s.value) for s in last)
        return Account(devices, told(Instant(began), Instant(ended), over, self._interval))


def targets(seen: Iterable[Sample], up: Iterable[Sample]) -> Iterator[Target]:
    """The scrapes that series come from: `up` tells their own labels, a series may name another namespace."""
    told = [target(sample.labels) for sample in up]
    jobs = {sample.labels.get("job", "") for sample in seen} - {job for job, _ in told}
    yield from (*told, *((job, "") for job in jobs))


def devices_of(
    first: Iterable[Sample], last: Iterable[Sample], holders: Holders, over: Window, interval: int
) -> Devices:
    """The account that first and last samples of a window give."""
    seen = list(_seen(first, last, holders))
    return Devices(tuple(_groups(seen, over, interval)), tuple(_holdings(seen, interval)))


def _seen(first: Iterable[Sample], last: Iterable[Sample], holders: Holders) -> Iterator[_Seen]:
    began = {frozenset(sample.labels.items()): int(sample.value) for sample in first}
    for sample in last:
        labels = sample.labels
        node, card = labels.get("hostname") or labels.get("Hostname", ""), labels.get("UUID", "")
        if node and card:
            sharing = "mig" if labels.get("GPU_I_PROFILE") else "time-slicing" if labels.get("vgpu") else ""
            place = node, labels.get("modelName", "").replace(" ", "-"), sharing
            start = Instant(began.get(frozenset(labels.items()), int(sample.value)))
            yield _Seen(place, card, holders.of(labels), start, Instant(int(sample.value)))


def _groups(seen: Iterable[_Seen], over: Window, interval: int) -> Iterator[CardGroup]:
    """The cards of a node and product that were seen, while any was: a replaced card counts beside its successor.

    The sample before the first one was up to one interval earlier, and the card was there since then or before.
    """
    by_place: dict[Place, list[_Seen]] = defaultdict(list)
    for each in seen:
        by_place[each.place].append(each)
    for (node, product, sharing), cards in sorted(by_place.items()):
        first, last = _lasted(cards)
        there = window(max(over.start, Instant(first - interval)), Instant(last + interval))
        if there:
            count = len({each.card for each in cards})
            yield CardGroup(NodeRef(node, _UNKNOWN), RESOURCE, product, count, there, sharing=sharing)


def _holdings(seen: Iterable[_Seen], interval: int) -> Iterator[Holding]:
    by_holder: dict[tuple[str, Holder], list[_Seen]] = defaultdict(list)
    for each in seen:
        if each.holder and not each.place[2]:
            by_holder[each.place[0], each.holder].append(each)
    for (node, holder), cards in sorted(by_holder.items(), key=lambda item: (item[0][0], str(item[0][1]))):
        first, last = _lasted(cards)
        count = len({each.card for each in cards})
        held = Window(first, Instant(last + interval))
        yield Holding(_identity(holder), node, RESOURCE, count, held, assumed_from=last)


def _identity(holder: Holder) -> PodIdentity:
    """The exporter rarely tells the UID; the name stands for it, so that every account means the same pod."""
    return PodIdentity(holder.uid or f"{holder.namespace}/{holder.pod}", holder.namespace, holder.pod)


def _lasted(seen: Iterable[_Seen]) -> tuple[Instant, Instant]:
    """The first and the last sample of several."""
    firsts, lasts = zip(*((each.first, each.last) for each in seen), strict=True)
    return min(firsts), max(lasts)
