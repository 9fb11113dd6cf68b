"""What a file told that another one has taken the name of: nobody says that it is no more. Pure.

Files are restated in place, and the month's file makes room for the next month's under the same name. A content that tells at
least half of what the one before it told on an invoice, of charges and of their amounts, tells all of that anew, be it less: of
another payer or billing period it says nothing. Of any other one
only what it tells itself is restated, where that comes to at least half: a correction of the next month says nothing of the
other days of this one. A row of no cost says that there was nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from aicost.core.billed_files import Charge, Shares, Told, ToldDay
from aicost.core.window import Instant
from aicost.sources.tokens.focus.gone import Tellers
from aicost.sources.tokens.focus.stamps import as_it_was, content
from aicost.sources.tokens.focus.tallies import Tally, half

_Told: TypeAlias = tuple[str, str, str, str]
"""A file, its content, and the payer and the billing period of an invoice that it told of."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The files that are there, each with its stamp; what tells of a charge on a day now, and how much."""

    stamps: Mapping[str, str]
    tellers: Tellers
    now: Callable[[Instant], Mapping[Charge, Shares]]

    def apart(self, before: Mapping[Instant, ToldDay]) -> Mapping[Instant, ToldDay]:
        """The same days, where a file that is not told anew has another name than the one that has its name now."""
        told, again = defaultdict[_Told, Tally](Tally), defaultdict[_Told, Tally](Tally)
        for day in before.values():
            for file, charge, amount in self._replaced(day):
                of = _on_invoice(file, day.files[file], charge)
                told[of].add(charge.currency, amount)
                if file in self.tellers(charge, day.day):
                    again[of].add(charge.currency, amount)
        lost = {of for of, tally in told.items() if not again[of].halves(tally)}
        return {at: self._without(day, lost) for at, day in before.items()} if lost else before

    def _replaced(self, day: ToldDay) -> Iterator[tuple[str, Charge, Decimal]]:
        """What was told by files whose names are those of other contents now."""
        files = {file for file, stamp in day.files.items() if content(self.stamps.get(file, stamp)) != content(stamp)}
        for told in day.charges if files else ():
            yield from ((file, told.charge, amount) for file, amount in told.shares.items() if file in files)

    def _without(self, day: ToldDay, lost: set[_Told]) -> ToldDay:
        contents = {of[:2] for of in lost}
        files = {file for file, stamp in day.files.items() if (file, content(stamp)) in contents}
        if not files:
            return day
        now = self.now(day.day)

        def name(charge: Charge, file: str, amount: Decimal) -> str:
            told_anew = _on_invoice(file, day.files[file], charge) not in lost
            kept = told_anew or self._restated(charge, day.day, file, amount, now.get(charge, {}))
            return file if kept else as_it_was(file)

        charges = tuple(
            Told(told.charge, {name(told.charge, file, amount): amount for file, amount in told.shares.items()})
            for told in day.charges
        )
        return ToldDay(day.day, {**day.files, **{as_it_was(file): day.files[file] for file in files}}, charges)

    def _restated(self, charge: Charge, day: Instant, file: str, amount: Decimal, now: Shares) -> bool:
        """Whether the file that has that name now says by itself what a charge comes to."""
        told = file in self.tellers(charge, day)
        return told and (file not in now or half(now[file], amount))


def _on_invoice(file: str, stamp: str, charge: Charge) -> _Told:
    return file, content(stamp), charge.payer, charge.period
