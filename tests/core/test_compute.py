"""CPU and memory: a node costs what it has, pods take the larger of request and use, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.compute import HOST, compute
from aicost.core.holdings import CardGroup
from aicost.core.hosts import CORE, GIB, UNSEEN, Amounts, ComputeRate, HostHour, Measured, Resource, Taker
from aicost.core.identity import labels
from aicost.core.ledger import IDLE, UNCLAIMED, Certainty, Component, Entry, Line, Origin, Owner, OwnerKind
from aicost.core.money import MOST_NANOS, NANOS_PER_UNIT
from aicost.core.ownership import Ownership
from aicost.core.prices import PriceBook
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR, Window
from tests.support.builders import (
    BEFORE_ANYTHING,
    a_book,
    a_group,
    a_pod,
    a_price,
    a_unit,
    a_workload,
    at,
    between,
    owned_by,
    ownership,
    successive,
    usd,
)
from tests.support.hosting import ALWAYS, CAPACITY, RATE, a_host_book, a_taker, an_hour

FIRST = between(0, HOUR)
CHAT = ownership(a_workload(app="chat"), a_unit())


def charged(
    *told: HostHour,
    groups: Sequence[CardGroup] = (a_group(),),
    prices: PriceBook | None = None,
    owned: Ownership = CHAT,
    over: tuple[Window, ...] = (FIRST,),
    due: int = 0,
) -> dict[str, Entry]:
    """The entries by pool."""
    entries = compute(groups, told, prices or a_host_book(), owned, over, at(due)).entries
    return {entry.origin.pool: entry for entry in entries}


def cost(entry: Entry, owner: Owner) -> int:
    return sum(line.amount.nanos for line in entry.lines if line.amount and line.owner == owner)


def test_a_pod_takes_its_request_and_the_rest_is_idle() -> None:
    """Eight cores at 0.10 and 64 GiB at 0.01: each has its part of the price, in the resource's own unit."""
    found = charged(an_hour(a_taker(cores=2)))
    cpu, memory = found["CPU"], found["memory"]
    assert (cpu.origin.component, cpu.origin.certainty, cpu.origin.unit) == (
        Component.COMPUTE,
        Certainty.RATED,
        "core-microseconds",
    )
    assert cpu.origin.amount == usd(0, 8 * NANOS_PER_UNIT // 10)
    assert (cost(cpu, owned_by()), cost(cpu, IDLE)) == (2 * NANOS_PER_UNIT // 10, 6 * NANOS_PER_UNIT // 10)
    assert (memory.origin.unit, memory.origin.quantity) == ("byte-seconds", 64 * GIB * HOUR)
    assert (cost(memory, owned_by()), cost(memory, IDLE)) == (8 * NANOS_PER_UNIT // 100, 56 * NANOS_PER_UNIT // 100)


@pytest.mark.parametrize(("used", "cores"), [(Measured(CORE // 2), 2), (Measured(3 * CORE), 3)], ids=["less", "more"])
def test_use_counts_where_it_is_more_than_the_request(used: Measured, cores: int) -> None:
    """What is reserved nobody else can have; what is used beyond it is taken all the same."""
    found = charged(an_hour(a_taker(cores=2, used=used)))
    assert cost(found["CPU"], owned_by()) == cores * NANOS_PER_UNIT // 10


def test_a_node_that_is_overrun_is_divided_in_proportion() -> None:
    """One pod uses what is reserved for another: the node costs what it costs, and nobody is parked."""
    found = charged(an_hour(a_taker("chat-0", cores=6), a_taker("other-0", cores=1, used=Measured(6 * CORE))))
    cpu = found["CPU"]
    assert cost(cpu, owned_by()) == cost(cpu, UNCLAIMED) == 4 * NANOS_PER_UNIT // 10
    assert {line.owner.kind for line in cpu.lines} == {OwnerKind.WORKLOAD, OwnerKind.UNCLAIMED}


@pytest.mark.parametrize(
    ("groups", "prices"),
    [
        ((a_group(),), a_book()),
        ((a_group(product="NVIDIA-L4"),), a_host_book()),
        ((a_group(product=""),), a_host_book()),
        ((a_group(), a_group(pool="x")), a_book(replace(a_price(), includes_host=False), a_price(pool="x"))),
    ],
    ids=["included", "without a price", "unknown", "beside cards that include it"],
)
def test_a_host_that_is_paid_or_that_nobody_prices_costs_nothing(
    groups: tuple[CardGroup, ...], prices: PriceBook
) -> None:
    """Only a price that leaves the host out makes it an origin."""
    book = replace(prices, compute=(RATE,))
    assert charged(an_hour(a_taker()), groups=groups, prices=book, due=HOUR) == {}


def test_a_node_with_two_groups_of_cards_is_charged_once() -> None:
    """MIG beside whole cards is one node."""
    twice = (a_group(4), replace(a_group(4), resource="nvidia.com/mig"))
    assert charged(an_hour(a_taker()), groups=twice) == charged(an_hour(a_taker()))


def test_hosts_without_rates_are_counted_without_an_amount() -> None:
    """A rate that begins later is no rate: the quantity is kept, and no pod's is zero."""
    found = charged(an_hour(a_taker()), prices=a_host_book(replace(RATE, since=at(HOUR))))
    assert {entry.origin.gap for entry in found.values()} == {GapReason.NO_PRICE}
    assert {line.owner: line.quantity for line in found["CPU"].lines}[owned_by()] == CORE * HOUR
    later = charged(an_hour(a_taker(), since=1), over=(between(HOUR, 2 * HOUR),))
    assert later["CPU"].origin.gap is None


def test_an_amount_that_the_ledger_cannot_hold_is_a_gap() -> None:
    """It is said, not cut."""
    found = charged(an_hour(), prices=a_host_book(ComputeRate(BEFORE_ANYTHING, 2**62, 0)))
    assert found["CPU"].origin.gap is GapReason.AMOUNT_TOO_LARGE
    assert found["memory"].origin.gap is None
    largest = HostHour("node-a", FIRST, Amounts(CORE, GIB))
    most = charged(largest, prices=a_host_book(ComputeRate(BEFORE_ANYTHING, MOST_NANOS, 0)))["CPU"].origin
    assert most.amount == usd(0, MOST_NANOS)


def test_a_fraction_that_pods_leave_of_a_node_taken_whole_is_idle() -> None:
    """Each pays its own part, rounded down, though together they have all; without a price nothing is left at all."""
    care = replace(a_unit(), reserved=labels({"pool": "care"}))
    takers = [Taker(a_pod(f"chat-{n}"), ALWAYS, Amounts(of)) for n, of in enumerate((1, 8 * CORE - 1))]
    cheap, later = ComputeRate(BEFORE_ANYTHING, 1, 0), replace(RATE, since=at(HOUR))
    paid, unpriced = (
        charged(an_hour(*takers), groups=(a_group(pool="care"),), prices=a_host_book(rate), owned=ownership(care))
        for rate in (cheap, later)
    )
    assert [(line.owner.kind, line.amount, line.quantity) for line in paid["CPU"].lines] == [
        (OwnerKind.RESERVED, usd(0, 1), 0),
        (OwnerKind.UNCLAIMED, usd(0, 0), HOUR),
        (OwnerKind.UNCLAIMED, usd(0, 7), (8 * CORE - 1) * HOUR),
    ]
    assert [line.owner.kind for line in unpriced["CPU"].lines] == [OwnerKind.UNCLAIMED] * 2


def test_hours_of_which_nobody_told_are_counted_once_they_are_due() -> None:
    """A younger hour may still be told of; an older one is the node's time, and nobody's."""
    assert charged(due=HOUR - 1) == {}
    entry = charged(due=HOUR)[HOST]
    assert (entry.origin.gap, entry.origin.quantity, entry.origin.unit) == (
        GapReason.NO_HOST_HISTORY,
        HOUR,
        "node-seconds",
    )
    assert [line.owner for line in entry.lines] == [UNCLAIMED]


def test_idle_of_a_reserved_node_is_its_units() -> None:
    """As of its cards."""
    care = replace(a_unit(), reserved=labels({"pool": "care"}))
    found = charged(an_hour(), groups=(a_group(pool="care"),), owned=ownership(care))
    assert [line.owner for line in found["CPU"].lines] == [Owner(OwnerKind.RESERVED, "care")]


def test_who_claims_from_an_instant_on_pays_the_seconds_from_then() -> None:
    """Owners who follow each other have the whole."""
    chat, other = a_workload(app="chat"), a_workload("more", app="chat")
    owned = successive((0, (chat, a_unit())), (HOUR // 4, (other, a_unit())))
    cpu = charged(an_hour(a_taker(cores=8)), owned=owned)["CPU"]
    assert (cost(cpu, owned_by()), cost(cpu, owned_by("more"))) == (NANOS_PER_UNIT // 5, 3 * NANOS_PER_UNIT // 5)


def test_an_entry_is_an_hour_of_a_nodes_resource() -> None:
    """Its key stays the same when it is told of again; without an amount it is another's, whose place the amount takes."""
    group = a_group(created=at(-HOUR))
    hour = "2026-11-01T00:00:00Z"
    found = charged(an_hour(a_taker()), groups=[group])
    assert [(pool, entry.origin.key, entry.origin.window) for pool, entry in sorted(found.items())] == [
        ("CPU", ("compute", "node-a", "2026-10-31T23:00:00Z", "CPU", hour), FIRST),
        ("memory", ("compute", "node-a", "2026-10-31T23:00:00Z", "memory", hour), FIRST),
    ]
    assert found["CPU"].origin.description == "CPU of node-a"
    assert [line.subject for line in found["CPU"].lines] == ["node-a", "support/chat-0"]
    unpriced = charged(an_hour(), groups=[group], prices=a_host_book(replace(RATE, since=at(HOUR))))
    assert unpriced["CPU"].origin.key == (*found["CPU"].origin.key, "NoPrice")
    untold = charged(groups=[group], due=HOUR)[HOST]
    assert untold.origin == Origin(
        key=("compute", "node-a", "2026-10-31T23:00:00Z", HOST, hour, "NoHostHistory"),
        component=Component.COMPUTE,
        pool=HOST,
        window=FIRST,
        amount=None,
        certainty=Certainty.RATED,
        quantity=HOUR,
        unit="node-seconds",
        description="CPU and memory of node-a, and nobody told how much it has",
        gap=GapReason.NO_HOST_HISTORY,
    )
    assert untold.lines == (Line(UNCLAIMED, "node-a", None, HOUR),)


def test_owners_share_by_the_seconds_that_the_node_was_known() -> None:
    """A hole in what is known is nobody's time: neither the pod's owners nor those of the idle rest divide by it."""
    care, other = (replace(a_unit(name), reserved=labels({"pool": "care"})) for name in ("care", "other"))
    chat, more = a_workload(app="chat"), a_workload("more", app="chat")
    owned = successive((0, (chat, care)), (1800, (more, other, a_unit())))
    known = (between(0, 600), between(1200, 1800), between(2400, 3000))
    entry = charged(an_hour(a_taker(cores=2)), groups=[a_group(pool="care")], owned=owned, over=known)["CPU"]
    assert entry.origin.amount == usd(0, 8 * NANOS_PER_UNIT // 20)
    pods = [cost(entry, owned_by(name)) for name in ("chat", "more")]
    assert pods == [66_666_667, 33_333_333]
    idle = [cost(entry, Owner(OwnerKind.RESERVED, name)) for name in ("care", "other")]
    assert sum(idle) == 3 * NANOS_PER_UNIT // 10
    assert idle[0] == 2 * idle[1]


def test_pods_of_one_name_are_two_lines() -> None:
    """A name that came back is another pod."""
    takers = (a_taker(), a_taker(uid="again"))
    names = {line.subject for line in charged(an_hour(*takers))["CPU"].lines if line.owner == owned_by()}
    assert names == {"support/chat-0 uid-support-chat-0", "support/chat-0 again"}


amounts = st.builds(Amounts, st.integers(0, 12 * CORE), st.integers(0, 96 * GIB))
measured = amounts.map(lambda of: Measured(of.microcores, of.memory))
taken = st.lists(st.tuples(amounts, st.just(UNSEEN) | measured), max_size=4).map(
    lambda of: [Taker(a_pod(f"chat-{n}", app="chat"), ALWAYS, *each) for n, each in enumerate(of)]
)


@given(taken, st.lists(st.integers(0, HOUR), min_size=3, max_size=3, unique=True).map(sorted))
def test_a_node_costs_what_it_has_however_time_is_cut(takers: list[Taker], cuts: list[int]) -> None:
    """Its price times its seconds, whoever took of it, in any order; half-open, so that two parts are the whole."""
    start, middle, end = cuts
    whole, *halves = (
        charged(an_hour(*takers), groups=[a_group(window=between(*part))])
        for part in ((start, end), (start, middle), (middle, end))
    )
    assert whole == charged(an_hour(*reversed(takers)), groups=[a_group(window=between(start, end))])
    for resource in Resource:
        origins = [of[resource.value].origin for of in (whole, *halves)]
        assert origins[0].quantity == CAPACITY.of(resource) * (end - start)
        amounts = [origin.amount.nanos for origin in origins if origin.amount]
        assert amounts[0] == amounts[1] + amounts[2]


@given(taken, measured, st.integers(0, 3))
def test_use_that_comes_in_later_never_lowers_what_a_pod_pays(takers: list[Taker], used: Measured, which: int) -> None:
    """Missing use is no zero use: once it is known the larger of both counts."""
    unseen = [replace(taker, used=UNSEEN) for taker in takers]
    seen = [replace(taker, used=used) if n == which else taker for n, taker in enumerate(unseen)]
    for before, after in zip(_paid(unseen), _paid(seen), strict=True):
        for subject, nanos in before.items():
            if subject == f"support/chat-{which}":
                assert after.get(subject, 0) >= nanos


def _paid(takers: Sequence[Taker]) -> list[dict[str, int]]:
    found = charged(an_hour(*takers))
    return [
        {line.subject: line.amount.nanos for line in found[of.value].lines if line.amount and line.owner == owned_by()}
        for of in Resource
    ]


@given(taken)
def test_others_move_what_a_pod_pays_only_where_the_node_is_overrun(takers: list[Taker]) -> None:
    """Below its capacity everybody pays his own part alone."""
    together = _paid(takers)
    for of, paid in zip(Resource, together, strict=True):
        if sum(taker.took(of) for taker in takers) <= CAPACITY.of(of):
            alone = [_paid([taker])[list(Resource).index(of)] for taker in takers]
            assert paid == {subject: nanos for each in alone for subject, nanos in each.items()}


def test_nodes_and_hours_are_charged_each_by_itself() -> None:
    """Two nodes over two hours are eight entries; without a book there is nothing to charge them by."""
    groups = [a_group(), a_group(node="node-b")]
    told = [an_hour(a_taker(), since=hour, node=node) for hour in (0, 1) for node in ("node-a", "node-b")]
    found = compute(groups, told, a_host_book(), CHAT, (between(0, 2 * HOUR),), at(0)).entries
    keys = [entry.origin.key for entry in found]
    assert (len(set(keys)), keys) == (8, sorted(keys))
    assert sum(cost(entry, owned_by()) for entry in found) == 4 * 18 * NANOS_PER_UNIT // 100
    nothing = compute(groups, told, None, CHAT, (FIRST,), at(HOUR))
    assert (nothing.entries, nothing.contests) == ((), frozenset())


def test_claims_that_contradict_each_other_are_told() -> None:
    """A pod that holds no card may be claimed twice, too."""
    owned = ownership(a_workload(app="chat"), a_workload("more", app="chat"), a_unit())
    found = compute([a_group()], [an_hour(a_taker())], a_host_book(), owned, (FIRST,), at(0))
    assert [contest.loser.name for contest in found.contests] == ["more"]
