"""AvoidFailedRequests of a server of one's own: of many requests whoever asked went away before the answer was whole.

vLLM calls a request aborted whose client left (`FinishReason.ABORT`). What was computed for it nobody read, and no series
tells how much that was: so nothing is saved for certain, and the cards cost what they did until there is less to do.
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
from aicost.core.recommendations.models.asked import goes_on, in_all, numbers_of
from aicost.core.recommendations.models.policy import POLICY, Policy
from aicost.core.recommendations.models.served import Served
from aicost.core.window import Window

_LEVER = Lever.AVOID_FAILED_REQUESTS
_LOOK_AT = (
    "Trial: compare the time-out of whoever calls it with how long the slowest answers take, and lengthen the one or stream the other",
    "Compare: aborted requests of the week after, and the tokens that it makes for as many that end",
    "Go back: set the time-out as it was",
    "Retries: what is asked again after a time-out is computed twice, while the server is as slow as it was",
    "max_tokens: whoever stops an answer that is too long is served by a shorter one",
    "Queues: whoever waits too long goes before anything was computed, which costs nothing",
)


def aborted_requests(found: Served, told: Collection[str] = (), policy: Policy = POLICY) -> Iterator[Answer]:
    """One answer where more of a server's requests are aborted, and on more days, than some always are; of few requests none.

    `told` are the ids of what the workload is told already: that ends well below where it begins.
    """
    target, days = found.server.target, found.asked
    bounds = policy.keeping if id_of(_LEVER, target) in told else policy
    if in_all(days).requests < bounds.least_requests or not goes_on([asked for _, asked in days], bounds):
        return
    if len(days) < bounds.least_days:
        lacking = f"{len(days)} of {bounds.least_days} whole days have requests"
        yield Refused(_LEVER, target, Obstacle.TOO_LITTLE_DATA, lacking, _evidence(found))
        return
    yield _advice(found)


def _advice(found: Served) -> Advice:
    server, asked = found.server, in_all(found.asked)
    return Advice(
        lever=_LEVER,
        effect=Effect.FREED_CAPACITY,
        basis=Basis.HYPOTHESIS,
        target=server.target,
        current="requests that are aborted",
        proposed="time-outs that outlast its answers, or answers that are streamed",
        saving=Saving(0, 0),
        currency=server.currency,
        touched=Part((*server.part.name, "aborted"), 0),
        reason=f"{asked.failed} of {asked.requests} requests were aborted by whoever asked; what was computed for them nobody read, and nobody"
        " tells how much that was, so nothing is known to be saved",
        evidence=_evidence(found),
        requires=_LOOK_AT,
    )


def _evidence(found: Served) -> Evidence:
    (first, _), (last, _) = found.asked[0], found.asked[-1]
    return Evidence(Window(first.start, last.end), in_all(found.asked).requests, numbers_of(found.asked))
