"""Claims that are given up and made again: the old place, unless somebody took over what was given up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.changes import Change, changed, in_order
from aicost.core.claim_memory import MOST_GONE, following
from aicost.core.declarations import Declarations, Source, Unit, UsageClaim, Workload
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Owner
from aicost.core.ownership import Ownership
from aicost.core.seniority import NOTHING_REMEMBERED, Remembered, dated
from aicost.core.window import DAY, Instant
from tests.support.builders import a_claim, a_grant, a_source, a_unit, a_workload, at, between, dims, owned_by

ROW = dims(project="p", user="u", apiKey="k")
MINE = a_workload("mine", "support", usage=(a_claim(project="p"),), app="chat")
RIVAL = a_workload("rival", "search", usage=(a_claim(user="u"),), app="chat")
THIRD = a_workload("third", "lab", usage=(a_claim(apiKey="k"),), app="chat")
GRANTS = {
    "support": a_grant("p"),
    "search": a_grant("u", "search", dimension="user"),
    "lab": a_grant("k", "lab", dimension="apiKey"),
}
CARE = a_unit("care", *GRANTS)


@dataclass
class Life:
    """What is declared from look to look, all that is remembered of it, and who owns what in the end."""

    there: dict[WorkloadRef, Workload] = field(default_factory=dict)
    source: Source = field(default_factory=lambda: replace(a_source(*GRANTS.values()), changed_at=at(0)))
    unit: Unit = field(default_factory=lambda: replace(CARE, changed_at=at(0)))
    memory: Remembered = NOTHING_REMEMBERED
    changes: tuple[Change, ...] = ()

    def make(self, second: int, of: Workload) -> None:
        """Create an AIWorkload, or edit the one that is there."""
        old = self.there.get(of.ref)
        new = replace(of, claimed_at=old.claimed_at if old else at(second), generation=old.generation + 1 if old else 1)
        self.there[of.ref] = replace(new, changed_at=at(second))

    def give_up(self, of: Workload) -> None:
        """Delete it."""
        del self.there[of.ref]

    def grant(self, second: int, *namespaces: str) -> None:
        """Grant the row to these namespaces, and to no others."""
        self.source = replace(a_source(*map(GRANTS.__getitem__, namespaces)), changed_at=at(second))

    def look(self, second: int, start: int = 0) -> Declarations:
        """What is declared then, with its times."""
        everything = Declarations(tuple(of for _, of in sorted(self.there.items())), (self.unit,), (self.source,))
        declared = dated(everything, self.memory, at(second))
        self.changes = in_order((*self.changes, *changed(self.changes, declared, self.memory.seen, at(second))))
        self.memory = following(self.memory, declared, self.changes, at(start), at(second))
        return declared

    def since(self, second: int, of: Workload) -> Instant | None:
        """Since when its claim of usage counts, by a look then."""
        return next(each.usage[0].since for each in self.look(second).workloads if each.ref == of.ref)

    def owner(self, second: int) -> Owner:
        """Who has the row's cost of a second."""
        over = Ownership(self.changes).usage("openai", ROW, "row").over(between(second, second + 1))
        return next(owner for _, owner in over)


def begun(*first: Workload) -> Life:
    """A life in which these were there first, one after the other."""
    life = Life()
    for second, of in enumerate(first):
        life.make(second, of)
    life.look(10)
    return life


def given_up(*waiting: Workload) -> Life:
    """The same, with whoever waited, after the first gave it up at a second of 20."""
    life = begun(MINE, *waiting)
    life.give_up(MINE)
    life.look(20)
    return life


def test_whoever_waited_all_along_took_nothing_over() -> None:
    """An object that is deleted and made again, as by GitOps, has its place again before who waited for it."""
    life = given_up(RIVAL)
    assert life.owner(20) == owned_by("rival", "search")
    life.make(25, MINE)
    assert life.since(30, MINE) == at(0)
    assert [life.owner(second) for second in (0, 22, 30)] == [
        owned_by("mine"),
        owned_by("rival", "search"),
        owned_by("mine"),
    ]


def test_who_took_it_over_keeps_it() -> None:
    """A claim that was accepted since goes first for as long as it stands, and what is back is new."""
    life = given_up()
    life.make(22, RIVAL)
    life.look(23)
    life.make(25, MINE)
    assert (life.since(30, MINE), life.owner(30)) == (at(25), owned_by("rival", "search"))
    life.give_up(RIVAL)
    life.look(40)
    assert life.owner(40) == owned_by("mine")
    life.make(45, RIVAL)
    assert (life.since(50, RIVAL), life.owner(50)) == (at(22), owned_by("rival", "search"))


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


def test_a_claim_that_is_denied_again_is_given_up() -> None:
    """What somebody was granted instead is his; a grant that only comes back brings the old place with it."""
    life = begun(MINE, RIVAL)
    life.grant(15, "search")
    life.look(20)
    life.grant(25, "search", "support")
    assert life.since(30, MINE) == at(0)
    life.grant(35, "search")
    life.look(40)
    life.grant(45, "search", "lab")
    life.make(44, THIRD)
    life.look(50)
    life.grant(55, *GRANTS)
    assert (life.since(60, MINE), life.owner(60)) == (at(55), owned_by("rival", "search"))


