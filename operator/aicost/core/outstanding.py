"""What of a day's usage its bill does not have yet: each dollar that is billed is taken off once (accounting rule 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TypeAlias

from aicost.core.appraisal import Appraised, Paid
from aicost.core.bills import BillRow
from aicost.core.declarations import Dimensions
from aicost.core.line_items import measures_of
from aicost.core.model_names import undated
from aicost.core.money import Money, split
from aicost.core.payments import meetings, names_of, settled, within
from aicost.core.refining import item

Outstanding: TypeAlias = tuple[Appraised, Money | None]
"""Usage that is not billed, or the part of it, and its amount; None where it has no price."""


@dataclass(slots=True, eq=False)
class _Used:
    """Usage, and what of its worth no row was found for yet, in nano-units; None without a price. `met` once a row may be of it."""

    of: Appraised
    left: Fraction | None
    met: bool = False

    @property
    def currency(self) -> str:
        """Of its price; empty without one."""
        return self.of.price.currency if self.of.price else ""

    def told(self) -> Money | None:
        return Money(round(self.left), self.currency) if self.left is not None else None


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
    def measures(self) -> frozenset[str] | None:
        """All that it may be of, as far as its line item says so; None if it may be of anything, tokens too."""
        return None if self.of_tokens else measures_of(dict(self.of.dimensions).get("lineItem", ""))

    def may_be_of(self, measure: str) -> bool:
        """Whether its line item does not say that it is of something else; empty for tokens."""
        return self.measures is None or measure in self.measures

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

    Rows are compared by the dimensions that both have. Those that tell the same dimensions come first; then what is left of
    each row, down to those that tell least, is taken off what is left of the usage that it does not contradict: never twice,
    never below zero, and so that no more stays than must (core.payments). A row that only may be of usage without a price
    leaves it a gap. The order of usage and rows changes nothing.

    What is counted in one measure is compared by itself, for providers do not tell all of them as finely; what is told most
    finely comes first, and of a row each only has what the ones before left. Lines of tokens are of tokens, where any of
    their model are counted. Bills need not name the model of what is not paid by token, so what they tell apart of somebody
    may be any of his; of tokens only where the bill names no models at all. What a line says in words comes before that: it is
    of web searches and of nothing else, or of no usage (core.line_items).
    """
    kinds: dict[str, list[_Used]] = defaultdict(list)
    for of in sorted(counted, key=lambda each: sorted(each.row.dimensions)):
        kinds[of.measure].append(_Used(of, of.worth(paid)))
    rows = [_Row(row, row.amount.nanos) for row in sorted(billed, key=lambda each: sorted(each.dimensions))]
    named, nameless = [row for row in rows if not row.nameless], [row for row in rows if row.nameless]
    told = _names(_dimensions(row.of) for row in rows)
    tokens = kinds.get("", [])
    _compare([_Comparison.of(tokens, _fit("", named), told)])
    beside = sorted(kinds.keys() - {""}, key=lambda measure: (-len(_told_of(kinds[measure])), measure))
    _compare(_Comparison.of(kinds[each], _own(each, kinds[each], named), told) for each in beside)
    apart = [row for row in rows if row.apart and not row.met]
    saying, silent = [row for row in apart if row.measures], [row for row in apart if row.measures is None]
    for those in (saying, silent):
        _compare(_Comparison.of(kinds[each], _fit(each, those), told - {"model"}, of_any=True) for each in beside)
    rest = _Comparison.of(tokens, _fit("", nameless), told)
    rest.exactly()
    if "model" not in told:
        rest.loosely()
    for each in (each for used in kinds.values() for each in used):
        if each.left or not each.met:
            yield each.of, each.told()


def _own(measure: str, used: Iterable[_Used], named: Iterable[_Row]) -> Sequence[_Row]:
    """The rows that may be of one measure: of its models, where it tells them, and of no tokens that were counted."""
    tells = "model" in _told_of(used)
    return [row for row in _fit(measure, named) if (tells or not row.model) and not (row.met and row.of_tokens)]


def _fit(measure: str, rows: Iterable[_Row]) -> Sequence[_Row]:
    return [row for row in rows if row.may_be_of(measure)]


