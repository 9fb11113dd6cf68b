"""What was declared, from when, as far as the ledger and the last look at the declarations tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aicost.core.changes import ALWAYS, Change, changed, in_order, mattering
from aicost.core.claim_memory import following
from aicost.core.declarations import Declarations
from aicost.core.ownership import Ownership
from aicost.core.seniority import Remembered
from aicost.core.window import Instant

FIRST_CLAIMS = "claims.first"
GONE_CLAIMS = "claims.gone"
SEEN = "declarations.seen"


@dataclass(slots=True)
class DeclarationRecord:
    """Observe at each evaluation, commit what is unsaved with its entries, then say that it is saved.

    `changes` are those that the ledger has, in the order of time, `claims` is what is remembered of when each claim was
    accepted, by which resources are translated.
    """

    changes: tuple[Change, ...]
    claims: Remembered
    seen: Instant
    _new: tuple[Change, ...] = ()
    _seen_now: Instant = ALWAYS
    _ownership: dict[Instant, tuple[tuple[Change, ...], Ownership]] = field(default_factory=dict)

    @classmethod
    def restored(cls, changes: tuple[Change, ...], marks: Mapping[str, str]) -> DeclarationRecord:
        """As the ledger remembers it."""
        first, gone = (json.loads(marks.get(name, "{}")) for name in (FIRST_CLAIMS, GONE_CLAIMS))
        seen = Instant(int(marks.get(SEEN, ALWAYS)))
        claims = Remembered(first, {named: Instant(int(at)) for named, at in gone.items()}, seen)
        return cls(changes, claims, seen)

    def observe(self, declared: Declarations, now: Instant) -> None:
        """What is declared at this instant."""
        self._new = changed(self.changes, declared, self.seen, now)
        self._seen_now = max(self.seen, now, *(change.since for change in self._new))

    def ownership(self, start: Instant) -> Ownership:
        """Who owns what from an instant on; the same answers, and the same object, while nothing of it changes."""
        changes = mattering(in_order((*self.changes, *self._new)), start)
        if start not in self._ownership or self._ownership[start][0] != changes:
            stays = {at: of for at, of in self._ownership.items() if at == ALWAYS}
            self._ownership = {**stays, start: (changes, Ownership(changes))}
        return self._ownership[start][1]

    def ownership_as_of(self, at: Instant) -> Ownership:
        """Who owned what as it was known at an instant."""
        return Ownership(change for change in self.changes if change.since <= at)

    def unsaved(
        self, declared: Declarations, start: Instant, now: Instant
    ) -> tuple[tuple[Change, ...], dict[str, str]]:
        """The changes that the ledger does not have, and the marks that go with them; `start` is that of open months."""
        history = in_order((*self.changes, *self._new))
        self.claims = following(self.claims, declared, history, start, now)
        gone = {named: str(at) for named, at in self.claims.gone.items()}
        told = {FIRST_CLAIMS: dict(self.claims.first), GONE_CLAIMS: gone}
        marks = {name: json.dumps(of, sort_keys=True) for name, of in told.items()}
        return self._new, {**marks, SEEN: str(self._seen_now)}

    def saved(self) -> None:
        """The ledger has them."""
        self.changes = in_order((*self.changes, *self._new)) if self._new else self.changes
        self.seen, self._new = self._seen_now, ()
