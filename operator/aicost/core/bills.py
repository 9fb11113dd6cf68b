"""Provider bills: rows of a day into entries. The amount is the provider's own; only its owner is decided here.

Rows keep the provider's native period, a UTC day; a day is never spread over hours (accounting rule 2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from aicost.core.caller_names import named, read
from aicost.core.claims import Contest
from aicost.core.declarations import Dimensions
from aicost.core.ledger import NOTHING_KEPT, Certainty, Component, Entry, Kept, Key, Line, Origin, Owner
from aicost.core.money import Money, split
from aicost.core.ownership import Ownership
from aicost.core.refining import REFINED_BY_NONE, Billed, Keys, Refinement, Share
from aicost.core.window import Window, date

TOKENS = "tokens"
"""The unit of a quantity that is a number of tokens."""
SUBJECTS = ("project", "workspace", "apiKey", "serviceAccount", "user")
"""The dimensions that the subject of a line names: the first that its row has."""
NAMELESS = "no project"
"""The subject of a line whose row has none of them."""
SEEN_BY = ", seen by "
"""What the subject of a caller's line ends with, before the name of the source that saw him."""
_BY_CALLER = ("customer", "feature")
"""What of a caller only his line's subject tells."""


@dataclass(frozen=True, slots=True)
class BillRow:
    """What a provider charged for one combination of dimensions on one UTC day; credits are negative.

    A dimension that the provider left null is absent from `dimensions`. `quantity` is in the provider's `unit`,
    0 where it gives none. `listed` is the amount at list prices, where the provider tells it.
    """

    dimensions: Dimensions
    amount: Money
    quantity: int = 0
    unit: str = ""
    listed: Money | None = None


@dataclass(frozen=True, slots=True)
class BillDay:
    """A provider's account of one UTC day: all the rows that it gives, or an empty day; never a part of them.

    `whole` is whether the provider's own data reach to the end of the day. `lost` are dimensions by which it refused to split
    the day. A `lesser` account is of a report that leaves out what another one of the provider tells.
    """

    source: str
    provider: str
    day: Window
    rows: tuple[BillRow, ...]
    whole: bool = True
    lost: frozenset[str] = frozenset()
    lesser: bool = False

    def __post_init__(self) -> None:
        seen = [row.dimensions for row in self.rows]
        if len(seen) != len(set(seen)):
            raise ValueError(f"{self.source} gives the same dimensions twice on {date(self.day.start)}")


def bill_entries(
    days: Iterable[BillDay],
    ownership: Ownership,
    kept: Kept = NOTHING_KEPT,
    refinement: Refinement = REFINED_BY_NONE,
) -> tuple[tuple[Entry, ...], frozenset[Contest]]:
    """One entry per row, owned by the workload whose granted claim matches it best, else unclaimed, unless kept.

    A line that is kept without a name stays so: which key it is of was told later, and moves nothing of a closed month.
    A day has no finer time: a row that changed hands on it is divided by the seconds of the day. A row that is refined
    divides among callers first, each claimed from the source that saw it; the rest is owned as a row is.
    """
    entries: list[Entry] = []
    contests: set[Contest] = set()
    read = tuple(days)
    shares = refinement.shares(_billed(day, row) for day in read for row in day.rows)
    for day in read:
        for row in day.rows:
            origin = _origin(day, row)
            subject = NAMELESS if (origin.key, NAMELESS) in kept else subject_of(row.dimensions)
            owners = ownership.usage(day.source, row.dimensions, f"{day.source} {subject}")
            contests.update(owners.contests)
            owner = kept.get((origin.key, subject))
            seconds = ((owner, day.day.seconds),) if owner else owners.seconds(day.day)
            entry = Entry(origin, tuple(lines_of(row.amount, row.quantity, subject, seconds)))
            parts = shares.get(_billed(day, row)) if shares else None
            entries.append(divided(entry, parts, ownership, kept, contests) if parts else entry)
    return tuple(entries), frozenset(contests)


def _billed(day: BillDay, row: BillRow) -> Billed:
    tokens = row.quantity if row.unit == TOKENS else 0
    return Billed(day.source, day.provider, day.day, row.dimensions, tokens, row.amount)


def as_refined(refinement: Refinement, days: Iterable[BillDay], divided_by: Mapping[str, Keys]) -> Refinement:
    """The same with the refining sources by which a month divided, whatever is declared: `divided_by`, by the day's date.

    A day on which no entry of a key divides takes the source that divided the key on another day.
    """
    ever = {key: refiner for _, keys in sorted(divided_by.items()) for key, refiner in keys.items()}
    refiners = {day.day.start: {**ever, **divided_by.get(date(day.day.start), {})} for day in days}
    return replace(refinement, refiners=refiners)


