"""What of a day's usage its bill does not have yet: each dollar that is billed is taken off once (accounting rule 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TypeAlias

from aicost.core.appraisal import Appraised, Paid
from aicost.core.bills import BillRow
from aicost.core.declarations import Dimensions
from aicost.core.model_names import undated
from aicost.core.money import Money, split
from aicost.core.refining import item

Outstanding: TypeAlias = tuple[Appraised, Money | None]
"""Usage that is not billed, or the part of it, and its amount; None where it has no price."""


@dataclass(slots=True, eq=False)
class _Used:
    """Usage, and what of its worth no row was found for yet, in nano-units; None without a price. `met` once a row may be of it."""

    of: Appraised
    left: Fraction | None
    met: bool = False

    def told(self) -> Money | None:
        return Money(round(self.left), self.of.price.currency) if self.of.price and self.left is not None else None


@dataclass(slots=True, eq=False)
class _Row:
    """A row of a bill, and what of its nano-units no usage was found for yet. `met` once it may be of some."""

    of: BillRow
    left: int
    met: bool = False

    @property
    def model(self) -> str:
        return item(self.of.dimensions)[0]

    @property
    def of_tokens(self) -> bool:
        return bool(item(self.of.dimensions)[1])

    @property
    def apart(self) -> bool:
        """Whether it is of something, and of no kind of token."""
        return any(name == "lineItem" for name, _ in self.of.dimensions) and not self.of_tokens

    @property
    def nameless(self) -> bool:
        """Whether it names no model then, so that it may be of any."""
        return self.apart and not self.model


def outstanding(counted: Iterable[Appraised], billed: Iterable[BillRow], paid: Paid) -> Iterator[Outstanding]:
    """What of each row of usage is not billed: all of it where nothing is of its kind, else its part of the rest.

    What is counted in one measure is compared by itself, for providers do not tell all of them as finely; what is told most
    finely comes first, and of a row each only has what the ones before left. Lines of tokens are of tokens, where any of
    their model are counted. Bills need not name the model of what is not paid by token, so what they tell apart of somebody
    may be any of his.
    """
    kinds: dict[str, list[_Used]] = defaultdict(list)
    for of in counted:
        kinds[of.measure].append(_Used(of, of.worth(paid)))
    rows = [_Row(row, row.amount.nanos) for row in billed]
    named, nameless = [row for row in rows if not row.nameless], [row for row in rows if row.nameless]
    told = _names(_dimensions(row.of) for row in rows)
    tokens = kinds.get("", [])
    beside = sorted((used for measure, used in kinds.items() if measure), key=lambda used: -len(_told_of(used)))
    _compare(tokens, named, told)
    for used in beside:
        tells = "model" in _told_of(used)
        own = (row for row in named if tells or not row.model)
        _compare(used, [row for row in own if not (row.met and row.of_tokens)], told)
    apart = [row for row in rows if row.apart and not row.met]
    for used in beside:
        _compare(used, apart, told - {"model"}, of_any=True)
    _compare(tokens, nameless, told)
    for each in (each for used in kinds.values() for each in used):
        if each.left or not each.met:
            yield each.of, each.told()


def _compare(used: list[_Used], rows: Sequence[_Row], told: frozenset[str], *, of_any: bool = False) -> None:
    """Usage with the rows that may be of it: by the dimensions that both tell, which alone tell what is billed from what is not.

    Usage without a price is billed where a row of it is; not where that is of other usage, or may be `of_any`.
    """
    names = told & _told_of(used)
    groups: dict[Dimensions, list[_Used]] = defaultdict(list)
    billed: dict[Dimensions, list[_Row]] = defaultdict(list)
    for each in used:
        groups[_within(_normal(each.of.row.dimensions), names)].append(each)
    for row in rows:
        billed[_within(_dimensions(row.of), names)].append(row)
    for group in (each for each in groups if each in billed):
        fresh = not of_any and not all(row.met for row in billed[group])
        _take_off([each for each in groups[group] if each.left], billed[group])
        for each in groups[group]:
            each.met = each.met or fresh or each.left is not None
        for row in billed[group]:
            row.met = True


def _take_off(used: list[_Used], billed: list[_Row]) -> None:
    """Leave the part of priced usage that its bill does not have yet, in one currency, and of the bill what is beyond it.

    What lines of tokens have beyond their tokens is of nothing else.
    """
    worths = [each.left for each in used if each.left]
    if not worths:
        return
    currencies = {each.of.price.currency for each in used if each.of.price} | {row.of.amount.currency for row in billed}
    beyond = sum(row.left for row in billed) - sum(worths) if len(currencies) == 1 else Fraction(0)
    scale = lcm(*(worth.denominator for worth in worths))
    parts = split(round(max(Fraction(0), -beyond)), [int(worth * scale) for worth in worths])
    for each, part in zip(used, parts, strict=True):
        each.left = Fraction(part)
    for row in billed:
        row.left = 0 if row.of_tokens else min(max(0, row.left), max(0, int(beyond)))
        beyond -= row.left


def _dimensions(row: BillRow) -> Dimensions:
    """What a bill row is of, in the dimensions that usage has: its model is in its line item, or by itself."""
    model = item(row.dimensions)[0]
    told = frozenset(pair for pair in row.dimensions if pair[0] not in ("lineItem", "model"))
    return told | {("model", undated(model))} if model else told


def _normal(dimensions: Dimensions) -> Dimensions:
    return frozenset((name, undated(value) if name == "model" else value) for name, value in dimensions)


def _told_of(used: Iterable[_Used]) -> frozenset[str]:
    return _names(each.of.row.dimensions for each in used)


def _names(rows: Iterable[Dimensions]) -> frozenset[str]:
    return frozenset(name for row in rows for name, _ in row)


def _within(dimensions: Dimensions, names: frozenset[str]) -> Dimensions:
    return frozenset(pair for pair in dimensions if pair[0] in names)
