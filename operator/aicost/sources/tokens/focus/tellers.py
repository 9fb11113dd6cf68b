"""Which file tells how much of each charge and day, so that of one that is gone nothing has to be guessed. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from aicost.core.billed_files import EXACT, Charge, Shares
from aicost.core.window import Instant
from aicost.sources.tokens.focus.exports import Billed, named

Counting: TypeAlias = tuple[Billed, str]
"""What of an account may count on a day, or not: what it tells of a service, account and invoice."""


@dataclass(slots=True)
class Tellers:
    """What each file tells of each charge and day, by what may count of its account, and of which account each is."""

    _told: dict[Instant, dict[Charge, dict[Counting, dict[str, Decimal]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    )
    _anywhere: dict[Instant, dict[Charge, list[Charge]]] = field(default_factory=dict)
    _files: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, account: str, file: str) -> None:
        """A file is of an account."""
        self._files[account].add(file)

    def tell(self, day: Instant, charge: Charge, of: Counting, file: str, amount: Decimal) -> None:
        """A row of a file, be it of no cost."""
        self._anywhere.pop(day, None)
        shares = self._told[day][charge][of]
        shares[file] = EXACT.add(shares.get(file, Decimal(0)), amount)

    def of(self, charge: Charge, day: Instant) -> frozenset[str]:
        """The files that tell of a charge on a day: on whichever invoice, as far as one does not say that."""
        on = self._told.get(day, {})
        alike = filter(charge.may_be, self._on_any(day).get(charge.anywhere, ()))
        return frozenset(file for each in alike for shares in on[each].values() for file in shares)

    def _on_any(self, day: Instant) -> Mapping[Charge, list[Charge]]:
        """What is told of a day, by what it is on whichever invoice."""
        if day not in self._anywhere:
            self._anywhere[day] = defaultdict(list)
            for each in self._told.get(day, {}):
                self._anywhere[day][each.anywhere].append(each)
        return self._anywhere[day]

    def shares(self, day: Instant, counts: Container[Counting]) -> Mapping[Charge, Shares]:
        """What each file tells of what counts on a day: of each charge what is not zero."""
        found: dict[Charge, dict[str, Decimal]] = defaultdict(dict)
        for charge, told in self._told.get(day, {}).items():
            for file, amount in (each for of, shares in told.items() if of in counts for each in shares.items()):
                found[charge][file] = EXACT.add(found[charge].get(file, Decimal(0)), amount)
        known = ((charge, {file: of for file, of in shares.items() if of}) for charge, shares in sorted(found.items()))
        return {charge: shares for charge, shares in known if shares}

    def on(self, day: Instant) -> frozenset[str]:
        """The files that tell of anything on a day."""
        told = self._told.get(day, {}).values()
        return frozenset(file for charge in told for shares in charge.values() for file in shares)

    def files(self, accounts: Iterable[str]) -> frozenset[str]:
        """All files of accounts."""
        return frozenset[str]().union(*(self._files.get(account, ()) for account in accounts))

    def names(self, account: str) -> frozenset[str]:
        """The names of an account's files, but for their numbers."""
        return frozenset(map(named, self._files.get(account, ())))
