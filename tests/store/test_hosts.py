"""What nodes had and who took of it, stored by time and node: all that was told of an hour stands."""

from __future__ import annotations

from dataclasses import replace

from alembic import command

from aicost.core.hosts import CORE, GIB, Amounts, HostHour, Measured, Taker
from aicost.core.identity import ObjectRef, labels
from aicost.core.ledger import UNCLAIMED, Component, Entry, Line, Owner, Unseen, withdrawn
from aicost.core.window import DAY, HOUR, Window
from aicost.ports import Commit
from aicost.store import SqlLedger
from aicost.store.engine import engine, make_room
from aicost.store.revisions import configuration
from tests.store.stored import opened, rows
from tests.store.test_uses import MONTH
from tests.support.builders import T0, a_line, a_pod, an_entry, between, owned_by, usd
from tests.support.hosting import a_taker, an_hour


def test_hours_come_back_as_they_were(ledger: SqlLedger) -> None:
    """By time and node, pods with their labels and controllers, and when they were there; use that nobody saw as such."""
    owners = (ObjectRef("apps", "ReplicaSet", "chat"), ObjectRef("apps", "Deployment", "chat"))
    pod = a_pod("z\u00fcrich", owners=owners, app="chat")
    seen = Taker(pod, between(5, 9), Amounts(3, 4), Measured(None, 6))
    later = replace(an_hour(), over=between(900, HOUR))
    hours = (an_hour(a_taker(), seen), an_hour(node="node-b"), later, an_hour(since=1))
    for _ in range(2):
        ledger.commit(Commit(hosts=tuple(reversed(hours))), T0)
        assert ledger.host_hours(between(0, DAY)) == hours
    assert ledger.host_hours(between(HOUR, DAY)) == hours[3:]


def test_what_is_told_again_in_part_takes_nothing_back(ledger: SqlLedger) -> None:
    """An hour of which more is told is the same in any order."""
    told: tuple[HostHour, ...] = (an_hour(a_taker(used=Measured(5))), an_hour(a_taker("rank-0")), an_hour(a_taker()))
    for each in told:
        ledger.commit(Commit(hosts=(each,)), T0)
    assert ledger.host_hours(between(0, DAY)) == (an_hour(a_taker(used=Measured(5)), a_taker("rank-0")),)


def unseen(ledger: SqlLedger, *hours: HostHour, owner: Owner | None = None) -> tuple[Unseen, ...]:
    """Of chat's lines of the CPU and of the memory of two hours."""
    entries = []
    for number, over in enumerate((between(0, HOUR), between(HOUR + 60, 2 * HOUR))):
        for pool in ("CPU", "memory"):
            lines: tuple[Line, ...] = (a_line(owner or owned_by(), usd(1), 7, "support/chat-0"),)
            origin = an_entry(f"{pool} {number}", lines=lines).origin
            entries.append(Entry(replace(origin, pool=pool, component=Component.COMPUTE, window=over), lines))
    ledger.commit(Commit(tuple(entries), hosts=hours), T0)
    return ledger.unseen(MONTH)


def test_use_that_nobody_saw_is_its_owners(ledger: SqlLedger) -> None:
    """Since when, of which resource, and how much it was that was taken; once it is told it is seen."""
    hours = an_hour(a_taker(used=Measured(memory=0))), an_hour(a_taker(used=Measured(memory=1)), since=1)
    assert unseen(ledger, *hours) == (Unseen(owned_by(), "CPU", T0, 14),)
    assert unseen(ledger, an_hour(a_taker(used=Measured(0)))) == (
        Unseen(owned_by(), "CPU", between(HOUR + 60, 9999).start, 7),
    )
    assert [of.host_observed_nanos for of in ledger.use(MONTH)] == [usd(3).nanos]


def test_use_of_nobodys_pods_is_unseen_too(ledger: SqlLedger) -> None:
    """It is told to who has what nobody claims; of a pod that nobody could see nothing is told."""
    assert [of.owner for of in unseen(ledger, an_hour(a_taker()), owner=UNCLAIMED)] == [UNCLAIMED] * 2


def test_a_pod_that_was_there_for_less_than_two_scrapes_is_not_missed(ledger: SqlLedger) -> None:
    """It came and went: nothing is wrong."""
    assert unseen(ledger, an_hour(a_taker(there=between(0, 299)))) == ()


def test_a_name_on_two_nodes_is_used_as_both_together(ledger: SqlLedger) -> None:
    """Half of the one for half an hour, all of the other for the rest: three quarters; unseen where any of it is."""
    there: tuple[Window, ...] = between(0, HOUR // 2), between(HOUR // 2, HOUR)
    takers = [
        replace(a_taker(used=Measured(used, GIB), there=over), requested=Amounts(2 * CORE, GIB))
        for used, over in zip((CORE, 2 * CORE), there, strict=True)
    ]
    hours = [an_hour(takers[0]), an_hour(takers[1], node="node-b")]
    for hour in hours:
        unseen(ledger, hour)
    assert [of.host_used_nanos for of in ledger.use(MONTH)] == [usd(1).nanos * 3 // 4 + usd(1).nanos]
    found = unseen(
        ledger, an_hour(replace(takers[1], pod=a_pod(uid="third"), used=Measured(), there=there[0]), node="c")
    )
    assert [of.quantity for of in found] == [7, 7]


OLD = """INSERT INTO host_hour VALUES ({since}, 'node-a', {since} + 3600, 8000000, 68719476736,
    '[["u1","support","chat-0","[]",[],[1000000,5],[2,3]],["u2","support","chat-0","[]",[],[4,5],null]]')"""


def test_what_a_version_before_was_told_stands(url: str) -> None:
    """Pods had all of the hour, and nobody saw any use or all of it; how much of what was taken was used is kept."""
    at_0013 = engine(url)
    with at_0013.begin() as connection:
        make_room(connection)
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "0013")
    at_0013.dispose()
    rows(url, OLD.format(since=T0))
    rows(url, f"INSERT INTO host_use VALUES ({T0}, 'support/chat-0 u1', 'CPU', 2)")  # noqa: S608 # a number of our own
    hour = between(0, HOUR)
    pods = [replace(a_pod(uid=uid), labels=labels({})) for uid in ("u1", "u2")]
    seen = Taker(pods[0], hour, Amounts(CORE, 5), Measured(2, 3))
    with opened(url) as ledger:
        assert ledger.host_hours(MONTH) == (an_hour(seen, Taker(pods[1], hour, Amounts(4, 5))),)
    assert rows(url, "SELECT subject, resource, busy_ppm FROM host_use ORDER BY subject, resource") == [
        ("support/chat-0 u1", "CPU", 2),
        ("support/chat-0 u2", "CPU", None),
        ("support/chat-0 u2", "memory", None),
    ]


def test_what_was_taken_back_is_not_missed(ledger: SqlLedger) -> None:
    """A price that includes the host leaves nothing of it."""
    assert unseen(ledger, an_hour(a_taker()))
    ledger.commit(Commit(tuple(withdrawn(ledger.entries(MONTH), ()))), T0)
    assert ledger.unseen(MONTH) == ()
