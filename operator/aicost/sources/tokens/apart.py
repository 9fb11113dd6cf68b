"""Counts that a provider tells of parts only if it is asked for each: what parts leave of the whole is told, too.

A part is asked for by values (a tier, a customer), and includes what has more values than these. Ask for the whole last:
what is used meanwhile is in the rest then, and not in one part alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TypeAlias

from aicost.core.declarations import Dimensions
from aicost.sources.tokens.answers import dimensions_of
from aicost.sources.tokens.used import Used

Counts: TypeAlias = Mapping[Dimensions, Used]


def apart(whole: Counts, asked: Mapping[Dimensions, Counts]) -> dict[Dimensions, Used]:
    """All counts with the values of the part that they are in: `asked` are those of each part, by its values.

    They sum to the whole, but for failed requests of which parts have more. Raises Contradictory where a part is more than
    what it is a part of.
    """
    alone: dict[Dimensions, Counts] = {}
    for _, level in groupby(sorted(asked, key=lambda of: -len(of)), key=len):
        alone |= {of: _less(asked[of], [found for more, found in alone.items() if more > of]) for of in level}
    alone[frozenset()] = _less(whole, alone.values())
    return {dimensions_of(row | of): used for of, counts in alone.items() for row, used in counts.items()}


def _less(counts: Counts, parts: Iterable[Counts]) -> Counts:
    """What parts leave of counts; a row of which they leave nothing is none."""
    taken: dict[Dimensions, Used] = defaultdict(Used)
    for part in parts:
        for row, used in part.items():
            taken[row] += used
    return dict(_left(counts, taken))


def _left(counts: Counts, taken: Counts) -> Iterator[tuple[Dimensions, Used]]:
    for row in dict.fromkeys((*counts, *taken)):
        left = counts.get(row, Used()) - taken.get(row, Used())
        if left != Used() or row not in taken:
            yield row, left
