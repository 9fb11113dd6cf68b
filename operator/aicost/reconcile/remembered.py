"""What evaluations remember of each other, over restarts too, as marks of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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

    def following(self, seen: Observation, now: Instant) -> Remembered:
        """With what an evaluation saw, which is of the months that are open, and the bills that it decided."""
        declared, decided = seen.declared, (*seen.bill_days, *seen.late_days)
        return Remembered(
            self.rerating.following(declared.prices, seen.open, now),
            self.accounts.following(declared.sources, decided),
            self.trainings.following(declared, seen.open),
        )
