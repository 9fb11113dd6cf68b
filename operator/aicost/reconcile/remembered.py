"""What evaluations remember of each other, over restarts too, as marks of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aicost.core.bills import BillDay
from aicost.core.declarations import Declarations
from aicost.core.window import Instant, Window
from aicost.reconcile.accounts import Accounts
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

    def following(self, declared: Declarations, read: Iterable[BillDay], over: Window, now: Instant) -> Remembered:
        """With what is declared in this evaluation, which is of the months that are open, and the bills that it decided."""
        return Remembered(
            self.rerating.following(declared.prices, over, now),
            self.accounts.following(declared.sources, read),
            self.trainings.following(declared, over),
        )
