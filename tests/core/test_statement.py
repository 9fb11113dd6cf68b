"""What a workload is told: its own lines and no others, and one word for how it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.cards import GPU
from aicost.core.causes import Causes, Top
from aicost.core.claims import Contest, Refused
from aicost.core.cost import Cost, cost_of
from aicost.core.declarations import Declarations, Unit
from aicost.core.directions import Directions
from aicost.core.gaps import Feed, Gap
from aicost.core.holdings import Devices
from aicost.core.identity import WorkloadRef
from aicost.core.layout import Slot
from aicost.core.ledger import IDLE, UNCLAIMED, Component, Use
from aicost.core.reasons import GapReason, Refusal
from aicost.core.recommendations.chosen import Told
from aicost.core.statement import LastDay, State, WorkloadStatement, sharing_by_workload, state_of, workload_statements
from aicost.core.training import Asset, Investment, Trained
from aicost.core.usage import Tokens
from aicost.core.window import DAY, Period
from tests.support.builders import T0, a_group, a_holding, a_pod, a_total, a_unit, a_workload, at, facts, owned_by, usd

CHAT = a_workload("chat", app="chat")
RANK = a_workload("rank", app="rank")
BOTH = Declarations((CHAT, RANK))
MISSING = Gap(GapReason.NO_PRICE, Feed.GPU, T0, "")
PERIOD = Period.of(T0)
EURO_LINE = replace(a_total(owned_by("abroad", unit="europe"), usd(5)), currency="EUR")
UNCOUNTED = Gap(GapReason.NO_TOKEN_COUNTS, Feed.USAGE, T0, "")


def test_a_workload_is_told_its_own_cost() -> None:
    """Each workload's statement sums its own totals of the month, the last day and the month before."""
    mine, others = a_total(owned_by("chat"), usd(4), quantity=3600), a_total(owned_by("rank"), usd(7))
    tokens = a_total(owned_by("chat"), usd(1), component=Component.TOKENS, quantity=99)
    month = replace(
        facts(mine, others, tokens, a_total(IDLE, usd(9)), declared=BOTH),
        last_day=LastDay("2026-11-01", (tokens, others), settled=True),
        previous=(mine, mine),
        tokens={CHAT.ref: Tokens(input=5)},
    )
    chat, rank = workload_statements(month)
    assert (chat.cost.gpu, chat.cost.tokens, chat.cost.total) == (usd(4).nanos, usd(1).nanos, usd(5).nanos)
    assert (chat.last_day_nanos, chat.previous_nanos) == (usd(1).nanos, usd(8).nanos)
    assert (chat.card_microseconds, chat.tokens) == (3600, Tokens(input=5))
    assert (rank.cost.total, rank.previous_nanos, rank.tokens) == (usd(7).nanos, 0, None)


def test_card_time_without_a_price_still_counts() -> None:
    """Cards that nobody priced add no cost, but their time is told."""
    chat, _ = workload_statements(facts(a_total(owned_by(), quantity=60, gap=GapReason.NO_PRICE), declared=BOTH))
    assert (chat.cost.total, chat.card_microseconds) == (0, 60)


def test_a_workload_without_lines_has_a_statement() -> None:
    """Who cost nothing is told so."""
    chat, _ = workload_statements(facts(declared=BOTH))
    assert (chat.cost.total, chat.state, chat.gaps) == (0, State.OK, ())


def test_refusals_contests_and_gaps_reach_their_workload() -> None:
    """What was refused, lost or missing is told to the one concerned, and its state says the worst of it."""
    refused = Refused(CHAT.ref, Refusal.GRANT_MISSING, "")
    lost = Contest(CHAT.ref, RANK.ref, "pod support/x")
    month = replace(facts(declared=BOTH, gaps=(MISSING,)), refused=(refused,), contests=frozenset({lost}))
    chat, rank = workload_statements(month)
    assert (chat.refused, chat.lost, chat.state) == ((refused,), (), State.DENIED)
    assert (rank.refused, rank.lost, rank.state) == ((), (lost,), State.CONFLICT)
    assert chat.gaps == rank.gaps == (MISSING,)


def test_contests_have_a_stable_order() -> None:
    """What was lost is told by winner and subject, whatever order a set has."""
    contests = [Contest(WorkloadRef("support", winner), CHAT.ref, subject) for winner in "ba" for subject in "ba"]
    chat, _ = workload_statements(replace(facts(declared=BOTH), contests=frozenset(contests)))
    assert [(contest.winner.name, contest.subject) for contest in chat.lost] == [*map(tuple, ("aa", "ab", "ba", "bb"))]


