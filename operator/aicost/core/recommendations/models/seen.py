"""What gateways saw of the models of bills: each request once, and what of a key's own rows nobody saw.

Of several that refine one key the source counts by which its bills are divided that day: what the others tell are the same
requests (`core/rivals.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TypeAlias

from aicost.core.declarations import REFINE, Source
from aicost.core.refining import Keys, refiners_of
from aicost.core.rivals import first_to_see
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import Window

BilledBy: TypeAlias = Callable[[Source, UsageRow], tuple[str, str, str]]
"""The source whose bill a row is of, its provider, and the model as that provider names it."""
_Of: TypeAlias = tuple[str, str, str, Window]
"""The gateway, the bill, the model and the day."""


class Seen:
    """What gateways saw in a window, of whomever it was. `refiners` are those of a day.

    Where one of these is declared no more, the elder of those that are stands in for it.
    """

    def __init__(
        self,
        usage: Iterable[UsageRow],
        sources: Mapping[str, Source],
        refiners: Callable[[Window], Keys],
        billed_by: BilledBy,
    ) -> None:
        declared = refiners_of(sources.values())

        def keys(day: Window) -> Keys:
            there = {key: name for key, name in refiners(day).items() if name in sources}
            return {**declared, **there}

        def first(day: Window) -> frozenset[str]:
            return frozenset(source.name for source in first_to_see(sources.values(), self._keys(day)))

        self._keys = cache(keys)
        self._first = cache(first)
        self._left: dict[_Of, Tokens] = defaultdict(Tokens)
        for row in usage:
            source = sources.get(row.source)
            if source and source.role == REFINE:
                bill, _, model = billed_by(source, row)
                self._left[source.name, bill, model, row.day] += row.tokens

    def is_told_by_another(self, row: UsageRow) -> bool:
        """Whether another source than its own tells of the same requests, and counts."""
        return row.source not in self._first(row.day)

    def unseen(self, row: UsageRow, model: str) -> Tokens:
        """What of a bill's row of a key the key's gateway did not see; what was seen is taken off once."""
        gateway = self._keys(row.day).get((row.source, dict(row.dimensions).get("apiKey", "")))
        if gateway is None:
            return row.tokens
        of = gateway, row.source, model, row.day
        taken = _least(row.tokens, self._left[of])
        self._left[of] = _minus(self._left[of], taken)
        return _minus(row.tokens, taken)


def _least(one: Tokens, other: Tokens) -> Tokens:
    return Tokens(*(min(pair) for pair in _pairs(one, other)))


def _minus(one: Tokens, other: Tokens) -> Tokens:
    """What is left; caches never give or take more than all input."""
    left = Tokens(*(mine - theirs for mine, theirs in _pairs(one, other)))
    cached = min(left.cached_input, left.input)
    written = min(left.cache_write, left.input - cached)
    return replace(left, cached_input=cached, cache_write=written, cache_write_long=min(left.cache_write_long, written))


def _pairs(one: Tokens, other: Tokens) -> Iterator[tuple[int, int]]:
    yield from (
        (one.input, other.input),
        (one.cached_input, other.cached_input),
        (one.cache_write, other.cache_write),
        (one.output, other.output),
        (one.requests, other.requests),
        (one.cache_write_long, other.cache_write_long),
    )
