"""AvoidFailedRequests: a key of which many requests fail. Nobody had an answer of these, whatever they cost.

No source tells tokens of requests that failed (LiteLLM writes them down with a cost of 0), so nothing is ever saved for
certain; where it is told that HTTP 4xx refused them, they cost nothing for certain. They are judged by key: what fails
before it is routed has the model's name that was asked for, what succeeds the one that answered. And by day: an outage of
the provider is nothing that whoever asks could mend.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from aicost.core.counting import Failure
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.model_names import is_tellable
from aicost.core.money import split
from aicost.core.ownership import Ownership
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
    id_of,
)
from aicost.core.recommendations.models.asked import Asked, Days, goes_on, in_all, numbers_of
from aicost.core.recommendations.models.policy import POLICY, Policy
from aicost.core.usage import UsageRow
from aicost.core.window import Window

_LOOK_AT = (
    "Trial: sort a day of its failures by status and time taken in the gateway's log, and mend the most frequent first",
    "Compare: failed requests of the week after, and what the bill has that the gateway did not see",
    "Go back: undo the change; failures cost no more than they did",
    "Time-outs: who gives up first throws away an answer that may be billed: wait longer than the slowest answer, or stream",
    "Retries: with back-off and an end; what is asked again at once after HTTP 429 or 5xx fails again",
    "HTTP 4xx: a wrong key, model or parameter, or too long a prompt, never works: nothing is billed, nobody is answered",
    "max_tokens: an answer that is cut off and asked for again is paid twice",
)


@dataclass(frozen=True, slots=True)
class Failing:
    """What a workload asked by one key of a source in a window, on each day on which it asked.

    `key` is empty where the source names none. `model` is the one of which most requests failed, empty where it has no name
    that may be told.
    """

    source: str
    key: str
    window: Window
    days: Days
    model: str = ""

    @property
    def all(self) -> Asked:
        """On all days together."""
        return in_all(self.days)

    @property
    def target(self) -> Target:
        """What is told of them is about the key."""
        return Target(ObjectRef("aicost.dev", "UsageSource", self.source), subject=self.key)


@dataclass(slots=True)
class _Sums:
    days: dict[Window, Asked] = field(default_factory=lambda: defaultdict(Asked))
    failed: Counter[str] = field(default_factory=Counter)


def failing_keys(
    usage: Iterable[UsageRow], ownership: Ownership, window: Window
) -> Iterator[tuple[WorkloadRef, Failing]]:
    """Each key of which requests failed, by the workload that owns what was asked by it, in a stable order.

    A row that changed hands divides by the seconds.
    """
    rows = tuple(usage)
    failed = {(row.source, _key(row)) for row in rows if _told(row, Failure.REQUESTS)}
    sums: dict[tuple[WorkloadRef, str, str], _Sums] = defaultdict(_Sums)
    for row in (each for each in rows if (each.source, _key(each)) in failed):
        owners = ownership.usage(row.source, row.dimensions, row.source).seconds(row.day)
        weights = [held for _, held in owners]
        counts = row.tokens.requests, _told(row, Failure.REQUESTS), _told(row, Failure.REFUSED)
        parts = zip(*(split(count, weights) for count in counts), strict=True)
        for (owner, _), (answered, lost, refused) in zip(owners, parts, strict=True):
            if owner.workload and answered + lost:
                mine = sums[owner.workload, row.source, _key(row)]
                mine.days[row.day] += Asked(answered, lost, refused)
                mine.failed[dict(row.dimensions).get("model", "")] += lost
    for (workload, source, key), of in sorted(sums.items(), key=lambda each: each[0]):
        yield workload, Failing(source, key, window, tuple(sorted(of.days.items())), _most(of.failed))


def failed_requests(
    of: Failing, currency: str, told: Collection[str] = (), policy: Policy = POLICY
) -> Iterator[Answer]:
    """One answer where more of a key's requests fail, and on more days, than some always do; of few requests none.

    `told` are the ids of what the workload is told already: that ends well below where it begins, so that a share about the
    bound does not come and go by the day.
    """
    bounds = policy.keeping if id_of(Lever.AVOID_FAILED_REQUESTS, of.target) in told else policy
    asked, days = of.all, [each for _, each in of.days]
    if asked.requests < bounds.least_requests or not goes_on(days, bounds):
        return
    if len(days) < bounds.least_days:
        lacking = f"{len(days)} of {bounds.least_days} whole days have requests"
        yield Refused(Lever.AVOID_FAILED_REQUESTS, of.target, Obstacle.TOO_LITTLE_DATA, lacking, _evidence(of))
        return
    if not goes_on([each.costly for each in days], bounds):
        refused = f"{asked.refused} of {asked.failed} failed requests were refused by HTTP 4xx"
        message = f"{refused}: nothing is computed for these, nor billed; the others are few, or of few days"
        yield Refused(Lever.AVOID_FAILED_REQUESTS, of.target, Obstacle.NOT_CHEAPER, message, _evidence(of))
        return
    yield _advice(of, currency)


def _advice(of: Failing, currency: str) -> Advice:
    asks = f"requests by key {of.key}" if of.key else "requests"
    to = f", most of them to {of.model}" if of.model else ""
    return Advice(
        lever=Lever.AVOID_FAILED_REQUESTS,
        effect=Effect.BILL_REDUCTION,
        basis=Basis.HYPOTHESIS,
        target=of.target,
        current=f"{asks} that fail",
        proposed="longer time-outs, retries that back off and end, requests that can succeed",
        saving=Saving(0, 0),
        currency=currency,
        touched=Part(("tokens", of.source, f"failed {of.key}"), 0),
        reason=f"{of.all.failed} of {of.all.requests} requests failed{to}; their tokens are told by nobody, so nothing is known to be saved:"
        " what fails before a token costs nothing, and what times out may be billed all the same",
        evidence=_evidence(of),
        requires=_LOOK_AT,
    )


def _evidence(of: Failing) -> Evidence:
    told = {"mostFailedOf": of.model, "refusedRequests": str(of.all.refused or "")}
    numbers = numbers_of(of.days) | {name: number for name, number in told.items() if number}
    return Evidence(of.window, of.all.requests, numbers)


def _key(row: UsageRow) -> str:
    return dict(row.dimensions).get("apiKey", "")


def _told(row: UsageRow, count: Failure) -> int:
    return dict(row.measured).get(count, 0)


def _most(failed: Counter[str]) -> str:
    """The model of which most failed; of equals the first by name."""
    named = sorted(((-count, model) for model, count in failed.items() if count))
    return next((model for _, model in named[:1] if is_tellable(model)), "")
