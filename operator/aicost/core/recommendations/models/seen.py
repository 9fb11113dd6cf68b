"""What gateways saw of the models of bills: each request once, and what of a key's own rows nobody saw.

Of several that refine one key the source counts by which its bills are divided that day: what the others tell are the same
requests (`core/rivals.py`). A gateway names keys of its own, so which of the provider's a row is of only the bill can tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TypeAlias

from aicost.core.declarations import REFINE, Source
from aicost.core.refining import BilledKey, Keys, refiners_of
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

        self._sources = sources
        self._billed_by = billed_by
        self._keys = cache(keys)
        self._left: dict[_Of, Tokens] = defaultdict(Tokens)
        self._told: dict[tuple[str, str, Window], set[str]] = defaultdict(set)
        for row in usage:
            if source := sources.get(row.source):
                bill, _, model = billed_by(source, row)
                self._told[source.name, model, row.day].add(dict(row.dimensions).get("apiKey", ""))
                if source.role == REFINE:
                    self._left[source.name, bill, model, row.day] += row.tokens

    def counted_by(self, row: UsageRow) -> frozenset[str]:
        """The sources that count the keys that a row of a declared source may be of.

        Its own alone: it counts. Others alone: they tell of the same requests. Its own and others: nobody knows which.
        """
        source = self._sources[row.source]
        bill, _, model = self._billed_by(source, row)
        keys = self._keys(row.day)
        may_be = self._of_provider(source, bill) if source.role == REFINE else ()
        used = [key for key in may_be if not self._is_unused(key, source, model, row.day)]
        return frozenset(keys[key] for key in used or may_be) or frozenset({source.name})

    def _of_provider(self, source: Source, bill: str) -> Collection[BilledKey]:
        """The keys of the provider whose bill it is, of all bills; where no bill tells of it any."""
        declared = self._sources
        kind = declared[bill].type
        return [key for key in source.refines if key[0] in declared and declared[key[0]].type == kind] or source.refines

    def _is_unused(self, key: BilledKey, by: Source, model: str, day: Window) -> bool:
        """Whether the bill tells by which keys a model was used that day, and this is none; nor did whoever counts it see any."""
        (bill, name), counts = key, self._keys(day)[key]
        used = self._told.get((bill, model, day), set())
        may_be = used | self._told.get((bill, "", day), set())
        seen = counts != by.name and (counts, model, day) in self._told
        return bool(used) and not may_be & {name, ""} and not seen

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
