"""Who owned a thing over which time, to the second."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from aicost.core.claims import Contest
from aicost.core.ledger import Owner
from aicost.core.window import Instant, Window, window


@dataclass(frozen=True, slots=True)
class Succession:
    """The owners of a thing in the order of time, each with the instant from which it is theirs.

    The first one's instant means nothing: before it there was nobody else. `contests` are those of the last one.
    """

    owners: tuple[tuple[Instant, Owner], ...]
    contests: frozenset[Contest] = frozenset()

    def __post_init__(self) -> None:
        if not self.owners or any(one >= other for (one, _), (other, _) in pairwise(self.owners)):
            raise ValueError(f"owners follow each other in time: {self.owners}")

    def over(self, span: Window) -> Iterable[tuple[Window, Owner]]:
        """Its owners over a window: parts that tile it, in order."""
        return self._cut(span) if len(self.owners) > 1 else ((span, self.owners[0][1]),)

    def _cut(self, span: Window) -> Iterator[tuple[Window, Owner]]:
        begins = [span.start, *(at for at, _ in self.owners[1:])]
        ends = [*begins[1:], span.end]
        for begin, end, (_, owner) in zip(begins, ends, self.owners, strict=True):
            if part := window(max(begin, span.start), min(end, span.end)):
                yield part, owner

    def seconds(self, span: Window) -> tuple[tuple[Owner, int], ...]:
        """How long it was whose within a window, in a stable order: by what a thing is divided that has no finer time."""
        held: dict[Owner, int] = defaultdict(int)
        for part, owner in self.over(span):
            held[owner] += part.seconds
        return tuple(sorted(held.items()))
