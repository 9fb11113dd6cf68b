"""Who owns what: the longest match, then the earlier claim, then the name; never without a grant, never elsewhere."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.claims import Claims, Outbid
from aicost.core.declarations import Declarations, PodClaim, Unit, UsageClaim, Workload
from aicost.core.identity import ObjectRef, PodIdentity, WorkloadRef, labels
from aicost.core.ledger import IDLE, UNCLAIMED, Owner, OwnerKind
from aicost.core.reasons import Refusal
from tests.support.builders import (
    a_claim,
    a_grant,
    a_pod,
    a_source,
    a_unit,
    a_workload,
    at,
    claims,
    dims,
    owned_by,
)
from tests.support.strategies import UNITS, WORKLOADS, pods

POD = a_pod(app="chat", tier="web")
DEPLOYMENT = ObjectRef("apps", "Deployment", "chat")
TWO = (a_unit("care", "support"), a_unit("find", "search"))
OPENAI = a_source(a_grant("p"), a_grant("k", "search", dimension="apiKey"))


def _winner(*rivals: Workload) -> str:
    ruling = claims(*TWO, *rivals).pod(POD)
    assert ruling.owner.workload
    return ruling.owner.workload.name


def test_the_longest_match_wins() -> None:
    """More matched labels beat an earlier claim and a smaller name."""
    broad = a_workload("a", app="chat", claimed_at=at(0))
    assert _winner(broad, a_workload("z", app="chat", tier="web", claimed_at=at(9))) == "z"


def test_a_target_is_above_any_selector() -> None:
    """An ancestor in the owner chain beats the longest selector."""
    target = a_workload("z", pods=PodClaim(target=DEPLOYMENT), claimed_at=at(9))
    pod = a_pod(owners=(DEPLOYMENT,), app="chat", tier="web")
    assert claims(*TWO, a_workload("a", app="chat", tier="web"), target).pod(pod).owner == owned_by("z")


@pytest.mark.parametrize(("a_claimed", "winner"), [(0, "a"), (1, "a"), (2, "b")])
def test_ties_go_to_the_earlier_claim_then_to_the_smaller_name(a_claimed: int, winner: str) -> None:
    """Of two equal matches the one claimed first wins; of two claimed at once, the one whose name sorts first."""
    rivals = [a_workload("a", app="chat", claimed_at=at(a_claimed)), a_workload("b", tier="web", claimed_at=at(1))]
    assert _winner(*rivals) == _winner(*reversed(rivals)) == winner


def test_the_loser_learns_who_won() -> None:
    """Everybody who claims a pod in vain is told of the winner, once each and in order."""
    rivals = [a_workload(name, app="chat") for name in ("c", "a", "b")]
    contests = claims(*TWO, *rivals).pod(POD).contests
    assert [(str(c.winner), str(c.loser), c.subject) for c in contests] == [
        ("support/a", "support/b", "pod support/chat-0"),
        ("support/a", "support/c", "pod support/chat-0"),
    ]


def test_a_workload_claims_in_its_own_namespace_only() -> None:
    """A selector that matches a pod of another namespace claims nothing there."""
    thief = a_workload("thief", "search", "find", app="chat")
    assert claims(*TWO, thief).pod(POD).owner == UNCLAIMED


def test_a_default_unit_owns_what_nobody_claims() -> None:
    """Unclaimed pods go to their namespace's default unit; claimed ones and other namespaces' do not."""
    ruled = claims(a_unit(default_for=("support",)), a_workload(app="chat"))
    assert ruled.pod(POD).owner == owned_by()
    assert ruled.pod(a_pod(app="other")).owner == Owner(OwnerKind.UNIT, "care")
    assert ruled.pod(a_pod(namespace="search")).owner == UNCLAIMED


@pytest.mark.parametrize(
    ("carried", "owner"),
    [
        ({"pool": "care"}, Owner(OwnerKind.RESERVED, "care")),
        ({"pool": "care", "gpu": "h100", "zone": "a"}, Owner(OwnerKind.RESERVED, "shop")),
        ({"pool": "find"}, Owner(OwnerKind.RESERVED, "a-find")),
        ({"gpu": "h100"}, IDLE),
        ({}, IDLE),
    ],
    ids=str,
)
@given(random=st.randoms(use_true_random=False))
def test_idle_of_reserved_nodes_is_the_reservers(carried: dict[str, str], owner: Owner, random: Random) -> None:
    """The unit that reserves a node by most labels wins, then the smallest name, in whatever order; else it is idle."""
    selectors = {
        "care": {"pool": "care"},
        "shop": {"pool": "care", "gpu": "h100"},
        "find": {"pool": "find"},
        "a-find": {"pool": "find"},
        "none": {},
    }
    units = [Unit(name, reserved=labels(selector)) for name, selector in selectors.items()]
    assert claims(*random.sample(units, len(units))).idle(labels(carried)) == owner


def test_who_reserves_a_node_in_vain_is_told() -> None:
    """Each unit but the one that owns the node's idle capacity; nobody where only one reserves it."""
    selectors = {"a": {"pool": "x"}, "b": {"pool": "x", "gpu": "h100"}, "c": {"pool": "x"}, "d": {"pool": "y"}}
    reserving = claims(*(Unit(name, reserved=labels(selector)) for name, selector in selectors.items()))
    nodes = [("n1", labels({"pool": "x"})), ("n2", labels({"pool": "x", "gpu": "h100"})), ("n3", labels({"pool": "y"}))]
    assert reserving.outbid(nodes) == {Outbid("c", "a", "n1"), Outbid("a", "b", "n2"), Outbid("c", "b", "n2")}
    assert reserving.idle(nodes[1][1]) == Owner(OwnerKind.RESERVED, "b")


