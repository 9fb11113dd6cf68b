"""How many requests were answered and how many were not, day by day, and when that is more than the bad days that all have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.recommendations.models.policy import Policy
from aicost.core.recommendations.models.usage import share
from aicost.core.window import Window, date


@dataclass(frozen=True, slots=True)
class Asked:
    """How many requests were answered and how many failed; `refused` of these are told to have ended in HTTP 4xx."""

    answered: int = 0
    failed: int = 0
    refused: int = 0

    def __add__(self, other: Asked) -> Asked:
        return Asked(self.answered + other.answered, self.failed + other.failed, self.refused + other.refused)

    @property
    def requests(self) -> int:
        """In all."""
        return self.answered + self.failed

    @property
    def failed_percent(self) -> int:
        """Those that failed, rounded down."""
        return share(self.failed, self.requests)

    @property
    def costly(self) -> Asked:
        """Without those of which is known that they cost nothing: as if these had been answered."""
        return Asked(self.answered + self.refused, self.failed - self.refused)


Days: TypeAlias = tuple[tuple[Window, Asked], ...]
"""Those on which anything was asked, in their order."""


def in_all(days: Days) -> Asked:
    """On all days together."""
    return sum((asked for _, asked in days), Asked())


def goes_on(days: Sequence[Asked], bounds: Policy) -> bool:
    """Whether so many fail, in all and on so many of the days."""
    failing = [each for each in days if each.failed_percent >= bounds.least_failed_percent]
    percent = sum(days, Asked()).failed_percent
    return percent >= bounds.least_failed_percent and share(len(failing), len(days)) >= bounds.failing_days_percent


def numbers_of(days: Days) -> dict[str, str]:
    """As evidence tells them; of equal days the first is the worst."""
    asked, (worst, then) = in_all(days), min(days, key=lambda each: (-each[1].failed, each[0]))
    return {
        "days": str(len(days)),
        "failedPercent": str(asked.failed_percent),
        "failedPercentOfWorstDay": str(then.failed_percent),
        "failedRequests": str(asked.failed),
        "requests": str(asked.requests),
        "worstDay": date(worst.start),
    }
