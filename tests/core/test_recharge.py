"""Re-charge: a day's cost of a model server moves to its callers and to nobody else, and none of it is made or lost."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.caller_names import UNNAMED
from aicost.core.claims import Claims, Contest
from aicost.core.declarations import Declarations, Dimensions, TransferPrice
from aicost.core.ledger import IDLE, Certainty, Component, Entry, Owner
from aicost.core.meters import meters
from aicost.core.money import MOST_NANOS, Money
from aicost.core.ownership import Ownership
from aicost.core.reasons import GapReason
from aicost.core.recharge import (
    MOST_UNCLAIMED,
    OTHERS,
    Incurred,
    MeteredDay,
    Recharge,
    incurred,
    recharge,
    server_in,
)
from aicost.core.usage import Served
from aicost.core.window import DAY, HOUR
from tests.support.builders import T0, a_line, a_total, an_entry, at, dims, owned_by, successive, usd
from tests.support.metering import (
    LLM,
    METERED,
    METERINGS,
    SERVED,
    SERVER,
    USES,
    a_caller,
    a_day,
    a_meter,
    costing,
    declared,
    for_seconds,
    for_tokens,
    granted,
)

Uses: TypeAlias = tuple[tuple[Dimensions, Served], ...]
COSTS = st.integers(0, 10**12)
CHAT, RANK = a_caller("chat"), a_caller("rank", "search", "find")
BOTH = a_meter(granted("chat", "support"), granted("rank", "search"))
CHATS, RANKS = owned_by("chat"), owned_by("rank", "search", "find")


def divided(of: Declarations, cost: Incurred, *days: MeteredDay) -> Recharge:
    """With the meters that are accepted."""
    return recharge(days, meters(of, Claims(of)).accepted, cost, Ownership.always(of))


def owners(of: Recharge) -> dict[Owner, int]:
    """Nano-units that came to each owner; what came and went at once is not there."""
    sums: dict[Owner, int] = {}
    for entry in of.entries:
        for line in entry.lines:
            sums[line.owner] = sums.get(line.owner, 0) + (line.amount.nanos if line.amount else 0)
    return {owner: nanos for owner, nanos in sums.items() if nanos}


def carried(entries: tuple[Entry, ...]) -> dict[str, int]:
    """What each caller is a reason for, whoever carries it."""
    return {line.subject: line.amount.nanos for e in entries for line in e.lines[1:] if line.amount}


@given(METERINGS, COSTS, USES.map(lambda uses: a_day(*uses)))
def test_it_sums_to_zero(of: Declarations, cost: int, day: MeteredDay) -> None:
    """Whatever was called and claimed: each entry's lines sum to nothing, and what was taken is what was given."""
    for entry in divided(of, costing(cost), day).entries:
        assert entry.origin.amount == usd(0)
        taken, *given_ = (line.amount.nanos for line in entry.lines if line.amount)
        assert taken == -sum(given_)
        assert all(nanos >= 0 for nanos in given_)
        assert server_in(entry) == SERVER.workload


@given(METERINGS, COSTS, USES.map(lambda uses: a_day(*uses)))
def test_the_whole_cost_is_divided_and_never_more(of: Declarations, cost: int, day: MeteredDay) -> None:
    """In proportion to use, all that the server cost is taken from it once anybody called; nothing where nobody did."""
    priced = any(source.meter and source.meter.price for source in of.sources)
    entries = divided(of, costing(cost), day).entries
    if not priced:
        assert -sum(e.lines[0].amount.nanos for e in entries if e.lines[0].amount) == (cost if day.use() else 0)


@given(METERINGS, COSTS, USES.map(lambda uses: a_day(*uses)))
def test_nobody_outside_the_grants_is_charged(of: Declarations, cost: int, day: MeteredDay) -> None:
    """Who receives anything has a grant for his namespace and claims that caller; everybody else's sum is zero."""
    (source,) = of.sources
    allowed = {
        workload.ref
        for workload in of.workloads
        for claim in workload.usage
        for grant in source.grants
        if (grant.dimension, grant.value) in claim.match and workload.ref.namespace in grant.namespaces
    }
    for owner in owners(divided(of, costing(cost), day)):
        assert owner.workload == SERVER.workload or owner.workload in allowed