def test_a_node_of_the_past_is_reserved_too() -> None:
    """A node that is known from kube-state-metrics alone carries its labels as printed."""
    reserving = Unit("care", reserved=labels({"example.com/pool": "care"}))
    assert claims(reserving).idle(labels({"example_com_pool": "care"})) == Owner(OwnerKind.RESERVED, "care")


@pytest.mark.parametrize(
    ("unit", "namespace", "reason"),
    [("nowhere", "support", Refusal.UNIT_NOT_FOUND), ("find", "support", Refusal.UNIT_NOT_GRANTED)],
)
def test_a_denied_workload_owns_nothing(unit: str, namespace: str, reason: Refusal) -> None:
    """A workload of a unit that does not exist or does not list its namespace owns neither pods nor usage."""
    denied = a_workload("chat", namespace, unit, app="chat", usage=(a_claim(project="p"),))
    ruled = claims(*TWO, OPENAI, denied)
    assert [(refused.workload, refused.reason, refused.claim) for refused in ruled.refused] == [
        (denied.ref, reason, None)
    ]
    assert unit in ruled.refused[0].message
    assert ruled.pod(POD).owner == UNCLAIMED
    assert ruled.usage("openai", dims(project="p"), "").owner == UNCLAIMED


def test_a_denied_workload_wins_over_nobody() -> None:
    """A refused claim, however precise, takes nothing from an accepted one and leaves no contest."""
    denied = a_workload("a", unit="nowhere", app="chat", tier="web")
    ruling = claims(*TWO, denied, a_workload(app="chat")).pod(POD)
    assert (ruling.owner, ruling.contests) == (owned_by(), ())


