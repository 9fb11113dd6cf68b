"""Which meters divide a server's cost: one for each server, and none on a circle."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.claims import Claims
from aicost.core.declarations import Declarations, Source, Workload
from aicost.core.identity import WorkloadRef
from aicost.core.meters import Meters, meters, server_of
from aicost.core.reasons import ConditionReason
from tests.support.builders import a_claim, a_source, a_workload
from tests.support.metering import UNITS, a_meter, declared, granted


def judged(of: Declarations) -> Meters:
    return meters(of, Claims(of))


def a_ring(*names: str) -> tuple[list[Workload], list[Source]]:
    """Servers, each of which calls the one before it, the first the last."""
    workloads = [
        a_workload(name, "platform", "platform", usage=(a_claim(f"m-{before}", customer=name),))
        for name, before in zip(names, (names[-1], *names[:-1]), strict=True)
    ]
    sources = [
        a_meter(granted(after, "platform"), name=f"m-{name}", server=WorkloadRef("platform", name))
        for name, after in zip(names, (*names[1:], names[0]), strict=True)
    ]
    return workloads, sources


def test_a_meter_of_a_server_is_accepted() -> None:
    """Other sources are no meters."""
    meter = a_meter()
    assert judged(declared(meter, a_source())) == Meters((meter,))


def test_a_server_must_be_there() -> None:
    """A name that nobody has is told."""
    (refused,) = judged(declared(a_meter(server=WorkloadRef("platform", "gone")))).refused
    assert (refused.reason, refused.source) == (ConditionReason.SERVER_NOT_FOUND, "llm-meter")
    assert "platform/gone" in refused.message


def test_a_server_is_divided_once() -> None:
    """The first meter by name counts, whatever the order of the resources."""
    first, second = a_meter(name="a"), a_meter(name="b")
    for order in ((first, second), (second, first)):
        judgement = judged(declared(*order))
        assert judgement.accepted == (first,)
        assert [(r.source, r.reason) for r in judgement.refused] == [("b", ConditionReason.SERVER_METERED_TWICE)]
        assert "UsageSource a" in judgement.refused[0].message


def test_circles_are_refused_and_told() -> None:
    """Each meter on a circle, with the way round; who merely calls into it, and a server that calls itself, is not."""
    workloads, sources = a_ring("a", "b", "c")
    workloads[0] = replace(workloads[0], usage=(*workloads[0].usage, a_claim("m-x", customer="a")))
    outside = a_workload("x", "platform", "platform", usage=(a_claim("m-x", customer="x"),))
    into = a_meter(granted("x", "platform"), granted("a", "platform"), name="m-x", server=outside.ref)
    judgement = judged(declared(*workloads, outside, *sources, into))
    assert judgement.accepted == (into,)
    assert {refused.reason for refused in judgement.refused} == {ConditionReason.RECHARGE_CYCLE}
    assert [refused.source for refused in judgement.refused] == ["m-a", "m-b", "m-c"]
    assert judgement.refused[0].message.endswith("platform/a -> platform/b -> platform/c -> platform/a")


def test_a_claim_without_a_grant_closes_no_circle() -> None:
    """Who may not carry anything cannot have another's meter refused."""
    workloads, (first, second) = a_ring("a", "b")
    ungranted = a_meter(name=second.name, server=WorkloadRef("platform", "b"))
    assert judged(declared(*workloads, first, ungranted)).refused == ()


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), max_size=8), st.randoms())
def test_what_is_accepted_has_no_circle_and_no_order(calls: list[tuple[str, str]], random: Random) -> None:
    """Taking away all meters that are refused leaves servers that can be put in an order, whoever calls whom."""
    workloads = [
        a_workload(
            name,
            "platform",
            "platform",
            usage=tuple(a_claim(f"m-{server}", customer=name) for caller, server in set(calls) if caller == name),
        )
        for name in "abcd"
    ]
    sources = [
        a_meter(*(granted(n, "platform") for n in "abcd"), name=f"m-{n}", server=WorkloadRef("platform", n))
        for n in "abcd"
    ]
    of = Declarations(tuple(workloads), UNITS, tuple(sources))
    shuffled = Declarations(tuple(random.sample(workloads, 4)), UNITS, tuple(random.sample(sources, 4)))
    judgement = judged(of)
    assert judged(shuffled).refused == judgement.refused
    left = {source.name[2:] for source in judgement.accepted}
    edges = {(server, caller) for caller, server in calls if server in left and caller in left and caller != server}
    while left:
        free = {name for name in left if not any(caller == name for _, caller in edges)}
        assert free
        left -= free
        edges = {(server, caller) for server, caller in edges if server in left}


def test_a_source_that_meters_nothing_has_no_server() -> None:
    """And says which it is."""
    with pytest.raises(ValueError, match="UsageSource openai meters no server"):
        server_of(a_source())


def test_nothing_metered_is_nothing_refused() -> None:
    """Without meters there is nothing to judge."""
    assert judged(declared()) == Meters()
