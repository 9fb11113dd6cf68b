"""Which claims compete: never more than whose time may decide, and never fewer than that may meet."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aicost.core.competing import Claimed, compete
from aicost.core.declarations import PodClaim, UsageClaim
from aicost.core.identity import ObjectRef, PodIdentity, WorkloadRef, labels
from tests.support.builders import a_claim, a_grant, a_source, a_unit, a_workload, at, claims, dims

MINE, NEAR, FAR = WorkloadRef("support", "chat"), WorkloadRef("support", "heir"), WorkloadRef("search", "rank")


def by_labels(**of: str) -> PodClaim:
    """Pods by their labels."""
    return PodClaim(labels(of))


def by_target(kind: str, name: str) -> PodClaim:
    """Pods by an ancestor."""
    return PodClaim(target=ObjectRef("apps", kind, name))


@pytest.mark.parametrize(
    ("mine", "other", "ref", "expected"),
    [
        (by_labels(a="1"), by_labels(b="2"), NEAR, True),
        (by_labels(a="1"), by_labels(a="2"), NEAR, False),
        (by_labels(a="1"), by_labels(a="1", b="2"), NEAR, False),
        (by_labels(a="1"), by_labels(a="1"), FAR, False),
        (by_labels(a="1"), by_target("Deployment", "chat"), NEAR, False),
        (by_target("Deployment", "chat"), by_target("Deployment", "chat"), NEAR, True),
        (by_target("Deployment", "chat"), by_target("Deployment", "rank"), NEAR, False),
        (by_target("Deployment", "chat"), by_target("ReplicaSet", "chat-1"), NEAR, True),
        (by_target("StatefulSet", "llm"), by_target("StatefulSet", "llm-0"), NEAR, True),
        (a_claim(project="p"), a_claim(user="u"), FAR, True),
        (a_claim(project="p"), a_claim(project="q"), FAR, False),
        (a_claim(project="p"), a_claim(project="p", user="u"), FAR, True),
        (a_claim(project="p"), a_claim(project="p", user="u"), NEAR, False),
        (a_claim(project="p"), a_claim("other", project="p"), FAR, False),
        (a_claim(project="p"), a_claim(project="p"), MINE, False),
        (a_claim(project="p"), a_claim(customer="x"), FAR, False),
        (a_claim(project="p"), a_claim(customer="x", model="m"), FAR, False),
        (a_claim(project="p"), a_claim(customer="x"), NEAR, True),
        (a_claim(project="p", customer="x"), a_claim(customer="x"), FAR, True),
        (a_claim(project="p", customer="x"), a_claim(user="u"), FAR, True),
        (a_claim(model="m"), a_claim(customer="x"), FAR, True),
        (a_claim(project="p"), by_labels(a="1"), NEAR, False),
        (None, None, NEAR, False),
    ],
)
def test_what_competes(
    mine: PodClaim | UsageClaim | None, other: PodClaim | UsageClaim | None, ref: WorkloadRef, expected: bool
) -> None:
    """What one thing may match, of a source or a namespace; within one only what is equally precise, between two of one rank."""
    assert compete((MINE, mine), (ref, other)) is compete((ref, other), (MINE, mine)) is expected


_NAMES = ("project", "user", "model")
_PAIRS = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from("xy"), min_size=1).map(labels)


@given(
    _PAIRS, _PAIRS, _PAIRS, st.sampled_from((NEAR, FAR)), st.booleans(), st.sets(st.sampled_from(_NAMES), min_size=1)
)
@example(
    mine=dims(project="x", model="x"),
    other=dims(model="x"),
    carried=dims(project="x", model="x"),
    ref=FAR,
    of_pods=False,
    granted={"model"},
)
def test_time_decides_nothing_between_others(
    mine: frozenset[tuple[str, str]],
    other: frozenset[tuple[str, str]],
    carried: frozenset[tuple[str, str]],
    ref: WorkloadRef,
    of_pods: bool,
    granted: set[str],
) -> None:
    """Where who owns a thing depends on who was first, the two compete."""
    unit = a_unit("care", "support", "search")
    grants = tuple(a_grant(value, "support", "search", dimension=name) for name, value in carried if name in granted)

    def owner(first: WorkloadRef) -> WorkloadRef | None:
        rivals = (
            a_workload(
                each.name,
                each.namespace,
                claimed_at=at(0 if each == first else 9),
                pods=PodClaim(match) if of_pods else None,
                usage=() if of_pods else (UsageClaim("openai", match),),
            )
            for each, match in ((MINE, mine), (ref, other))
        )
        of = claims(unit, a_source(*grants), *rivals)
        ruling = (
            of.pod(PodIdentity("uid", "support", "pod", carried)) if of_pods else of.usage("openai", carried, "row")
        )
        return ruling.owner.workload

    def claimed(each: WorkloadRef, match: frozenset[tuple[str, str]]) -> Claimed:
        return each, PodClaim(match) if of_pods else UsageClaim("openai", match)

    assert owner(MINE) == owner(ref) or compete(claimed(MINE, mine), claimed(ref, other))