def _compare(comparisons: Iterable[_Comparison]) -> None:
    """All that is certain before anything that may be; what one is certain of is known before the next is made."""
    made: list[_Comparison] = []
    for each in comparisons:
        each.exactly()
        made.append(each)
    for each in made:
        each.loosely()


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Usage with the rows that may be of it: by the dimensions that both tell, which alone tell what is billed from what is not.

    Usage without a price is billed where a row is just of it; not where that is of other usage, or may be `of_any`.
    """

    groups: Mapping[Dimensions, list[_Used]]
    billed: Mapping[Dimensions, list[_Row]]
    of_any: bool

    @classmethod
    def of(
        cls, used: Iterable[_Used], rows: Iterable[_Row], told: frozenset[str], *, of_any: bool = False
    ) -> _Comparison:
        """Both by what they tell of what usage and the bill tell."""
        names = told & _told_of(used)
        groups: dict[Dimensions, list[_Used]] = defaultdict(list)
        billed: dict[Dimensions, list[_Row]] = defaultdict(list)
        for each in used:
            groups[within(_normal(each.of.row.dimensions), names)].append(each)
        for row in rows:
            billed[within(_dimensions(row.of), names)].append(row)
        return cls(groups, billed, of_any)

    def exactly(self) -> None:
        """Those that tell the same."""
        for group in (each for each in self.groups if each in self.billed):
            used, rows = self.groups[group], self.billed[group]
            fresh = not self.of_any and not all(row.met for row in rows)
            _take_off([each for each in used if each.left], rows)
            for each in used:
                each.met = each.met or fresh or each.left is not None
            for row in rows:
                row.met = True

    def loosely(self) -> None:
        """Then those that do not contradict each other, of one currency each."""
        for paying, _ in meetings(self.billed, self.groups):
            for row in (row for of in paying for row in self.billed[of]):
                row.met = True
        paid_in = {row.of.amount.currency for rows in self.billed.values() for row in rows if row.left}
        for currency in sorted(paid_in):
            _settle(
                {
                    of: [each for each in used if each.left and each.currency == currency]
                    for of, used in self.groups.items()
                },
                {of: [row for row in rows if row.of.amount.currency == currency] for of, rows in self.billed.items()},
            )


def _settle(groups: Mapping[Dimensions, list[_Used]], billed: Mapping[Dimensions, list[_Row]]) -> None:
    """Take off what is left of usage what is left of rows that may be of it. A credit is off other rows that tell the same."""
    worths = {of: round(sum(each.left or 0 for each in used)) for of, used in groups.items()}
    sums = {of: sum(row.left for row in rows) for of, rows in billed.items()}
    owed, has = ({of: nanos for of, nanos in each.items() if nanos >= 0} for each in (worths, sums))
    beyond, left = settled(has, owed)
    for of, nanos in left.items():
        if nanos < owed[of]:
            _leave(groups[of], nanos)
    for of, nanos in beyond.items():
        _keep(billed[of], nanos)


def _take_off(used: list[_Used], billed: list[_Row]) -> None:
    """Leave the part of priced usage that its bill does not have yet, in one currency, and of the bill what is beyond it."""
    worths = [each.left for each in used if each.left]
    if not worths:
        return
    currencies = {each.currency for each in used} | {row.of.amount.currency for row in billed}
    beyond = sum(row.left for row in billed) - sum(worths) if len(currencies) == 1 else Fraction(0)
    _leave(used, round(max(Fraction(0), -beyond)))
    _keep(billed, max(0, int(beyond)))


def _leave(used: list[_Used], nanos: int) -> None:
    """So much of usage, which divides by what it is worth. All of it has something left."""
    worths = [Fraction(each.left or 0) for each in used]
    scale = lcm(*(worth.denominator for worth in worths))
    for each, part in zip(used, split(nanos, [int(worth * scale) for worth in worths]), strict=True):
        each.left = Fraction(part)
        each.met = True


def _keep(billed: list[_Row], nanos: int) -> None:
    """So much of rows, and no row more than it has: what is of tokens was taken first, for it is of nothing else."""
    for row in sorted(billed, key=lambda each: each.of_tokens):
        row.left = min(max(0, row.left), nanos)
        nanos -= row.left


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
    return frozenset(name for row in rows for name in names_of(row))
