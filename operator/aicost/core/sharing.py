"""Devices that pods share by one ResourceClaim: at every instant equal parts of them for those whom it is reserved for.

The rest of what a claim held, from its allocation to its end, is held by the claim itself, in its namespace (accounting
rule 3: a shared DRA claim = reservedFor, none: its namespace).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from aicost.core.holdings import Holding
from aicost.core.window import Instant, Window

Held: TypeAlias = tuple[Holding, Window]
"""A holding, and the part of its time that is asked for."""


@dataclass(frozen=True, slots=True)
class Part:
    """A holding over a window in which it is one of `of` that hold the same devices: the one of that rank, from 0."""

    holding: Holding
    window: Window
    rank: int = 0
    of: int = 1

    def divided(self, start: int, end: int) -> int:
        """Its part of a total that grows from `start` to `end`.

        Differences of one cumulative floor: the parts of all ranks sum to the growth exactly (Hermite's identity), and
        so do those of a window's parts. Two sharers differ by less than one in all.
        """
        return (end + self.rank) // self.of - (start + self.rank) // self.of


def parts(held: Iterable[Held]) -> Iterator[Part]:
    """Who held what, cut in time so that those who share devices are the same in each part. Any order gives the same."""
    claims: dict[tuple[str, str, str], list[Held]] = defaultdict(list)
    for holding, over in held:
        if holding.claim:
            claims[holding.node, holding.resource, holding.claim].append((holding, over))
        else:
            yield Part(holding, over)
    for _, of in sorted(claims.items()):
        yield from _of_claim(of)


def devices_at(held: Iterable[Held], at: Instant) -> int:
    """How many devices are held at an instant: those of a claim once."""
    return sum(holding.count for holding, over in once(parts(held)) if at in over)


def once(shared: Iterable[Part]) -> Iterator[Held]:
    """The same devices at the same time, those of a claim once."""
    return ((part.holding, part.window) for part in shared if part.rank == 0)


def _of_claim(held: list[Held]) -> Iterator[Part]:
    edges = sorted({edge for _, over in held for edge in (over.start, over.end)})
    for start, end in pairwise(edges):
        here = [holding for holding, over in held if start in over]
        sharers = [holding for holding in here if not holding.is_unreserved] or here
        for rank, holding in enumerate(sorted(sharers, key=lambda holding: holding.pod.uid)):
            yield Part(holding, Window(start, end), rank, len(sharers))
