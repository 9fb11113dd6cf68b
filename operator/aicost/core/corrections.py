"""Corrections: what is found different in a closed month, as entries of the month in which it is found (rule 8).

For each key of a closed month: as it was closed + all its corrections = what is true now, exactly, in money and in
quantity, by owner and subject. The closed entries themselves never move.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.ledger import Certainty, Component, Entry, Kept, Key, Line, Origin, Owner
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.rulings import by_owner
from aicost.core.window import Period, Window

CORRECTION = "correction"
_OF = ", correction of "
"""What stands in a correction's pool between the pool and the month that it corrects."""
_Part: TypeAlias = tuple[int, int]
_Parts: TypeAlias = dict[tuple[Owner, str], _Part]
_NOTHING: _Part = (0, 0)


@dataclass(frozen=True, slots=True)
class Restated:
    """What is known of a part of a closed month that was read again completely.

    `closed` are its entries as they were closed, `booked` all corrections of them so far, in whatever month, and
    `truth` is what the part really holds; what is missing there is zero.
    """

    period: Period
    closed: tuple[Entry, ...]
    booked: tuple[Entry, ...]
    truth: tuple[Entry, ...]


def billed_by(component: str, pool: str, certainty: str) -> str:
    """The source whose bill a line is of, be it a correction of one; empty for what cards and hosts cost.

    Prices that people declare make a line rated. Only a source's name is lower case: a card that is estimated is called as
    the built-in list calls it.
    """
    corrected = component == Component.CORRECTION and certainty != Certainty.RATED
    name = pool.partition(_OF)[0]
    return name if component == Component.TOKENS or (corrected and name == name.lower()) else ""


def original(key: Key) -> Key:
    """The key that a correction corrects; any other key is its own.

    A correction's key names the month that it corrects, the month in which it is booked, and its currency (or why it
    has no amount), so that a correction whose month is closed, too, stays as it is.
    """
    return key[4:] if key[0] == CORRECTION else key


def corrections(of: Restated, day: Window) -> tuple[Entry, ...]:
    """What the month of `day` has to hold so that the closed month and its corrections sum to the truth.

    All that were booked in other months stand. One that is booked in this month already is superseded, on the day on
    which it was first booked, and is empty where nothing is left of it. The same truth gives the same entries.
    """
    into = Period.of(day.start)
    here = {_sided(entry.origin): entry.origin for entry in of.booked if _booked_in(entry) == into.month}
    elsewhere = [entry for entry in of.booked if _booked_in(entry) != into.month]
    due = _due((1, of.truth), (-1, of.closed), (-1, elsewhere))
    known = (*of.truth, *of.booked, *of.closed)
    like = {original(entry.origin.key): entry.origin for entry in known}
    return tuple(_entries(of.period, into, day, due, here, like))


def standing(closed: Iterable[Entry], booked: Iterable[Entry], into: Period) -> Kept:
    """The owners that lines of a closed month keep, whatever is claimed now.

    Those of the closed lines, whoever they are; of lines that came later those of corrections in other months than
    `into`, and in that month, which is still open, those of workloads. Other new lines go by today's claims.
    """
    owners: dict[tuple[Key, str], set[Owner]] = defaultdict(set)
    for entry in booked:
        open_still = _booked_in(entry) == into.month
        for line in entry.lines:
            if line.owner.workload or not open_still:
                owners[original(entry.origin.key), line.subject].add(line.owner)
    as_closed: dict[tuple[Key, str], set[Owner]] = defaultdict(set)
    for entry in closed:
        for line in entry.lines:
            as_closed[entry.origin.key, line.subject].add(line.owner)
    return {named: owner for named, (owner, *others) in (owners | as_closed).items() if not others}


def _booked_in(entry: Entry) -> str:
    return entry.origin.key[2]


def _sided(origin: Origin) -> Key:
    """What is summed apart: a key in one currency, or without an amount for one reason."""
    side = origin.gap if origin.amount is None else origin.amount.currency
    return str(side), *original(origin.key)


def _due(*signed: tuple[int, Iterable[Entry]]) -> Mapping[Key, _Parts]:
    due: dict[Key, _Parts] = defaultdict(dict)
    for sign, entries in signed:
        for entry in entries:
            parts = due[_sided(entry.origin)]
            for line in entry.lines:
                nanos, quantity = parts.get((line.owner, line.subject), _NOTHING)
                more = line.amount.nanos if line.amount else 0
                parts[line.owner, line.subject] = nanos + sign * more, quantity + sign * line.quantity
    return due


def _entries(
    period: Period,
    into: Period,
    day: Window,
    due: Mapping[Key, _Parts],
    here: Mapping[Key, Origin],
    like: Mapping[Key, Origin],
) -> Iterator[Entry]:
    for sided in sorted({*due, *here}):
        parts = {who: part for who, part in due.get(sided, {}).items() if part != _NOTHING}
        if parts or sided in here:
            window = here[sided].window if sided in here else day
            yield _entry((CORRECTION, period.month, into.month, *sided), like[sided[1:]], window, parts)


def _entry(key: Key, like: Origin, window: Window, parts: _Parts) -> Entry:
    """A correction says what it corrects and which month that is in, and is as certain as what it corrects."""
    _, period, _, side, *_ = key
    gap = next((reason for reason in GapReason if reason == side), None)
    is_one = like.key[0] == CORRECTION
    origin = Origin(
        key=key,
        component=Component.CORRECTION,
        pool=like.pool if is_one else f"{like.pool}{_OF}{period}",
        window=window,
        amount=None if gap else Money(sum(nanos for nanos, _ in parts.values()), side),
        certainty=like.certainty,
        quantity=sum(quantity for _, quantity in parts.values()),
        unit=like.unit,
        description=like.description if is_one else f"correction of {period}: {like.description}",
        gap=gap,
    )
    lines = (
        Line(owner, subject, None if gap else Money(nanos, side), quantity)
        for (owner, subject), (nanos, quantity) in sorted(parts.items(), key=by_owner)
    )
    return Entry(origin, tuple(lines))
