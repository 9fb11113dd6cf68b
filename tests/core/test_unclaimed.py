"""What nobody claims, the largest first."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.ledger import IDLE, UNCLAIMED, Certainty, Component, Owner, OwnerKind, Total
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.unclaimed import MOST, Unclaimed, largest
from tests.support.builders import a_total, owned_by, usd


def pod(name: str, cost: int, owner: Owner = UNCLAIMED) -> Total:
    """A pod's GPU cost."""
    return replace(a_total(owner, usd(cost)), subject=name)


def billed(subject: str, cost: int, source: str = "openai") -> Total:
    """A part of a bill that nobody claims."""
    return replace(a_total(UNCLAIMED, usd(cost), component=Component.TOKENS, pool=source), subject=subject)


def test_pods_are_told_by_namespace_and_bills_by_subject() -> None:
    """A namespace with its dearest pod; of a bill each project by itself; the dearest group first."""
    some = [
        pod("lab/a", 2), pod("lab/b", 3), pod("web/a", 4),
        billed("project p", 9), billed("project q", 1), billed("project p", 1, "other"),
    ]  # fmt: skip
    assert largest(some, "USD") == (
        Unclaimed(Component.TOKENS, "openai", "", "project p", usd(9).nanos),
        Unclaimed(Component.GPU, "", "lab", "lab/b", usd(5).nanos),
        Unclaimed(Component.GPU, "", "web", "web/a", usd(4).nanos),
        Unclaimed(Component.TOKENS, "openai", "", "project q", usd(1).nanos),
        Unclaimed(Component.TOKENS, "other", "", "project p", usd(1).nanos),
    )


def test_corrections_are_told_with_what_they_correct() -> None:
    """Those of a bill by its source and subject, those of pods by their namespace."""
    corrected = replace(
        billed("project a/b", 2, "openai, correction of 2026-10"),
        component=Component.CORRECTION,
        certainty=Certainty.BILLED,
    )
    of_pod = replace(pod("lab/a", 1), component=Component.CORRECTION, pool="H100-80GB, correction of 2026-10")
    assert largest([billed("project a/b", 3), corrected, of_pod], "USD") == (
        Unclaimed(Component.TOKENS, "openai", "", "project a/b", usd(5).nanos),
        Unclaimed(Component.CORRECTION, "", "lab", "lab/a", usd(1).nanos),
    )


def test_what_somebody_owns_or_nobody_can_price_is_not_among_them() -> None:
    """Idle, owned, credited, unpriced, and in another currency: none of it is there to be claimed."""
    some = [
        pod("node", 1, IDLE),
        pod("lab/a", 1, owned_by()),
        pod("lab/b", 1, Owner(OwnerKind.UNIT, "care")),
        billed("project p", -1),
        replace(a_total(UNCLAIMED, gap=GapReason.NO_PRICE, quantity=5), subject="lab/c"),
        replace(a_total(UNCLAIMED, Money(5, "EUR"), currency="EUR"), subject="lab/d"),
    ]
    assert largest(some, "USD") == ()


@given(st.lists(st.builds(pod, st.sampled_from([f"ns-{n}/pod" for n in range(30)]), st.integers(-5, 9))))
def test_there_are_ten_at_most(some: list[Total]) -> None:
    """Whatever there is: few, none twice, ranked."""
    rows = largest(some, "USD")
    assert len({row.namespace for row in rows}) == len(rows) <= MOST
    assert [row.nanos for row in rows] == sorted((row.nanos for row in rows), reverse=True)