def dividers(entries: Iterable[tuple[Key, Entry]]) -> Mapping[str, Keys]:
    """The refining sources by which entries divide, each entry with its row's key: by the day's date."""
    on: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    for key, entry in entries:
        refined = key[1], dict(dimensions_of(key)).get("apiKey", "")
        for line in entry.lines:
            if SEEN_BY in line.subject:
                on[key[2]][refined] = line.subject.rpartition(SEEN_BY)[2]
    return on


def lines_of(amount: Money | None, quantity: int, subject: str, seconds: Sequence[tuple[Owner, int]]) -> Iterator[Line]:
    """A row's lines: it is divided among its owners by the seconds for which it was theirs."""
    weights = [held for _, held in seconds]
    quantities = split(quantity, weights)
    nanos = split(amount.nanos, weights) if amount else quantities
    for (owner, _), part, counted in zip(seconds, nanos, quantities, strict=True):
        yield Line(owner, subject, Money(part, amount.currency) if amount else None, counted)


def divided(entry: Entry, shares: Sequence[Share], ownership: Ownership, kept: Kept, contests: set[Contest]) -> Entry:
    """The entry with lines for each caller; what nobody saw of it stays with the lines that it has. It has an amount."""
    origin, weights = entry.origin, [share.weight for share in shares]
    amounts = [line.amount for line in entry.lines if line.amount is not None]
    nanos = [split(amount.nanos, weights) for amount in amounts]
    quantities = [split(line.quantity, weights) for line in entry.lines]
    currency = amounts[0].currency
    lines: list[Line] = []
    callers = {share.caller for share in shares[:-1]}
    for place, share in enumerate(shares[:-1]):
        caller = named(share.caller)
        subject = f"{caller}{SEEN_BY}{share.source}"
        owners = ownership.usage(share.source, share.caller, f"{share.source} {caller}")
        contests.update(owners.contests)
        owner = kept.get((origin.key, subject)) or _kept_unlabelled(share, callers, origin.key, kept)
        seconds = ((owner, origin.window.seconds),) if owner else owners.seconds(origin.window)
        amount = Money(sum(part[place] for part in nanos), currency)
        lines += lines_of(amount, sum(part[place] for part in quantities), subject, seconds)
    if weights[-1]:
        rest = zip(entry.lines, nanos, quantities, strict=True)
        lines += [replace(line, amount=Money(part[-1], currency), quantity=left[-1]) for line, part, left in rest]
    return Entry(replace(origin, certainty=Certainty.CALIBRATED), tuple(lines))


def _kept_unlabelled(share: Share, callers: set[Dimensions], key: Key, kept: Kept) -> Owner | None:
    """Who keeps a caller of whom a gateway tells more by now than when it was kept: labels change no owner afterwards."""
    caller = frozenset((name, value) for name, value in share.caller if name not in _BY_CALLER)
    return None if caller in callers else kept.get((key, f"{named(caller)}{SEEN_BY}{share.source}"))


def _origin(day: BillDay, row: BillRow) -> Origin:
    dimensions = tuple(f"{name}={value}" for name, value in sorted(row.dimensions))
    return Origin(
        key=("bill", day.source, date(day.day.start), *dimensions),
        component=Component.TOKENS,
        pool=day.source,
        window=day.day,
        amount=row.amount,
        certainty=Certainty.BILLED,
        quantity=row.quantity,
        unit=row.unit,
        description=f"{day.provider} {describe(row.dimensions)}",
    )


def dimensions_of(key: Key) -> Dimensions:
    """What a bill row is of: its entry's key ends with it."""
    return frozenset((name, value) for name, _, value in (part.partition("=") for part in key[3:]))


def subject_of(dimensions: Dimensions) -> str:
    """What a bill row's lines are caused by: the project or workspace, else whose key it is; finer dimensions are in the origin."""
    told = dict(dimensions)
    return next((f"{name} {told[name]}" for name in SUBJECTS if name in told), NAMELESS)


def named_by_caller(line: Line) -> dict[str, str]:
    """Customer and feature of a caller that a gateway saw, which only the line's subject tells; nothing of any other line."""
    caller, _, _ = line.subject.rpartition(SEEN_BY)
    return {name: value for name, value in read(caller) if name in _BY_CALLER}


def describe(dimensions: Dimensions) -> str:
    """Dimensions in words, for people: `project proj_support, lineItem gpt-6-sol, input_tokens`."""
    return ", ".join(f"{name} {value}" for name, value in sorted(dimensions)) or "everything"
