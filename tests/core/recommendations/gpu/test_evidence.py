"""What a server's loads say together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicost.core.recommendations.gpu.evidence import Offer
from aicost.core.recommendations.gpu.hardware import Hardware
from aicost.core.usage import SIGNALS
from tests.support.gpu_cases import a_server, dollars

EVEN = {"smActive": 20, "p95": 10, "bandwidth": 5, "memory": 900, "gpuUtil": 30, "watts": (70, 90)}


def test_its_peaks_are_those_of_any_device_and_hour() -> None:
    """Of every number its highest."""
    e = a_server(
        {
            "server": "Deployment/a",
            "days": 2,
            "load": EVEN,
            "when": [{"days": [0, 6], "from": 3, "to": 4, "load": {"smActive": 40, "p95": 33, "memory": 1000}}],
        }
    )
    assert (e.peak, e.high, e.memory, e.bandwidth, e.duty, e.power) == (400_000, 330_000, 1000, 50_000, 300_000, 90_000)
    assert (len(e.hours), e.samples, e.coverage, e.signal) == (48, 48 * 120, 1_000_000, SIGNALS[0])


def test_without_loads_nothing_is_known() -> None:
    """Of what may be missing there is no number."""
    e = a_server({"server": "Deployment/a", "days": 1})
    assert (e.peak, e.high, e.samples, e.coverage, e.signal) == (0, 0, 0, 0, "")
    assert (e.memory, e.bandwidth, e.duty, e.power, e.cache) == (None, None, None, None, None)


def test_the_least_honest_signal_is_named() -> None:
    """One hour by the duty cycle makes all of it rest on that."""
    e = a_server({"server": "Deployment/a", "days": 1, "load": {"smActive": 1}})
    worse = replace(e, loads=(*e.loads[1:], replace(e.loads[0], signal=SIGNALS[2])))
    assert worse.signal == SIGNALS[2]


@pytest.mark.parametrize(("hours", "known"), [(4, 900), (5, None)])
def test_a_peak_is_known_where_most_hours_tell_of_it(hours: int, known: int | None) -> None:
    """A fifth of the hours may lack it: of 24 hours four, and not five."""
    e = a_server({"server": "Deployment/a", "days": 1, "load": EVEN})
    loads = tuple(replace(load, memory_peak_mib=None) for load in e.loads[:hours])
    assert replace(e, loads=(*loads, *e.loads[hours:])).memory == known


def test_its_pace_is_what_a_month_would_hold() -> None:
    """One card all day long is 730 device-hours a month."""
    assert a_server({"server": "Deployment/a", "days": 1}).pace == 730_000
    assert a_server({"server": "Deployment/a", "days": 1, "deviceHours": 12}).pace == 365_000


def test_who_counts_tokens_or_caches_takes_memory_ahead() -> None:
    """And nobody else is said to."""
    assert not a_server({"server": "Deployment/a", "days": 1}).preallocates
    assert a_server({"server": "Deployment/a", "days": 1, "tokens": 0}).preallocates
    assert a_server({"server": "Deployment/a", "days": 1, "kvCache": 1}).preallocates


def test_what_has_replicas_scales() -> None:
    """A pod, a DaemonSet and batch work have none; custom kinds do."""
    kinds = ("Deployment", "InferenceService", "Pod", "DaemonSet", "Job", "PyTorchJob")
    assert [a_server({"server": f"{kind}/a", "days": 1}).scales for kind in kinds] == [True, True, *[False] * 4]
    assert a_server({"server": "Deployment/a", "days": 1, "replicas": 3}).running == 3


@pytest.mark.parametrize(
    ("said", "together"),
    [
        ({"server": "Deployment/a", "replicas": 3}, False),
        ({"server": "Deployment/a", "replicas": 3, "purpose": "Training"}, True),
        ({"server": "MPIJob/a", "replicas": 2}, True),
        ({"server": "MPIJob/a"}, False),
        ({"server": "MPIJob/a", "room": {"atOnce": 2}}, True),
        ({"server": "LeaderWorkerSet/a", "replicas": 2}, True),
    ],
)
def test_several_pods_at_once_may_be_one_work(said: dict[str, Any], together: bool) -> None:
    """Of batch work, also where none is there at the end of an hour, and of kinds whose replicas may be groups."""
    assert a_server({"days": 1, **said}).works_together is together


def test_pods_that_no_hour_ends_with_are_told_by_their_loads() -> None:
    """Where nobody knows who held cards: a run of half an hour is no lone pod."""
    e = replace(a_server({"server": "Job/a", "days": 1, "replicas": 2, "load": EVEN}), room=None)
    assert replace(e, replicas=(0,) * 24).at_once == 2
    assert replace(e, replicas=(), loads=()).at_once == 0


def test_an_offer_is_named_as_people_call_it() -> None:
    """With the way in which it is cut."""
    offer = Offer("r", "L4-24GB", Hardware(1, 1, 1, 1), dollars(1))
    assert offer.name == "L4-24GB"
    assert replace(offer, profile="1g.5gb").name == "L4-24GB in 1g.5gb"
    assert replace(offer, replicas=4).name == "L4-24GB shared by 4"
