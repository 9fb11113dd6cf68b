"""Counts that a provider tells of parts only if it is asked for each: what parts leave of the whole is told, too.

A part is asked for by values (a tier, a customer), and includes what has more values than these. Ask for the whole last:
what is used meanwhile is in the rest then, and not in one part alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple
from itertools import groupby
from typing import TypeAlias

from aicost.core.declarations import Dimensions
from aicost.core.usage import Tokens
from aicost.sources.tokens.answers import dimensions_of
from aicost.sources.tokens.pages import Contradictory

Counts: TypeAlias = Mapping[Dimensions, Tokens]


def apart(whole: Counts, asked: Mapping[Dimensions, Counts]) -> dict[Dimensions, Tokens]:
    """All counts with the values of the part that they are in: `asked` are those of each part, by its values.

    They sum to the whole. Raises Contradictory where a part is more than what it is a part of.
    """
    alone: dict[Dimensions, Counts] = {}
    for _, level in groupby(sorted(asked, key=lambda of: -len(of)), key=len):
        alone |= {of: _less(asked[of], [found for more, found in alone.items() if more > of]) for of in level}
    alone[frozenset()] = _less(whole, alone.values())
    return {dimensions_of(row | of): tokens for of, counts in alone.items() for row, tokens in counts.items()}


def _less(counts: Counts, parts: Iterable[Counts]) -> Counts:
    """What parts leave of counts; a row of which they leave nothing is none."""
    taken: dict[Dimensions, Tokens] = defaultdict(Tokens)
    for part in parts:
        for row, tokens in part.items():
            taken[row] += tokens
    if taken.keys() - counts.keys():
        raise Contradictory("a part was used of what is not in the whole")
    return dict(_left(counts, taken))


def _left(counts: Counts, taken: Counts) -> Iterator[tuple[Dimensions, Tokens]]:
    for row, tokens in counts.items():
        pairs = zip(astuple(tokens), astuple(taken.get(row, Tokens())), strict=True)
        left = Tokens(*(count - less for count, less in pairs))
        if min(astuple(left)) < 0:
            raise Contradictory("more was used of a part than of the whole")
        if left != Tokens() or row not in taken:
            yield row, left