def test_a_granted_claim_owns_its_rows() -> None:
    """A row whose dimensions contain a granted claim belongs to the workload, finer dimensions and all."""
    ruled = claims(*TWO, OPENAI, a_workload(usage=(a_claim(project="p"),)))
    assert ruled.refused == ()
    assert ruled.usage("openai", dims(project="p", lineItem="gpt"), "").owner == owned_by()
    assert ruled.usage("openai", dims(project="q"), "").owner == UNCLAIMED
    assert ruled.usage("openai", dims(lineItem="gpt"), "").owner == UNCLAIMED
    assert ruled.usage("anthropic", dims(project="p"), "").owner == UNCLAIMED


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (a_claim(project="q"), Refusal.GRANT_MISSING),
        (a_claim(apiKey="k"), Refusal.GRANT_MISSING),
        (a_claim(apiKey="p"), Refusal.GRANT_MISSING),
        (UsageClaim("openai", frozenset()), Refusal.GRANT_MISSING),
        (a_claim("nowhere", project="p"), Refusal.SOURCE_NOT_FOUND),
    ],
)
def test_a_claim_without_a_grant_owns_nothing(claim: UsageClaim, reason: Refusal) -> None:
    """No grant, a grant for another namespace or dimension, an empty claim, no such source: nothing is owned."""
    ruled = claims(*TWO, OPENAI, a_workload(usage=(claim,)))
    assert [(refused.reason, refused.claim) for refused in ruled.refused] == [(reason, claim)]
    assert claim.source in ruled.refused[0].message
    assert ruled.usage(claim.source, claim.match | dims(lineItem="gpt"), "").owner == UNCLAIMED


def test_a_refused_claim_leaves_the_others() -> None:
    """One claim without a grant costs a workload neither its other claims nor its pods."""
    ruled = claims(*TWO, OPENAI, a_workload(app="chat", usage=(a_claim(project="q"), a_claim(project="p"))))
    assert ruled.usage("openai", dims(project="p"), "").owner == owned_by()
    assert ruled.usage("openai", dims(project="q"), "").owner == UNCLAIMED
    assert ruled.pod(POD).owner == owned_by()


def test_a_grant_covers_what_narrows_it() -> None:
    """A claim of more dimensions, one of them granted, is a part of that grant; it beats the broader claim."""
    broad = a_workload("a", usage=(a_claim(project="p"),))
    narrow = a_workload("z", usage=(a_claim(project="p", model="gpt"),))
    ruling = claims(*TWO, OPENAI, broad, narrow).usage("openai", dims(project="p", model="gpt"), "row")
    assert ruling.owner == owned_by("z")
    assert [(str(contest.loser), contest.subject) for contest in ruling.contests] == [("support/a", "row")]


def test_a_longer_claim_takes_nothing_from_another_namespace() -> None:
    """Of a key of one team in a project of another, the one who claimed first has it; the other learns whose it is."""
    key, longer = {"apiKey": "k"}, {"apiKey": "k", "project": "p"}
    chat = a_workload(usage=(a_claim(project="p"),))
    for match, claimed, owner, loser in (
        (key, 9, chat.ref, "search/rank"),
        (longer, 9, chat.ref, "search/rank"),
        (longer, -9, WorkloadRef("search", "rank"), "support/chat"),
    ):
        rank = a_workload("rank", "search", "find", usage=(a_claim(**match),), claimed_at=at(claimed))
        ruling = claims(*TWO, OPENAI, chat, rank).usage("openai", dims(project="p", apiKey="k"), "row")
        assert (ruling.owner.workload, [str(of.loser) for of in ruling.contests]) == (owner, [loser])


def test_a_customer_whom_somebody_else_names_costs_whoever_called() -> None:
    """Requests name their customer and model themselves: with another's key they stay the key's owner's, however late he claims."""
    source = a_source(a_grant("acme", dimension="customer"), a_grant("w", "search", dimension="workspace"))
    chat = a_workload(usage=(a_claim(customer="acme"), a_claim(customer="acme", workspace="w")))
    rank = a_workload("rank", "search", "find", usage=(a_claim(workspace="w"),), claimed_at=at(9))
    ruled = claims(*TWO, source, chat, rank)
    assert ruled.usage("openai", dims(workspace="w", customer="acme"), "").owner == owned_by("rank", "search", "find")
    assert ruled.usage("openai", dims(workspace="v", customer="acme"), "").owner == owned_by()


