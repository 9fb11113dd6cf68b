"""Who gives advice: one row for each that turns what the ledger and the cluster tell into answers of core's levers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Answer
from aicost.core.recommendations.asking import AskAbout
from aicost.core.recommendations.models.catalogue import NOTHING_KNOWN, Catalogue
from aicost.reconcile.gpu_advice import advise_on_gpus
from aicost.reconcile.known import Known
from aicost.reconcile.model_advice import advise_on_models

Adviser: TypeAlias = Callable[[Known, AskAbout], Iterable[tuple[WorkloadRef, Answer]]]


def advisers(models: Callable[[], Catalogue]) -> tuple[Adviser, ...]:
    """Asked in this order, in a thread, whenever what is known has changed; `models` gives what is known of models then."""
    return advise_on_gpus, lambda known, ask: advise_on_models(known, models(), ask)


ADVISERS = advisers(lambda: NOTHING_KNOWN)
