"""Refining a bill: how a line of a shared key divides among those whom a gateway saw using it (accounting rule 4).

A line is divided by the tokens of its own kind and model, each at the line's own price, so that prices are scaled and
never people. What was seen is spent once: lines of the same kind and model share it by what was billed of each. What the
gateway did not see stays with the lines. What it saw and does not tell apart is a mixture: see core.token_mixtures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm
from typing import TypeAlias

from aicost.core.declarations import Dimensions, Source
from aicost.core.mixed import NO_PRICES, Prices, parts_within, weighed
from aicost.core.model_names import same_model
from aicost.core.money import Money
from aicost.core.token_kinds import KINDS, WRITTEN, counted_of
from aicost.core.token_mixtures import Mixtures, mixtures_of, whole_of
from aicost.core.usage import UsageRow
from aicost.core.window import Instant, Window

BilledKey: TypeAlias = tuple[str, str]
"""The bill's source and the key."""
Keys: TypeAlias = Mapping[BilledKey, str]
"""The source that refines a key, by the bill's source and the key."""


@dataclass(frozen=True, slots=True)
class Billed:
    """A bill row, as far as it matters how it divides. `tokens` is how many it says that it is of, 0 where it does not.

    `amount` is what it costs; without one it is not divided where it does not say what it is of. What is `estimated` has the
    dimensions of usage, which may be more than the bill's.
    """

    source: str
    provider: str
    day: Window
    dimensions: Dimensions
    tokens: int
    amount: Money | None = None
    estimated: bool = False

    @property
    def key(self) -> BilledKey:
        """The key that was billed."""
        return self.source, dict(self.dimensions).get("apiKey", "")

    @property
    def account(self) -> tuple[str, Instant, bool]:
        """The day's bill or estimate that it is a row of: all of one are split by the same dimensions."""
        return self.source, self.day.start, self.estimated


@dataclass(frozen=True, slots=True)
class Share:
    """What a refining source saw of one caller, in parts of the line; without a source: what nobody saw."""

    source: str
    caller: Dimensions
    weight: int


