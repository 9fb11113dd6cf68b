"""A sequence of commits, each of which touches every table and can be told apart from the others."""

from __future__ import annotations

from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.identity import NodeRef, PodIdentity, WorkloadRef
from aicost.core.ledger import IDLE, Certainty, Component, Entry, Line, Origin, Owner, OwnerKind
from aicost.core.money import Money
from aicost.core.usage import CardUse, Observed
from aicost.core.window import HOUR, Instant, Period, Window, hour_of
from aicost.ports import Commit

MONTH = Period("2026-11")
LAST = "last"
CARDS = 40
START = MONTH.window.start
CHAT = Owner(OwnerKind.WORKLOAD, "care", WorkloadRef("support", "chat"))


def number(n: int) -> tuple[Commit, Instant]:
    """The n-th commit: new entries of its own, one that supersedes its predecessor's, drafts, and observations."""
    at = Instant(START + n)
    pod = PodIdentity(f"uid-{n}", "support", f"chat-{n}")
    window = Window(START, at)
    group = CardGroup(NodeRef("node-a", START), "nvidia.com/gpu", "H100", 8, window)
    use = CardUse("support", f"chat-{n}", "GPU-0", hour_of(START), "DCGM_FI_PROF_SM_ACTIVE", 500_000)
    return (
        Commit(
            entries=(*(entry(n, card) for card in range(CARDS)), entry(0, 0, nanos=n)),
            drafts=tuple(entry(-n, card) for card in range(3)),
            devices=Devices((group,), (Holding(pod, "node-a", "nvidia.com/gpu", 1, window),)),
            observed=Observed((use,)),
            marks={LAST: str(n)},
        ),
        at,
    )


def entry(n: int, card: int, nanos: int = 4 * 10**9) -> Entry:
    """A card of a commit; its cost is the workload's and a third of it idle."""
    idle = nanos // 3
    lines = (
        Line(CHAT, f"support/chat-{n}", Money(nanos - idle, "USD"), 2400),
        Line(IDLE, "node-a", Money(idle, "USD"), 1200),
    )
    origin = Origin(
        key=("gpu", str(n), str(card)),
        component=Component.GPU,
        pool="H100",
        window=Window(START, Instant(START + HOUR)),
        amount=Money(nanos, "USD"),
        certainty=Certainty.RATED,
        quantity=HOUR,
        unit="card-seconds",
        description="x" * 500,
    )
    return Entry(origin, lines)
