"""When a status is worth a write, case by case, and which changes people are told of."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.reconcile.discipline import due, transitions
from tests.support.builders import at

INTERVAL = 900


def a_condition(of: str = "Ready", status: str = "True", **more: Any) -> dict[str, Any]:
    return {"type": of, "status": status, "reason": "Because", "observedGeneration": 1, **more}


def a_status(**more: Any) -> dict[str, Any]:
    shown = {"observedGeneration": 1, "period": "2026-11", "conditions": [a_condition()], "summary": {"state": "OK"}}
    return {**shown, "cost": {"charged": "1.00"}, "dataThrough": {"gpu": "2026-11-01T10:00:00Z"}, **more}


LATER = {"gpu": "2026-11-01T12:00:00Z"}
COSTLIER = {"charged": "2.00"}
NO_CHANGE = {
    "nothing": {},
    "how far data reaches": {"dataThrough": LATER},
    "how far data reaches, known for the first time": {"dataThrough": {**LATER, "bills": "2026-11-01T00:00:00Z"}},
}
AT_ONCE = {
    "a new spec": {"observedGeneration": 2},
    "a condition's status": {"conditions": [a_condition(status="False")]},
    "a condition's reason": {"conditions": [a_condition(reason="Other")]},
    "a condition's generation": {"conditions": [a_condition(observedGeneration=2)]},
    "another condition": {"conditions": [a_condition(), a_condition("Conflict")]},
    "one condition fewer": {"conditions": []},
    "the state": {"summary": {"state": "Over"}},
    "the month": {"period": "2026-12"},
}
NUMBERS = {
    "an amount": {"cost": COSTLIER},
    "an amount, and how far data reaches": {"cost": COSTLIER, "dataThrough": LATER},
    "a rounded amount": {"summary": {"state": "OK", "cost": "2.00"}},
    "a condition's message": {"conditions": [a_condition(message="2.00 of 1.00 are spent")]},
    "a gap's quantity": {"gaps": [{"reason": "NoPrice", "quantity": "2.00 card hours"}]},
    "a number that is gone": {"cost": None},
}


@pytest.mark.parametrize("change", NO_CHANGE.values(), ids=NO_CHANGE)
def test_what_says_nothing_new_is_never_written(change: dict[str, Any]) -> None:
    """Equal numbers are no reason to write, however old the last write is and however far data reaches meanwhile."""
    assert not due(a_status(), a_status(**change), at(0), at(10 * INTERVAL), INTERVAL)


@pytest.mark.parametrize("change", AT_ONCE.values(), ids=AT_ONCE)
def test_what_people_wait_for_is_written_at_once(change: dict[str, Any]) -> None:
    """A new spec, a condition, a state and a month are shown in the same evaluation."""
    assert due(a_status(), a_status(**change), at(0), at(0), INTERVAL)


@pytest.mark.parametrize("change", NUMBERS.values(), ids=NUMBERS)
def test_numbers_wait_for_their_turn(change: dict[str, Any]) -> None:
    """A status of which only numbers or texts changed is written when the last write is an interval old."""
    assert not due(a_status(), a_status(**change), at(0), at(INTERVAL - 1), INTERVAL)
    assert due(a_status(), a_status(**change), at(0), at(INTERVAL), INTERVAL)


@pytest.mark.parametrize("shown", [None, {}])
def test_a_first_status_is_written_at_once(shown: dict[str, Any] | None) -> None:
    """A resource that shows nothing yet gets its status now."""
    assert due(shown, a_status(), at(0), at(0), INTERVAL)


def test_people_are_told_of_bad_news_of_a_first_status() -> None:
    """That a new resource is accepted is no news; that it is not, is."""
    good = a_status(conditions=[a_condition("Ready"), a_condition("Conflict", "False")])
    bad = a_status(conditions=[a_condition("Ready", "False", message="no"), a_condition("Conflict", message="lost")])
    assert transitions(None, good) == ()
    assert transitions(None, bad) == (("Because", "no", True), ("Because", "lost", True))


def test_people_are_told_of_transitions_only() -> None:
    """A condition whose status stays is no news, whatever its reason and message; one that turns good is good news."""
    before = a_status(conditions=[a_condition("DataAvailable", "False"), a_condition("Conflict", reason="A")])
    after = a_status(conditions=[a_condition("DataAvailable", "True"), a_condition("Conflict", reason="B")])
    assert transitions(before, after) == (("Because", "DataAvailable is True", False),)
    assert transitions(after, before) == (("Because", "DataAvailable is False", True),)
    assert transitions(after, after) == ()


def test_prices_that_rated_time_anew_are_told_once() -> None:
    """An edit is told when a status first shows it, with what changed; a status that shows it already tells nothing."""
    edit = {"at": "2026-11-03T09:00:00Z", "since": "2026-11-01T00:00:00Z", "changes": ["a", "b"]}
    message = "open months are rated anew from 2026-11-01T00:00:00Z: a; b"
    assert transitions(a_status(), a_status(rerated=edit)) == (("Rerated", message, False),)
    assert transitions(a_status(rerated=edit), a_status(rerated=edit)) == ()
    later = {**edit, "at": "2026-11-04T09:00:00Z"}
    assert len(transitions(a_status(rerated=edit), a_status(rerated=later))) == 1


def an_advice(id_: str, low: str = "1.00", high: str = "1.00") -> dict[str, Any]:
    """A recommendation as a status has it, as far as people are told of it."""
    return {
        "id": id_,
        "kind": "UseMIGSlice",
        "effect": "BillReduction",
        "basis": "Hypothesis",
        "target": {"kind": "Deployment", "name": "chat"},
        "monthlySaving": {"low": low, "high": high},
        "reason": "It needs less.",
    }


def test_people_are_told_of_new_advice_in_one_sentence() -> None:
    """The largest, which stands first, and how many more; nothing of what was there, of what moved, or of what ended."""
    one, two, three = an_advice("a"), an_advice("b", "5.00", "7.00"), an_advice("c")
    shown = a_status(recommendations=[one], currency="EUR")
    words = "UseMIGSlice of Deployment chat saves {} EUR a month (BillReduction, Hypothesis){}: see status.recommendations. It needs less."
    new = transitions(shown, a_status(recommendations=[two, one, three], currency="EUR"))
    assert new == (("Recommended", words.format("5.00 to 7.00", "; and 1 more"), False),)
    assert transitions(a_status(), shown) == (("Recommended", words.format("1.00", ""), False),)
    assert transitions(shown, a_status(recommendations=[an_advice("a", "9.00", "9.00")])) == ()
    assert transitions(shown, a_status(recommendations=[])) == transitions(shown, a_status()) == ()
