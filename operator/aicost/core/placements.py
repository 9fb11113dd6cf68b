"""On which card a MIG instance lies, and which pod was seen on it: what dcgm-exporter's labels tell, hour by hour.

It says where a holding is, never who holds: that comes from Kubernetes alone (accounting rules 1 and 3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from aicost.core.coverage import union
from aicost.core.window import HOUR, Window


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
    def holder(self) -> str:
        """The pod, as str(PodIdentity) names it."""
        return f"{self.namespace}/{self.pod}" if self.pod else ""


def together(placements: Iterable[Placement]) -> tuple[Placement, ...]:
    """Each once, hours that follow each other as one window; the same in any order, however often each comes."""
    alike: dict[tuple[str, ...], list[Placement]] = defaultdict(list)
    for each in placements:
        alike[each.node, each.card, each.instance, each.profile, each.holder].append(each)
    joined = ((of[0], over) for of in alike.values() for over in union(each.window for each in of))
    return tuple(sorted(replace(each, window=over) for each, over in joined))


def cut_differently(placements: Iterable[Placement]) -> tuple[Placement, ...]:
    """Those of nodes and windows of which some cards are cut otherwise than others: where all are alike none says more."""
    cards: dict[tuple[str, Window], dict[str, set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
    told = tuple(placements)
    for each in told:
        cards[each.node, each.window][each.card].add((each.instance, each.profile))
    layouts = {
        where: {tuple(sorted(profile for _, profile in of)) for of in on.values()} for where, on in cards.items()
    }
    return tuple(sorted(each for each in told if len(layouts[each.node, each.window]) > 1))
