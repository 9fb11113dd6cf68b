"""What was declared, from when, as far as the ledger and the last look at the declarations tell."""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

from aicost.core.changes import ALWAYS, Change, changed, in_order, mattering
from aicost.core.declarations import Declarations
from aicost.core.ownership import Ownership
from aicost.core.seniority import DENIED, standing
from aicost.core.window import Instant

FIRST_CLAIMS = "claims.first"
GONE_CLAIMS = "claims.gone"
SEEN = "declarations.seen"


@dataclass(slots=True)
class DeclarationRecord:
    """Observe at each evaluation, commit what is unsaved with its entries, then say that it is saved.

    `changes` are those that the ledger has, in the order of time. `first_claims`, which the translation of resources
    shares, says when each claim was first accepted, or that it is denied; one that is gone, or denied again, is remembered
    as long as its months are evaluated.
    """

    changes: tuple[Change, ...]
    first_claims: MutableMapping[str, str]
    gone_claims: dict[str, str]
    seen: Instant
    _new: tuple[Change, ...] = ()
    _seen_now: Instant = ALWAYS
    _ownership: dict[Instant, tuple[tuple[Change, ...], Ownership]] = field(default_factory=dict)

    @classmethod
    def restored(
        cls, changes: tuple[Change, ...], marks: Mapping[str, str], first_claims: MutableMapping[str, str]
    ) -> DeclarationRecord:
        """As the ledger remembers it."""
        gone, seen = json.loads(marks.get(GONE_CLAIMS, "{}")), Instant(int(marks.get(SEEN, ALWAYS)))
        return cls(changes, first_claims, gone, seen)

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
        return self._new, {**self._claims(declared, start, now), SEEN: str(self._seen_now)}

    def saved(self) -> None:
        """The ledger has them."""
        self.changes = in_order((*self.changes, *self._new)) if self._new else self.changes
        self.seen, self._new = self._seen_now, ()

    def _claims(self, declared: Declarations, start: Instant, now: Instant) -> dict[str, str]:
        accepted, denied = standing(declared)
        firsts = {named: told for named, told in self.first_claims.items() if not told.startswith(DENIED)}
        firsts = {named: str(since) for named, since in accepted.items()} | firsts
        gone = {named: self.gone_claims.get(named, str(now)) for named in firsts.keys() - accepted.keys()}
        self.gone_claims = {named: at for named, at in gone.items() if int(at) >= start}
        kept = {named: told for named, told in firsts.items() if named in accepted or named in self.gone_claims}
        self.first_claims.update(dict.fromkeys(denied, f"{DENIED}{now}") | kept)
        for named in self.first_claims.keys() - kept.keys() - denied:
            del self.first_claims[named]
        return {
            FIRST_CLAIMS: json.dumps(self.first_claims, sort_keys=True),
            GONE_CLAIMS: json.dumps(self.gone_claims, sort_keys=True),
        }