@given(METERINGS, COSTS, USES, st.randoms())
def test_the_order_of_facts_does_not_matter(of: Declarations, cost: int, uses: Uses, random: Random) -> None:
    """Resources and callers in another order give equal entries."""
    shuffled = replace(of, workloads=tuple(random.sample(of.workloads, len(of.workloads))))
    again = a_day(*random.sample(uses, len(uses)))
    assert divided(shuffled, costing(cost), again) == divided(of, costing(cost), a_day(*uses))


@given(COSTS, st.lists(st.integers(0, 10**6), min_size=2, max_size=4), st.integers(1, 10**6))
def test_who_had_more_carries_no_less(cost: int, seconds: list[int], more: int) -> None:
    """A caller's part grows with his own use, and nobody else's does by it."""
    before = [for_seconds(amount, f"c{n}") for n, amount in enumerate(seconds)]
    after = [for_seconds(seconds[0] + more, "c0"), *before[1:]]
    was, now = (carried(divided(declared(BOTH), costing(cost), a_day(*uses)).entries) for uses in (before, after))
    assert now.get("customer c0", 0) >= was.get("customer c0", 0)
    assert all(now[name] <= part + 1 for name, part in was.items() if name != "customer c0")


@given(COSTS, USES, st.integers(2, 1000))
def test_scaling(cost: int, uses: Uses, factor: int) -> None:
    """Use in another unit changes nothing; a dearer server costs each caller as much more, to the nano-unit."""
    scaled = [(c, Served(*(n * factor for n in (s.prefill, s.decode, s.input, s.output)))) for c, s in uses]
    plain = carried(divided(declared(BOTH), costing(cost), a_day(*uses)).entries)
    assert carried(divided(declared(BOTH), costing(cost), a_day(*scaled)).entries) == plain
    dearer = carried(divided(declared(BOTH), costing(cost * factor), a_day(*uses)).entries)
    assert all(abs(dearer[name] - part * factor) < factor for name, part in plain.items())


@given(METERINGS, COSTS)
def test_without_a_meter_nothing_moves(of: Declarations, cost: int) -> None:
    """A day whose series are not there stays the server's, and that is told where it cost anything."""
    moved = divided(of, costing(cost), a_day())
    assert moved.entries == ()
    assert {lack.reason for lack in moved.lacks} == ({GapReason.METER_UNAVAILABLE} if cost else set())
    assert divided(of, costing(cost)) == Recharge()


def test_callers_carry_their_time() -> None:
    """Half, a quarter and a quarter of the time; who is not claimed, or not named, stays with the server."""
    day = a_day(for_seconds(20, "chat"), for_seconds(10, "rank"), for_seconds(6, "nobody"), for_seconds(4))
    moved = divided(declared(CHAT, RANK, BOTH), costing(usd(400).nanos), day)
    assert owners(moved) == {SERVER: -usd(300).nanos, CHATS: usd(200).nanos, RANKS: usd(100).nanos}
    (entry,) = moved.entries
    assert carried(moved.entries)["customer nobody"] == usd(60).nanos
    assert carried(moved.entries)[UNNAMED] == usd(40).nanos
    assert entry.origin.key == ("recharge", METERED, "2026-11-01", "platform", "rated", "USD")
    assert (entry.origin.component, entry.origin.pool, entry.origin.quantity) == (
        Component.RECHARGE,
        METERED,
        40 * 1_000_000,
    )
    assert entry.origin.description == "cost of platform/llm by time"


def test_tokens_count_where_time_is_lacking() -> None:
    """One caller with tokens and no time makes the day one of tokens, and that is told."""
    day = a_day((dims(customer="chat"), Served(prefill=1, decode=98, input=30)), for_tokens(10, "rank"))
    moved = divided(declared(CHAT, RANK, BOTH), costing(400), day)
    assert owners(moved) == {SERVER: -400, CHATS: 300, RANKS: 100}
    assert moved.entries[0].origin.unit == "tokens"
    assert {lack.reason for lack in moved.lacks} == {GapReason.NO_SERVING_TIME}


