"""How a day's requests were made: in which tier, context window, region and at which speed.

Analytics are grouped by five dimensions at most, which whose they are takes up. So each manner that occurs on a day is
asked for by itself, by its values as filters, split by whose it is; what it leaves of the whole was made in the standard
manner. Values that are standard, or null, are filtered by nowhere: what nobody tells apart stays in the rest.
"""

from __future__ import annotations

from aicost.core.declarations import Dimensions
from aicost.sources.tokens.answers import Answer, dimensions_of
from aicost.sources.tokens.anthropic.parts import named

DIMENSIONS = {"service_tier": "tier", "context_window": "contextWindow", "inference_geo": "region", "speed": "speed"}
"""Anthropic's names of what a manner consists of, and ours."""
SPLIT_BY = (tuple(DIMENSIONS), ("service_tier", "context_window"), ("service_tier",))
"""How manners are asked for; the next where one is refused."""
_STANDARD = frozenset({("tier", "standard"), ("contextWindow", "0-200k"), ("region", "global"), ("speed", "standard")})


def manner(group: Answer) -> Dimensions:
    """What of a row's group is not standard. Raises Malformed."""
    return dimensions_of(named(group, DIMENSIONS.items()) - _STANDARD)


def filters(of: Dimensions) -> list[tuple[str, str]]:
    """The parameters that ask for what was made in a manner, and maybe in more than that."""
    ours = {name: theirs for theirs, name in DIMENSIONS.items()}
    return [(f"{ours[name]}s[]", value) for name, value in sorted(of)]
