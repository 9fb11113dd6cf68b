"""Which account each UsageSource billed: so that one which is declared under another name bills no day a second time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aicost.core.bills import BillDay
from aicost.core.declarations import BILL, Source

BILLED = "accounts.billed"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of all sources that ever billed, by their names, as the ledger's marks keep them."""

    known: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, marks: Mapping[str, str]) -> Accounts:
        """What the ledger remembers."""
        return cls(json.loads(marks.get(BILLED, "{}")))

    @property
    def marks(self) -> dict[str, str]:
        """For the ledger."""
        return {BILLED: json.dumps(self.known, sort_keys=True)}

    def following(self, sources: Iterable[Source]) -> Accounts:
        """With those that are declared now."""
        return Accounts({**self.known, **{source.name: _account(source) for source in sources if source.role == BILL}})

    def days(self, sources: Iterable[Source], told: Iterable[BillDay]) -> tuple[BillDay, ...]:
        """The days that were read, and for each an empty one of every source that is gone and billed the same account.

        Nothing is left of what the old name billed on them, since the new one bills all of it.
        """
        declared, read = {source.name: source for source in sources}, tuple(told)
        gone = [(name, account) for name, account in self.known.items() if name not in declared]
        superseded = (
            BillDay(name, day.provider, day.day, ())
            for day in read
            for name, account in gone
            if day.source in declared and account == _account(declared[day.source])
        )
        return (*read, *superseded)


def _account(source: Source) -> str:
    """One credential at one address, and what is read there."""
    parts = [source.type, source.url, source.secret, sorted(source.projects), sorted(source.workspaces)]
    files = [source.focus.path, sorted(source.focus.services)] if source.focus else []
    return json.dumps([*parts, *files])
