"""Estimates: what was used on a day whose bill is not in, at the price it has; the bill takes its place (accounting rule 6).

An estimate has the key of a bill row of its source and day, so that whatever takes such a row back takes it back too, and
corrects it where its month was closed. It is what is used beyond what is billed so far: one dollar is never in both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm
from typing import TypeAlias

from aicost.core.appraisal import Appraised, Paid
from aicost.core.bills import TOKENS, BillRow, describe, divided, lines_of, subject_of
from aicost.core.claims import Contest
from aicost.core.declarations import Dimensions
from aicost.core.ledger import NOTHING_KEPT, Certainty, Component, Entry, Key, Origin
from aicost.core.model_names import undated
from aicost.core.money import MOST_NANOS, Money, split
from aicost.core.ownership import Ownership
from aicost.core.reasons import GapReason
from aicost.core.refining import REFINED_BY_NONE, Billed, Refinement, Share, item
from aicost.core.window import Window, date

ESTIMATE = "estimate"
"""What the key of an estimate has before its dimensions: whose model it is."""
MEASURE = "measure"
"""What comes after it where the estimate is of what is not paid by token: what of it was counted."""
_NAMED = 4
"""The parts of a key that says whose model it is."""


_Told: TypeAlias = tuple[Appraised, Money | None]
"""What is estimated, and its amount."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A source's UTC day whose bill is not in, or not whole: what was used on it, and what is billed of it so far."""

    source: str
    day: Window
    used: tuple[Appraised, ...] = ()
    billed: tuple[BillRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimation:
    """The days that are awaited, and what the bills of others show to be paid of list prices."""

    awaited: tuple[Awaited, ...] = ()
    paid: Paid = field(default_factory=dict)


NOTHING_AWAITED = Estimation()


def estimates(
    of: Estimation, ownership: Ownership, refinement: Refinement = REFINED_BY_NONE
) -> tuple[tuple[Entry, ...], frozenset[Contest]]:
    """An entry for each row of usage that is not billed yet, owned and divided as a bill row of its dimensions would be.

    What is not paid by token has entries of its own, which divide among nobody: gateways see tokens.
    """
    contests: set[Contest] = set()
    entries: dict[Billed, Entry] = {}
    undivided: list[Entry] = []
    for day in of.awaited:
        for used, amount in _outstanding(day, of.paid):
            entry, lost = _entry(day, used, amount, ownership)
            contests |= lost
            if used.measure:
                undivided.append(entry)
            else:
                entries[_billed(day, used, entry.origin.amount)] = entry
    shares = _refined(of, refinement).shares((*_told(of), *entries))
    told = (_divided(entry, shares.get(row), ownership, contests) for row, entry in entries.items())
    return (*told, *undivided), frozenset(contests)


def _refined(of: Estimation, refinement: Refinement) -> Refinement:
    """With the prices of what is awaited, by which estimates of shared keys divide as rows do that say not what they are of."""
    prices = {used.row: used.price for day in of.awaited for used in day.used if used.price and not used.measure}
    return replace(refinement, prices={**refinement.prices, **prices})


def _told(of: Estimation) -> Iterator[Billed]:
    """What is billed of awaited days, which spends a part of what was seen."""
    for day in of.awaited:
        for row in day.billed:
            provider = next((used.provider for used in day.used), "")
            tokens = row.quantity if row.unit == TOKENS else 0
            yield Billed(day.source, provider, day.day, row.dimensions, tokens, row.amount)


def _billed(day: Awaited, used: Appraised, amount: Money | None) -> Billed:
    return Billed(day.source, used.provider, day.day, used.row.dimensions, 0, amount, estimated=True)


def _divided(entry: Entry, shares: tuple[Share, ...] | None, ownership: Ownership, contests: set[Contest]) -> Entry:
    """What a gateway saw of whom makes an estimate no better."""
    if not shares or entry.origin.amount is None:
        return entry
    return Entry(entry.origin, divided(entry, shares, ownership, NOTHING_KEPT, contests).lines)


def estimated_of(key: Key) -> tuple[str, str] | None:
    """Provider and model of an estimate, by its key; None of any other key."""
    if key[0] != "bill" or len(key) < _NAMED or not key[3].startswith(f"{ESTIMATE}="):
        return None
    named = dict(part.partition("=")[::2] for part in key[3:])
    return named[ESTIMATE], named.get("model", "")


def measure_of(key: Key) -> str:
    """What an estimate counts, by its key: a measure of what is not paid by token, empty of tokens."""
    named, _, measure = key[_NAMED].partition("=") if estimated_of(key) and len(key) > _NAMED else ("", "", "")
    return measure if named == MEASURE else ""


def _outstanding(day: Awaited, paid: Paid) -> Iterator[_Told]:
    """What of each row of usage is not billed: all of it where nothing is of its kind, else its part of the rest.

    Bills need not name the model of what is not paid by token, so what they tell apart of somebody may be any of his.
    """
    alone: list[Appraised] = []
    taken: set[Dimensions] = set()
    for members, billed in _compared(day.used, day.billed):
        if billed:
            taken.update(row.dimensions for row in billed)
            yield from _rest(members, billed, paid)
        else:
            yield from _whole((used for used in members if not used.measure), paid)
            alone += (used for used in members if used.measure)
    apart = [row for row in day.billed if _is_apart(row) and row.dimensions not in taken]
    for members, billed in _compared(alone, apart, frozenset({"model"})):
        if billed:
            yield from _rest(members, billed, paid)
            yield from ((used, None) for used in members if used.worth() is None)
        else:
            yield from _whole(members, paid)


def _compared(
    used: Iterable[Appraised], rows: Sequence[BillRow], but: frozenset[str] = frozenset()
) -> Iterator[tuple[list[Appraised], list[BillRow]]]:
    """Usage, and the rows that may be of it: by the dimensions that both tell, which alone tell what is billed from what is not."""
    told = [(of, _normal(of.row.dimensions)) for of in used]
    names = _names(map(_dimensions, rows)) & _names(each for _, each in told) - but
    groups: dict[Dimensions, list[Appraised]] = defaultdict(list)
    billed: dict[Dimensions, list[BillRow]] = defaultdict(list)
    for of, dimensions in told:
        groups[_within(dimensions, names)].append(of)
    for row in rows:
        billed[_within(_dimensions(row), names)].append(row)
    yield from ((members, billed.get(group, [])) for group, members in groups.items())


def _whole(used: Iterable[Appraised], paid: Paid) -> Iterator[_Told]:
    yield from ((of, _amount(of, of.worth(paid))) for of in used)


def _rest(members: list[Appraised], billed: list[BillRow], paid: Paid) -> Iterator[_Told]:
    """The part of the priced usage that its bill does not have yet, in one currency; of unpriced usage nobody knows."""
    priced = [(used, worth) for used in members if used.price and (worth := used.worth(paid))]
    currencies = {used.price.currency for used, _ in priced if used.price} | {row.amount.currency for row in billed}
    left = sum((worth for _, worth in priced), Fraction(0)) - sum(row.amount.nanos for row in billed)
    if not priced or left <= 0 or len(currencies) != 1:
        return
    scale = lcm(*(worth.denominator for _, worth in priced))
    parts = split(round(left), [int(worth * scale) for _, worth in priced])
    yield from ((used, Money(nanos, *currencies)) for (used, _), nanos in zip(priced, parts, strict=True) if nanos)


def _amount(used: Appraised, worth: Fraction | None) -> Money | None:
    return Money(round(worth), used.price.currency) if used.price and worth is not None else None


def _is_apart(row: BillRow) -> bool:
    """Whether a row is of something, and of no kind of token."""
    return any(name == "lineItem" for name, _ in row.dimensions) and not item(row.dimensions)[1]


def _entry(
    day: Awaited, used: Appraised, amount: Money | None, ownership: Ownership
) -> tuple[Entry, frozenset[Contest]]:
    dimensions = used.row.dimensions
    too_large = amount is not None and amount.nanos > MOST_NANOS
    subject = subject_of(dimensions)
    measure = (f"{MEASURE}={used.measure}",) if used.measure else ()
    named = (*measure, *(f"{name}={value}" for name, value in sorted(dimensions)))
    origin = Origin(
        key=("bill", day.source, date(day.day.start), f"{ESTIMATE}={used.provider}", *named),
        component=Component.TOKENS,
        pool=day.source,
        window=day.day,
        amount=None if too_large else amount,
        certainty=Certainty.ESTIMATED,
        quantity=used.counted,
        unit=used.unit,
        description=f"{used.provider} {describe(dimensions)}{f', {used.unit}' if used.measure else ''}, estimated",
        gap=_gap(used, amount, too_large=too_large),
    )
    owners = ownership.usage(day.source, dimensions, f"{day.source} {subject}")
    lines = lines_of(origin.amount, origin.quantity, subject, owners.seconds(day.day))
    return Entry(origin, tuple(lines)), owners.contests


def _gap(used: Appraised, amount: Money | None, *, too_large: bool) -> GapReason | None:
    if amount is not None:
        return GapReason.AMOUNT_TOO_LARGE if too_large else None
    return GapReason.NO_USAGE_PRICE if used.measure else GapReason.NO_TOKEN_PRICE


def _dimensions(row: BillRow) -> Dimensions:
    """What a bill row is of, in the dimensions that usage has: its model is in its line item, or by itself."""
    model = item(row.dimensions)[0]
    told = frozenset(pair for pair in row.dimensions if pair[0] not in ("lineItem", "model"))
    return told | {("model", undated(model))} if model else told


def _normal(dimensions: Dimensions) -> Dimensions:
    return frozenset((name, undated(value) if name == "model" else value) for name, value in dimensions)


def _names(rows: Iterable[Dimensions]) -> frozenset[str]:
    return frozenset(name for row in rows for name, _ in row)


def _within(dimensions: Dimensions, names: frozenset[str]) -> Dimensions:
    return frozenset(pair for pair in dimensions if pair[0] in names)
