"""Corrections: a closed month and its corrections are the truth, exactly, whenever and in whatever order it is learnt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.corrections import Restated, billed_by, corrections, standing
from aicost.core.ledger import IDLE, UNCLAIMED, Certainty, Component, Entry, Line, Owner, OwnerKind
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, Period, day_of
from tests.support.builders import a_line, an_entry, at, between, owned_by, usd
from tests.support.corrected import sums
from tests.support.strategies import by_key

OCTOBER, NOVEMBER, DECEMBER = Period("2026-10"), Period("2026-11"), Period("2026-12")
FIRST, LATER, NEXT_MONTH = day_of(at(0)), day_of(at(3 * DAY)), day_of(at(40 * DAY))
CARE = Owner(OwnerKind.UNIT, "care")
CLOSED = an_entry("bill", "openai", "2026-10-20", "project=p", lines=(a_line(owned_by(), usd(10), 5, "project p"),))
RESTATED = an_entry(
    "bill", "openai", "2026-10-20", "project=p", lines=(a_line(owned_by(), usd(22, 34), 5, "project p"),)
)


def of(*truth: Entry, closed: Iterable[Entry] = (CLOSED,), booked: Iterable[Entry] = ()) -> Restated:
    return Restated(OCTOBER, tuple(closed), tuple(booked), truth)


_OWNERS = st.sampled_from([IDLE, UNCLAIMED, CARE, owned_by(), owned_by("rank", unit="find")])
_LINES = st.lists(
    st.builds(
        lambda owner, nanos, n, s: a_line(owner, usd(0, nanos), n, s),
        _OWNERS,
        st.integers(-9, 9),
        st.integers(0, 9),
        st.sampled_from("st"),
    ),
    max_size=3,
).map(tuple)
_KEYS = st.sampled_from(["a", "b", "c"])
_PRICED = st.builds(lambda key, lines: an_entry("bill", key, lines=lines), _KEYS, _LINES)
_UNPRICED = _PRICED.map(
    lambda entry: an_entry(
        *entry.origin.key, lines=tuple(replace(line, amount=None) for line in entry.lines), gap=GapReason.NO_PRICE
    )
)
_FOREIGN = _PRICED.map(
    lambda entry: Entry(
        replace(entry.origin, amount=Money(entry.origin.amount.nanos if entry.origin.amount else 0, "EUR")),
        tuple(replace(line, amount=Money(line.amount.nanos, "EUR")) for line in entry.lines if line.amount),
    )
)
ACCOUNTS = st.lists(_PRICED | _UNPRICED | _FOREIGN, max_size=3, unique_by=lambda entry: entry.origin.key).map(tuple)
DAYS = (FIRST, LATER, NEXT_MONTH)


def test_a_late_restatement_is_one_line_of_its_owner() -> None:
    """It names the month that it corrects, is as certain as what it corrects, and holds the difference only."""
    (found,) = corrections(of(RESTATED), FIRST)
    assert found.origin.key == ("correction", "2026-10", "2026-11", "USD", *CLOSED.origin.key)
    assert found.lines == (a_line(owned_by(), usd(12, 34), 0, "project p"),)
    assert (found.origin.component, found.origin.certainty) == (Component.CORRECTION, Certainty.RATED)
    assert (found.origin.window, found.origin.unit) == (FIRST, CLOSED.origin.unit)
    assert found.origin.description.startswith("correction of 2026-10: ")
    assert found.origin.pool == f"{CLOSED.origin.pool}, correction of 2026-10"


def test_a_correction_is_as_certain_as_what_was_closed() -> None:
    """Though what is known now is known better; a row that was not there is as certain as it is told."""
    billed = Entry(replace(RESTATED.origin, certainty=Certainty.BILLED), RESTATED.lines)
    assert [found.origin.certainty for found in corrections(of(billed), FIRST)] == [Certainty.RATED]
    assert [found.origin.certainty for found in corrections(of(billed, closed=()), FIRST)] == [Certainty.BILLED]


def test_what_is_as_it_was_closed_is_no_correction() -> None:
    """Nor is a month in which nothing is known and nothing was."""
    assert corrections(of(CLOSED), FIRST) == corrections(of(closed=()), FIRST) == ()


def test_a_row_that_is_taken_back_is_taken_from_its_owner() -> None:
    """All of it, in money and in quantity."""
    (found,) = corrections(of(), FIRST)
    assert found.lines == (a_line(owned_by(), usd(-10), -5, "project p"),)


def test_a_correction_that_is_over_is_empty_and_stays_where_it_was() -> None:
    """What the provider takes back in the same month leaves an entry of nothing, on the day of the first."""
    booked = corrections(of(RESTATED), FIRST)
    (found,) = corrections(of(CLOSED, booked=booked), LATER)
    assert (found.lines, found.origin.amount, found.origin.quantity) == ((), usd(0), 0)
    assert (found.origin.key, found.origin.window) == (booked[0].origin.key, FIRST)


def test_a_correction_of_another_month_is_not_touched() -> None:
    """In December what November corrected stands, and only the difference to it is booked."""
    november = corrections(of(RESTATED), FIRST)
    assert corrections(of(RESTATED, booked=november), NEXT_MONTH) == ()
    (december,) = corrections(of(CLOSED, booked=november), NEXT_MONTH)
    assert december.origin.key[1:3] == ("2026-10", "2026-12")
    assert december.lines == (a_line(owned_by(), usd(-12, -34), 0, "project p"),)


@given(ACCOUNTS, st.lists(st.tuples(st.integers(0, 2), ACCOUNTS), min_size=1, max_size=4))
def test_closed_and_corrections_are_the_truth(
    closed: tuple[Entry, ...], learnt: list[tuple[int, tuple[Entry, ...]]]
) -> None:
    """After anything that was learnt, on whatever days, they sum to what was learnt last; learnt again it adds nothing."""
    booked: dict[tuple[str, ...], Entry] = {}
    for day, truth in sorted(learnt, key=lambda each: each[0]):
        elsewhere = {key: entry for key, entry in booked.items() if key[2] != Period.of(DAYS[day].start).month}
        booked |= by_key(corrections(of(*truth, closed=closed, booked=booked.values()), DAYS[day]))
        assert sums((*closed, *booked.values())) == sums(truth)
        assert booked | elsewhere == booked
        again = corrections(of(*truth, closed=closed, booked=booked.values()), DAYS[day])
        assert booked | by_key(again) == booked


@given(ACCOUNTS, ACCOUNTS, ACCOUNTS, st.randoms(use_true_random=False))
def test_the_order_of_what_is_learnt_leaves_no_trace(
    closed: tuple[Entry, ...], first: tuple[Entry, ...], last: tuple[Entry, ...], random: Random
) -> None:
    """The same truth gives the same corrections, in whatever order it is told, and whatever was believed meanwhile."""
    at_once = corrections(of(*last, closed=closed), FIRST)
    turned = [Entry(entry.origin, entry.lines[::-1]) for entry in last]
    shuffled = of(*random.sample(turned, len(last)), closed=random.sample(closed, len(closed)))
    assert corrections(shuffled, FIRST) == at_once
    meanwhile = corrections(of(*first, closed=closed), FIRST)
    after = by_key((*meanwhile, *corrections(of(*last, closed=closed, booked=meanwhile), FIRST)))
    assert {key: entry for key, entry in after.items() if entry.lines} == by_key(at_once)


def test_closed_lines_keep_their_owner_whoever_it_is() -> None:
    """What nobody claimed when the month was closed cannot be claimed afterwards, nor taken from whom it was."""
    lines = (a_line(UNCLAIMED, usd(1), subject="project q"), a_line(owned_by(), usd(2), subject="project p"))
    kept = standing([an_entry("bill", "x", lines=lines)], (), NOVEMBER)
    assert kept == {(("bill", "x"), "project q"): UNCLAIMED, (("bill", "x"), "project p"): owned_by()}


def test_a_line_of_nothing_without_a_price_is_no_correction() -> None:
    """It is no cost that is missing."""
    nothing = an_entry("bill", "new", lines=(Line(IDLE, "s", None, 0),), gap=GapReason.NO_PRICE)
    assert corrections(of(CLOSED, nothing), FIRST) == ()


MINE = {"mine": owned_by()}


@pytest.mark.parametrize(("into", "kept"), [(NOVEMBER, MINE), (DECEMBER, {**MINE, "nobody's": UNCLAIMED})])
def test_a_new_row_may_be_claimed_while_its_correction_is_open(into: Period, kept: dict[str, Owner]) -> None:
    """In the month in which it is booked what no workload owns goes by the claims; later it stays where it was booked."""
    lines = (a_line(UNCLAIMED, usd(1), subject="nobody's"), a_line(owned_by(), usd(2), subject="mine"))
    booked = corrections(of(an_entry("bill", "new", lines=lines), closed=()), FIRST)
    assert {subject: owner for (_, subject), owner in standing((), booked, into).items()} == kept


def test_an_owner_as_closed_wins_over_one_of_a_correction() -> None:
    """The closed month tells who owns a line; of two owners of one subject neither is kept."""
    booked = corrections(of(RESTATED, closed=()), FIRST)
    unclaimed = an_entry(*CLOSED.origin.key, lines=(a_line(UNCLAIMED, usd(1), subject="project p"),))
    assert set(standing([unclaimed], booked, NOVEMBER).values()) == {UNCLAIMED}
    both = an_entry("bill", lines=(a_line(UNCLAIMED, usd(1)), a_line(IDLE, usd(1))))
    assert standing([both], (), NOVEMBER) == {}


def test_a_price_that_is_found_late_moves_quantity_out_of_the_gap() -> None:
    """What had no amount and has one now: one correction takes it from the gap, another adds it with its amount."""
    unpriced = an_entry("gpu", lines=(a_line(IDLE, None, 60),), gap=GapReason.NO_PRICE)
    priced = an_entry("gpu", lines=(a_line(IDLE, usd(3), 60),))
    gone, come = corrections(of(priced, closed=(unpriced,)), FIRST)
    assert (gone.origin.gap, gone.origin.amount, gone.origin.quantity) == (GapReason.NO_PRICE, None, -60)
    assert (come.origin.amount, come.origin.quantity) == (usd(3), 60)
    assert between(0, DAY) == come.origin.window


@pytest.mark.parametrize(
    ("component", "pool", "certainty", "source"),
    [
        (Component.TOKENS, "openai", Certainty.BILLED, "openai"),
        (Component.TOKENS, "openai, correction of 2026-10", Certainty.ESTIMATED, "openai"),
        (Component.CORRECTION, "openai, correction of 2026-10", Certainty.BILLED, "openai"),
        (Component.CORRECTION, "owned-l4, correction of 2026-10", Certainty.RATED, ""),
        (Component.CORRECTION, "L4-24GB, correction of 2026-10", Certainty.ESTIMATED, ""),
        (Component.GPU, "l4", Certainty.ESTIMATED, ""),
    ],
)
def test_a_line_names_the_source_whose_bill_it_is_of(
    component: Component, pool: str, certainty: Certainty, source: str
) -> None:
    """Corrections of a bill are of the bill; what cards cost, at whatever price, is of none."""
    assert billed_by(component, pool, certainty) == source