def test_a_claim_of_something_else_takes_nothing_over() -> None:
    """Another's new claim of what cannot be the same thing leaves the place; so do other claims of one's own."""
    life = given_up(RIVAL)
    life.source = replace(life.source, grants=(*life.source.grants, a_grant("q", "lab", "support")))
    life.make(21, a_workload("third", "lab", usage=(a_claim(project="q"),)))
    life.make(22, a_workload("mine", usage=(a_claim(user="u", project="q"),)))
    life.look(23)
    life.make(25, MINE)
    assert life.since(30, MINE) == at(0)


def test_pods_that_were_taken_over_stay_taken() -> None:
    """A namespace's workloads among themselves, by labels as by an ancestor."""
    heir = a_workload("heir", app="chat")
    life = given_up()
    life.make(22, heir)
    life.look(23)
    life.make(25, MINE)
    assert {of.ref.name: of.claimed_at for of in life.look(30).workloads} == {"heir": at(22), "mine": at(25)}


def test_what_was_gone_before_the_open_months_is_forgotten() -> None:
    """Who comes back later is new."""
    life = given_up(RIVAL)
    assert len(life.memory.gone) == 2
    life.look(DAY, start=21)
    assert life.memory.gone == {}
    life.make(DAY, MINE)
    assert life.since(DAY + 1, MINE) == at(DAY)


_TENANTS = (MINE, RIVAL, THIRD)
_STEPS = st.lists(st.tuples(st.sampled_from(_TENANTS), st.booleans()), min_size=4, max_size=14)


@given(_STEPS)
def test_nobody_gets_what_another_took_over_rightly(steps: list[tuple[Workload, bool]]) -> None:
    """Claims come and go, with their objects or their grants: the old place is lost to new claims and to nothing else."""
    life, granted = Life(), dict.fromkeys(GRANTS, True)
    since: dict[str, Instant] = {}
    gone: dict[str, int] = {}
    before: set[str] = set()
    for second, (of, by_grant) in enumerate(steps, 1):
        now, who = second * 10, of.ref.namespace
        if by_grant:
            granted[who] = not granted[who]
            life.grant(now, *(each for each in GRANTS if granted[each]))
        elif of.ref in life.there:
            life.give_up(of)
        else:
            life.make(now, of)
        held = life.owner(now - 1).workload if life.changes else None
        told = {each.ref.namespace: each.usage[0].since for each in life.look(now).workloads}
        there = {each for each in told if granted[each]}
        for came in there - before:
            lost = any(at(gone.get(came, 0)) < of_other for other, of_other in since.items() if other != came)
            if came not in since or lost:
                since[came] = at(now)
        gone |= dict.fromkeys(before - there, now)
        assert {each: told[each] for each in there} == {each: since[each] for each in there}
        owner = life.owner(now).workload
        if owner and held and owner != held and held.namespace in there & before:
            assert since[held.namespace] <= at(gone[owner.namespace]), "who holds it was there when it was given up"
        before = there


def test_what_edits_leave_behind_is_bounded() -> None:
    """Of claims that a namespace declares no more the last ones are remembered; others' memory is theirs."""
    rival = a_workload("rival", "search", app="chat")
    life = begun(MINE, rival)
    life.give_up(rival)
    life.source = replace(a_source(a_grant("p")), changed_at=at(0))
    for edit in range(1, 61):
        claims = tuple(a_claim(project="p", model=f"m-{edit}-{number}") for number in range(20))
        life.make(edit * 100, replace(MINE, usage=claims))
        life.look(edit * 100 + 1)
    absent = [named for named in life.memory.gone if named.startswith("support/")]
    assert len(absent) == MOST_GONE < 59 * 20
    assert len(life.memory.gone) == MOST_GONE + 1, "the rival's pods"
    assert len(json.dumps(dict(life.memory.first)) + json.dumps(dict(life.memory.gone))) < 150 * MOST_GONE
    life.make(7000, replace(MINE, usage=(a_claim(project="p", model="m-59-0"), a_claim(project="p", model="m-1-0"))))
    (mine,) = life.look(7001).workloads
    assert [claim.since for claim in mine.usage] == [at(5901), at(7001)]


def test_what_is_declared_and_denied_again_is_never_too_much() -> None:
    """However many claims a grant that is edited denies for a while, each has its place afterwards."""
    usage = tuple(UsageClaim("openai", dims(project="p", model=f"m-{number}")) for number in range(MOST_GONE + 1))
    life = begun(replace(MINE, usage=usage))
    life.grant(15, "search")
    life.look(20)
    life.grant(25, "support")
    (mine,) = life.look(30).workloads
    assert {claim.since for claim in mine.usage} == {at(0)}
