"""Bills of closed months that were read again: what of them differs becomes corrections. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from aicost.core.bills import BillDay, as_refined, bill_entries, dividers
from aicost.core.corrections import Restated, corrections, original, standing
from aicost.core.ledger import Certainty, Entry, Key, is_empty
from aicost.core.ownership import Ownership
from aicost.core.refining import REFINED_BY_NONE, Keys, Refinement
from aicost.core.splits import finest, rows_of
from aicost.core.window import Instant, Period, date, day_of
from aicost.reconcile.estimates import is_whole


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """Of a closed month the entries of the days in question as they were closed, and all corrections of it so far.

    `sources` bill the same accounts, `owned` is who owned what as it was known when the month was closed. `divided_by` are
    the sources by which keys divided when it was closed, by the date of each of its days.
    """

    period: Period
    sources: frozenset[str]
    entries: tuple[Entry, ...]
    booked: tuple[Entry, ...]
    owned: Ownership
    divided_by: Mapping[str, Keys] = field(default_factory=dict)


def restated(
    days: Iterable[BillDay],
    months: Iterable[ClosedMonth],
    ownership: Ownership,
    until: Instant,
    settles_after: int,
    refinement: Refinement = REFINED_BY_NONE,
) -> tuple[Entry, ...]:
    """The corrections that the month of `until` holds because of these days; the same days give the same ones.

    A day that was closed with an estimate is corrected once its bill is all that was spent, `settles_after` hours after its
    end at the latest if the provider tells all of it: until then what the bill lacks would be taken off as if it cost nothing.
    """
    every = tuple(months)
    estimated = {_scope_of(entry) for month in every for entry in month.entries if _is_estimate(entry)}
    read = tuple(day for day in days if _scope(day) not in estimated or is_whole(day, until, settles_after))
    return tuple(entry for month in every for entry in _of_month(read, month, ownership, until, refinement))


def _of_month(
    days: tuple[BillDay, ...], month: ClosedMonth, ownership: Ownership, until: Instant, refinement: Refinement
) -> tuple[Entry, ...]:
    closed, booked = _by_day(month.entries), _by_day(month.booked)
    mine = []
    for day in days:
        if Period.of(day.day.start) == month.period and day.source in month.sources:
            known = (*closed[_scope(day)], *booked[_scope(day)])
            account = finest(day, rows_of(day, known) if day.lost else ())
            if account and not _is_coarser(account, known):
                mine.append(account)
    before = tuple(entry for day in mine for entry in closed[_scope(day)])
    since = tuple(entry for day in mine for entry in booked[_scope(day)])
    corrected = dividers((original(entry.origin.key), entry) for entry in month.booked)
    divided_by = {
        on: {**month.divided_by.get(on, {}), **corrected.get(on, {})} for on in {*month.divided_by, *corrected}
    }
    refinement = as_refined(refinement, mine, divided_by)
    told, _ = bill_entries(mine, ownership, standing(before, since, Period.of(until)), refinement)
    divided = {entry.origin.key for entry in before if len({line.subject for line in entry.lines}) < len(entry.lines)}
    again, _ = bill_entries(mine, month.owned, refinement=refinement)
    as_closed = {entry.origin.key: entry for entry in again if entry.origin.key in divided}
    truth = tuple(as_closed.get(entry.origin.key, entry) for entry in told)
    return corrections(Restated(month.period, before, since, truth), day_of(until))


def _scope(day: BillDay) -> Key:
    return "bill", day.source, date(day.day.start)


def _scope_of(entry: Entry) -> Key:
    return original(entry.origin.key)[:3]


def _is_estimate(entry: Entry) -> bool:
    return entry.origin.certainty is Certainty.ESTIMATED and not is_empty(entry)


def _by_day(entries: Iterable[Entry]) -> Mapping[Key, list[Entry]]:
    found: dict[Key, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[_scope_of(entry)].append(entry)
    return found


def _is_coarser(day: BillDay, known: Iterable[Entry]) -> bool:
    """Whether a day tells the amounts that are known, and only less of what they are for: a refused split, no news."""
    told = {name for row in day.rows for name, _ in row.dimensions}
    amounts: dict[str, int] = defaultdict(int)
    for row in day.rows:
        amounts[row.amount.currency] += row.amount.nanos
    names, stored = set[str](), dict[str, int]()
    for entry in (each for each in known if each.origin.certainty is not Certainty.ESTIMATED):
        names.update(_names(entry))
        if amount := entry.origin.amount:
            stored[amount.currency] = stored.get(amount.currency, 0) + amount.nanos
    return bool(day.rows) and told < names and _nonzero(amounts) == _nonzero(stored)


def _names(entry: Entry) -> Iterator[str]:
    return (part.partition("=")[0] for part in original(entry.origin.key)[3:])


def _nonzero(amounts: Mapping[str, int]) -> Mapping[str, int]:
    return {currency: nanos for currency, nanos in amounts.items() if nanos}
