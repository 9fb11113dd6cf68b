"""Decide: what is settled and what is a draft, whose it is, and what is taken back. On plain values, no I/O."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.bills import BillDay
from aicost.core.claims import Contest
from aicost.core.coverage import Coverage
from aicost.core.declarations import Declarations, Source, Unit, UsageClaim, Workload
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import UNCLAIMED, Component, Entry, Owner, OwnerKind
from aicost.core.ownership import Ownership
from aicost.core.usage import Observed, PodTokens, Tokens, UsageRow
from aicost.core.window import DAY, HOUR, Window
from aicost.reconcile.decide import Decision, Observation, count_tokens, decide, settled_until
from tests.support.builders import (
    a_bill,
    a_book,
    a_claim,
    a_grant,
    a_group,
    a_holding,
    a_pod,
    a_row,
    a_source,
    a_unit,
    a_workload,
    at,
    between,
    dims,
    owned_by,
    successive,
    usd,
)

CARE, FIND = a_unit("care", "support"), a_unit("find", "search")
CHAT = a_workload("chat", "support", "care", usage=(a_claim(project="p"),), app="chat")
OPENAI = a_source(a_grant("p", "support"))
POD = a_pod("chat-0", "support", app="chat")
CHATS = owned_by("chat", "support", "care")
NOW = 4 * HOUR + 1800
SETTLED = 3 * HOUR


def declared(*things: Workload | Unit | Source) -> Declarations:
    return Declarations(
        tuple(thing for thing in things if isinstance(thing, Workload)),
        tuple(thing for thing in things if isinstance(thing, Unit)),
        tuple(thing for thing in things if isinstance(thing, Source)),
        a_book(),
    )


EVERYTHING = declared(CHAT, CARE, FIND, OPENAI)


def seen(
    of: Declarations = EVERYTHING,
    *held: Holding | CardGroup,
    covered: Coverage | None = None,
    since: int = 0,
    bills: tuple[BillDay, ...] = (),
    now: int = NOW,
    ownership: Ownership | None = None,
) -> Observation:
    """Half past four: three hours are settled, the fourth and fifth are open. One card; without holdings, it is idle.

    It was never declared otherwise, unless `ownership` tells.
    """
    groups = tuple(thing for thing in held if isinstance(thing, CardGroup)) or (a_group(1),)
    holdings = tuple(thing for thing in held if isinstance(thing, Holding))
    return Observation(
        declared=of,
        ownership=ownership or Ownership.always(of),
        devices=Devices(groups, holdings),
        covered=(between(0, now),) if covered is None else covered,
        open=between(0, now),
        since=at(since),
        settled=at(min(SETTLED, now)),
        due=frozenset(day.day.start for day in bills),
        bill_days=bills,
    )


HELD = a_holding(POD, between(0, DAY))
BILL = a_bill(a_row(usd(14), project="p"), a_row(usd(2), project="q"))


def stored(decision: Decision) -> tuple[Entry, ...]:
    """What the ledger has after it."""
    return (*decision.entries, *decision.drafts)


def owners(entries: tuple[Entry, ...]) -> set[tuple[int, Owner]]:
    """Who owns what, by the hour (or day) since the begin."""
    return {((e.origin.window.start - at(0)) // HOUR, line.owner) for e in entries for line in e.lines}


def test_hours_that_are_over_are_settled_and_others_are_drafts() -> None:
    """An hour that ended before the margin for late data is an entry; what comes after it may still change."""
    decision = decide(seen(EVERYTHING, HELD), ())
    assert owners(decision.entries) == {(hour, CHATS) for hour in (0, 1, 2)}
    assert owners(decision.drafts) == {(hour, CHATS) for hour in (3, 4)}
    assert decision.drafts[-1].origin.window == between(4 * HOUR, NOW)


def test_bills_are_entries_however_young_they_are() -> None:
    """A provider's day is an entry at once: it supersedes itself whenever the provider restates it."""
    decision = decide(seen(bills=(BILL,)), ())
    rows = [entry for entry in decision.entries if entry.origin.component is Component.TOKENS]
    assert owners(tuple(rows)) == {(0, CHATS), (0, UNCLAIMED)}
    assert all(entry.origin.component is Component.GPU for entry in decision.drafts)


