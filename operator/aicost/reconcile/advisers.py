"""Who gives advice: one row for each that turns what the ledger and the cluster tell into answers of core's levers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Answer
from aicost.reconcile.gpu_advice import advise_on_gpus
from aicost.reconcile.known import Known

Adviser: TypeAlias = Callable[[Known], Iterable[tuple[WorkloadRef, Answer]]]

ADVISERS: tuple[Adviser, ...] = (advise_on_gpus,)
"""Asked in this order, in a thread, whenever what is known has changed."""
