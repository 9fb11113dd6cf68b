"""What nodes had and who took of it, stored by hour and node: the last account of an hour stands."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.hosts import Amounts, HostHour, Taker
from aicost.core.identity import ObjectRef
from aicost.core.window import DAY, HOUR
from aicost.ports import Commit
from aicost.store import SqlLedger
from tests.support.builders import T0, a_pod, between
from tests.support.hosting import a_taker, an_hour


def test_hours_come_back_as_they_were(ledger: SqlLedger) -> None:
    """By hour and node, pods with their labels and controllers, use that nobody saw as such."""
    owners = (ObjectRef("apps", "ReplicaSet", "chat"), ObjectRef("apps", "Deployment", "chat"))
    seen = Taker(a_pod("z\u00fcrich", owners=owners, app="chat"), Amounts(1, 2), Amounts(3, 4))
    hours = (an_hour(seen, a_taker()), an_hour(node="node-b"), an_hour(since=1))
    for _ in range(2):
        ledger.commit(Commit(hosts=tuple(reversed(hours))), T0)
        assert ledger.host_hours(between(0, DAY)) == hours
    assert ledger.host_hours(between(HOUR, DAY)) == hours[2:]


def test_an_hour_that_is_told_again_is_another(ledger: SqlLedger) -> None:
    """Nothing of what was known of it stays."""
    before: HostHour = an_hour(a_taker())
    after = replace(before, takers=(a_taker("rank-0"),))
    for told in (before, after):
        ledger.commit(Commit(hosts=(told,)), T0)
    assert ledger.host_hours(between(0, DAY)) == (after,)