@dataclass(frozen=True, slots=True)
class Refinement:
    """Who refines which keys on each day, by its begin, and what was counted on each, by provider and gateway.

    `prices` are list prices of what the provider counted on days whose bill does not say what its rows are of.
    """

    refiners: Mapping[Instant, Keys] = field(default_factory=dict)
    counted: Mapping[tuple[str, Instant], tuple[UsageRow, ...]] = field(default_factory=dict)
    prices: Prices = field(default_factory=dict)

    def shares(self, rows: Iterable[Billed]) -> Mapping[Billed, tuple[Share, ...]]:
        """How rows divide: each by caller, sorted, and last what was not seen. A row that is not here stays as it is.

        That is so for a row of another key, of no kind of token, of which nobody says how many there were, and of which the
        refining source saw nothing. A row that does not say what it is of divides by what the provider counted, at list prices.
        """
        told = tuple(rows) if any(self.refiners.values()) else ()
        split_by: dict[tuple[str, Instant, bool], set[str]] = defaultdict(set)
        for row in told:
            split_by[row.account].update(name for name, _ in row.dimensions)
        keyed = [row for row in told if self._refiner(row)]
        lines = {row: tokens for row in keyed if (tokens := self._tokens(row, split_by[row.account]))}
        mixed = {row: self._within(row, split_by[row.account]) for row in keyed if _is_mixed(row)}
        lines |= {line: Fraction(line.tokens) for of in mixed.values() for line in of}
        groups: dict[tuple[str, Instant, str], list[Billed]] = defaultdict(list)
        for row in lines:
            groups[self._refiner(row), row.day.start, _as_seen(item(row.dimensions)[1])].append(row)
        found: dict[Billed, tuple[Share, ...]] = {}
        for (refiner, day, kind), of in groups.items():
            seen = self._seen(self.counted.get((refiner, day), ()), kind, {row: lines[row] for row in of})
            found |= {row: _shares(refiner, callers, lines[row]) for row, callers in seen.items()}
        for row, within in mixed.items():
            if row.amount and any(line in found for line in within):
                seen_of = ((worth, _parts(found.get(line, ()))) for line, worth in within.items())
                callers, rest = weighed(seen_of, row.amount.nanos)
                found[row] = _weights(self._refiner(row), callers, rest)
        return {row: found[row] for row in told if row in found}

    def _within(self, row: Billed, split_by: Collection[str]) -> Mapping[Billed, Fraction]:
        """The lines that a row would be, if the bill said what it is of, with their worths."""
        own = self._counted(row, split_by)
        parts = parts_within(own, self.prices)
        return {replace(row, dimensions=named, tokens=counted): worth for named, counted, worth in parts}

    def _counted(self, row: Billed, split_by: Collection[str]) -> Iterator[UsageRow]:
        """What the provider counted of who a row names, which may be split further than the bill."""
        named = _named(row.dimensions)
        for each in self.counted.get((row.source, row.day.start), ()):
            if _named(pair for pair in each.dimensions if pair[0] in split_by) == named:
                yield each

    def _refiner(self, row: Billed) -> str:
        return self.refiners.get(row.day.start, {}).get(row.key, "")

    def _tokens(self, row: Billed, split_by: Collection[str]) -> Fraction:
        """How many tokens a row is of: by itself, or its part of what the provider counted of the key and the model.

        What takes tokens back is of none: whose they were nobody tells, so it stays with whose the row is.
        What was counted may be split further than the bill: by dimensions that are none of `split_by`.
        """
        model, kind = item(row.dimensions)
        if row.tokens or not kind:
            return Fraction(max(0, row.tokens) if kind else 0)
        own = self._counted(row, split_by)
        return Fraction(sum(counted_of(each, kind) for each in own if is_of(each, row.provider, model)))

    def _seen(
        self, rows: Collection[UsageRow], kind: str, lines: Mapping[Billed, Fraction]
    ) -> Mapping[Billed, Mapping[Dimensions, Fraction]]:
        """What was seen of each caller, spread over the lines that it may be of by what was billed of each."""
        seen: dict[Billed, dict[Dimensions, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        wholes = mixtures_of(self._own(lines), rows, kind)
        for row in rows:
            counted = counted_of(row, kind)
            fitting = _fitting(row, lines) if counted else {}
            of = _pool(row, fitting, wholes)
            caller = frozenset(pair for pair in row.dimensions if pair[0] != "model")
            for line, tokens in fitting.items():
                seen[line][caller] += Fraction(counted) * tokens / of
        return seen

    def _own(self, lines: Iterable[Billed]) -> Mapping[BilledKey, Sequence[UsageRow]]:
        """What the provider counted of the keys that were billed on a day."""
        own: dict[BilledKey, list[UsageRow]] = {line.key: [] for line in lines}
        for source, day in {(line.source, line.day.start) for line in lines}:
            for row in self.counted.get((source, day), ()):
                own.get((source, dict(row.dimensions).get("apiKey", "")), []).append(row)
        return own


REFINED_BY_NONE = Refinement()


def refinement(refiners: Mapping[Instant, Keys], usage: Iterable[UsageRow], prices: Prices = NO_PRICES) -> Refinement:
    """By who refines keys on each day, and what was used."""
    counted: dict[tuple[str, Instant], list[UsageRow]] = defaultdict(list)
    for row in usage:
        counted[row.source, row.day.start].append(row)
    return Refinement(refiners, {of: tuple(rows) for of, rows in counted.items()}, prices)


def refiners_of(sources: Iterable[Source]) -> Keys:
    """Who refines each key: of several the one that was declared first, so that a new one takes nothing away."""
    refiners: dict[tuple[str, str], str] = {}
    for source in sorted(sources, key=lambda each: (each.created, each.name)):
        for key in sorted(source.refines):
            refiners.setdefault(key, source.name)
    return refiners


def item(dimensions: Dimensions) -> tuple[str, str]:
    """The model and the kind of token that a bill row is of: `gpt-6-sol, input_tokens`, or each by itself.

    The kind is empty for what is not paid by token.
    """
    named = dict(dimensions)
    model, _, kind = named.get("lineItem", "").rpartition(", ")
    return named.get("model") or model, kind if kind in KINDS else ""


def _as_seen(kind: str) -> str:
    """The kind as gateways see it: they do not tell for how long a cache keeps what was written."""
    return "cache_write_tokens" if kind in WRITTEN else kind


def is_of(row: UsageRow, provider: str, model: str) -> bool:
    """Whether usage is of a provider's model."""
    return same_model(dict(row.dimensions).get("model", "").removeprefix(f"{provider}/"), model)


def _fitting(row: UsageRow, lines: Mapping[Billed, Fraction]) -> Mapping[Billed, Fraction]:
    """The lines of the row's model, with their tokens."""
    return {line: tokens for line, tokens in lines.items() if is_of(row, line.provider, item(line.dimensions)[0])}


def _pool(row: UsageRow, fitting: Mapping[Billed, Fraction], mixtures: Mapping[BilledKey, Mixtures]) -> Fraction:
    """All tokens that a row may have seen: what was billed of each key, or the mixture that it is of where that is more."""
    billed: dict[tuple[BilledKey, str], Fraction] = defaultdict(Fraction)
    for line, tokens in fitting.items():
        billed[line.key, line.provider] += tokens
    mixed = {
        (key, provider): (of for of in mixtures.get(key, ()) if is_of(row, provider, of.model))
        for key, provider in billed
    }
    return sum((max(tokens, Fraction(whole_of(mixed[of]))) for of, tokens in billed.items()), Fraction(0))


def _named(dimensions: Iterable[tuple[str, str]]) -> Dimensions:
    """What a row says of who used it: a bill's and the provider's own usage say it alike."""
    return frozenset(pair for pair in dimensions if pair[0] not in ("lineItem", "model"))


def _is_mixed(row: Billed) -> bool:
    """Whether it does not say what it is of: the provider refused to split by line item."""
    return not any(name == "lineItem" for name, _ in row.dimensions)


def _shares(refiner: str, callers: Mapping[Dimensions, Fraction], billed: Fraction) -> tuple[Share, ...]:
    return _weights(refiner, callers, max(Fraction(0), billed - sum(callers.values())))


def _weights(refiner: str, callers: Mapping[Dimensions, Fraction], rest: Fraction) -> tuple[Share, ...]:
    scale = lcm(rest.denominator, *(part.denominator for part in callers.values()))
    seen = [Share(refiner, caller, int(callers[caller] * scale)) for caller in sorted(callers, key=sorted)]
    return (*seen, Share("", frozenset(), int(rest * scale)))


def _parts(shares: tuple[Share, ...]) -> Mapping[Dimensions, Fraction]:
    """Each caller's part of a line, of those whom somebody saw."""
    whole = sum(share.weight for share in shares)
    return {share.caller: Fraction(share.weight, whole) for share in shares[:-1]}
