"""The ladder of levers about GPUs: what is idle is stopped, all else is asked what less would do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Advice, Answer, id_of
from aicost.core.recommendations.gpu.batch import cheaper_card
from aicost.core.recommendations.gpu.consolidate import consolidated
from aicost.core.recommendations.gpu.count import fewer_cards
from aicost.core.recommendations.gpu.devices import mig_slice, shared_card
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.idle import idle, resting, unpriced
from aicost.core.recommendations.gpu.policy import POLICY, Policy
from aicost.core.recommendations.gpu.replicas import fewer_replicas

GpuLever: TypeAlias = Callable[[ServerEvidence, Policy], Answer | None]

LEVERS: tuple[GpuLever, ...] = (fewer_cards, fewer_replicas, mig_slice, shared_card, cheaper_card)
"""Each says something of one server, or nothing where it does not apply."""


def judged(e: ServerEvidence, policy: Policy = POLICY) -> Iterator[Answer]:
    """What all levers say of a server. Of one that is to be stopped for good nothing else is asked.

    What no longer runs is stopped already; batch work comes again.
    """
    if not e.running and not e.batch:
        if e.ran_lately:
            yield resting(e)
        return
    stopped = idle(e, policy) if e.part.monthly_nanos else unpriced(e)
    yield stopped
    if not e.part.monthly_nanos or _for_good(e, stopped):
        return
    for lever in LEVERS:
        if (answer := lever(e, policy)) is not None:
            yield answer


def _for_good(e: ServerEvidence, answer: Answer) -> bool:
    return isinstance(answer, Advice) and answer.saving.high == e.lasting(e.part.monthly_nanos)


def all_judged(servers: Iterable[ServerEvidence], policy: Policy = POLICY) -> Iterator[tuple[WorkloadRef, Answer]]:
    """What all levers say of all servers. Only such take over for others as are advised nothing: nobody is told both."""
    found = [(e, tuple(judged(e, policy))) for e in servers]
    steady = [e for e, answers in found if not any(isinstance(answer, Advice) for answer in answers)]
    merged = tuple(consolidated(steady, policy))
    replaced = {(ref, advice.id) for ref, advice in merged}
    for e, answers in found:
        yield from (
            (e.workload, each) for each in answers if (e.workload, id_of(each.lever, each.target)) not in replaced
        )
    yield from merged
