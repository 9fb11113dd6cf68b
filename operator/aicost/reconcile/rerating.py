"""Follows the price book over evaluations and restarts: which edit rated time anew that was charged already."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from aicost.core.prices import PriceBook
from aicost.core.repricing import Rerated, Said, repriced, said
from aicost.core.window import Instant, Window

SAID = "prices.said"
RERATED = "prices.rerated"
MOST_CHANGES = 10


@dataclass(frozen=True, slots=True)
class Rerating:
    """What was charged by last, None before the first evaluation, and the latest edit that rated time anew."""

    said: Said | None = None
    last: Rerated | None = None

    @classmethod
    def of(cls, marks: Mapping[str, str]) -> Rerating:
        """As the ledger's marks tell it."""
        if SAID not in marks:
            return cls()
        told = json.loads(marks[SAID]).items()
        by = {what: tuple((Instant(since), price) for since, price in of) for what, of in told}
        if RERATED not in marks:
            return cls(by)
        at, since, changes = json.loads(marks[RERATED])
        return cls(by, Rerated(Instant(at), Instant(since), tuple(changes)))

    @property
    def marks(self) -> Mapping[str, str]:
        """What the next process needs to know."""
        marks = {} if self.said is None else {SAID: json.dumps(self.said, sort_keys=True)}
        if self.last:
            marks[RERATED] = json.dumps([self.last.at, self.last.since, self.last.changes])
        return marks

    def following(self, book: PriceBook | None, over: Window, now: Instant) -> Rerating:
        """With the book of this evaluation, which rates the open months."""
        by = said(book)
        changes = () if self.said is None else repriced(self.said, by, over)
        if not changes:
            return replace(self, said=by)
        told = [str(change) for change in changes[:MOST_CHANGES]]
        more = [f"{len(changes) - MOST_CHANGES} more"] if changes[MOST_CHANGES:] else []
        return Rerating(by, Rerated(now, changes[0].since, (*told, *more)))