def test_an_hour_that_is_not_covered_yields_nothing() -> None:
    """Where nobody knows who held cards there is no entry, neither cost nor zero."""
    decision = decide(seen(EVERYTHING, HELD, covered=(between(HOUR, 2 * HOUR), between(SETTLED, NOW))), ())
    assert owners(stored(decision)) == {(hour, CHATS) for hour in (1, 3, 4)}
    assert stored(decide(seen(EVERYTHING, HELD, covered=()), ())) == ()


def test_only_hours_since_the_last_evaluation_are_evaluated() -> None:
    """Where the past did not change, settled hours are not looked at again."""
    decision = decide(seen(EVERYTHING, HELD, since=2 * HOUR), ())
    assert owners(stored(decision)) == {(hour, CHATS) for hour in (2, 3, 4)}


def test_what_no_longer_exists_is_taken_back() -> None:
    """A settled entry whose card was never there after all, and a row that the provider took back, become zero."""
    before = decide(seen(EVERYTHING, HELD, bills=(BILL,)), ())
    corrected = a_group(1, product="NVIDIA-A100-80GB-PCIe")
    shorter = replace(BILL, rows=BILL.rows[:1])
    after = decide(seen(EVERYTHING, HELD, corrected, bills=(shorter,)), stored(before))
    zero = [entry for entry in after.entries if entry.origin.amount == usd(0)]
    gpu = [entry.origin.window for entry in zero if entry.origin.component is Component.GPU]
    assert sorted(gpu) == [between(hour * HOUR, (hour + 1) * HOUR) for hour in (0, 1, 2)]
    (row,) = [entry for entry in zero if entry.origin.component is Component.TOKENS]
    assert row.origin.key[-1] == "project=q"


def test_nothing_outside_the_scope_is_taken_back() -> None:
    """Hours that are not covered, hours before this evaluation's begin, and days that were not read stay as they are."""
    before = stored(decide(seen(EVERYTHING, HELD, bills=(BILL, a_bill(a_row(usd(1)), day=1))), ()))
    corrected = a_group(1, product="NVIDIA-A100-80GB-PCIe")
    after = decide(
        seen(EVERYTHING, HELD, corrected, covered=(between(HOUR, NOW),), since=2 * HOUR, bills=(a_bill(day=1),)), before
    )
    emptied = [(e.origin.component, e.origin.window) for e in after.entries if e.origin.amount == usd(0)]
    assert emptied == [(Component.GPU, between(2 * HOUR, 3 * HOUR)), (Component.TOKENS, between(DAY, 2 * DAY))]
    assert decide(seen(EVERYTHING, HELD), before).entries == decide(seen(EVERYTHING, HELD), ()).entries


def test_a_draft_that_no_longer_exists_needs_no_withdrawal() -> None:
    """Drafts are replaced together, so that nothing of an open hour is emptied."""
    before = decide(seen(EVERYTHING, HELD), ())
    corrected = a_group(1, product="NVIDIA-A100-80GB-PCIe", window=between(SETTLED, DAY))
    after = decide(seen(EVERYTHING, HELD, corrected, since=SETTLED), stored(before))
    assert [entry for entry in after.entries if entry.origin.amount == usd(0)] == []


