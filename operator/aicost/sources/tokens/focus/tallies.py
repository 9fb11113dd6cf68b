"""How much of what files told comes again. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from aicost.core.billed_files import total


@dataclass(slots=True)
class Tally:
    """How much of what was told is gone, or of that is told again."""

    charges: int = 0
    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, currency: str, amount: Decimal) -> None:
        """A charge, in its currency."""
        self.charges += 1
        self.amounts[currency] = total((self.amounts[currency], amount.copy_abs()))

    def halves(self, told: Tally) -> bool:
        """Whether that is at least half of it, of charges and of their amounts."""
        amounts = ((self.amounts.get(currency, Decimal(0)), amount) for currency, amount in told.amounts.items())
        return 2 * self.charges >= told.charges and all(total((of, of)) >= amount for of, amount in amounts)


def half(now: Decimal, before: Decimal) -> bool:
    """Whether it is at least half of it: what is less is charged beside it, such as late."""
    return no_less(total((now, now)), before)


def no_less(now: Decimal, before: Decimal) -> bool:
    """Of charges and of credits."""
    return now >= before > 0 or now <= before < 0
