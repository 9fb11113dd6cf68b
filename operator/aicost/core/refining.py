"""Refining a bill: how a line of a shared key divides among those whom a gateway saw using it (accounting rule 4).

A line is divided by the tokens of its own kind and model, each at the line's own price, so that prices are scaled and
never people. What the gateway did not see stays with the line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from aicost.core.declarations import Dimensions, Source
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import Instant, Window

UNCACHED = frozenset({"input_tokens", "uncached_input_tokens"})
CACHED = frozenset({"cached_input_tokens", "cache_read_input_tokens"})
WRITTEN = frozenset(
    {
        "cache_write_tokens",
        "input_cache_write_tokens",
        "cache_creation.ephemeral_5m_input_tokens",
        "cache_creation.ephemeral_1h_input_tokens",
    }
)
OUTPUT = frozenset({"output_tokens"})
"""The kinds of tokens that line items are of, as OpenAI and Anthropic name them."""
_DATED = re.compile(r"-20\d\d-?\d\d-?\d\d$")

_OfKey: TypeAlias = tuple[str, str]
_OfDay: TypeAlias = tuple[str, Instant]


@dataclass(frozen=True, slots=True)
class Share:
    """What a refining source saw of one caller, in tokens of the line's kind; without dimensions: what it did not see."""

    source: str
    caller: Dimensions
    tokens: int


@dataclass(frozen=True, slots=True)
class Refinement:
    """Which keys of which bills are refined by which source, and what was counted on each day, by provider and gateway."""

    refiners: Mapping[_OfKey, str] = field(default_factory=dict)
    counted: Mapping[_OfDay, tuple[UsageRow, ...]] = field(default_factory=dict)

    def shares(self, source: str, day: Window, dimensions: Dimensions, quantity: int) -> tuple[Share, ...]:
        """How a bill row divides: by caller, sorted, and last what was not seen. Empty: the row stays as it is.

        `quantity` is how many tokens the row says that it is of, 0 where it does not.

        That is so for a row of another key, of no kind of token, of which nobody says how many there were, and on a day
        that the refining source saw nothing of.
        """
        key = dict(dimensions).get("apiKey", "")
        refiner = self.refiners.get((source, key))
        model, kind = item(dimensions)
        if refiner is None or not kind:
            return ()
        seen = _by_caller(self.counted.get((refiner, day.start), ()), model, kind)
        billed = quantity or self._provided(source, day, key, model, kind)
        if not seen or billed <= 0:
            return ()
        shares = [Share(refiner, caller, seen[caller]) for caller in sorted(seen, key=sorted)]
        return (*shares, Share(refiner, frozenset(), max(0, billed - sum(seen.values()))))

    def _provided(self, source: str, day: Window, key: str, model: str, kind: str) -> int:
        """How many tokens of this kind the provider itself counted of the key and the model."""
        rows = self.counted.get((source, day.start), ())
        of_key = [row for row in rows if ("apiKey", key) in row.dimensions]
        return sum(tokens_of(row.tokens, kind) for row in of_key if is_of(row.dimensions, model))


REFINED_BY_NONE = Refinement()


def refinement(sources: Iterable[Source], usage: Iterable[UsageRow]) -> Refinement:
    """Of the declared sources that refine, with the usage of them and of the bills that they refine.

    A key that two sources refine is the first's by name, so that nothing is divided twice.
    """
    refiners: dict[_OfKey, str] = {}
    for source in sorted(sources, key=lambda each: each.name):
        for key in sorted(source.refines):
            refiners.setdefault(key, source.name)
    wanted = {*refiners.values(), *(bill for bill, _ in refiners)}
    counted: dict[_OfDay, list[UsageRow]] = defaultdict(list)
    for row in usage:
        if row.source in wanted:
            counted[row.source, row.day.start].append(row)
    return Refinement(refiners, {of: tuple(rows) for of, rows in counted.items()})


def item(dimensions: Dimensions) -> tuple[str, str]:
    """The model and the kind of token that a bill row is of: `gpt-6-sol, input_tokens`, or each by itself.

    The kind is empty for what is not paid by token.
    """
    named = dict(dimensions)
    model, _, kind = named.get("lineItem", "").rpartition(", ")
    known = UNCACHED | CACHED | WRITTEN | OUTPUT
    return named.get("model") or model, kind if kind in known else ""


def is_of(dimensions: Dimensions, model: str) -> bool:
    """Whether usage is of a model; the date of a snapshot in a model's name makes no other model."""
    used = dict(dimensions).get("model", "")
    return bool(model) and _DATED.sub("", used) == _DATED.sub("", model)


def tokens_of(counted: Tokens, kind: str) -> int:
    """How many of the tokens are of a kind. All input includes what caches gave and took."""
    if kind in UNCACHED:
        return max(0, counted.input - counted.cached_input - counted.cache_write)
    if kind in CACHED:
        return counted.cached_input
    if kind in WRITTEN:
        return counted.cache_write
    return counted.output if kind in OUTPUT else 0


def _by_caller(rows: Iterable[UsageRow], model: str, kind: str) -> dict[Dimensions, int]:
    seen: dict[Dimensions, int] = defaultdict(int)
    for row in rows:
        if is_of(row.dimensions, model) and (counted := tokens_of(row.tokens, kind)):
            seen[frozenset(pair for pair in row.dimensions if pair[0] != "model")] += counted
    return seen
