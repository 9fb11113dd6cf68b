"""What aicost and others say of the servers of a trace, counted: how many cards, how much a month, and what it would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from aicost.core.recommendations.advice import Advice, Answer, Lever, Refused
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.ladder import judged
from tests.traces.others import COST, PERFORMANCE, device, kruize, kubecost, out_of_memory, overrun


@dataclass(slots=True)
class Tally:
    """Of one rule over all servers. `nanos` a month; `broken` servers would run out of memory, `slow` ones out of compute."""

    advised: int = 0
    nanos: int = 0
    broken: int = 0
    slow: int = 0
    levers: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def moved(self, e: ServerEvidence, profile: str, nanos: int) -> None:
        """One server to an instance of its card."""
        now, card = e.device, e.device.hardware if e.device else None
        assert now
        assert card
        there = device(profile, card, now.model)
        self.advised += 1
        self.nanos += nanos
        self.broken += out_of_memory(e, there)
        self.slow += overrun(e, card, there)
        self.levers[profile] += 1


def by_aicost(servers: Iterable[ServerEvidence]) -> Tally:
    """The largest advice about each, and where there is none what speaks against the last lever that applies."""
    tally = Tally()
    for e in servers:
        answers = tuple(judged(e))
        if best := best_of(answers):
            if best.lever is Lever.USE_MIG_SLICE:
                tally.moved(e, profile_of(best), best.saving.low)
            else:
                tally.advised += 1
                tally.nanos += best.saving.low
                tally.levers[best.lever.value] += 1
        else:
            tally.refused[against(answers).obstacle.value] += 1
    return tally


def best_of(answers: Iterable[Answer]) -> Advice | None:
    """That which saves most."""
    return max((each for each in answers if isinstance(each, Advice)), key=lambda each: each.saving.low, default=None)


def against(answers: Iterable[Answer]) -> Refused:
    """What speaks against a MIG slice; of what is not asked that, against stopping it."""
    refused = [each for each in answers if isinstance(each, Refused)]
    return next((each for each in refused if each.lever is Lever.USE_MIG_SLICE), refused[0])


def profile_of(advice: Advice) -> str:
    """`1g.10gb` of `nvidia.com/mig-1g.10gb: 1`."""
    return advice.proposed.partition("mig-")[2].partition(":")[0]


def by_kruize(servers: Iterable[ServerEvidence], percentile: int, prices: dict[str, int]) -> Tally:
    """`prices` are what an instance saves a month: Kruize itself has no price."""
    tally = Tally()
    for e in servers:
        if profile := kruize(e, percentile):
            tally.moved(e, profile, prices[profile])
    return tally


def by_kubecost(servers: Iterable[ServerEvidence]) -> Tally:
    """Of what shares a card it has no figure."""
    tally = Tally()
    for e in servers:
        if said := kubecost(e):
            tally.advised += 1
            tally.nanos += e.part.monthly_nanos if said == "Remove" else 0
            tally.levers[said] += 1
    return tally


RULES = {"Kruize, cost": COST, "Kruize, performance": PERFORMANCE}
