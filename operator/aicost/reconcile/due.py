"""Which days of bills are decided next: those of which something was learnt, and those that are awaited. All others stand.

Only so many at a time as memory should hold. A day waits until it was committed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from aicost.core.declarations import BILL, Source
from aicost.core.rivals import counting
from aicost.core.window import Instant
from aicost.reconcile.bills import BillDesk
from aicost.reconcile.estimates import is_whole

MOST_ROWS = 20_000
"""So many rows of bills and usage are decided together, but always a day: they take about 10 KiB each until they are committed."""


@dataclass(frozen=True, slots=True)
class Due:
    """The UTC days that wait to be decided, by their begins, and those whose bills were awaited when last looked at.

    A day that was awaited is decided again even if nothing was learnt of it: time may have made its bill whole, and what
    it costs follows what other days show to be paid.
    """

    waiting: frozenset[Instant] = frozenset()
    awaited: frozenset[Instant] = frozenset()

    def looked(
        self, desk: BillDesk, sources: Iterable[Source], revision: int, until: Instant, settles_after: int
    ) -> Due:
        """With what the desk learnt after a revision; `settles_after` are hours until a day's bill is complete."""
        awaited = frozenset(_awaited(desk, counting(sources), until, settles_after))
        return Due(self.waiting | desk.learnt_since(revision) | self.awaited | awaited, awaited)

    def portion(self, desk: BillDesk) -> frozenset[Instant]:
        """The days to decide now, the latest first: together of no more than MOST_ROWS, or a single one."""
        taken: list[Instant] = []
        rows = 0
        for at in sorted(self.waiting, reverse=True):
            rows += desk.rows(at)
            if taken and rows > MOST_ROWS:
                break
            taken.append(at)
        return frozenset(taken)

    def without(self, decided: frozenset[Instant]) -> Due:
        """What is left once these are committed."""
        return replace(self, waiting=self.waiting - decided)


def _awaited(desk: BillDesk, sources: Iterable[Source], until: Instant, settles_after: int) -> Iterable[Instant]:
    """Days whose bill is not in, or not whole."""
    read = {(day.source, day.day.start): day for day in desk.days(Instant(0))}
    bills = {source.name for source in sources if source.role == BILL}
    used = {(name, day.start) for name, day in desk.usage_days(desk.learnt_since(-1))}
    for name, at in read.keys() | used:
        account = read.get((name, at))
        if name in bills and (account is None or not is_whole(account, until, settles_after)):
            yield at
