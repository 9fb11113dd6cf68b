"""Claims that are given up and made again: the old place, unless somebody took over what was given up."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.claim_memory import MOST_GONE
from aicost.core.declarations import UsageClaim, Workload
from aicost.core.window import DAY, Instant
from tests.support.builders import a_claim, a_grant, a_source, a_workload, at, dims, owned_by
from tests.support.claim_life import GRANTS, MINE, RIVAL, THIRD, Life, begun, given_up


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


def test_what_callers_name_takes_over_nothing_that_was_called_with() -> None:
    """It never stands against a project, whoever was first, so it hands none to who waited; nor does a slip of the grant."""
    named = a_workload("third", "lab", usage=(a_claim(customer="x"),))
    granted = a_grant("x", "lab", dimension="customer")
    life = given_up(RIVAL)
    life.source = replace(life.source, grants=(*GRANTS.values(), granted), changed_at=at(21))
    life.make(21, named)
    life.look(23)
    life.make(25, MINE)
    assert (life.since(30, MINE), life.owner(30)) == (at(0), owned_by("mine"))
    life = begun(MINE, RIVAL)
    life.source = replace(life.source, grants=(GRANTS["search"], granted), changed_at=at(15))
    life.make(16, named)
    life.look(20)
    life.source = replace(life.source, grants=(*GRANTS.values(), granted), changed_at=at(25))
    assert (life.since(30, MINE), life.owner(30)) == (at(0), owned_by("mine"))


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
    life.look(DAY, start=20)
    assert len(life.memory.gone) == 2
    life.look(DAY, start=21)
    assert life.memory.gone == {}
    life.make(DAY, MINE)
    assert life.since(DAY + 1, MINE) == at(DAY)


def test_all_that_one_takes_over_is_his() -> None:
    """Whoever gave it up, and however long ago."""
    life = given_up(THIRD)
    life.give_up(THIRD)
    life.look(21)
    life.make(22, RIVAL)
    life.look(23)
    life.make(25, MINE)
    life.make(26, THIRD)
    assert [of.usage[0].since for of in life.look(30).workloads] == [at(26), at(22), at(25)]
    assert life.owner(30) == owned_by("rival", "search")


def test_what_was_called_with_is_taken_over_as_all_else() -> None:
    """A claim that names a customer, too, has two places: none of them is left to it."""
    mine = replace(MINE, usage=(a_claim(project="p", customer="acme"),))
    life = begun(mine)
    life.give_up(mine)
    life.look(20)
    life.make(22, RIVAL)
    life.look(23)
    life.make(25, mine)
    assert life.since(30, mine) == at(25)


def test_what_was_called_with_is_taken_over_alone() -> None:
    """Where the claim stands among all others, as one that only its customer was granted of."""
    mine = replace(MINE, usage=(a_claim(project="p", customer="acme"),))
    customer = a_grant("acme", dimension="customer")
    life = begun(mine)
    life.source = replace(life.source, grants=(GRANTS["search"], customer), changed_at=at(15))
    life.look(20)
    life.make(22, RIVAL)
    life.look(23)
    life.source = replace(life.source, grants=(*GRANTS.values(), customer), changed_at=at(25))
    assert life.since(30, mine) == at(25)


def test_a_clock_that_goes_back_forgets_no_look() -> None:
    """What was seen stays seen."""
    life = begun(MINE)
    life.look(5)
    assert life.memory.seen == at(10)


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
