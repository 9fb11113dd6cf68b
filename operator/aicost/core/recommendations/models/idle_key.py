"""DropIdleKey: a key that a workload claims, nobody used and nothing was billed of. Whoever finds it spends money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from aicost.core.bills import dimensions_of
from aicost.core.declarations import BILL, Source, Workload
from aicost.core.identity import ObjectRef
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


@dataclass(frozen=True, slots=True)
class KeysSeen:
    """The keys that usage or a line of a bill names, by source, and on how many days each source told of any."""

    used: frozenset[tuple[str, str]]
    days: Mapping[str, int]


def keys_seen(usage: Iterable[UsageRow], entries: Iterable[Entry]) -> KeysSeen:
    """Over the days of both."""
    told: dict[str, set[Window]] = {}
    used: set[tuple[str, str]] = set()
    for row in usage:
        if key := dict(row.dimensions).get("apiKey"):
            told.setdefault(row.source, set()).add(row.day)
            used.add((row.source, key))
    used |= {(each.origin.pool, dict(dimensions_of(each.origin.key)).get("apiKey", "")) for each in entries}
    return KeysSeen(frozenset(used), {source: len(days) for source, days in told.items()})


def idle_keys(
    workload: Workload,
    sources: Mapping[str, Source],
    seen: Callable[[], KeysSeen],
    window: Window,
    currency: str,
    policy: Policy = POLICY,
) -> Iterator[Answer]:
    """An answer about each key that was claimed all the time, of a bill, and that was not seen; asks for these only then.

    Of days of which the source told of no key nobody knows whether this one was used: some usage is not told by key.
    """
    for source, key in sorted(_claimed(workload, sources, window)):
        if (source, key) not in seen().used:
            yield _answer(source, key, seen().days.get(source, 0), window, currency, policy)


def _claimed(workload: Workload, sources: Mapping[str, Source], window: Window) -> Iterator[tuple[str, str]]:
    for claim in workload.usage if workload.claimed_at <= window.start else ():
        source, key = sources.get(claim.source), dict(claim.match).get("apiKey")
        if source and source.role == BILL and key:
            yield source.name, key


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
