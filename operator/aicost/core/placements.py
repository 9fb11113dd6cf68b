"""On which card a MIG instance lies, and which pod was seen on it: what dcgm-exporter's labels tell, hour by hour.

It says where a holding is, never who holds: that comes from Kubernetes alone (accounting rules 1 and 3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from aicost.core.coverage import union
from aicost.core.window import HOUR, Instant, Window, floor


@dataclass(frozen=True, slots=True, order=True)
class Placement:
    """A MIG instance that was seen in each hour of a window of whole UTC hours, held by a pod, or by none where it is empty.

    `card` is the card's UUID, `instance` the id of the GPU instance on it, `profile` as of core.layout.normalised.
    """

    node: str
    card: str
    instance: str
    profile: str
    window: Window
    namespace: str = ""
    pod: str = ""

    def __post_init__(self) -> None:
        if self.window.start % HOUR or self.window.end % HOUR:
            raise ValueError(f"instance {self.instance} of card {self.card} was seen in {self.window}: no whole hours")

    @property
    def lies(self) -> tuple[str, str, str, str]:
        """Which instance it is of which card."""
        return self.node, self.card, self.instance, self.profile

    @property
    def holder(self) -> str:
        """The pod, as str(PodIdentity) names it."""
        return f"{self.namespace}/{self.pod}" if self.pod else ""


def together(placements: Iterable[Placement]) -> tuple[Placement, ...]:
    """Each once, hours that follow each other as one window; the same in any order, however often each comes."""
    alike: dict[tuple[str, ...], list[Placement]] = defaultdict(list)
    for each in placements:
        alike[*each.lies, each.holder].append(each)
    joined = ((of[0], over) for of in alike.values() for over in union(each.window for each in of))
    return tuple(sorted(replace(each, window=over) for each, over in joined))


def layouts(told: Iterable[Placement]) -> Mapping[str, tuple[str, ...]]:
    """The profiles of the instances on each card, by its UUID, whoever held them."""
    cards: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for each in told:
        cards[each.card].add((each.instance, each.profile))
    return {card: tuple(sorted(profile for _, profile in of)) for card, of in sorted(cards.items())}


def are_cut_differently(told: Iterable[Placement]) -> bool:
    """Whether some of the cards are cut otherwise than others."""
    return len(set(layouts(told).values())) > 1


def telling(placements: Iterable[Placement]) -> tuple[Placement, ...]:
    """Those that say more than a node's labels do, by node and window.

    Of cards that are cut differently all. Of those that are cut alike, into instances of one profile, where each lies and
    not who held it: with MIG strategy `single` no label counts cards.
    """
    told: dict[tuple[str, Window], list[Placement]] = defaultdict(list)
    for each in placements:
        told[each.node, each.window].append(each)
    found: set[Placement] = set()
    for of in told.values():
        if are_cut_differently(of):
            found.update(of)
        elif len({each.profile for each in of}) == 1:
            found.update(replace(each, namespace="", pod="") for each in of)
    return tuple(sorted(found))


def needed(placements: Iterable[Placement], over: Window) -> tuple[Placement, ...]:
    """Those of a window, and of each node what was told last before it of the same devices: cards are there until told otherwise.

    What is kept of an hour is all that was told of it: a part would be devices that never were.
    """
    known, start = tuple(placements), floor(over.start, HOUR)
    last: dict[tuple[str, tuple[str, ...], int], tuple[Window, Sequence[Placement]]] = {}
    for node, stretches in by_stretch(each for each in known if each.window.start < start).items():
        for hours, seen in stretches.items():
            if hours.start < start:
                last[node, *_devices(seen)] = hours, seen
    before = (replace(each, window=hours) for hours, seen in last.values() for each in seen)
    during = (each for each in known if each.window.end > start and each.window.start < over.end)
    return together((*before, *not_before(start, during)))


def not_before(start: Instant, placements: Iterable[Placement]) -> Iterator[Placement]:
    """Without what was seen before an instant, the begin of an hour; each ends after it."""
    for each in placements:
        yield each if each.window.start >= start else replace(each, window=Window(start, each.window.end))


def _devices(seen: Iterable[Placement]) -> tuple[tuple[str, ...], int]:
    """What a node offers, on whichever cards: the profiles of its instances, and how many instances they are of."""
    told = tuple(seen)
    profiles = sorted(chain.from_iterable(layouts(told).values()))
    return tuple(profiles), len({(each.card, each.instance) for each in told})


def by_stretch(placements: Iterable[Placement]) -> Mapping[str, Mapping[Window, Sequence[Placement]]]:
    """By node, all that was seen in each window within which that did not change."""
    nodes: dict[str, list[Placement]] = defaultdict(list)
    for each in placements:
        nodes[each.node].append(each)
    return {node: _between_changes(of) for node, of in nodes.items()}


def _between_changes(told: Sequence[Placement]) -> Mapping[Window, Sequence[Placement]]:
    edges = sorted({edge for each in told for edge in (each.window.start, each.window.end)})
    place = {edge: at for at, edge in enumerate(edges)}
    there: list[list[Placement]] = [[] for _ in edges[1:]]
    for each in told:
        for of in there[place[each.window.start] : place[each.window.end]]:
            of.append(each)
    return {Window(*pair): of for pair, of in zip(pairwise(edges), there, strict=True) if of}
