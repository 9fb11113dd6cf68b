"""What a workload is told: its own lines and no others, and one word for how it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.claims import Contest, Refused
from aicost.core.declarations import Declarations
from aicost.core.gaps import Feed, Gap
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import IDLE, Component
from aicost.core.reasons import GapReason, Refusal
from aicost.core.statement import LastDay, State, state_of, workload_statements
from aicost.core.usage import Tokens
from tests.support.builders import T0, a_total, a_workload, facts, owned_by, usd

CHAT = a_workload("chat", app="chat")
RANK = a_workload("rank", app="rank")
BOTH = Declarations((CHAT, RANK))
MISSING = Gap(GapReason.NO_PRICE, Feed.GPU, T0, "")
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


def test_without_a_budget_nothing_is_over() -> None:
    """No budget, no warning, however large the cost."""
    assert state_of(10**18, None, (), conflict=False, denied=False) is State.OK
