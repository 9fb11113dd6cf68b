"""Who owns what at every instant: changes count from their instant, what somebody owned is never anybody else's."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TypeAlias

from hypothesis import example, given
from hypothesis import strategies as st

from aicost.core.changes import mattering
from aicost.core.claims import Claims
from aicost.core.declarations import Source, Unit, Workload
from aicost.core.identity import PodIdentity, labels
from aicost.core.ledger import IDLE, UNCLAIMED, Owner, OwnerKind
from aicost.core.ownership import Ownership
from aicost.core.window import Instant, Window
from tests.support.builders import (
    a_claim,
    a_grant,
    a_pod,
    a_source,
    a_unit,
    a_workload,
    at,
    between,
    claims,
    dims,
    owned_by,
    ownership,
    successive,
)
from tests.support.claim_life import MINE, RIVAL, ROW, THIRD, Life

CARE = a_unit("care", "support")
CHAT, HEIR = a_workload("chat", app="chat"), a_workload("heir", app="chat")
POD = a_pod(app="chat")
ALL = between(0, 100)


Things: TypeAlias = tuple[Workload | Unit | Source, ...]


def owners(of: Ownership, pod: PodIdentity = POD) -> list[tuple[Window, Owner]]:
    """Who owns the pod's cost, over a hundred seconds."""
    return list(of.pod(pod).over(ALL))


def test_an_owner_change_counts_from_its_instant() -> None:
    """The second before is the one's, the second after the other's."""
    of = successive((0, (CARE, CHAT)), (40, (CARE, HEIR)))
    assert owners(of) == [(between(0, 40), owned_by("chat")), (between(40, 100), owned_by("heir"))]


def test_a_workload_that_changes_its_unit_splits() -> None:
    """What it cost the one unit stays there."""
    both = a_unit("care", "support"), a_unit("find", "support")
    of = successive((0, (*both, CHAT)), (40, (*both, replace(CHAT, unit="find"))))
    assert [owner.unit for _, owner in owners(of)] == ["care", "find"]


def test_a_new_claim_takes_what_nobody_claimed() -> None:
    """Back to the begin, through every change before it; and keeps it when it is gone, though a later one asks."""
    of = successive((0, ()), (10, (CARE,)), (40, (CARE, CHAT)), (60, (CARE,)), (80, (CARE, HEIR)))
    assert owners(of) == [(between(0, 60), owned_by("chat")), (between(60, 100), owned_by("heir"))]


def test_a_default_unit_has_what_no_workload_claims() -> None:
    """From its first declaration back, until another unit is the default; a workload takes it from both."""
    one, other = a_unit("one", default_for=("support",)), a_unit("other", default_for=("support",))
    ones, others = Owner(OwnerKind.UNIT, "one"), Owner(OwnerKind.UNIT, "other")
    stages = (0, ()), (20, (one,)), (50, (other,))
    assert owners(successive(*stages)) == [(between(0, 50), ones), (between(50, 100), others)]
    assert owners(successive(*stages, (90, (CARE, CHAT)))) == [(ALL, owned_by("chat"))]


def test_a_reservation_counts_from_its_instant() -> None:
    """Idle time that nobody reserved goes to the first unit that does; then each has its own time."""
    pool = labels({"pool": "x"})
    one, other = (replace(a_unit(name), reserved=pool) for name in ("one", "other"))
    of = successive((0, ()), (20, (one,)), (50, (other,)), (70, ()))
    found = [(part, owner.unit) for part, owner in of.idle(pool).over(ALL)]
    assert found == [(between(0, 50), "one"), (between(50, 70), "other"), (between(70, 100), "unallocated")]
    assert list(of.idle(frozenset()).over(ALL)) == [(ALL, IDLE)]


def test_a_grant_that_is_taken_back_counts_from_then() -> None:
    """Usage that was granted and claimed stays its owner's; afterwards it is nobody's."""
    mine = a_workload(usage=(a_claim(project="p"),))
    of = successive((0, (CARE, mine, a_source(a_grant("p")))), (30, (CARE, mine, a_source())))
    found = list(of.usage("openai", dims(project="p"), "").over(ALL))
    assert found == [(between(0, 30), owned_by()), (between(30, 100), UNCLAIMED)]


def test_contests_are_those_of_now() -> None:
    """What was contested once and is no longer needs nobody to do anything."""
    rival = replace(HEIR, claimed_at=at(9))
    assert successive((0, (CARE, CHAT)), (40, (CARE, CHAT, rival))).pod(POD).contests
    assert not successive((0, (CARE, CHAT, rival)), (40, (CARE, CHAT))).pod(POD).contests


_THINGS: Things = (
    *(
        a_workload(name, namespace, unit, usage=(a_claim(project=project),), app=app)
        for (name, app, project), (namespace, unit) in product(
            (("w-0", "chat", "p"), ("w-1", "chat", "p")), (("support", "care"), ("search", "find"))
        )
    ),
    a_workload("finer", usage=(a_claim(project="p", model="m"), a_claim(project="q"))),
    a_unit("care", "support", default_for=("search",)),
    a_unit("find", "support", "search"),
    a_unit("lab", default_for=("support", "search")),
    replace(a_unit("pool"), reserved=labels({"pool": "x"})),
    a_source(a_grant("p", "support"), a_grant("q", "support")),
)
_STAGES = st.lists(st.lists(st.sampled_from(_THINGS), unique_by=id, max_size=7).map(tuple), min_size=1, max_size=5)
_PODS = tuple(a_pod(namespace=namespace, app="chat") for namespace in ("support", "search"))


