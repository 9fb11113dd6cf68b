"""What one model server of the cluster served over whole days, and what it cost: measured on both sides, never quoted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from aicost.core.holdings import Holding
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.recommendations.advice import HOURS_OF_A_MONTH, Advice, Answer
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.servers import controller
from aicost.core.recommendations.gpu.steady import since_change
from aicost.core.recommendations.models.asked import Asked, Days
from aicost.core.recommendations.models.usage import PERCENT
from aicost.core.usage import PodTokens, Tokens
from aicost.core.window import HOUR, Window, day_of


@dataclass(frozen=True, slots=True)
class Served:
    """A server with what its pods counted: the hours of pods that were counted, the days, and the most in any hour.

    The window of `server` begins where another number of its replicas ran before. `leaves`: other advice says that it should have less, or go. `takes_over`: that it carries another server's calls.
    """

    server: ServerEvidence
    tokens: Tokens
    counted_hours: int
    days: int
    peak_tokens: int
    leaves: bool = False
    takes_over: bool = False
    asked: Days = ()
    """Requests that ended and that were aborted, of all days, of those pods that tell: which number of replicas ran is nothing to it."""

    @property
    def model(self) -> str:
        """The one model that it serves; empty where that are several or none has a name."""
        return next(iter(self.server.models)) if len(self.server.models) == 1 else ""

    @property
    def pace(self) -> Fraction:
        """How many windows a month has."""
        return Fraction(HOURS_OF_A_MONTH * HOUR, self.server.window.seconds)

    @property
    def counted_percent(self) -> int:
        """Of the hours in which its pods ran, those of which somebody counted tokens."""
        ran = sum(self.server.replicas)
        return min(PERCENT, self.counted_hours * PERCENT // ran) if ran else 0

    @property
    def uncounted(self) -> Fraction:
        """By how much more it served than was counted, if hours that nobody counted were as those that somebody did."""
        ran = sum(self.server.replicas)
        return Fraction(ran, self.counted_hours) if 0 < self.counted_hours < ran else Fraction(1)

    @property
    def all_tokens(self) -> int:
        """Input and output."""
        return self.tokens.input + self.tokens.output

    @property
    def nanos_per_million(self) -> int:
        """What a million tokens cost as it was used, idle time included; uncounted hours served as the others did."""
        served = self.all_tokens * self.pace * self.uncounted
        return int(self.server.part.monthly_nanos * 1_000_000 / served) if served else 0


def served(
    servers: Iterable[ServerEvidence], holdings: Iterable[Holding], counted: Iterable[PodTokens]
) -> tuple[Served, ...]:
    """Of the servers those that counted tokens, in their order, each since what it runs changed last."""
    named = {(held.pod.namespace, held.pod.name): controller(held.pod) for held in holdings}
    told: Mapping[tuple[str, ObjectRef], list[PodTokens]] = defaultdict(list)
    for each in counted:
        if owner := named.get((each.namespace, each.pod)):
            told[each.namespace, owner].append(each)
    found = ((now, told.get(_of(now), [])) for now in map(since_change, servers))
    since = ((now, [each for each in of if each.hour.start >= now.window.start], of) for now, of in found)
    return tuple(replace(_served(now, of), asked=_asked(whole)) for now, of, whole in since if of)


def _of(server: ServerEvidence) -> tuple[str, ObjectRef]:
    return server.workload.namespace, server.target.object_ref


def _served(server: ServerEvidence, of: list[PodTokens]) -> Served:
    by_hour: dict[Window, int] = defaultdict(int)
    for each in of:
        by_hour[each.hour] += each.tokens.input + each.tokens.output
    return Served(
        server=server,
        tokens=sum((each.tokens for each in of), Tokens()),
        counted_hours=len({(each.pod, each.hour) for each in of}),
        days=len({day_of(hour.start) for hour in by_hour}),
        peak_tokens=max(by_hour.values()),
    )


def _asked(of: Iterable[PodTokens]) -> Days:
    days: dict[Window, Asked] = defaultdict(Asked)
    for each in of:
        if each.aborted is not None and (each.tokens.requests or each.aborted):
            days[day_of(each.hour.start)] += Asked(max(0, each.tokens.requests - each.aborted), each.aborted)
    return tuple(sorted(days.items()))


def told_of(found: Iterable[Served], told: Iterable[tuple[WorkloadRef, Answer]]) -> tuple[Served, ...]:
    """The servers with what other advice says of them: nobody is sent to one that is to have less, to go, or to take over."""
    advice = [(ref, each) for ref, each in told if isinstance(each, Advice)]
    leaving = {(ref, each.target.object_ref) for ref, each in advice}
    taking = {(ref, each.evidence.numbers.get("takenOverBy")) for ref, each in advice}
    return tuple(
        replace(
            each,
            leaves=(each.server.workload, each.server.target.object_ref) in leaving,
            takes_over=(each.server.workload, each.server.target.object_ref.name) in taking,
        )
        for each in found
    )


def callable_by(found: Iterable[Served], workload: WorkloadRef, metered: frozenset[WorkloadRef]) -> tuple[Served, ...]:
    """The servers that a workload may call: those of its own namespace, and those whose meter it claims."""
    return tuple(
        each
        for each in found
        if each.server.workload != workload
        and (each.server.workload.namespace == workload.namespace or each.server.workload in metered)
    )
