"""Asks levers so that one of them may fail: that is logged and counted, and all others are asked all the same."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.asking import Ask

logger = logging.getLogger(__name__)
_Told = TypeVar("_Told")


@dataclass(slots=True)
class Asking:
    """`failures` counts by lever, since the start; `failing` are the levers that failed of late, each with the workload.

    A lever that answered nothing by a fault of aicost is asked again whenever advice is made anew.
    """

    failures: Counter[str] = field(default_factory=Counter)
    failing: set[tuple[str, WorkloadRef]] = field(default_factory=set)

    def anew(self) -> None:
        """Advice is made anew: what failed may answer now."""
        self.failing.clear()

    def about(self, workload: WorkloadRef) -> Ask:
        """Who asks about a workload."""

        def ask(lever: str, answers: Callable[[], Iterable[_Told]], /) -> tuple[_Told, ...]:
            try:
                return tuple(answers())
            except Exception:
                if self._counted(lever, workload):
                    logger.exception(_FAILED, lever, workload)
                return ()

        return ask

    def _counted(self, lever: str, workload: WorkloadRef) -> bool:
        """Once a round, however many of its servers or models it fails on; whether it is the lever's first workload.

        One trace of a lever is enough; on other workloads it is logged without.
        """
        if (lever, workload) in self.failing:
            return False
        first = all(lever != failed for failed, _ in self.failing)
        self.failing.add((lever, workload))
        self.failures[lever] += 1
        if not first:
            logger.error(_FAILED, lever, workload)
        return first


_FAILED = "the lever %s failed on %s by a fault of aicost; what it said before stands, and all others are asked"
