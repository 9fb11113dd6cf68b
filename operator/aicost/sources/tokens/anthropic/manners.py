"""How a day's requests were made: in which tier, context window, region and at which speed.

Analytics are grouped by five dimensions at most, which whose they are takes up. So each manner that occurs on a day is
asked for by itself, by its values as filters, split by whose it is; what it leaves of the whole was made in the standard
manner. Values that are standard, or null, are filtered by nowhere: what nobody tells apart stays in the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from typing import TypeAlias

from aicost.core.declarations import Dimensions
from aicost.core.usage import Tokens
from aicost.sources.tokens.answers import Answer, dimensions_of
from aicost.sources.tokens.anthropic.parts import named
from aicost.sources.tokens.pages import Contradictory

DIMENSIONS = {"service_tier": "tier", "context_window": "contextWindow", "inference_geo": "region", "speed": "speed"}
"""Anthropic's names of what a manner consists of, and ours."""
SPLIT_BY = (tuple(DIMENSIONS), ("service_tier", "context_window"), ("service_tier",))
"""How manners are asked for; the next where one is refused."""
_STANDARD = frozenset({("tier", "standard"), ("contextWindow", "0-200k"), ("region", "global"), ("speed", "standard")})

Counts: TypeAlias = Mapping[Dimensions, Tokens]


def manner(group: Answer) -> Dimensions:
    """What of a row's group is not standard. Raises Malformed."""
    return dimensions_of(named(group, DIMENSIONS.items()) - _STANDARD)


def filters(of: Dimensions) -> list[tuple[str, str]]:
    """The parameters that ask for what was made in a manner, and maybe in more than that."""
    ours = {name: theirs for theirs, name in DIMENSIONS.items()}
    return [(f"{ours[name]}s[]", value) for name, value in sorted(of)]


def apart(whole: Counts, asked: Sequence[tuple[Dimensions, Counts]]) -> dict[Dimensions, Tokens]:
    """All counts by whose they are and their manner: `asked` are those of each, which include those of manners with more to them.

    They sum to the whole. Raises Contradictory where a part is more than what it is a part of.
    """
    alone: dict[Dimensions, Counts] = {}
    for of, counts in sorted(asked, key=lambda each: -len(each[0])):
        alone[of] = _less(counts, [within for more, within in alone.items() if more > of])
    alone[frozenset()] = _less(whole, list(alone.values()))
    return {dimensions_of(row | of): tokens for of, counts in alone.items() for row, tokens in counts.items()}


def _less(counts: Counts, parts: Sequence[Counts]) -> Counts:
    """What parts leave of counts; rows of which they leave nothing are none."""
    if any(row not in counts for part in parts for row in part):
        raise Contradictory("what was used in one tier, region or speed is not in all that was used")
    return dict(_left(counts, parts))


def _left(counts: Counts, parts: Sequence[Counts]) -> Iterator[tuple[Dimensions, Tokens]]:
    for row, tokens in counts.items():
        within = [part[row] for part in parts if row in part]
        columns = zip(astuple(tokens), astuple(sum(within, Tokens())), strict=True)
        left = Tokens(*(count - taken for count, taken in columns))
        if min(astuple(left)) < 0:
            raise Contradictory("more was used in one tier, region or speed than in all")
        if left != Tokens() or not within:
            yield row, left
