"""A month in which much happened: facts that touch every part of every status."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.causes import Causes
from aicost.core.claims import Contest, Refused
from aicost.core.declarations import Declarations
from aicost.core.distribution import Distribution, Method, Pool
from aicost.core.gaps import Feed, Gap
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Certainty, Component, Owner, OwnerKind, Total, Use
from aicost.core.reasons import GapReason, Refusal
from aicost.core.recommendations.advice import Part, Saving
from aicost.core.recommendations.changes import Scale
from aicost.core.recommendations.chosen import Told
from aicost.core.repricing import Rerated
from aicost.core.statement import Facts, LastDay
from aicost.core.training import Investment, Trained
from aicost.core.unclaimed import Unclaimed
from aicost.core.usage import Tokens
from aicost.core.window import DAY, HOUR, Instant, Period, Span
from tests.support.advising import ADVICE
from tests.support.builders import (
    CARD_HOUR,
    a_book,
    a_claim,
    a_grant,
    a_price,
    a_source,
    a_total,
    a_unit,
    a_workload,
    at,
    facts,
    owned_by,
    usd,
)

NOW: Instant = at(3 * DAY)
CHAT = replace(
    a_workload("chat", usage=(a_claim(project="p"),), app="chat"), budget_nanos=usd(2000).nanos, generation=3
)
RANK = replace(a_workload("rank", "search", "find", app="rank"), generation=1)
CARE = replace(a_unit("care", "support", parent="group"), budget_nanos=usd(1000).nanos, generation=2)
GROUP = replace(
    a_unit("group"),
    budget_nanos=usd(1999, 999_999_999).nanos,
    generation=5,
    distribute=(Distribution(Pool.UNCLAIMED, Method.FIXED, (("find", 400_000),)),),
)
FIND = replace(
    a_unit("find", "search"),
    budget_nanos=usd(1000).nanos,
    budget_span=Span.QUARTER,
    distribute=(Distribution(Pool.OWN, Method.EVEN, (("nowhere", 0),)),),
)
LOOP, KNOT = a_unit("loop", parent="knot"), a_unit("knot", parent="loop")
SOURCE = replace(a_source(a_grant("p", "support")), generation=4)

DECLARED = Declarations(
    workloads=(RANK, CHAT),
    units=(CARE, FIND, GROUP, KNOT, LOOP),
    sources=(SOURCE,),
    prices=a_book(a_price(usd(4))),
    prices_generation=7,
)


def tokens_of(owner: Owner, nanos: int) -> Total:
    """A part of the provider's bill."""
    return a_total(
        owner, usd(0, nanos), component=Component.TOKENS, certainty=Certainty.BILLED, pool="openai", quantity=1
    )


SAVES = replace(
    ADVICE,
    saving=Saving(usd(70).nanos, usd(100, 5).nanos),
    touched=Part(("gpu", "support", "statefulset", "notebook"), usd(730).nanos),
    change=Scale(0),
)
GONE = tuple(a_total(owned_by(f"old-{n:02}"), usd(n), quantity=900) for n in range(1, 13))
TOTALS = (
    a_total(owned_by("chat"), usd(288, 1), quantity=72 * CARD_HOUR),
    a_total(owned_by("chat"), quantity=CARD_HOUR, gap=GapReason.NO_PRICE, pool="B200-180GB"),
    tokens_of(owned_by("chat"), 1_400_000_000_009),
    a_total(owned_by("rank", "search", "find"), usd(96), quantity=24 * CARD_HOUR),
    *GONE,
    a_total(Owner(OwnerKind.UNIT, "group"), usd(11), quantity=CARD_HOUR),
    a_total(IDLE, usd(672), quantity=168 * CARD_HOUR),
    a_total(UNCLAIMED, usd(8), quantity=2 * CARD_HOUR),
    a_total(PARKED, usd(4), quantity=CARD_HOUR),
    a_total(IDLE, usd(3), quantity=CARD_HOUR, certainty=Certainty.ESTIMATED, pool="L4-24GB"),
    tokens_of(UNCLAIMED, 300_000_000_000),
)
GAPS = (
    Gap(GapReason.NO_POD_HISTORY, Feed.GPU, at(0), "Prometheus does not answer"),
    Gap(GapReason.NO_PRICE, Feed.GPU, at(0), "1.00 card hours of B200-180GB", "1.00 card hours", CHAT.ref),
    Gap(GapReason.BILL_UNAVAILABLE, Feed.BILLS, at(DAY), "2 November: 500", "2 days", source="openai"),
    Gap(GapReason.OVER_ALLOCATED, Feed.GPU, at(0), "parked", "1.00 card hours", unit="unallocated"),
)


def the_month() -> Facts:
    """Three days of November, and something of October."""
    return replace(
        facts(*TOTALS, declared=DECLARED, gaps=GAPS),
        through={Feed.GPU: NOW, Feed.USAGE: at(3 * DAY - HOUR)},
        bills_through={"openai": at(2 * DAY)},
        last_day=LastDay("2026-11-03", (TOTALS[0], TOTALS[2]), settled=True),
        sharing={CHAT.ref: frozenset(("", "mig")), RANK.ref: frozenset(("time-slicing",))},
        previous=(a_total(owned_by("chat"), usd(31)), a_total(IDLE, usd(5))),
        earlier={Period("2026-10"): (a_total(owned_by("rank", "search", "find"), usd(700)),)},
        rerated=Rerated(
            at(2 * DAY), at(0), ("H100-80GB: 3.00 USD an hour before, 4.00 USD an hour now, from 2026-11-01",)
        ),
        unclaimed=(
            Unclaimed(Component.TOKENS, "openai", "", "project q", usd(300).nanos),
            Unclaimed(Component.GPU, "", "lab", "lab/notebook-0", usd(8).nanos),
        ),
        use=(
            Use(
                CHAT.ref,
                "DCGM_FI_PROF_SM_ACTIVE",
                36 * CARD_HOUR,
                36 * CARD_HOUR * 123_456,
                usd(144).nanos,
                usd(18).nanos,
            ),
        ),
        advice={CHAT.ref: Told((SAVES,))},
        trained=Trained((Investment(RANK.ref, "find", Period("2026-10"), 3, usd(300).nanos),), NOW),
        tokens={CHAT.ref: Tokens(input=1000, cached_input=400, cache_write=10, output=50, requests=7)},
        measured={CHAT.ref: {"seconds": 61, "images": 12}},
        names={("openai", "project", "q"): "Shared gateway"},
        causes=Causes(
            "USD",
            named={CHAT.ref: {"customer": {"acme": usd(700).nanos}}},
            within={
                ("care", CHAT.ref): {
                    "customer": {"acme": usd(700).nanos, "": usd(700, 9).nanos},
                    "feature": {"": usd(1400, 9).nanos},
                    "model": {"": usd(1400, 9).nanos},
                }
            },
        ),
        refused=(
            Refused(RANK.ref, Refusal.GRANT_MISSING, "no grant", a_claim(project="p")),
            Refused(RANK.ref, Refusal.SOURCE_NOT_FOUND, "there is no UsageSource x", a_claim("x", project="p")),
        ),
        contests=frozenset(
            Contest(WorkloadRef("search", winner), RANK.ref, f"pod search/rank-{n}")
            for n, winner in enumerate(("best", "better"))
        ),
    )