def test_a_better_claim_counts_from_its_instant() -> None:
    """Time before it stays its workload's, settled or open; the hour in which it was declared is divided."""
    before = stored(decide(seen(EVERYTHING, HELD), ()))
    closer = a_workload("closer", "support", "care", app="chat", tier="gold")
    pod = replace(POD, labels=POD.labels | {("tier", "gold")})
    both = (CHAT, closer, CARE)
    of = successive((0, (CHAT, CARE)), (3 * HOUR + 900, both))
    later = decide(seen(declared(*both), a_holding(pod, between(0, DAY)), ownership=of), before)
    theirs = owned_by("closer")
    assert owners(stored(later)) == {*((hour, CHATS) for hour in (0, 1, 2, 3)), *((hour, theirs) for hour in (3, 4))}
    (divided,) = [entry for entry in later.drafts if entry.origin.window.start == at(3 * HOUR)]
    assert {line.owner: line.amount for line in divided.lines} == {CHATS: usd(1), theirs: usd(3)}
    assert later.gpu_contests == {Contest(closer.ref, CHAT.ref, "pod support/chat-0")}


def test_the_past_of_a_deleted_workload_stays_its_own() -> None:
    """What a workload owned is still its own when it is gone, in hours still open too; from then on it is nobody's."""
    before = stored(decide(seen(EVERYTHING, HELD), ()))
    of = successive((0, (CHAT, CARE)), (NOW, (CARE,)))
    later = decide(seen(declared(CARE), HELD, now=NOW + HOUR, ownership=of), before)
    assert owners(stored(later)) == {*((hour, CHATS) for hour in range(5)), (4, UNCLAIMED), (5, UNCLAIMED)}


def test_what_nobody_owned_may_be_claimed_later() -> None:
    """A new claim takes unclaimed hours and rows back to the begin of what is evaluated."""
    before = stored(decide(seen(declared(CARE, OPENAI), HELD, bills=(BILL,)), ()))
    assert {owner for _, owner in owners(before)} == {UNCLAIMED}
    of = successive((0, (CARE, OPENAI)), (NOW, (CHAT, CARE, FIND, OPENAI)))
    later = decide(seen(EVERYTHING, HELD, bills=(BILL,), ownership=of), before)
    assert owners(stored(later)) == {(0, UNCLAIMED), *((hour, CHATS) for hour in range(5))}


def test_a_bill_is_whose_the_claim_was_on_its_day() -> None:
    """A row of a day that ended keeps its workload when the claim goes; a row of today is divided at that instant."""
    bills = (BILL, a_bill(a_row(usd(3), project="p"), day=1))
    noon = DAY + DAY // 2
    before = stored(decide(seen(bills=bills, since=noon, now=noon), ()))
    without = replace(CHAT, usage=())
    of = successive((0, (CHAT, CARE, OPENAI)), (noon, (without, CARE, OPENAI)))
    later = decide(seen(declared(without, CARE, OPENAI), bills=bills, since=noon, now=noon, ownership=of), before)
    assert [(e.origin.window, line.owner, line.amount) for e in later.entries for line in e.lines] == [
        (between(0, DAY), CHATS, usd(14)),
        (between(0, DAY), UNCLAIMED, usd(2)),
        (between(DAY, 2 * DAY), UNCLAIMED, usd(1, 500_000_000)),
        (between(DAY, 2 * DAY), CHATS, usd(1, 500_000_000)),
    ]


@pytest.mark.parametrize("usage", [a_claim(project="p"), a_claim(project="p", lineItem="x")], ids=["same", "finer"])
def test_a_thief_changes_nothing_for_others(usage: UsageClaim) -> None:
    """A workload of another namespace that claims a granted project and foreign pods leaves every line as it was."""
    thief = replace(a_workload("mallory", "search", "find", app="chat"), usage=(usage,))
    bill = a_bill(a_row(usd(14), project="p", lineItem="x"), a_row(usd(2), project="q"))
    honest = decide(seen(EVERYTHING, HELD, bills=(bill,)), ())
    robbed = decide(seen(declared(thief, CHAT, CARE, FIND, OPENAI), HELD, bills=(bill,)), ())
    assert robbed == honest


