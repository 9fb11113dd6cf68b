"""Rulings: one answer for each pod and node, and names for lines."""

from __future__ import annotations

from aicost.core.identity import labels
from aicost.core.ledger import IDLE
from aicost.core.rulings import Rulings, subjects
from tests.support.builders import a_pod, a_unit, a_workload, owned_by, ownership


def test_pods_and_nodes_have_owners_and_contests_are_kept() -> None:
    """Two workloads that claim one pod are a contest, however often it is asked about."""
    rulings = Rulings(ownership(a_workload(app="chat"), a_workload("more", app="chat"), a_unit()))
    owners = [rulings.owners(a_pod(app="chat")) for _ in range(2)]
    assert owners[0] is owners[1]
    assert owners[0].owners[-1][1] == owned_by()
    assert [contest.loser.name for contest in rulings.contests] == ["more"]
    assert rulings.idle(labels({})).owners[-1][1] == IDLE


def test_pods_of_one_name_are_called_by_their_uid_too() -> None:
    """A name that is used once stands alone."""
    named = subjects([a_pod("a", uid="1"), a_pod("a", uid="2"), a_pod("b", uid="3"), a_pod("b", uid="3")])
    assert named == {"1": "support/a 1", "2": "support/a 2", "3": "support/b"}