@pytest.mark.parametrize(("cost", "left"), [(usd(9), usd(3)), (usd(6), usd(0)), (usd(1), usd(-5))])
def test_a_price_is_what_callers_pay(cost: Money, left: Money) -> None:
    """What it does not cover stays with the server; what it brings in beyond the cost is a surplus that shows."""
    price = TransferPrice(usd(1).nanos, usd(4).nanos)
    meter = a_meter(granted("chat", "support"), price=price)
    used = Served(decode=5, input=2_000_000, output=1_000_000)
    moved = divided(declared(CHAT, meter), costing(cost.nanos), a_day((dims(customer="chat"), used)))
    assert owners(moved)[CHATS] == usd(6).nanos
    assert cost.nanos + owners(moved)[SERVER] == left.nanos
    assert moved.entries[0].origin.certainty is Certainty.RATED


@pytest.mark.parametrize(("book", "paid"), [("EUR", "EUR"), (None, "USD")])
def test_a_price_is_in_the_currency_of_the_book(book: str | None, paid: str) -> None:
    """Whatever that of the server's cost is; in the cost's own where no book says one."""
    meter = a_meter(granted("chat", "support"), price=TransferPrice(usd(1).nanos, 0))
    of = declared(CHAT, meter)
    day = a_day((dims(customer="chat"), Served(input=1_000_000)))
    (entry,) = recharge([day], (meter,), costing(usd(9).nanos), Ownership.always(of), book).entries
    assert {line.amount for line in entry.lines} == {Money(-usd(1).nanos, paid), Money(usd(1).nanos, paid)}


def test_a_price_s_fraction_of_a_nano_unit_is_left_out() -> None:
    """A caller pays whole nano-units for a day, never more than the price says; without tokens there is no entry."""
    meter = a_meter(granted("chat", "support"), price=TransferPrice(1_500_000, 0))
    cost = costing(100)
    assert owners(divided(declared(CHAT, meter), cost, a_day(for_tokens(3, "chat"))))[CHATS] == 4
    assert divided(declared(CHAT, meter), cost, a_day((dims(customer="chat"), Served(decode=9)))).entries == ()


def test_each_part_of_the_cost_moves_as_it_is() -> None:
    """Another certainty, currency or unit of the server is an entry of its own, so that each sums to zero."""
    old = owned_by("llm", "platform", "old")
    parts = {
        (SERVER, Certainty.RATED, "USD"): 3,
        (SERVER, Certainty.BILLED, "USD"): 5,
        (old, Certainty.RATED, "EUR"): 7,
    }
    moved = divided(declared(CHAT, BOTH), {(T0, LLM): parts}, a_day(for_seconds(1, "chat")))
    taken = [(e.origin.certainty, e.lines[0].owner, e.lines[0].amount) for e in moved.entries]
    assert taken == [
        (Certainty.RATED, old, Money(-7, "EUR")),
        (Certainty.BILLED, SERVER, usd(0, -5)),
        (Certainty.RATED, SERVER, usd(0, -3)),
    ]


def test_what_a_caller_owned_stays_its_own() -> None:
    """Whoever claimed it on the day outweighs later claims, but the server keeps no caller: a later claim may take it."""
    day = a_day(for_seconds(1, "chat"), for_seconds(1, "rank"))
    of = successive((0, (*SERVED, CHAT, BOTH)), (DAY, (*SERVED, RANK, BOTH)))
    assert owners(recharge([day], (BOTH,), costing(100), of)) == {SERVER: -100, CHATS: 50, RANKS: 50}


