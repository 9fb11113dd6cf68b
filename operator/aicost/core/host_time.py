"""Over which time a node's CPU and memory cost something: while a price of its cards leaves them out, and none includes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.coverage import Coverage, missing, union
from aicost.core.holdings import CardGroup
from aicost.core.identity import Labels, NodeRef
from aicost.core.prices import PriceBook
from aicost.core.products import model_of
from aicost.core.window import HOUR, Instant, Window, floor

Piece: TypeAlias = tuple[Window, Labels]
"""A time of a node, and its labels then."""


@dataclass(frozen=True, slots=True)
class Host:
    """A node over the pieces of an hour in which its CPU and memory cost something, disjoint and in order."""

    node: NodeRef
    pieces: tuple[Piece, ...]

    @property
    def parts(self) -> Coverage:
        """The pieces as few as possible."""
        return union(part for part, _ in self.pieces)

    @property
    def span(self) -> Window:
        """From its first piece to its last."""
        return Window(self.pieces[0][0].start, self.pieces[-1][0].end)

    @property
    def seconds(self) -> int:
        """All its pieces together."""
        return sum(part.seconds for part, _ in self.pieces)

    def during(self, there: Window) -> Coverage:
        """Its time while somebody was there."""
        return tuple(common for part, _ in self.pieces if (common := part.overlap(there)))


def hosts(groups: Iterable[CardGroup], prices: PriceBook, over: Iterable[Window]) -> Iterator[Host]:
    """The nodes of which CPU and memory cost something, by hour; every second of a node once, however many cards it has."""
    apart: dict[tuple[NodeRef, Instant], list[Piece]] = defaultdict(list)
    included: dict[tuple[NodeRef, Instant], list[Window]] = defaultdict(list)
    known = union(over)
    for group in groups:
        model = model_of(group.product)
        fitting = prices.on(model, group.labels)
        for part in (
            part for window in known if (there := group.window.overlap(window)) for part in there.pieces(HOUR)
        ):
            at = group.node, floor(part.start, HOUR)
            price = fitting.gpu(model, group.labels, part.start) if group.product else None
            if price and price.includes_host:
                included[at].append(part)
            elif price:
                apart[at].append((part, group.labels))
    for at, pieces in sorted(apart.items()):
        if left := _once(pieces, included[at]):
            yield Host(at[0], left)


def _once(pieces: Sequence[Piece], paid: Iterable[Window]) -> tuple[Piece, ...]:
    """The pieces without what is paid, none of them twice: where two say how the node was labelled, the later does."""
    taken, found = union(paid), list[Piece]()
    for part, labels in sorted(pieces, key=lambda piece: (piece[0].start, sorted(piece[1])), reverse=True):
        found += ((left, labels) for left in missing(part, taken))
        taken = union((*taken, part))
    return tuple(sorted(found, key=lambda piece: piece[0]))