def test_a_workload_is_told_all_that_is_known_of_it() -> None:
    """In its unit's currency, and nothing of what is another's; what nobody looked at is not told."""
    tuned = replace(CHAT, budget_nanos=usd(2).nanos)
    abroad = a_workload("abroad", unit="europe")
    units = (a_unit("care"), Unit("europe", currency="EUR"))
    bought = [
        Investment(CHAT.ref, unit, PERIOD.previous, 12, usd(dollars).nanos) for unit, dollars in (("a", 12), ("b", 24))
    ]
    uses = (
        Use(CHAT.ref, "most", 60, 7, usd(3).nanos, usd(1).nanos, 5, 3),
        Use(CHAT.ref, "less", 40, 4, usd(1).nanos, 9, 2, 1),
    )
    looked_at = Told()
    lines = a_total(owned_by(), usd(4), quantity=3600), a_total(owned_by(), usd(1), component=Component.TOKENS)
    month = replace(
        facts(*lines, declared=Declarations((tuned, RANK, abroad), units)),
        use=uses,
        sharing={CHAT.ref: frozenset({"mig"})},
        measured={CHAT.ref: {"images": 3}},
        causes=Causes("USD", {ref: {"customer": {"acme": usd(1).nanos}} for ref in (CHAT.ref, abroad.ref)}),
        directions={ref: Directions(1, 2, 3, 4) for ref in (CHAT.ref, abroad.ref)},
        trained=Trained(tuple(bought), at(15 * DAY)),
        advice={CHAT.ref: looked_at},
    )
    told = workload_statements(replace(month, elsewhere={"EUR": replace(month, currency="EUR", totals=(EURO_LINE,))}))
    paid = (("acme", usd(1).nanos),)
    nothing = WorkloadStatement(RANK, Cost(), 0, 0, 0, None, None, (), (), (), State.OK, "USD")
    assert told == (
        WorkloadStatement(
            tuned,
            cost_of(lines, "USD"),
            last_day_nanos=0,
            previous_nanos=0,
            card_microseconds=3600,
            use=Use(CHAT.ref, "most", 100, 11, usd(4).nanos, usd(1).nanos + 9, 7, 4),
            tokens=None,
            gaps=(),
            refused=(),
            lost=(),
            state=State.OVER,
            currency="USD",
            sharing=frozenset({"mig"}),
            top=Top(paid, (("undeclared", usd(1).nanos),), (("undeclared", usd(1).nanos),)),
            asset=Asset(usd(36).nanos, usd(3).nanos // 2, usd(3).nanos),
            amortised=usd(3).nanos // 2,
            measured={"images": 3},
            directions=Directions(1, 2, 3, 4),
            advice=looked_at,
        ),
        nothing,
        replace(nothing, workload=abroad, currency="EUR", cost=cost_of((EURO_LINE,), "EUR")),
    )
    assert told[0].used == usd(2).nanos + 9


def test_cards_are_told_by_all_ways_in_which_they_are_cut() -> None:
    """Of what a workload's pods held, on nodes that are known; pods that nobody claims tell nothing."""
    pods = [a_pod(name) for name in ("chat-0", "chat-1", "nobodys", "unknown")]
    groups = (
        a_group(node="a", sharing="mig", slots=(Slot("mig", 2),)),
        a_group(node="b", sharing="time-slicing", slots=(Slot(GPU, 8),)),
        a_group(node="c", sharing="mps", slots=(Slot(GPU, 8),)),
    )
    held = (
        a_holding(pods[0], node="a", resource="mig"),
        a_holding(pods[1], node="b"),
        a_holding(pods[1], node="gone"),
        *(a_holding(pod, node="c") for pod in pods[2:]),
    )
    owners = {str(pod): owner for pod, owner in zip(pods, (owned_by(), owned_by(), UNCLAIMED), strict=False)}
    assert sharing_by_workload(Devices(groups, held), owners) == {CHAT.ref: frozenset({"mig", "time-slicing"})}


@pytest.mark.parametrize(
    ("nanos", "gaps", "conflict", "denied", "state"),
    [
        (0, (), False, False, State.OK),
        (799, (), False, False, State.OK),
        (800, (), False, False, State.WARN),
        (1000, (), False, False, State.WARN),
        (1001, (), False, False, State.OVER),
        (-5, (), False, False, State.OK),
        (799, (MISSING,), False, False, State.PARTIAL),
        (800, (MISSING,), False, False, State.PARTIAL),
        (1001, (MISSING,), False, False, State.OVER),
        (800, (UNCOUNTED,), False, False, State.WARN),
        (1001, (MISSING,), True, False, State.CONFLICT),
        (1001, (MISSING,), True, True, State.DENIED),
    ],
)
def test_one_word_says_the_worst(nanos: int, gaps: tuple[Gap, ...], conflict: bool, denied: bool, state: State) -> None:
    """Denied, conflict, over, partial, warn, OK: the first that holds, of a budget of 1000."""
    assert state_of(nanos, 1000, gaps, conflict=conflict, denied=denied) is state


def test_a_budget_is_judged_to_the_nano_unit() -> None:
    """Of one that no float tells apart."""
    budget = 10**18
    states = [state_of(n, budget, (), conflict=False, denied=False) for n in (budget * 8 // 10 - 1, budget * 8 // 10)]
    assert states == [State.OK, State.WARN]
    assert state_of(budget + 1, budget, (), conflict=False, denied=False) is State.OVER


def test_without_a_budget_nothing_is_over() -> None:
    """No budget, no warning, however large the cost."""
    assert state_of(10**18, None, (), conflict=False, denied=False) is State.OK
