"""AvoidFailedRequests: a key of which many requests fail. Nobody had an answer of these, whatever they cost.

No source tells tokens of requests that failed (LiteLLM writes them down with a cost of 0), so nothing is ever saved for
certain; where it is told that HTTP 4xx refused them, they cost nothing for certain. They are judged by day: an outage of the
provider is nothing that whoever asks could mend.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

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
    id_of,
)
from aicost.core.recommendations.models.asked import goes_on, numbers_of
from aicost.core.recommendations.models.failing import Failing
from aicost.core.recommendations.models.policy import POLICY, Policy

_LOOK_AT = (
    "Trial: sort a day of its failures by status and time taken in the gateway's log, and mend the most frequent first",
    "Compare: failed requests of the week after, and what the bill has that the gateway did not see",
    "Go back: undo the change; failures cost no more than they did",
    "Time-outs: who gives up first throws away an answer that may be billed: wait longer than the slowest answer, or stream",
    "Retries: with back-off and an end; what is asked again at once after HTTP 429 or 5xx fails again",
    "HTTP 4xx: a wrong key, model or parameter, or too long a prompt, never works: nothing is billed, nobody is answered",
    "max_tokens: an answer that is cut off and asked for again is paid twice",
)


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
