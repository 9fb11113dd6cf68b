"""GPU cost of pods and nodes that change hands within an hour: each owner has his own seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from aicost.core.allocation import allocate
from aicost.core.declarations import Unit, Workload
from aicost.core.holdings import Devices, Holding
from aicost.core.identity import labels
from aicost.core.ledger import PARKED, UNCLAIMED, Owner, OwnerKind
from aicost.core.money import Money
from aicost.core.window import HOUR
from tests.support.builders import (
    a_book,
    a_group,
    a_holding,
    a_pod,
    a_unit,
    a_workload,
    between,
    owned_by,
    successive,
    usd,
)

HOUR_ONE = between(0, HOUR)
POOL = labels({"pool": "care"})
Things: TypeAlias = Workload | Unit


def _paid(
    *pods: Holding, before: tuple[Things, ...], after: tuple[Things, ...], cut: int = HOUR
) -> Mapping[Owner, Money]:
    """What who pays of the hour, where claims changed so many seconds (`cut`) after its begin."""
    devices = Devices((a_group(len(pods)),), pods)
    (entry,) = allocate(devices, a_book(), successive((0, before), (cut, after)), [HOUR_ONE]).entries
    return {line.owner: line.amount for line in entry.lines if line.amount}


def test_what_a_workload_owned_stays_its_own() -> None:
    """A claim that is gone keeps its past, and a new claim takes only what no workload owned."""
    pods = (a_holding(a_pod("mine", app="a")), a_holding(a_pod("free", app="b")))
    before = a_unit(), a_workload("a", app="a")
    after = a_unit(), a_workload("late-a", app="a"), a_workload("late-b", app="b")
    of = successive((0, before), (HOUR, after))
    (entry,) = allocate(Devices((a_group(),), pods), a_book(), of, [HOUR_ONE]).entries
    owners = {line.subject: line.owner.workload.name for line in entry.lines if line.owner.workload}
    assert {subject.rpartition("/")[2]: name for subject, name in owners.items()} == {"mine": "a", "free": "late-b"}


def test_a_new_claim_takes_what_nobody_owned() -> None:
    """A workload that is declared later gets what its pods cost before, as long as no workload owned it."""
    later = a_unit(), a_workload(app="chat")
    assert _paid(a_holding(a_pod(app="chat")), before=(), after=later) == {owned_by(): usd(4)}
    assert _paid(a_holding(a_pod(app="chat")), before=(), after=later, cut=900) == {owned_by(): usd(4)}


def test_a_new_claim_takes_nothing_from_another_workload() -> None:
    """A more precise claim made later leaves the time that another workload owned already with that workload, to the second."""
    old = a_workload("old", app="chat")
    new = a_workload("new", app="chat", tier="web")
    pod = a_holding(a_pod(app="chat", tier="web"))
    before, after = (a_unit(), old), (a_unit(), old, new)
    assert _paid(pod, before=before, after=after) == {owned_by("old"): usd(4)}
    assert _paid(pod, before=before, after=after, cut=900) == {owned_by("old"): usd(1), owned_by("new"): usd(3)}


def test_what_a_workload_owned_stays_its_own_when_it_is_gone() -> None:
    """A deleted workload keeps what it cost."""
    old = a_unit(), a_workload("old", app="chat")
    assert _paid(a_holding(a_pod(app="chat")), before=old, after=()) == {owned_by("old"): usd(4)}
    paid = _paid(a_holding(a_pod(app="chat")), before=old, after=(), cut=1)
    assert paid == {owned_by("old"): usd(0, 1_111_111), UNCLAIMED: usd(3, 998_888_889)}


def test_a_reservation_that_changes_hands_splits_at_that_instant() -> None:
    """The idle time before is the first unit's, the time after the second's; the pod beside it pays what it always did."""
    care, find = replace(a_unit("care"), reserved=POOL), replace(a_unit("find"), reserved=POOL)
    of = successive((0, (care,)), (900, (find,)))
    devices = Devices((a_group(2, pool="care"),), (a_holding(window=between(600, 1200)),))
    (entry,) = allocate(devices, a_book(), of, [HOUR_ONE]).entries
    assert {line.owner: line.amount for line in entry.lines} == {
        UNCLAIMED: usd(0, 666_666_667),
        Owner(OwnerKind.RESERVED, "care"): usd(1, 666_666_666),
        Owner(OwnerKind.RESERVED, "find"): usd(5, 666_666_667),
    }


def test_what_is_parked_of_a_pod_that_changed_hands_is_told_whole() -> None:
    """More held than there is: nothing of either owner's time is lost beside a pod that nobody ever claimed."""
    pods = tuple(a_holding(a_pod(app, app=app)) for app in ("chat", "other"))
    of = successive((0, (a_unit(), a_workload("x", app="chat"))), (900, (a_unit(), a_workload("y", app="chat"))))
    (entry,) = allocate(Devices((a_group(1),), pods), a_book(), of, [HOUR_ONE]).entries
    assert [(line.owner, line.amount) for line in entry.lines] == [(PARKED, usd(2))] * 2
