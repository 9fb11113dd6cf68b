"""What evaluations remember of each other, over restarts too, as marks of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from aicost.core.declarations import Declarations, Source
from aicost.core.window import Instant
from aicost.reconcile.accounts import Accounts
from aicost.reconcile.decide import Observation
from aicost.reconcile.rerating import Rerating
from aicost.reconcile.trainings import Trainings


@dataclass(frozen=True, slots=True)
class Remembered:
    """Which edit rated time anew, which account each source billed, over how many months each training is spread."""

    rerating: Rerating = field(default_factory=Rerating)
    accounts: Accounts = field(default_factory=Accounts)
    trainings: Trainings = field(default_factory=Trainings)

    @classmethod
    def of(cls, marks: Mapping[str, str]) -> Remembered:
        """As the ledger tells it."""
        return cls(Rerating.of(marks), Accounts.of(marks), Trainings.of(marks))

    @property
    def marks(self) -> Mapping[str, str]:
        """For the ledger."""
        return {**self.rerating.marks, **self.accounts.marks, **self.trainings.marks}

    def noting(self, sources: Sequence[Source], by: Mapping[str, frozenset[str]]) -> Remembered:
        """With sources that read one account by several credentials, by what they are recognised `by`."""
        return replace(self, accounts=self.accounts.noting(sources, by).beginning(sources))

    def as_one(self, declared: Declarations) -> Declarations:
        """What is declared, as if those sources had one credential: so that the elder counts."""
        return replace(declared, sources=self.accounts.as_one(declared.sources))

    def following(self, seen: Observation, now: Instant) -> Remembered:
        """With what an evaluation saw, which is of the months that are open, and the bills that it decided."""
        declared, decided = seen.declared, (*seen.bill_days, *seen.late_days)
        return Remembered(
            self.rerating.following(declared.prices, seen.open, now),
            self.accounts.following(declared.sources, decided),
            self.trainings.following(declared, seen.open),
        )
