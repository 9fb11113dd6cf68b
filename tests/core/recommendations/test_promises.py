"""What advice promised."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Saving
from aicost.core.recommendations.changes import Scale
from aicost.core.recommendations.chosen import Told
from aicost.core.recommendations.promises import Demand, Outcome, Promise, told_now
from aicost.core.window import Instant
from tests.support.advising import ADVICE

CHAT = WorkloadRef("support", "chat")
OPEN = Promise(CHAT, ADVICE, Instant(5))
NOW = Instant(9)
MOVED = replace(ADVICE, saving=Saving(1, 2))


def changed(*promises: Promise, told: tuple[Told, ...] = (), silent: bool = False) -> list[Promise]:
    """What changes at `NOW` where the workload is told that, or where nobody looked at it."""
    now = dict(zip((CHAT,), told, strict=False))
    return list(told_now(promises, now, {CHAT} if silent else set(), NOW))


def test_new_advice_promises_from_now_on() -> None:
    """So does what is told again after it ended."""
    assert changed(told=(Told((ADVICE,)),)) == [Promise(CHAT, ADVICE, NOW)]
    assert changed(replace(OPEN, ended=Instant(6)), told=(Told((ADVICE,)),)) == [Promise(CHAT, ADVICE, NOW)]


def test_what_is_told_otherwise_promises_otherwise_until_it_is_followed() -> None:
    """People act on what they read last; afterwards it stays what they acted on."""
    assert changed(OPEN, told=(Told((ADVICE,)),)) == []
    assert changed(OPEN, told=(Told((MOVED,)),)) == [replace(OPEN, advice=MOVED)]
    followed = replace(OPEN, outcome=Outcome(Instant(6)))
    assert changed(followed, told=(Told((MOVED,)),)) == []


def test_a_change_that_is_told_no_longer_is_still_looked_for() -> None:
    """A model that is called beside the old one, since the patch was merged, leaves no patch to tell."""
    patched = replace(OPEN, advice=replace(ADVICE, change=Scale(1)))
    assert changed(patched, told=(Told((replace(MOVED, change=None),)),)) == []
    assert changed(patched, told=(Told((replace(MOVED, change=Scale(2)),)),)) == [
        replace(patched, advice=replace(MOVED, change=Scale(2)))
    ]


@pytest.mark.parametrize(("told", "silent"), [((Told(),), False), ((), True)])
def test_what_is_no_longer_told_ended(told: tuple[Told, ...], *, silent: bool) -> None:
    """Because a look found something else, or because nobody is there who wants it."""
    assert changed(OPEN, told=told, silent=silent) == [replace(OPEN, ended=NOW)]


def test_where_nobody_looked_nothing_ended() -> None:
    """And what ended stays ended as it was."""
    assert changed(OPEN) == []
    assert changed(replace(OPEN, ended=Instant(6)), told=(Told(),)) == []


def test_what_was_realised_is_known_once_a_day_is_whole() -> None:
    """It may be less than nothing."""
    assert Outcome(NOW).realised is None
    assert Outcome(NOW, 1, before=5, after=7).realised == -2


@pytest.mark.parametrize(
    ("after", "demand", "realised"),
    [
        (60, None, 40),
        (60, Demand("requests", 200, 200), 40),
        (60, Demand("requests", 200, 900), 40),
        (60, Demand("requests", 200, 160), 20),
        (60, Demand("requests", 200, 10), 0),
        (107, Demand("requests", 200, 10), -7),
        (60, Demand("requests", 0, 10), 40),
        (60, Demand("tokens", 200, 10, is_paid=False), 40),
    ],
)
def test_what_less_load_saved_is_not_realised(after: int, demand: Demand | None, realised: int) -> None:
    """Four fifths of the load would have cost 80 of 100: 20 are saved of it. More load promises nothing more."""
    assert Outcome(NOW, 1, 100, after, demand).realised == realised


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_realised_saving_is_none_of_less_load(before: int, after: int, was: int, now: int) -> None:
    """It is never more than the cost fell, nor than the cost of a unit of demand did."""
    realised = Outcome(NOW, 1, before, after, Demand("tokens", was, now)).realised
    assert realised is not None
    assert realised <= max(0, before - after) or realised == before - after
    if realised > 0 and was:
        assert realised <= before * Fraction(min(was, now), was) - after