def _successions(of: Ownership) -> list[list[tuple[Window, Owner]]]:
    asked = [of.pod(pod) for pod in _PODS] + [of.usage("openai", dims(project="p"), "")]
    return [list(each.over(ALL)) for each in (*asked, of.idle(labels({"pool": "x"})))]


def _at(parts: list[tuple[Window, Owner]], instant: Instant) -> Owner:
    return next(owner for part, owner in parts if instant in part)


@given(_STAGES)
def test_what_a_workload_owned_is_never_anybody_elses(stages: list[Things]) -> None:
    """Whatever is declared later: no later stage moves time that a workload owned, nor what a unit did to another unit."""
    timed = [(number * 10, things) for number, things in enumerate(stages)]
    for count in range(1, len(timed)):
        for before, after in zip(
            _successions(successive(*timed[:count])), _successions(successive(*timed[: count + 1])), strict=True
        ):
            for instant in map(at, range(0, count * 10, 5)):
                was, now = _at(before, instant), _at(after, instant)
                assert now == was or (not was.workload and now.workload) or was in (IDLE, UNCLAIMED)


@given(_STAGES)
def test_whoever_claims_in_an_instant_owns_it(stages: list[Things]) -> None:
    """Where the claims of an instant name a workload, it is the owner of that instant."""
    of = successive(*((number * 10, things) for number, things in enumerate(stages)))
    for number, things in enumerate(stages):
        then = ownership(*things).pod(_PODS[0]).owners[0][1]
        if then.workload:
            assert _at(list(of.pod(_PODS[0]).over(ALL)), at(number * 10)) == then


@given(_STAGES)
def test_namespaces_do_not_touch_each_other(stages: list[Things]) -> None:
    """Whatever workloads of one namespace declare, and when, another namespace's owners and their times are the same."""
    without = [
        tuple(of for of in things if not (isinstance(of, Workload) and of.ref.namespace == "search"))
        for things in stages
    ]
    both = [successive(*((n * 10, things) for n, things in enumerate(each))) for each in (stages, without)]
    support, bare = (of.pod(_PODS[0]) for of in both)
    assert support == bare
    rows, bare = (of.usage("openai", dims(project="p"), "") for of in both)
    assert rows == bare


def _by_name(thing: Workload | Unit | Source) -> str:
    return thing.ref.name if isinstance(thing, Workload) else thing.name


@given(st.lists(st.sampled_from(_THINGS), unique_by=id, max_size=7))
def test_scopes_say_what_the_whole_says(things: list[Workload | Unit | Source]) -> None:
    """What is left out of a scope decides nothing in it: one stage's owners are those of all of its claims."""
    of, whole = ownership(*things), claims(*sorted(things, key=_by_name))
    for pod in _PODS:
        assert of.pod(pod).owners[0][1] == whole.pod(pod).owner
        assert of.pod(pod).contests == frozenset(whole.pod(pod).contests)
    for row in (dims(project="p"), dims(project="p", model="m"), dims(project="q", model="m"), dims(model="m")):
        assert of.usage("openai", row, "").owners[0][1] == whole.usage("openai", row, "").owner
        assert of.usage("other", row, "").owners[0][1] == UNCLAIMED
    assert of.idle(labels({"pool": "x"})).owners[0][1] == whole.idle(labels({"pool": "x"}))


def test_a_claim_of_all_of_a_source_is_ruled_on_as_any_other() -> None:
    """Without dimensions no grant covers it, so it decides nothing and harms nobody."""
    greedy = a_workload("greedy", usage=(a_claim(),))
    mine = a_workload("mine", usage=(a_claim(project="p"),))
    of = ownership(CARE, greedy, mine, a_source(a_grant("p")))
    assert of.usage("openai", dims(project="p"), "").owners[0][1] == owned_by("mine")
    assert of.usage("openai", dims(project="q"), "").owners[0][1] == UNCLAIMED


def test_neighbours_who_are_one_are_one_part() -> None:
    """A change that concerns others leaves an owner's time whole."""
    of = successive((0, (CARE, CHAT)), (10, (CARE, CHAT, a_workload("other", app="else"))), (20, (CARE, CHAT)))
    assert len(of.pod(POD).owners) == 1


_STEPS = st.lists(st.tuples(st.sampled_from((MINE, RIVAL, THIRD)), st.booleans()), min_size=4, max_size=14)


@given(_STEPS, st.integers(0, 14))
@example([(MINE, False), (RIVAL, True), (MINE, False), (THIRD, False), (MINE, True)], 10)
def test_what_mattered_before_an_instant_decides_nothing_after_it(
    steps: list[tuple[Workload, bool]], start: int
) -> None:
    """Claims come and go, looked at or not: closing a month moves nobody's time, and the last owner is who is told to be it."""
    life = Life()
    for second, (of, looked) in enumerate(steps, 1):
        if of.ref in life.there:
            life.give_up(of)
        else:
            life.make(second, of)
        if looked:
            life.look(second)
    declared = life.look(15)
    kept, after = mattering(life.changes, at(start)), between(start, 100)
    whole, rest = (Ownership(of).usage("openai", ROW, "").over(after) for of in (life.changes, kept))
    parts = list(whole)
    assert parts == list(rest)
    assert parts[-1][1] == Claims(declared).usage("openai", ROW, "").owner
