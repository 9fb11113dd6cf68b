"""Hours of hosts out of samples: counted, averaged over the node's time, each pod once."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from aicost.core.hosts import CORE, GIB, MOST_MICROCORES, Amounts, HostHour
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.hosts.hours import Readings, host_hours
from aicost.sources.hosts.queries import HOURLY, IDENTITIES
from aicost.sources.kube_state_metrics.facts import Answers
from aicost.sources.prometheus_answers import Sample

END = Instant(1_793_491_200 + HOUR)
POD = {"namespace": "support", "pod": "chat-0", "uid": "u-1", "node": "n1"}


def sample(value: float, **labels: str) -> Sample:
    return Sample(labels, END, value)


def both(cores: float, memory: float, **labels: str) -> tuple[Sample, Sample]:
    return sample(cores, **labels, resource="cpu"), sample(memory, **labels, resource="memory")


NODE = Readings(capacity=both(8, 64 * GIB, node="n1"), node_samples=(sample(60, node="n1"),))
WHOLE = replace(NODE, pod_samples=(sample(60, **POD),), requests=both(120, 240 * GIB, **POD, container="app"))


def hour(read: Readings, identities: Answers | None = None) -> HostHour:
    (found,) = host_hours(read, identities or Answers())
    assert (found.node, found.hour) == ("n1", Window(Instant(END - HOUR), END))
    return found


def test_the_queries_are_a_constant_number_and_fill_what_is_read() -> None:
    """Twelve for a day, whatever the number of nodes and pods."""
    assert len(HOURLY) + len(IDENTITIES) == 12
    assert {field.name for field in fields(Readings)} == {*HOURLY}
    assert {*IDENTITIES} <= {field.name for field in fields(Answers)}


def test_a_pod_of_all_samples_requests_what_its_containers_do() -> None:
    """Sums over samples divided by the node's."""
    (taker,) = hour(WHOLE).takers
    assert (taker.requested, taker.used) == (Amounts(2 * CORE, 4 * GIB), None)


def test_init_containers_count_where_one_requests_more() -> None:
    """Each resource by itself, as the scheduler reserves it."""
    init = (*both(300, 60 * GIB, **POD, container="load"), *both(60, 60 * GIB, **POD, container="wait"))
    (taker,) = hour(replace(WHOLE, init_requests=init)).takers
    assert taker.requested == Amounts(5 * CORE, 4 * GIB)


def test_a_pod_that_ended_requests_no_more() -> None:
    """By the share of its samples in which it was alive; one that ended before took nothing."""
    (taker,) = hour(replace(WHOLE, ended_samples=(sample(45, **POD),))).takers
    assert taker.requested == Amounts(CORE // 2, GIB)
    assert hour(replace(WHOLE, ended_samples=(sample(60, **POD),))).takers == ()


def test_pods_of_one_name_divide_what_was_used_of_it() -> None:
    """CAdvisor names pods without their UID: each has its part by the time it was there, and nothing counts twice."""
    again = {**POD, "uid": "u-2"}
    of_name = {"namespace": "support", "pod": "chat-0"}
    read = replace(
        NODE,
        pod_samples=(sample(45, **POD), sample(15, **again)),
        cpu_used=(sample(4, **of_name),),
        memory_used=(sample(8 * GIB, **of_name),),
    )
    assert [taker.used for taker in hour(read).takers] == [Amounts(3 * CORE, 6 * GIB), Amounts(CORE, 2 * GIB)]


@pytest.mark.parametrize(("samples", "cores"), [(60, 2), (58, 2), (30, 4)])
def test_use_is_averaged_over_the_nodes_time(samples: int, cores: int) -> None:
    """A node that was there for half an hour gave in that time all that was used; a late scrape is no half hour."""
    used = (sample(2, namespace="support", pod="chat-0"),)
    seen = sample(samples, node="n1"), sample(60, node="n2")
    (taker,) = hour(Readings(NODE.capacity, seen, pod_samples=(sample(samples, **POD),), cpu_used=used)).takers
    assert taker.used == Amounts(cores * CORE)


def test_two_exporters_tell_the_same_once() -> None:
    """Nothing is added up; of two numbers the larger counts."""
    doubled = {field.name: (*getattr(WHOLE, field.name), *getattr(WHOLE, field.name)) for field in fields(Readings)}
    assert hour(Readings(**doubled)) == hour(WHOLE)


def test_pods_on_nodes_that_nobody_told_of_are_left_out() -> None:
    """And nodes that tell of half of what they have."""
    elsewhere = (sample(60, **{**POD, "node": "n2"}),)
    assert hour(replace(NODE, pod_samples=elsewhere)).takers == ()
    assert list(host_hours(replace(NODE, capacity=NODE.capacity[:1]), Answers())) == []


def test_what_nothing_can_have_is_cut_to_what_anything_can() -> None:
    """A series that lies breaks no sum."""
    (taker,) = hour(replace(WHOLE, requests=both(1e30, 1, **POD, container="app"))).takers
    assert taker.requested.microcores == MOST_MICROCORES