def test_each_claim_of_usage_has_its_own_time() -> None:
    """Whoever edits another claim, so that all that he claims is new, keeps his place in this one."""
    since = replace(a_claim(project="p"), since=at(0))
    edited = a_workload(usage=(since, a_claim(project="p2")), claimed_at=at(9))
    rival = a_workload("rank", "search", "find", usage=(a_claim(apiKey="k"),), claimed_at=at(5))
    row = dims(project="p", apiKey="k")
    assert claims(*TWO, OPENAI, edited, rival).usage("openai", row, "").owner == owned_by()


_ROWS = [dims(project=project, apiKey=key, model="m") for project, key in product(("p", "q"), ("k", "l"))]
_OVERLAPPING = a_source(a_grant("p", "support"), a_grant("k", "support", "search", dimension="apiKey"))


def _claiming(namespace: str, unit: str, youngest: int) -> st.SearchStrategy[list[Workload]]:
    matches = st.sets(st.sampled_from([("project", "p"), ("apiKey", "k"), ("model", "m")]), min_size=1)
    usage = matches.map(lambda match: (UsageClaim("openai", frozenset(match)),))
    claimed = st.integers(youngest, youngest + 2).map(at)
    one = st.builds(
        a_workload, st.sampled_from("abc"), st.just(namespace), st.just(unit), usage=usage, claimed_at=claimed
    )
    return st.lists(one, max_size=3, unique_by=lambda workload: workload.ref)


@given(_claiming("support", "care", 0), _claiming("search", "find", 3))
def test_whoever_claims_later_takes_nothing_from_another_namespace(
    ours: list[Workload], theirs: list[Workload]
) -> None:
    """Whatever is granted to both and however the later ones claim it: what a namespace has stays with the same workload."""
    before, after = claims(*TWO, _OVERLAPPING, *ours), claims(*TWO, _OVERLAPPING, *ours, *theirs)
    for row in _ROWS:
        owner = before.usage("openai", row, "row").owner
        assert after.usage("openai", row, "row").owner == owner or owner == UNCLAIMED


def test_a_workload_does_not_contest_itself() -> None:
    """Two claims of one workload that match the same row are no conflict."""
    twice = a_workload(usage=(a_claim(project="p"), a_claim(project="p", model="gpt")))
    assert claims(*TWO, OPENAI, twice).usage("openai", dims(project="p", model="gpt"), "").contests == ()


@given(st.lists(WORKLOADS, max_size=6, unique_by=lambda w: w.ref), UNITS, pods(), st.randoms(use_true_random=False))
def test_order_of_declarations_does_not_matter(
    declared: list[Workload], two: tuple[Unit, ...], pod: PodIdentity, random: Random
) -> None:
    """Whatever the order in which workloads and units are listed, a pod has the same owner and the same contests."""
    shuffled = Declarations(tuple(random.sample(declared, len(declared))), tuple(reversed(two)))
    one, other = Claims(Declarations(tuple(declared), two)), Claims(shuffled)
    assert one.pod(pod) == other.pod(pod)
    assert set(one.refused) == set(other.refused)


def test_claimants_are_those_whose_claim_counts() -> None:
    """A claim without a grant makes nobody a claimant of the source."""
    chat, thief = (
        a_workload(name, place, unit, usage=(a_claim(project="p"),))
        for name, place, unit in (("chat", "support", "care"), ("mallory", "search", "find"))
    )
    its = claims(chat, thief, a_unit("care", "support"), a_unit("find", "search"), a_source(a_grant("p", "support")))
    assert (its.claimants("openai"), its.claimants("other")) == (frozenset({chat.ref}), frozenset())


@given(st.lists(WORKLOADS, max_size=6, unique_by=lambda w: w.ref), WORKLOADS, UNITS, pods())
def test_a_workload_rules_its_own_namespace_only(
    declared: list[Workload], added: Workload, two: tuple[Unit, ...], pod: PodIdentity
) -> None:
    """A workload that is added or changed alters no ruling on a pod of another namespace."""
    kept = [workload for workload in declared if workload.ref != added.ref]
    before, after = Claims(Declarations(tuple(declared), two)), Claims(Declarations((*kept, added), two))
    if pod.namespace != added.ref.namespace:
        assert before.pod(pod) == after.pod(pod)