def test_contests_over_bills_are_told_only_when_bills_were_looked_at() -> None:
    """Of a day that was not decided nothing is told: what was known of its contests still holds."""
    rival = a_workload("rival", "support", "care", usage=(a_claim(project="p"),), claimed_at=at(9))
    both = declared(CHAT, rival, CARE, OPENAI)
    lost = Contest(CHAT.ref, rival.ref, "openai project p")
    told = [decide(seen(both, bills=bills), ()).bill_contests for bills in ((), (BILL,))]
    assert told == [{}, {at(0): frozenset({lost})}]


def test_nothing_to_evaluate_is_no_error() -> None:
    """In the first second of a month there is no window, no entry and no draft."""
    early = replace(seen(), open=between(-DAY, 0), since=at(0), settled=at(0))
    assert stored(decide(early, ())) == ()


def test_tokens_go_to_who_owns_the_pod_or_the_row() -> None:
    """Counts of a model server's pod are its workload's, counts of a provider its claimant's, others nobody's."""
    observed = Observed(
        pod_tokens=tuple(
            PodTokens("support", pod, "m", between(0, HOUR), Tokens(input=count))
            for pod, count in (("chat-0", 3), ("chat-0", 4), ("stranger", 5))
        ),
        usage=(
            UsageRow("openai", between(0, DAY), dims(project="p", model="m"), Tokens(output=10)),
            UsageRow("openai", between(0, DAY), dims(project="q"), Tokens(output=99)),
        ),
    )
    assert count_tokens(Ownership.always(EVERYTHING), [POD, a_pod("stranger")], observed) == {
        WorkloadRef("support", "chat"): Tokens(input=7, output=10)
    }


def test_tokens_follow_the_owner_of_their_time() -> None:
    """An hour of a pod and a day of a bill that changed hands are divided as their cost is."""
    observed = Observed(
        pod_tokens=(PodTokens("support", "chat-0", "m", between(0, HOUR), Tokens(input=8)),),
        usage=(UsageRow("openai", between(0, DAY), dims(project="p"), Tokens(output=96)),),
    )
    heir = replace(CHAT, ref=WorkloadRef("support", "heir"))
    of = successive((0, (CHAT, CARE, OPENAI)), (900, (heir, CARE, OPENAI)))
    assert count_tokens(of, [POD], observed) == {
        CHAT.ref: Tokens(input=2, output=1), heir.ref: Tokens(input=6, output=95)
    }  # fmt: skip


def test_a_namespaces_default_unit_counts_no_tokens() -> None:
    """Tokens are told of workloads only."""
    defaults = declared(a_unit("care", "support", default_for=("support",)))
    observed = Observed(pod_tokens=(PodTokens("support", "chat-0", "m", between(0, HOUR), Tokens(input=3)),))
    decision = decide(seen(defaults, HELD), ())
    assert {owner for _, owner in owners(stored(decision))} == {Owner(OwnerKind.UNIT, "care")}
    assert count_tokens(Ownership.always(defaults), [POD], observed) == {}


@pytest.mark.parametrize(
    ("now", "lateness", "until"),
    [(2 * HOUR + 900, 900, 2 * HOUR), (2 * HOUR + 899, 900, HOUR), (2 * HOUR, 0, 2 * HOUR), (2 * HOUR - 1, 0, HOUR)],
)
def test_an_hour_settles_when_its_lateness_has_passed(now: int, lateness: int, until: int) -> None:
    """The first hour that is still open is the one whose end is not yet `lateness` seconds ago."""
    assert settled_until(at(now), lateness) == at(until)


def test_windows_of_a_decision_lie_in_what_is_open() -> None:
    """No GPU entry reaches beyond now, though nodes and pods go on."""
    decision = decide(seen(EVERYTHING, HELD, covered=(between(-DAY, DAY),)), ())
    assert all(entry.origin.window.overlap(Window(at(0), at(NOW))) == entry.origin.window for entry in stored(decision))
