"""Claims that are made again, dated by when objects and grants were written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.changes import ALWAYS, mattering
from aicost.core.claims import Claims
from tests.support.builders import a_claim, a_grant, a_unit, at, owned_by
from tests.support.claim_life import CARE, GRANTS, MINE, RIVAL, ROW, THIRD, Life, begun, given_up


@pytest.mark.parametrize(("mine", "rival", "since"), [(22, 25, 0), (25, 22, 25), (23, 23, 0)])
def test_who_was_first_between_two_looks(mine: int, rival: int, since: int) -> None:
    """Objects tell when they were made, also where both are seen at once."""
    life = given_up()
    life.make(mine, MINE)
    life.make(rival, RIVAL)
    assert life.since(30, MINE) == at(since)


def test_what_is_given_up_and_taken_at_once_is_taken() -> None:
    """Between two looks nobody knows which came first, so what stands is not taken away."""
    life = begun(MINE)
    life.give_up(MINE)
    life.make(15, RIVAL)
    life.look(20)
    life.make(25, MINE)
    assert (life.since(30, MINE), life.owner(30)) == (at(25), owned_by("rival", "search"))


@pytest.mark.parametrize(("rival", "since"), [(14, 16), (18, 0), (None, 0)])
def test_what_is_made_again_while_nobody_looks(rival: int | None, since: int) -> None:
    """As if somebody had: an object that is younger than the last look is another one."""
    life = begun(MINE)
    life.give_up(MINE)
    life.make(16, MINE)
    if rival:
        life.make(rival, RIVAL)
    assert life.since(20, MINE) == life.since(30, MINE) == at(since)


def test_what_is_new_again_counts_as_that_from_then() -> None:
    """Who is told to have it has it from then on, and has the same once the months before are closed."""
    life = begun(MINE, RIVAL)
    life.look(12)
    life.give_up(MINE)
    life.make(21, THIRD)
    life.make(22, MINE)
    declared = life.look(30)
    owners = [owned_by("mine"), owned_by("mine"), owned_by("rival", "search"), owned_by("rival", "search")]
    assert [life.owner(second) for second in (15, 21, 22, 50)] == owners
    assert Claims(declared).usage("openai", ROW, "row").owner == owners[-1]
    life.changes = mattering(life.changes, at(40))
    assert life.owner(50) == owners[-1]


def test_a_claim_that_its_unit_denied_is_back_when_the_unit_was_written() -> None:
    """Somebody who came before that, though after the last look, has what was left."""
    other = a_unit("find", "search")
    life = begun(MINE)
    life.units = a_unit("care", "lab"), other
    life.look(20)
    life.units = replace(CARE, changed_at=at(25)), replace(other, changed_at=at(0))
    life.make(22, replace(RIVAL, unit="find"))
    assert life.since(30, MINE) == at(25)


def test_who_edits_another_claim_is_not_back() -> None:
    """Nor one whose object was made in the second of the last look: somebody came before the edit, and after the claim."""
    life = Life()
    life.make(10, MINE)
    life.look(10)
    life.make(12, RIVAL)
    life.make(15, replace(MINE, usage=(*MINE.usage, a_claim(project="p", model="m"))))
    assert life.since(20, MINE) == at(10)


def test_a_ledger_that_does_not_say_when_it_looked_tells_of_no_return() -> None:
    """Objects of then are neither older nor younger than a look: who edits one is not back after somebody new."""
    life = begun(MINE)
    life.memory = replace(life.memory, seen=ALWAYS)
    life.make(12, RIVAL)
    life.make(15, MINE)
    assert life.since(20, MINE) == at(0)


def test_what_is_new_and_was_edited_counts_from_the_look() -> None:
    """Whoever else is new: nobody tells what it claimed before."""
    life = begun(THIRD)
    life.make(11, RIVAL)
    life.make(12, MINE)
    life.make(15, MINE)
    (mine,) = (of for of in life.look(20).workloads if of.ref == MINE.ref)
    assert (mine.claimed_at, mine.usage[0].since) == (at(20), at(20))


def test_who_was_granted_it_before_it_came_back_has_it() -> None:
    """A claim that waited is new when it is granted, also where both are seen at once."""
    life = Life()
    life.grant(0, "support")
    life.make(1, MINE)
    life.make(2, RIVAL)
    life.look(10)
    life.give_up(MINE)
    life.look(20)
    life.grant(22, "support", "search")
    life.make(25, MINE)
    assert life.since(30, MINE) == at(25)


def test_a_place_that_is_not_back_makes_no_other_one_younger() -> None:
    """Of a claim that is denied only among what was called with, while somebody new comes: it stands among all claims."""
    mine = replace(MINE, usage=(a_claim(project="p", customer="acme"),))
    customer = a_grant("acme", dimension="customer")
    life = Life()
    life.source = replace(life.source, grants=(*life.source.grants, customer))
    life.make(0, mine)
    life.look(10)
    life.source = replace(life.source, grants=(GRANTS["search"], customer), changed_at=at(15))
    life.look(20)
    life.units = replace(CARE, changed_at=at(25)), replace(a_unit("find", "search"), changed_at=at(0))
    life.make(22, replace(RIVAL, unit="find"))
    assert life.since(30, mine) == at(0)
