"""What the files of a bill told of a UTC day: remembered, so that a file that is gone is missed, also after a restart. Pure values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from itertools import starmap
from typing import NamedTuple, TypeAlias

from aicost.core.window import DAY, Instant, date

EXACT = Context(prec=80)
"""Sums of amounts of at most twelve digits before the point and thirty behind it are exact in it, however many they are."""
Shares: TypeAlias = Mapping[str, Decimal]
"""By file: what each tells of something."""


class Charge(NamedTuple):
    """What a bill's files are summed up by to tell whether one is missed; `category` is empty for usage.

    `payer` and `period` say on whose invoice it is, and of which month; both are empty where no file says it.
    """

    service: str
    account: str
    category: str
    currency: str
    payer: str = ""
    period: str = ""

    @property
    def anywhere(self) -> Charge:
        """The same on whichever invoice."""
        return self._replace(payer="", period="")

    def may_be(self, other: Charge) -> bool:
        """Whether it may be on the same invoice, as far as both say it: what one does not say is no contradiction."""
        pairs = ((self.payer, other.payer), (self.period, other.period))
        return all(one == two or not (one and two) for one, two in pairs)


@dataclass(frozen=True, slots=True)
class Told:
    """What files told of a charge on a day: the share of each, exact and not zero, in the charge's currency."""

    charge: Charge
    shares: Shares

    @property
    def files(self) -> frozenset[str]:
        """The files that told it."""
        return frozenset(self.shares)


@dataclass(frozen=True, slots=True)
class ToldDay:
    """What was told of the UTC day that begins at an instant: charges of which a file's share is not zero.

    `files` are all that told of the day or reached over it, each with a stamp that changes whenever another content is written.
    """

    day: Instant
    files: Mapping[str, str] = field(default_factory=dict)
    charges: tuple[Told, ...] = ()

    def __post_init__(self) -> None:
        if len({told.charge for told in self.charges}) != len(self.charges):
            raise ValueError(f"a charge of {date(self.day)} is told twice")
        if any(not all(told.shares.values()) or not told.shares for told in self.charges):
            raise ValueError(f"a file has no share of a charge of {date(self.day)}, and tells it")
        if unknown := self.telling - self.files.keys():
            raise ValueError(f"{min(unknown)} tells of {date(self.day)}, and does not reach over it")

    @classmethod
    def of(cls, day: Instant, files: Mapping[str, str], shares: Mapping[Charge, Shares]) -> ToldDay:
        """Of what each file told of each charge."""
        return cls(day, files, tuple(starmap(Told, shares.items())))

    @property
    def shares(self) -> Mapping[Charge, Shares]:
        """By charge: what each file told of it."""
        return {told.charge: told.shares for told in self.charges}

    @property
    def telling(self) -> frozenset[str]:
        """The files that told any charge."""
        return frozenset[str]().union(*(told.shares for told in self.charges))

    def renamed(self, names: Mapping[str, str]) -> ToldDay:
        """The same, told by files that are called otherwise now: new names by those of then, of which no two are the same."""
        if all(name == file for file, name in names.items()):
            return self
        files = {names.get(file, file): stamp for file, stamp in self.files.items()}
        charges = (
            Told(told.charge, {names.get(file, file): of for file, of in told.shares.items()}) for told in self.charges
        )
        return ToldDay(self.day, files, tuple(charges))


def gathered(shares: Mapping[Charge, Shares], name: Callable[[Charge], Charge]) -> Mapping[Charge, Shares]:
    """What each file told, by other names of charges: of each what is not zero."""
    found: dict[Charge, dict[str, Decimal]] = defaultdict(dict)
    for charge, (file, amount) in ((name(charge), each) for charge, of in shares.items() for each in of.items()):
        found[charge][file] = EXACT.add(found[charge].get(file, Decimal(0)), amount)
    kept = ((charge, {file: amount for file, amount in of.items() if amount}) for charge, of in found.items())
    return {charge: of for charge, of in kept if of}


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    found = Decimal(0)
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found


def last_used(days: Iterable[ToldDay]) -> Mapping[str, tuple[Instant, frozenset[str]]]:
    """Of each service the end of the last of the days on which usage of it was told, and by which files."""
    last: dict[str, tuple[Instant, frozenset[str]]] = {}
    for day in days:
        for told in day.charges:
            until, files = last.get(told.charge.service, (Instant(0), frozenset[str]()))
            if not told.charge.category and (end := Instant(day.day + DAY)) >= until:
                last[told.charge.service] = end, told.files | (files if end == until else frozenset())
    return last
