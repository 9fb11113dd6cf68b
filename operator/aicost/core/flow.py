"""As much as can go from some places to others, by whatever lies between: maximum flow, by the shortest ways first.

All shortest ways are used up in one pass over what leads to them (blocking flows: Dinic, 1970), so that the passes are few
where one way at a time would be as many as there are places.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(slots=True, eq=False)
class Place:
    """Where something is: what is left to go on from here, or to come, and what went on to where so far.

    What leads nowhere is an end. Between places any amount may go, and what went may be taken back.
    """

    left: int = 0
    went: dict[Place, int] = field(default_factory=dict)
    came_from: list[Place] = field(default_factory=list)

    def leads_to(self, other: Place) -> None:
        """More may go there."""
        self.went[other] = 0
        other.came_from.append(self)

    def wants(self) -> bool:
        """Whether it is an end to which more may come."""
        return bool(self.left) and not self.went

    def reachable(self) -> Iterator[Place]:
        """Where more of it could go: on, or back to where some came from, which may then go elsewhere."""
        yield from self.went
        yield from (place for place in self.came_from if place.went[self])


def spread(starts: Sequence[Place]) -> None:
    """Let all go on from where it starts that can, to ends that have something left. The same order gives the same result."""
    able = [start for start in starts if start.went]
    while ways := _shortest([start for start in able if start.left]):
        for start in able:
            _use_up(start, ways)


@dataclass(frozen=True, slots=True)
class _Ways:
    """Places by how many steps they are from the nearest start, and from each place whereto it may be worth to go on still."""

    steps: Mapping[Place, int]
    onward: dict[Place, list[Place]] = field(default_factory=dict)

    def after(self, here: Place) -> Place | None:
        """The next place on a shortest way, if there is one still: what was used up is looked at never again."""
        if here not in self.onward:
            further = self.steps[here] + 1
            self.onward[here] = [there for there in here.reachable() if self.steps.get(there) == further]
        onward = self.onward[here]
        while onward and not self._open(here, onward[-1]):
            onward.pop()
        return onward[-1] if onward else None

    def _open(self, here: Place, there: Place) -> bool:
        spent = not self.onward.get(there, True) and not there.wants()
        return not spent and (there in here.went or there.went[here] > 0)


def _shortest(starts: Collection[Place]) -> _Ways | None:
    """The ways to the nearest ends that want something; None if there is none."""
    steps, edge = dict.fromkeys(starts, 0), list(starts)
    while edge and not any(place.wants() for place in edge):
        further = steps[edge[0]] + 1
        edge = list(dict.fromkeys(there for here in edge for there in here.reachable() if there not in steps))
        steps.update(dict.fromkeys(edge, further))
    return _Ways(steps) if edge else None


def _use_up(start: Place, ways: _Ways) -> None:
    """Move all that can go from one start by the shortest ways."""
    way = [start]
    while way and start.left:
        if way[-1].wants():
            _move(way)
            way = [start]
        elif there := ways.after(way[-1]):
            way.append(there)
        else:
            way.pop()


def _move(way: Sequence[Place]) -> None:
    """As much by this way as all of its steps allow: a step back takes back what went there."""
    steps = tuple(pairwise(way))
    amount = min(way[0].left, way[-1].left, *(there.went[here] for here, there in steps if there not in here.went))
    for here, there in steps:
        if there in here.went:
            here.went[there] += amount
        else:
            there.went[here] -= amount
    way[0].left -= amount
    way[-1].left -= amount
