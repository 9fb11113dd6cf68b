"""Hours of hosts out of samples: each pod once, over the time that it was there, on the node that it was on."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from aicost.core.hosts import CORE, GIB, MOST_MICROCORES, UNSEEN, Amounts, HostHour, Measured, Taker
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.hosts.hours import Readings, host_hours
from aicost.sources.hosts.queries import HOURLY, IDENTITIES
from aicost.sources.kube_state_metrics.facts import Answers, Samples
from aicost.sources.prometheus_answers import Sample

START = Instant(1_793_491_200)
END = Instant(START + HOUR)
POD = {"namespace": "support", "pod": "chat-0", "uid": "u-1", "node": "n1"}
AGAIN = {**POD, "uid": "u-2"}
NAME = {"namespace": "support", "pod": "chat-0"}
LAST = HOUR - 30
"""When the last sample of an hour is."""


def sample(value: float, **labels: str) -> Sample:
    return Sample(labels, END, value)


def both(cores: float, memory: float, **labels: str) -> tuple[Sample, Sample]:
    return sample(cores, **labels, resource="cpu"), sample(memory, **labels, resource="memory")


def seen(first: int, last: int, **labels: str) -> dict[str, Samples]:
    """From when to when in the hour; before its begin where the first sample of it tells of the time before, too."""
    return {"first_seen": (sample(START + first, **labels),), "last_seen": (sample(START + last, **labels),)}


def told(*of: dict[str, Samples]) -> dict[str, Samples]:
    return {name: tuple(each for one in of for each in one[name]) for name in of[0]}


NODE = Readings(capacity=both(8, 64 * GIB, node="n1", created=str(START - HOUR)))
WHOLE = replace(NODE, **seen(-20, LAST, **POD), requests=both(2, 4 * GIB, **POD, container="app"))


def hours(read: Readings, identities: Answers | None = None) -> list[HostHour]:
    return list(host_hours(read, identities or Answers(), 60))


def hour(read: Readings) -> HostHour:
    (found,) = hours(read)
    assert (found.node, found.over) == ("n1", Window(START, END))
    return found


def there(read: Readings) -> list[tuple[int, int]]:
    """From when to when in the hour each pod was there."""
    return [(taker.there.start - START, taker.there.end - START) for taker in hour(read).takers]


def test_the_queries_are_a_constant_number_and_fill_what_is_read() -> None:
    """Fifteen for a day, whatever the number of nodes and pods."""
    assert len(HOURLY) + len(IDENTITIES) == 15
    assert {field.name for field in fields(Readings)} == {*HOURLY}
    assert {*IDENTITIES} <= {field.name for field in fields(Answers)}


def test_a_pod_requests_what_its_containers_do() -> None:
    """While it is there; nobody saw what it used."""
    (taker,) = hour(WHOLE).takers
    assert (taker.requested, taker.used, taker.there) == (Amounts(2 * CORE, 4 * GIB), UNSEEN, Window(START, END))


def test_init_containers_count_where_one_requests_more() -> None:
    """Each resource by itself, as the scheduler reserves it."""
    init = (*both(5, GIB, **POD, container="load"), *both(1, GIB, **POD, container="wait"))
    (taker,) = hour(replace(WHOLE, init_requests=init)).takers
    assert taker.requested == Amounts(5 * CORE, 4 * GIB)


def test_sidecars_count_like_containers() -> None:
    """They run beside them, so that both are reserved at once."""
    init = (*both(5, GIB, **POD, container="proxy"), *both(1, 6 * GIB, **POD, container="wait"))
    sidecars = (sample(1, **POD, container="proxy", restart_policy="Always"),)
    (taker,) = hour(replace(WHOLE, init_requests=init, sidecars=sidecars)).takers
    assert taker.requested == Amounts(7 * CORE, 6 * GIB)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({}, [(0, HOUR)]),
        ({"scheduled": 600}, [(600, HOUR)]),
        ({"scheduled": -9000}, [(0, HOUR)]),
        ({"terminated": 0.5, "completed": 1234}, [(0, 1234)]),
        ({"terminated": 1, "completed": -10}, []),
        ({"terminated": 1}, []),
    ],
    ids=["all", "bound", "long ago", "ended", "ended before", "evicted before"],
)
def test_a_pod_is_there_from_its_binding_to_its_end(times: dict[str, float], expected: list[tuple[int, int]]) -> None:
    """To the second, by what Kubernetes tells of it."""
    values = {name: value if name == "terminated" else START + value for name, value in times.items()}
    assert there(replace(WHOLE, **{name: (sample(value, **POD),) for name, value in values.items()})) == expected


def test_a_pod_that_vanished_was_there_until_the_next_sample() -> None:
    """Others are seen longer, so it is gone; one that came has its first sample."""
    read = replace(NODE, **told(seen(-20, 1200, **POD), seen(1500, LAST, **{**POD, "uid": "u-2", "pod": "rank-0"})))
    assert there(read) == [(0, 1260), (1500, HOUR)]


def test_silence_ends_nothing() -> None:
    """Kube-state-metrics was heard of for ten minutes of the hour: who was there then was there all the time."""
    assert there(replace(NODE, **seen(1200, 1800, **POD))) == [(0, HOUR)]
    assert there(replace(NODE, **seen(1200, 1800, **POD), scheduled=(sample(START + 300, **POD),))) == [(300, HOUR)]


def test_pods_of_one_name_divide_what_was_used_of_it() -> None:
    """CAdvisor names pods without their UID: by how long each was there; memory is what it was, meanwhile."""
    times = told(seen(-20, 1740, **POD), seen(2700, LAST, **AGAIN))
    used = {"cpu_used": (sample(5400, **NAME),), "memory_used": (sample(8 * GIB, **NAME),)}
    takers = hour(replace(NODE, **times, **used)).takers
    assert [taker.there.seconds for taker in takers] == [1800, 900]
    assert [taker.used for taker in takers] == [Measured(2 * CORE, 8 * GIB)] * 2


ELSEWHERE = {**AGAIN, "node": "n2"}
MOVED = replace(
    NODE,
    capacity=(*NODE.capacity, *both(8, GIB, node="n2", created="0")),
    **told(seen(-20, 1740, **POD), seen(1800, LAST, **ELSEWHERE)),
)


@pytest.mark.parametrize("label", [{"node": "%"}, {"instance": "%"}, {"instance": "%:10250"}], ids=str)
def test_a_name_that_moves_to_another_node_is_charged_on_each_for_itself(label: dict[str, str]) -> None:
    """Where a label of the scrape tells the node: what was used on a third one is of neither."""

    def on(node: str) -> dict[str, str]:
        return NAME | {name: value.replace("%", node) for name, value in label.items()}

    used = tuple(sample(value, **on(node)) for value, node in ((1800, "n1"), (3600, "n2"), (99, "n3")))
    assert [taker.used.microcores for of in hours(replace(MOVED, cpu_used=used)) for taker in of.takers] == [
        CORE,
        2 * CORE,
    ]
    only = hours(replace(MOVED, cpu_used=used[:1], memory_used=used[2:]))
    assert [taker.used for of in only for taker in of.takers] == [Measured(CORE), UNSEEN]


def test_without_a_label_of_the_node_a_name_divides_its_use() -> None:
    """Nothing counts twice."""
    found = hours(replace(MOVED, cpu_used=(sample(7200, **NAME, instance="10.0.0.1:10250"),)))
    assert [taker.used for of in found for taker in of.takers] == [Measured(2 * CORE)] * 2


def test_a_node_that_takes_the_name_of_another_has_its_own_account() -> None:
    """Each with what it had, and with the pods of its time; one of which half is told leaves its time to nobody."""
    later = both(16, 64 * GIB, node="n1", created=str(START + 1800))
    read = replace(WHOLE, capacity=(*NODE.capacity, *later), **told(seen(-20, 900, **POD), seen(1900, LAST, **AGAIN)))
    found = hours(read)
    assert [(of.over.start - START, of.over.end - START, of.capacity.microcores // CORE) for of in found] == [
        (0, 1800, 8),
        (1800, HOUR, 16),
    ]
    assert [[taker.pod.uid for taker in of.takers] for of in found] == [["u-1"], ["u-2"]]
    (first,) = hours(replace(read, capacity=(*NODE.capacity, later[0])))
    assert first.over.end == START + 1800


def test_a_lone_node_that_is_born_in_the_hour_lives_from_then() -> None:
    """Nothing of what it has is spread over time when it was not there."""
    capacity = both(8, 64 * GIB, node="n1", created=str(START + 1800))
    read = replace(NODE, capacity=capacity, **seen(1830, LAST, **POD), scheduled=(sample(START + 1810, **POD),))
    (found,) = hours(replace(read, cpu_used=(sample(1790, **NAME),)))
    (taker,) = found.takers
    assert found.over == Window(Instant(START + 1800), END)
    assert taker == Taker(taker.pod, Window(Instant(START + 1810), END), Amounts(), Measured(CORE))


def test_two_exporters_tell_the_same_once() -> None:
    """Nothing is added up; of two numbers the larger counts."""
    doubled = {field.name: (*getattr(WHOLE, field.name), *getattr(WHOLE, field.name)) for field in fields(Readings)}
    assert hour(Readings(**doubled)) == hour(WHOLE)


def test_pods_on_nodes_that_nobody_told_of_are_left_out() -> None:
    """And nodes that tell of half of what they have."""
    assert hour(replace(NODE, **seen(-20, LAST, **{**POD, "node": "n2"}))).takers == ()
    assert hours(replace(NODE, capacity=NODE.capacity[:1])) == []


def test_what_nothing_can_have_is_cut_to_what_anything_can() -> None:
    """A series that lies breaks no sum."""
    (taker,) = hour(replace(WHOLE, requests=both(1e30, -1, **POD, container="app"))).takers
    assert taker.requested == Amounts(MOST_MICROCORES, 0)
