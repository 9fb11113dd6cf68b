"""The ledger's values: an entry that does not conserve cannot be built, and what vanished is taken back whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.identity import UNALLOCATED, WorkloadRef
from aicost.core.ledger import (
    IDLE,
    UNCLAIMED,
    Component,
    Entry,
    Line,
    Owner,
    OwnerKind,
    Proof,
    withdrawn,
)
from aicost.core.money import CurrencyMismatchError, Money
from aicost.core.reasons import GapReason
from aicost.core.window import Period
from tests.support.builders import a_line, an_entry, an_origin, owned_by, usd

_OWNERS = st.sampled_from([IDLE, UNCLAIMED, owned_by()])
_PRICED = st.builds(
    lambda owner, nanos, n: a_line(owner, usd(0, nanos), n), _OWNERS, st.integers(-9, 9), st.integers(0, 9)
)
_UNPRICED = st.builds(lambda owner, quantity: a_line(owner, None, quantity), _OWNERS, st.integers(0, 9))
_KEYS = st.sampled_from("abcd")
_ENTRIES = st.one_of(
    st.builds(lambda key, lines: an_entry(key, lines=tuple(lines)), _KEYS, st.lists(_PRICED, max_size=3)),
    st.builds(
        lambda key, lines: an_entry(key, lines=tuple(lines), gap=GapReason.NO_PRICE),
        _KEYS,
        st.lists(_UNPRICED, max_size=3),
    ),
)
_LEDGERS = st.lists(_ENTRIES, max_size=4, unique_by=lambda entry: entry.origin.key)


@pytest.mark.parametrize(
    ("kind", "unit", "workload"),
    [
        (OwnerKind.WORKLOAD, "care", None),
        (OwnerKind.UNIT, "care", WorkloadRef("support", "chat")),
        (OwnerKind.WORKLOAD, UNALLOCATED, WorkloadRef("support", "chat")),
        (OwnerKind.UNIT, UNALLOCATED, None),
        (OwnerKind.IDLE, "care", None),
        (OwnerKind.UNCLAIMED, "care", None),
        (OwnerKind.PARKED, UNALLOCATED, WorkloadRef("support", "chat")),
    ],
)
def test_an_owner_is_one_thing(kind: OwnerKind, unit: str, workload: WorkloadRef | None) -> None:
    """Only a workload's line names a workload, and the reserved unit owns idle, unclaimed and parked alone."""
    with pytest.raises(ValueError, match=r"only a line of kind workload|cannot be owned by"):
        Owner(kind, unit, workload)


def test_an_origin_has_an_amount_or_a_reason() -> None:
    """An origin cannot be without an amount and silent about why, nor have both."""
    with pytest.raises(ValueError, match="either an amount or a reason"):
        _origin_like(amount=None, gap=None)
    with pytest.raises(ValueError, match="either an amount or a reason"):
        _origin_like(amount=usd(0), gap=GapReason.NO_PRICE)


def _origin_like(amount: Money | None, gap: GapReason | None) -> None:
    replace(an_origin(), amount=amount, gap=gap)


@given(st.lists(_PRICED, max_size=4), st.integers(-2, 2), st.integers(-2, 2))
def test_an_entry_conserves_or_cannot_be_built(lines: list[Line], nanos: int, quantity: int) -> None:
    """An origin that differs from the sum of its lines by one nano-unit or one unit of quantity is refused."""
    amount = usd(0, nanos + sum(line.amount.nanos for line in lines if line.amount))
    origin = an_origin(amount=amount, quantity=quantity + sum(line.quantity for line in lines))
    if nanos == 0 and quantity == 0:
        assert Entry(origin, tuple(lines)).lines == tuple(lines)
    else:
        with pytest.raises(ValueError, match="do not sum to"):
            Entry(origin, tuple(lines))


def test_unknown_and_known_amounts_never_mix() -> None:
    """An origin without an amount has lines without amounts, and the other way round."""
    with pytest.raises(ValueError, match="a line has an amount though its origin has none"):
        an_entry(lines=(a_line(IDLE, usd(0)),), gap=GapReason.NO_PRICE)
    with pytest.raises(ValueError, match="do not sum to"):
        Entry(an_origin(amount=usd(0)), (a_line(IDLE, None),))


def test_an_entry_has_one_currency() -> None:
    """A line in another currency than its origin's is refused."""
    with pytest.raises(CurrencyMismatchError):
        Entry(an_origin(amount=usd(1)), (a_line(IDLE, Money(10**9, "EUR")),))


@given(_LEDGERS, _LEDGERS)
def test_withdrawing_zeroes_exactly_what_vanished(previous: list[Entry], current: list[Entry]) -> None:
    """Keys that a re-evaluation lacks come back with nothing in them and their owners kept; no other key does."""
    kept = {entry.origin.key for entry in current}
    taken = withdrawn(previous, current)
    before = {entry.origin.key: entry for entry in previous}
    assert {entry.origin.key for entry in taken} == {
        key for key, entry in before.items() if key not in kept and _holds_something(entry)
    }
    for entry in taken:
        was = before[entry.origin.key]
        assert entry.origin.quantity == _nanos(entry) == 0
        assert entry.origin.gap == was.origin.gap
        assert [(line.owner, line.subject) for line in entry.lines] == [
            (line.owner, line.subject) for line in was.lines
        ]
        assert all(line.quantity == 0 for line in entry.lines)


def _holds_something(entry: Entry) -> bool:
    """Also where its lines only move cost from one owner to another."""
    return any(line.quantity or (line.amount and line.amount.nanos) for line in entry.lines)


def _nanos(entry: Entry) -> int:
    return entry.origin.amount.nanos if entry.origin.amount else 0


@given(_LEDGERS, _LEDGERS)
def test_withdrawing_twice_withdraws_nothing_more(previous: list[Entry], current: list[Entry]) -> None:
    """After a withdrawal the ledger holds what is current and empty entries, so that the next one finds nothing."""
    after = {entry.origin.key: entry for entry in (*previous, *withdrawn(previous, current), *current)}
    assert withdrawn(after.values(), current) == ()


@given(_LEDGERS)
def test_nothing_vanishes_from_an_equal_evaluation(entries: list[Entry]) -> None:
    """The same evaluation again withdraws nothing."""
    assert withdrawn(entries, entries) == ()


def test_a_proof_tells_the_difference() -> None:
    """A proof's difference is what origins sum to less what lines sum to."""
    assert Proof(Period("2026-11"), Component.GPU, "USD", 1, 5, 3, 1).difference == 2
