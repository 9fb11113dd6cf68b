"""How much longer the same work may take on a weaker device."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.core.recommendations.advice import Advice, Basis
from aicost.core.recommendations.gpu.devices import mig_slice, smaller_card
from aicost.core.recommendations.gpu.evidence import Device, Offer
from aicost.core.recommendations.gpu.hardware import Hardware
from aicost.core.recommendations.gpu.policy import POLICY
from aicost.core.recommendations.gpu.slowing import AS_LONG, at_most, keeps_waiting, lasts, times
from tests.support.gpu_cases import a_server, dollars

H100 = "NVIDIA-H100-80GB-HBM3"
SLICE = {"product": H100, "profile": "3g.40gb", "perHour": "2", "nodes": 1}
SERVER = {
    "server": "Deployment/a",
    "product": H100,
    "days": 2,
    "load": {"smActive": 20, "p95": 3, "gpuUtil": 50, "bandwidth": 4, "memory": 9000},
    "offers": [SLICE],
}
NOW = Device("nvidia.com/gpu", "X", hardware=Hardware(100, 1000, 1, 400, 90, 300))


def server(**said: Any) -> Any:
    return a_server({**SERVER, **said})


def offered(sms: int, bandwidth: int, replicas: int = 1, watts: int = 400, tensor: int = 300) -> Offer:
    return Offer("nvidia.com/gpu", "Y", Hardware(sms, bandwidth, 1, watts, 90, tensor), 1, replicas=replicas)


@pytest.mark.parametrize(
    ("offer", "longer"),
    [
        (offered(100, 1000), AS_LONG),
        (offered(200, 2000), AS_LONG),
        (offered(50, 1000), 2000),
        (offered(100, 300), 3334),
        (offered(50, 1000, replicas=4), 8000),
        (offered(100, 1000, tensor=100), 3000),
        (offered(100, 1000, tensor=0), AS_LONG),
        (offered(100, 1000, watts=250), 1600),
        (Offer("nvidia.com/gpu", "Y", Hardware(50, 1000, 1, 400, 80, 300), 1), None),
    ],
)
def test_what_is_scarcer_sets_the_pace(offer: Offer, longer: int | None) -> None:
    """Multiprocessors, tensor cores, bandwidth or power, and each sharer's turn; between generations nobody can say."""
    assert at_most(NOW, offer) == longer
    assert at_most(Device("nvidia.com/gpu", "X"), offer) is None


def test_only_the_time_of_kernels_is_longer() -> None:
    """A job that computes half of the time lasts half as much longer; all of it where nobody tells how much that is."""
    assert lasts(server(), 3000) == 2000
    assert lasts(server(load={"smActive": 20}), 3000) == 3000


@pytest.mark.parametrize(
    ("said", "waits"),
    [({}, True), ({"latency": "Flexible"}, False), ({"latency": "Batch"}, False), ({"purpose": "Training"}, False)],
)
def test_somebody_waits_for_answers_unless_it_is_declared(said: dict[str, Any], waits: bool) -> None:
    """As with models: Interactive is what is taken where nothing is said. For batch work nobody waits."""
    assert keeps_waiting(server(**said)) is waits


def test_times_are_rounded_up() -> None:
    """What may be is never told as less."""
    assert [times(each) for each in (1000, 2001, 2100)] == ["1.0", "2.1", "2.1"]


def test_whoever_waits_is_asked_by_a_trial() -> None:
    """It says how much longer an answer may take; where nobody waits nothing has to be tried, and the number is told all the same."""
    waits, patient = mig_slice(server(), POLICY), mig_slice(server(latency="Flexible"), POLICY)
    assert isinstance(waits, Advice)
    assert isinstance(patient, Advice)
    assert (waits.basis, patient.basis) == (Basis.HYPOTHESIS, Basis.ACTIONABLE)
    assert waits.requires[0] == (
        "trial: run one replica there for a week and compare latency and errors, for an answer may take 2.9 times as long"
        " on H100-80GB in 3g.40gb"
    )
    assert waits.evidence.numbers["timesAsLongAtMost"] == patient.evidence.numbers["timesAsLongAtMost"] == "2.9"


@pytest.mark.parametrize(
    ("product", "offered_card", "longer"),
    [("NVIDIA-L40S", "NVIDIA-L40", "2.0"), ("NVIDIA-A10", "NVIDIA-A10G", "1.8"), (H100, "NVIDIA-H100-NVL", "1.8")],
)
def test_a_card_with_as_many_multiprocessors_may_be_weaker(product: str, offered_card: str, longer: str) -> None:
    """By tensor cores at half the rate, or three fifths of the power."""
    there = {"product": offered_card, "perHour": "2", "nodes": 1}
    answer = smaller_card(server(product=product, offers=[there]), POLICY)
    assert isinstance(answer, Advice)
    assert (answer.basis, answer.evidence.numbers["timesAsLongAtMost"]) == (Basis.HYPOTHESIS, longer)


def test_a_card_as_strong_wants_no_trial() -> None:
    """Nothing takes longer there."""
    same = smaller_card(server(offers=[{"product": "NVIDIA-GH200-480GB", "perHour": "2", "nodes": 1}]), POLICY)
    assert isinstance(same, Advice)
    assert same.basis is Basis.ACTIONABLE


def test_batch_work_pays_for_as_long_as_it_takes() -> None:
    """At a duty of half a job lasts 1.905 times as long at most on 47 of 132 multiprocessors: 2920 less 1460 for as long."""
    answer = mig_slice(server(server="CronJob/a", purpose="Training"), POLICY)
    assert isinstance(answer, Advice)
    assert answer.saving.low == dollars("138.70")
    assert answer.basis is Basis.ACTIONABLE
    assert answer.requires[-1] == "it takes less than 200 percent of its time now there: from then on it costs more"


def test_what_costs_nothing_is_never_dear() -> None:
    """However long it takes there."""
    free = {**SLICE, "perHour": "0"}
    answer = mig_slice(server(server="CronJob/a", purpose="Training", offers=[free]), POLICY)
    assert isinstance(answer, Advice)
    assert (answer.saving.low, len(answer.requires)) == (dollars(2920), 1)


def test_batch_work_that_may_cost_more_is_tried_once() -> None:
    """Its kernels run all the time, so that the slice may take longer than it is cheaper."""
    busy = {"smActive": 20, "p95": 3, "gpuUtil": 99, "bandwidth": 4, "memory": 9000}
    answer = mig_slice(server(server="CronJob/a", purpose="Training", load=busy), POLICY)
    assert isinstance(answer, Advice)
    assert (answer.basis, answer.saving.low) == (Basis.HYPOTHESIS, 0)
    assert answer.requires[0] == (
        "trial: run it there once and compare how long it takes, for it may take so long on H100-80GB in 3g.40gb that it"
        " saves nothing"
    )
