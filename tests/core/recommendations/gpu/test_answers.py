"""How answers say what they rest on."""

from __future__ import annotations

import pytest

from aicost.core.recommendations.advice import Basis, Effect, Lever, Obstacle, Saving
from aicost.core.recommendations.gpu.answers import ON_DUTY_CYCLE, advised, effect_of, evidence_of, refused, shown
from tests.support.gpu_cases import a_server

LOAD = {"smActive": 20, "p95": 12.5, "bandwidth": 5, "memory": 900, "gpuUtil": 30, "watts": (70, 90)}
SERVER = {"server": "Deployment/a", "product": "NVIDIA-L4", "days": 1, "tokens": 10, "kvCache": 3, "load": LOAD}


@pytest.mark.parametrize(("ppm", "text"), [(0, "0.0"), (1, "0.1"), (7_574, "0.8"), (125_000, "12.5"), (10**6, "100.0")])
def test_what_is_not_nothing_never_reads_as_nothing(ppm: int, text: str) -> None:
    """Percentages are rounded up to a tenth."""
    assert shown(ppm) == text


def test_numbers_are_named_with_their_unit_and_their_signal() -> None:
    """All that is known stands there."""
    assert evidence_of(a_server(SERVER), more=7).numbers == {
        "signal": "DCGM_FI_PROF_SM_ACTIVE",
        "smActivePeakPercent": "20.0",
        "smActiveP95Percent": "12.5",
        "gpuUtilPeakPercent": "30.0",
        "memoryBandwidthPeakPercent": "5.0",
        "kvCachePeakPercent": "3.0",
        "coveragePercent": "100.0",
        "memoryPeakMiB": "900",
        "powerPeakWatts": "90",
        "hours": "24",
        "deviceHours": "24",
        "replicas": "1",
        "tokensServed": "11",
        "more": "7",
    }


def test_what_nobody_told_is_no_number() -> None:
    """Never zero."""
    told = evidence_of(a_server({"server": "Deployment/a", "days": 1})).numbers
    assert told == {"coveragePercent": "0.0", "hours": "0", "deviceHours": "24", "replicas": "1"}


def test_the_duty_cycle_alone_makes_a_hypothesis() -> None:
    """Whose trial is to have a better signal."""
    by_duty = a_server({**SERVER, "load": {"gpuUtil": 20}})
    advice = advised(Lever.USE_MIG_SLICE, by_duty, "x", Saving(1, 2), "why", requires=("found: y",))
    assert (advice.basis, advice.requires) == (Basis.HYPOTHESIS, (ON_DUTY_CYCLE, "found: y"))
    assert (advice.current, advice.effect) == ("nvidia.com/gpu: 1", Effect.FREED_CAPACITY)
    assert advised(Lever.USE_MIG_SLICE, a_server(SERVER), "x", Saving(1, 2), "why").basis is Basis.ACTIONABLE


@pytest.mark.parametrize(
    ("kind", "runs", "first"),
    [
        ("Job", 0, "trial: it is over; "),
        ("Job", 1, "trial: let it end, for nothing is saved of what runs; "),
        ("MPIJob", 1, "trial: let it end, for nothing is saved of what runs; "),
        ("Pod", 1, "trial: let it end, for nothing is saved of what runs; "),
        ("CronJob", 0, ""),
        ("CronJob", 1, ""),
        ("Deployment", 1, ""),
    ],
)
def test_of_what_only_the_next_run_can_do_nothing_is_saved_for_certain(kind: str, runs: int, first: str) -> None:
    """Nobody knows whether there is one, but of a CronJob; and no running training is to be deleted for it."""
    e = a_server({**SERVER, "server": f"{kind}/a", "days": 2, "replicasByDay": [1, runs]})
    advice = advised(Lever.USE_MIG_SLICE, e, "x", Saving(2, 2), "why")
    assert (advice.basis is Basis.ACTIONABLE, advice.saving.low > 0) == (not first, not first)
    assert [each[: len(first)] for each in advice.requires] == ([first] if first else [])
    assert advice.saving.high == 2


def test_an_idle_pod_that_goes_saves_what_it_costs() -> None:
    """Nothing runs in it that would have to end first."""
    advice = advised(Lever.REMOVE_GPU, a_server({**SERVER, "server": "Pod/a"}), "x", Saving(2, 2), "why")
    assert (advice.basis, advice.saving.low) == (Basis.ACTIONABLE, 2)


def test_a_bill_gets_smaller_where_whole_nodes_can_go() -> None:
    """And only by changes that leave nothing on them."""
    alone = a_server({**SERVER, "alone": True, "nodes": ["a", "b", "c", "d"]})
    assert effect_of(alone) == (
        Effect.BILL_REDUCTION,
        ("remove nodes a, b, c and 1 more once nothing runs there: idle nodes go on costing",),
    )
    assert advised(Lever.REDUCE_REPLICAS, alone, "x", Saving(1, 2), "why").effect is Effect.FREED_CAPACITY
    assert (
        advised(Lever.SCALE_TO_ZERO, alone, "x", Saving(1, 2), "why", frees_nodes=True).effect is Effect.BILL_REDUCTION
    )
    assert effect_of(a_server(SERVER)) == (Effect.FREED_CAPACITY, ())


def test_a_refusal_has_its_numbers() -> None:
    """So that people can check it."""
    refusal = refused(Lever.SCALE_TO_ZERO, a_server(SERVER), Obstacle.BUSY, "it works")
    assert (refusal.obstacle, refusal.evidence.samples) == (Obstacle.BUSY, 24 * 120)
