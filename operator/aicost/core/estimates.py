"""Estimates: what was used on a day whose bill is not in, at the price it has; the bill takes its place (accounting rule 6).

An estimate has the key of a bill row of its source and day, so that whatever takes such a row back takes it back too, and
corrects it where its month was closed. It is what is used beyond what is billed so far: one dollar is never in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from aicost.core.appraisal import Appraised, Paid
from aicost.core.bills import TOKENS, BillRow, describe, divided, lines_of, subject_of
from aicost.core.claims import Contest
from aicost.core.ledger import NOTHING_KEPT, Certainty, Component, Entry, Key, Origin
from aicost.core.modalities import AUDIO
from aicost.core.money import MOST_NANOS, Money
from aicost.core.outstanding import outstanding
from aicost.core.ownership import Ownership
from aicost.core.reasons import GapReason
from aicost.core.refining import REFINED_BY_NONE, Billed, Refinement, Share
from aicost.core.window import Window, date

ESTIMATE = "estimate"
"""What the key of an estimate has before its dimensions: whose model it is."""
MEASURE = "measure"
"""What comes after it where the estimate is of what is not paid by token: what of it was counted."""
_NAMED = 4
"""The parts of a key that says whose model it is."""


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
        for used, amount in outstanding(day.used, day.billed, of.paid):
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
    if not estimated_of(key) or len(key) <= _NAMED:
        return ""
    named, _, measure = key[_NAMED].partition("=")
    return measure if named == MEASURE else ""


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
    if used.measure in AUDIO:
        return GapReason.NO_AUDIO_PRICE
    return GapReason.NO_USAGE_PRICE if used.measure else GapReason.NO_TOKEN_PRICE
