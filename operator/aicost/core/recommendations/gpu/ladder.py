"""The ladder of levers about GPUs: what is idle is stopped, all else is asked what less would do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from typing import TypeAlias

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Advice, Answer, id_of
from aicost.core.recommendations.asking import Ask, AskAbout, Hears, about_any, heard_by_all, plainly
from aicost.core.recommendations.gpu.batch import cheaper_card
from aicost.core.recommendations.gpu.consolidate import consolidated
from aicost.core.recommendations.gpu.count import fewer_cards
from aicost.core.recommendations.gpu.devices import mig_slice, shared_card
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.idle import idle, resting, unpriced
from aicost.core.recommendations.gpu.idle_hours import given_to, idle_hours
from aicost.core.recommendations.gpu.policy import POLICY, Policy
from aicost.core.recommendations.gpu.replicas import fewer_replicas
from aicost.core.recommendations.gpu.room import Given

GpuLever: TypeAlias = Callable[[ServerEvidence, Policy], Answer | None]

LEVERS: tuple[GpuLever, ...] = (fewer_cards, fewer_replicas, mig_slice, shared_card, cheaper_card)
"""Each says something of one server, or nothing where it does not apply."""


def judged(e: ServerEvidence, policy: Policy = POLICY, ask: Ask = plainly) -> Iterator[Answer]:
    """What all levers say of a server. Of one that is to be stopped for good nothing else is asked.

    What no longer runs is stopped already; batch work comes again.
    """
    if not e.running and not e.batch:
        if e.ran_lately:
            yield resting(e)
        return
    if not e.part.monthly_nanos:
        yield unpriced(e)
        return
    stopped = ask(idle.__name__, partial(_answers, idle, e, policy))
    yield from stopped
    if not any(_for_good(e, answer) for answer in stopped):
        for lever in LEVERS:
            yield from ask(lever.__name__, partial(_answers, lever, e, policy))


def _answers(lever: GpuLever, e: ServerEvidence, policy: Policy) -> Iterator[Answer]:
    if (answer := lever(e, policy)) is not None:
        yield answer


def _for_good(e: ServerEvidence, answer: Answer) -> bool:
    return isinstance(answer, Advice) and answer.saving.high == e.lasting(e.part.monthly_nanos)


def all_judged(
    servers: Iterable[ServerEvidence],
    policy: Policy = POLICY,
    ask: AskAbout = about_any,
    hears: Hears = heard_by_all,
) -> Iterator[tuple[WorkloadRef, Answer]]:
    """What all levers say of all servers. Only such take over for others as are told of nothing else: nobody is told both."""
    found = [(e, tuple(judged(e, policy, ask(e.workload)))) for e in servers]
    steady = [e for e, answers in found if not _told(e, answers, hears)]
    merged = tuple(_merged(steady, policy, ask, hears))
    replaced = {(ref, id_of(advice.lever, advice.target)) for ref, advice in merged}
    for e, answers in found:
        yield from (
            (e.workload, each) for each in answers if (e.workload, id_of(each.lever, each.target)) not in replaced
        )
    yield from merged
    yield from _elsewhere((e for e, _ in found), policy, ask, hears)


def _elsewhere(
    found: Iterable[ServerEvidence], policy: Policy, ask: AskAbout, hears: Hears
) -> Iterator[tuple[WorkloadRef, Answer]]:
    """Batch work that could run at idle hours of others' cards, the dearest first: each card's hours are given once, to who hears it."""
    given: Given = {}
    for e in sorted(found, key=lambda e: (-e.part.monthly_nanos, e.workload, str(e.target))):
        told = ask(e.workload)(idle_hours.__name__, partial(idle_hours, e, policy, given))
        if _told(e, told, hears):
            given = given_to(e, given)
        yield from ((e.workload, answer) for answer in told)


def _told(e: ServerEvidence, answers: Iterable[Answer], hears: Hears) -> bool:
    """Whether its workload is told to change anything of it."""
    return any(isinstance(each, Advice) and hears(e.workload, each) for each in answers)


def _merged(
    steady: Iterable[ServerEvidence], policy: Policy, ask: AskAbout, hears: Hears
) -> Iterator[tuple[WorkloadRef, Answer]]:
    """Of each workload's servers by themselves: none takes over another workload's calls."""
    for workload, of in groupby(sorted(steady, key=_workload), key=_workload):
        told = ask(workload)(consolidated.__name__, partial(consolidated, tuple(of), policy, hears))
        yield from ((workload, answer) for answer in told)


def _workload(e: ServerEvidence) -> WorkloadRef:
    return e.workload
