"""CPU and memory by the instant: what changes hands, begins or ends within an hour is divided where it does."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.compute import HOST, compute
from aicost.core.hosts import CORE, GIB, Amounts, HostHour, Measured
from aicost.core.identity import labels
from aicost.core.ledger import IDLE, Owner, OwnerKind
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.window import HOUR
from tests.core.test_compute import CHAT, FIRST, charged, cost
from tests.support.builders import a_group, a_unit, a_workload, at, between, owned_by, ownership, successive, usd
from tests.support.hosting import NOTHING, a_host_book, a_taker, an_hour


def test_idle_time_is_of_the_labels_of_its_instant() -> None:
    """A node that is reserved within the hour is nobody's before it, its unit's from then on."""
    care = Owner(OwnerKind.RESERVED, "care")
    groups = [a_group(window=between(0, 600), pool="z"), a_group(window=between(600, HOUR), pool="care")]
    for told in (groups, groups[::-1]):
        owned = ownership(replace(a_unit(), reserved=labels({"pool": "care"})))
        cpu = charged(an_hour(), groups=told, owned=owned)["CPU"]
        assert {line.owner: line.quantity for line in cpu.lines} == {
            IDLE: 8 * CORE * 600,
            care: 8 * CORE * (HOUR - 600),
        }


def test_idle_is_what_is_left_at_each_instant() -> None:
    """A pod that has all of the node for half an hour leaves the other half hour, and what is reserved then."""
    care = Owner(OwnerKind.RESERVED, "care")
    groups = [a_group(window=between(0, 1800), pool="z"), a_group(window=between(1800, HOUR), pool="care")]
    owned = ownership(replace(a_unit(), reserved=labels({"pool": "care"})), a_workload(app="chat"))
    cpu = charged(an_hour(a_taker(cores=8, there=between(0, 1800))), groups=groups, owned=owned)["CPU"]
    assert (cost(cpu, owned_by()), cost(cpu, care), cost(cpu, IDLE)) == (4 * NANOS_PER_UNIT // 10,) * 2 + (0,)


def test_pods_that_come_and_go_leave_what_the_others_do_not_have() -> None:
    """Two that come together take both; idle is divided where anybody comes, goes or the node changes hands."""
    care = Owner(OwnerKind.RESERVED, "care")
    groups = [a_group(window=between(0, 1800), pool="z"), a_group(window=between(1800, HOUR), pool="care")]
    takers = (
        a_taker("chat-0", cores=5, there=between(0, 900)),
        a_taker("chat-1", cores=3, there=between(0, 900)),
        a_taker("chat-2", cores=4, there=between(900, 2700)),
    )
    owned = ownership(replace(a_unit(), reserved=labels({"pool": "care"})))
    cpu = charged(an_hour(*takers), groups=groups, owned=owned)["CPU"]
    idle = {line.owner: (line.amount, line.quantity) for line in cpu.lines if line.subject == "node-a"}
    assert idle == {
        IDLE: (usd(0, NANOS_PER_UNIT // 10), 4 * CORE * 900),
        care: (usd(0, 3 * NANOS_PER_UNIT // 10), 12 * CORE * 900),
    }


def test_a_pod_pays_the_seconds_that_it_was_there() -> None:
    """And whoever owned it then: a claim of before it came, or after it went, moves nothing."""
    chat, other = a_workload(app="chat"), a_workload("more", app="chat")
    owned = successive((0, (chat, a_unit())), (2700, (other, a_unit())))
    cpu = charged(an_hour(a_taker(cores=8, there=between(900, 1800))), owned=owned)["CPU"]
    assert (cost(cpu, owned_by()), cost(cpu, owned_by("more"))) == (NANOS_PER_UNIT // 5, 0)
    cpu = charged(an_hour(a_taker(cores=8, there=between(1800, HOUR))), owned=owned)["CPU"]
    assert (cost(cpu, owned_by()), cost(cpu, owned_by("more"))) == (NANOS_PER_UNIT // 5,) * 2


def test_a_name_that_is_used_twice_pays_each_time_by_itself() -> None:
    """The second pod of the name is another's: what it takes counts from when it came."""
    takers = a_taker(cores=4, there=between(0, 1800)), a_taker(cores=8, there=between(1800, HOUR), uid="again")
    cpu = charged(an_hour(*takers))["CPU"]
    paid = {line.subject: line.amount.nanos for line in cpu.lines if line.amount and line.owner == owned_by()}
    assert paid == {
        "support/chat-0 uid-support-chat-0": NANOS_PER_UNIT // 5,
        "support/chat-0 again": 4 * NANOS_PER_UNIT // 10,
    }


def test_a_node_that_takes_the_name_of_another_is_another() -> None:
    """Each by what it had, over its own life, with its own pods; a node that nobody told of has no account of its namesake."""
    first, second = a_group(window=between(0, 1200)), a_group(window=between(1200, HOUR), created=at(1200))
    small = replace(an_hour(a_taker(cores=2, there=between(0, 1200))), over=between(0, 1200))
    large = HostHour("node-a", between(1200, HOUR), Amounts(16 * CORE, 64 * GIB), (a_taker("rank-0", 4),))
    found = compute([first, second], (small, large), a_host_book(), CHAT, (FIRST,), at(0)).entries
    cpu = [entry for entry in found if entry.origin.pool == "CPU"]
    assert [entry.origin.quantity for entry in cpu] == [8 * CORE * 1200, 16 * CORE * 2400]
    assert [{line.subject for line in entry.lines} for entry in cpu] == [
        {"node-a", "support/chat-0"},
        {"node-a", "support/rank-0"},
    ]
    untold = compute([first, second], (large,), a_host_book(), CHAT, (FIRST,), at(HOUR)).entries
    assert sorted(entry.origin.pool for entry in untold) == ["CPU", HOST, "memory"]


def test_a_node_that_is_born_within_the_hour_is_charged_for_its_life() -> None:
    """And its pods have parts of that life, however long before they are said to have been there."""
    born = a_group(window=between(2700, HOUR), created=at(2700))
    cpu = charged(replace(an_hour(a_taker(cores=2)), over=between(2700, HOUR)), groups=[born])["CPU"]
    assert (cpu.origin.quantity, cpu.origin.amount) == (8 * CORE * 900, usd(0, 2 * NANOS_PER_UNIT // 10))
    assert cost(cpu, owned_by()) == NANOS_PER_UNIT // 20


def test_a_pod_of_which_nothing_is_known_has_a_line_of_nothing() -> None:
    """It is where its gap is told; a pod that was seen to use nothing has none, nor one that nobody could see."""
    asked = Amounts()
    for taker, lines in (
        (a_taker(cores=0, gib=0), 2),
        (a_taker(cores=0, gib=0, used=NOTHING), 1),
        (a_taker(cores=0, gib=0, there=between(0, 299)), 1),
    ):
        assert taker.requested == asked
        assert len(charged(an_hour(taker))["CPU"].lines) == lines


def test_a_pod_has_a_line_of_what_it_took_alone() -> None:
    """CPU without memory, and the other way round; what nobody saw of one resource is told of that one."""
    for taker, lines in (
        (a_taker(cores=2, gib=0, used=NOTHING), {"CPU": 2, "memory": 1}),
        (a_taker(cores=0, gib=2, used=NOTHING), {"CPU": 1, "memory": 2}),
        (a_taker(cores=0, gib=0, used=Measured(memory=0)), {"CPU": 2, "memory": 1}),
    ):
        assert {pool: len(entry.lines) for pool, entry in charged(an_hour(taker)).items()} == lines
