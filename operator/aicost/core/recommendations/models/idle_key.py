"""DropIdleKey: a key that a workload claims, nobody used and nothing was billed of. Whoever finds it spends money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from aicost.core.bills import dimensions_of
from aicost.core.declarations import BILL, Source, Workload
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.ledger import Entry
from aicost.core.recommendations.advice import (
    Advice,
    Answer,
    Basis,
    Effect,
    Evidence,
    Lever,
    Obstacle,
    Part,
    Refused,
    Saving,
    Target,
)
from aicost.core.recommendations.models.policy import POLICY, Policy
from aicost.core.usage import UsageRow
from aicost.core.window import DAY, Window


def idle_keys(
    workloads: Iterable[Workload],
    sources: Mapping[str, Source],
    usage: Iterable[UsageRow],
    entries: Iterable[Entry],
    window: Window,
    currency: str,
    policy: Policy = POLICY,
) -> Iterator[tuple[WorkloadRef, Answer]]:
    """An answer about each key that was claimed all the time, of a bill, and that neither usage nor a bill's line names.

    Of days of which the source told of no key nobody knows whether this one was used: some usage is not told by key.
    """
    told: dict[str, set[Window]] = {}
    used: set[tuple[str, str]] = set()
    for row in usage:
        if key := dict(row.dimensions).get("apiKey"):
            told.setdefault(row.source, set()).add(row.day)
            used.add((row.source, key))
    used |= {(each.origin.pool, dict(dimensions_of(each.origin.key)).get("apiKey", "")) for each in entries}
    for workload, source, key in sorted(_claimed(workloads, sources, window), key=lambda each: (each[0], each[1:])):
        if (source, key) not in used:
            yield workload, _answer(source, key, len(told.get(source, ())), window, currency, policy)


def _claimed(
    workloads: Iterable[Workload], sources: Mapping[str, Source], window: Window
) -> Iterator[tuple[WorkloadRef, str, str]]:
    for workload in workloads:
        for claim in workload.usage if workload.claimed_at <= window.start else ():
            source, key = sources.get(claim.source), dict(claim.match).get("apiKey")
            if source and source.role == BILL and key:
                yield workload.ref, source.name, key


def _answer(source: str, key: str, told: int, window: Window, currency: str, policy: Policy) -> Answer:
    target = Target(ObjectRef("aicost.dev", "UsageSource", source), subject=key)
    days = window.seconds // DAY
    evidence = Evidence(window, told, {"daysTold": str(told)})
    if days < policy.least_days or told < days:
        message = f"usage by key is known of {told} of {max(days, policy.least_days)} whole days"
        return Refused(Lever.DROP_IDLE_KEY, target, Obstacle.TOO_LITTLE_DATA, message, evidence)
    return Advice(
        lever=Lever.DROP_IDLE_KEY,
        effect=Effect.BILL_REDUCTION,
        basis=Basis.ACTIONABLE,
        target=target,
        current=f"key {key}",
        proposed="no such key: revoke it at the provider, and take it out of spec.usage",
        saving=Saving(0, 0),
        currency=currency,
        touched=Part(("tokens", source, f"apiKey {key}"), 0),
        reason=f"nothing was used by it or billed of it in {days} days; it saves nothing, but whoever finds it can spend",
        evidence=evidence,
        requires=("Nobody keeps it for emergencies or for work that is rarer than that",),
    )