def test_a_caller_that_changes_hands_is_divided_by_the_seconds_of_the_day() -> None:
    """Three hours of it are one owner's, the rest another's; then nobody claims it, and the server has that part."""
    heir = replace(RANK, ref=CHAT.ref, unit="care")
    second = replace(a_caller("second"), usage=CHAT.usage)
    stages = ((0, (*SERVED, CHAT, BOTH)), (3 * HOUR, (*SERVED, heir, second, BOTH)), (12 * HOUR, (*SERVED, BOTH)))
    (entry,) = recharge([a_day(for_seconds(8, "chat"))], (BOTH,), costing(1000), successive(*stages)).entries
    taken, *parts = entry.lines
    assert taken.amount == usd(0, -1000)
    assert {(line.owner, line.amount, line.quantity) for line in parts} == {
        (CHATS, usd(0, 125), 1_000_000),
        (owned_by("second"), usd(0, 375), 3_000_000),
        (SERVER, usd(0, 500), 4_000_000),
    }


def test_rivals_are_told() -> None:
    """Two claims on one caller are a contest, as of any usage."""
    rival = replace(a_caller("rival"), usage=CHAT.usage, claimed_at=at(9))
    moved = divided(declared(CHAT, rival, BOTH), costing(100), a_day(for_seconds(1, "chat")))
    assert moved.contests == {Contest(CHAT.ref, rival.ref, f"{METERED} customer chat")}


def test_what_the_ledger_cannot_hold_is_not_moved() -> None:
    """A price or a count beyond 64 bits is told, and stops nothing else."""
    meter = a_meter(granted("chat", "support"), price=TransferPrice(10**24, 0))
    huge, day = (
        divided(declared(CHAT, meter), costing(100), a_day(for_tokens(10**6, "chat"))),
        for_tokens(MOST_NANOS + 1),
    )
    assert (huge.entries, {lack.reason for lack in huge.lacks}) == ((), {GapReason.AMOUNT_TOO_LARGE})
    assert divided(declared(CHAT, BOTH), costing(100), a_day(day)).entries == ()


def test_only_what_its_pods_cost_is_passed_on() -> None:
    """Tokens that the server bought, what it received itself, idle cards and what has no price are no part of it."""
    totals = [
        a_total(SERVER, usd(3)),
        a_total(SERVER, usd(5), component=Component.COMPUTE),
        a_total(SERVER, usd(7), component=Component.TOKENS),
        a_total(SERVER, usd(11), component=Component.RECHARGE),
        a_total(SERVER, quantity=9, gap=GapReason.NO_PRICE),
        a_total(IDLE, usd(13)),
    ]
    entry = an_entry(lines=(a_line(SERVER, usd(17)), a_line(IDLE, usd(19))))
    assert incurred([(T0, total) for total in totals], [(T0, entry)]) == costing(usd(25).nanos)


def test_names_without_end_make_no_lines_without_end() -> None:
    """Of callers whom nobody claims the largest have lines; the others are one line of all they had, in sum the same."""
    many = [for_seconds(10 + n, f"made-up-{n}") for n in range(MOST_UNCLAIMED + 50)]
    moved = divided(declared(CHAT, BOTH), costing(usd(400).nanos), a_day(*many, for_seconds(5, "chat")))
    (entry,) = moved.entries
    assert len(entry.lines) == 1 + 1 + MOST_UNCLAIMED + 1
    assert (entry.lines[-1].subject, entry.lines[-1].quantity) == (OTHERS, sum(range(10, 60)) * 1_000_000)
    assert abs(owners(moved)[CHATS] - Fraction(usd(400).nanos * 5, 5 + sum(range(10, 160)))) < 1


def test_a_name_that_looks_like_another_is_another() -> None:
    """Who calls himself as two dimensions of somebody else is not kept by that one's workload."""
    model = [("model", "m"), ("customer", "chat")]
    honest, forged = frozenset(model), dims(customer="chat, model m")
    both = a_day((honest, Served(decode=1)), (forged, Served(decode=1)))
    assert owners(divided(declared(CHAT, BOTH), costing(100), both)) == {SERVER: -50, CHATS: 50}
    (entry,) = divided(declared(CHAT, BOTH), costing(100), both).entries
    assert len({line.subject for line in entry.lines}) == 3


def test_other_entries_have_no_server() -> None:
    """Only a re-charge takes from anybody."""
    assert server_in(an_entry(lines=(a_line(SERVER, usd(1)),))) is None
