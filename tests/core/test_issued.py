"""What a closing charged, asked for by name and currency: nothing is ever told in a currency that it was not charged in."""

from __future__ import annotations

from aicost.core.identity import WorkloadRef
from aicost.core.issued import Issued, UnitCharge, WorkloadCharge

CHAT = WorkloadCharge(WorkloadRef("support", "chat"), "USD", 7)
ISSUED = Issued("USD", units=(UnitCharge("care", "USD", 5, 9), UnitCharge("eu", "EUR", 3, 3)), workloads=(CHAT,))


def test_a_unit_is_told_with_those_beneath_it() -> None:
    """In the currency that it was told in; in another one that is not known."""
    assert (ISSUED.unit("care", "USD"), ISSUED.unit("eu", "EUR")) == (9, 3)
    assert (ISSUED.unit("care", "EUR"), ISSUED.unit("eu", "USD")) == (None, None)


def test_a_unit_that_came_later_was_charged_nothing() -> None:
    """Whatever it would receive today of the closed month."""
    assert ISSUED.unit("late", "USD") == ISSUED.unit("late", "EUR") == 0


def test_workloads_are_found_by_who_they_are() -> None:
    """Each with its currency."""
    assert ISSUED.by_workload() == {CHAT.workload: CHAT}
