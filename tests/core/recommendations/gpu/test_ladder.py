"""The scenario files, and what holds for every server: no advice costs more, needs more than its evidence or contradicts another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.loads import CardLoad
from aicost.core.recommendations.advice import Advice, Answer, Basis, Lever, Obstacle, Refused
from aicost.core.recommendations.asking import Ask, plainly
from aicost.core.recommendations.changes import Scale
from aicost.core.recommendations.chosen import together
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.ladder import LEVERS, all_judged, judged
from aicost.core.usage import FULLY_BUSY_PPM, Tokens
from aicost.core.window import HOUR
from tests.support.gpu_cases import a_server, cases, read, servers, told

H100 = "NVIDIA-H100-80GB-HBM3"
OFFERS = [
    {"product": H100, "profile": "1g.10gb", "perHour": "0.571", "nodes": 1},
    {"product": H100, "profile": "3g.40gb", "perHour": "2"},
    {"product": "NVIDIA-L4", "perHour": "0.80", "nodes": 2},
    {"product": "NVIDIA-L40S", "perHour": "1.86"},
    {"product": "NVIDIA-L4", "perHour": "0.20", "replicas": 4, "nodes": 1, "resource": "nvidia.com/gpu.shared"},
    {"product": H100, "perHour": "0.9", "nodes": 1, "where": {"pool": "spot"}},
]


@cache
def judged_in(path: Path) -> tuple[Answer, ...]:
    return tuple(answer for _, answer in all_judged(servers(read(path))))


@pytest.mark.parametrize("path", cases(), ids=lambda path: path.stem)
def test_each_scenario_gets_the_answers_that_it_expects(path: Path) -> None:
    """All of them: what is advised, and what is refused for which reason."""
    case = read(path)
    answers = judged_in(path)
    assert {f"{each.lever.value} {each.target.object_ref.name}": told(each) for each in answers} == case["expected"]
    assert case["about"]


def test_every_obstacle_of_gpus_has_its_scenario() -> None:
    """And every lever is advised in one at least."""
    said = [answer for path in cases() for answer in judged_in(path)]
    of_models = {
        Obstacle.QUALITY_GAP,
        Obstacle.NO_SUCCESSOR,
        Obstacle.BELOW_MINIMUM,
        Obstacle.IGNORED,
        Obstacle.TOO_MANY,
    }
    assert {each.obstacle for each in said if isinstance(each, Refused)} >= {
        *(Obstacle.AUTOSCALED, Obstacle.BUSY, Obstacle.CHECKPOINTS, Obstacle.DOUBTFUL_SIGNAL, Obstacle.INTERCONNECT),
        *(Obstacle.ISOLATION_REQUIRED, Obstacle.MEMORY_BOUND, Obstacle.MEMORY_NEEDED, Obstacle.MEMORY_UNKNOWN),
        *(Obstacle.NOT_CHEAPER, Obstacle.NOT_OFFERED, Obstacle.TOO_LITTLE_DATA, Obstacle.UNPRICED),
    }
    assert not {each.obstacle for each in said if isinstance(each, Refused)} & of_models
    assert {each.lever for each in said if isinstance(each, Advice)} == {
        *(Lever.SCALE_TO_ZERO, Lever.REMOVE_GPU, Lever.REDUCE_GPU_COUNT, Lever.REDUCE_REPLICAS),
        *(Lever.USE_MIG_SLICE, Lever.USE_SHARED_GPU, Lever.USE_SMALLER_GPU, Lever.USE_IDLE_HOURS),
    }


@st.composite
def drawn(draw: st.DrawFn) -> ServerEvidence:
    """A server that may be anything, with hours that are alike but for one."""
    loads = st.fixed_dictionaries(
        {
            draw(st.sampled_from(["smActive", "grEngineActive"])): st.sampled_from([0, 0.5, 5, 20, 45, 70, 100]),
            "p95": st.sampled_from([0, 1, 4, 15, 40, 90]),
        },
        optional={
            "gpuUtil": st.sampled_from([0, 40, 100]),
            "bandwidth": st.sampled_from([0, 3, 9, 30, 60, 85]),
            "memory": st.sampled_from([3, 3000, 9000, 30000, 79000]),
            "watts": st.sampled_from([(70, 75), (73, 127), (110, 300), (300, 690)]),
        },
    )
    said: dict[str, Any] = {
        "server": draw(
            st.sampled_from(["Deployment/chat", "StatefulSet/lab", "Job/train", "Pod/lab", "LeaderWorkerSet/llm"])
        ),
        "purpose": draw(st.sampled_from(["Inference", "Training", "Development"])),
        "product": H100,
        "count": draw(st.sampled_from([1, 1, 2])),
        "replicas": draw(st.integers(1, 3)),
        "monthly": draw(st.sampled_from(["0", "50", "2920"])),
        "days": draw(st.sampled_from([1, 7])),
        "isolation": draw(st.sampled_from(["Required", "Waived"])),
        "autoscaled": draw(st.sampled_from([True, False, None])),
        "alone": draw(st.booleans()),
        "load": draw(loads),
        "when": [{"days": [2], "from": 9, "to": 12, "load": draw(loads)}],
        "offers": draw(st.lists(st.sampled_from(OFFERS), unique_by=str)),
    }
    if draw(st.booleans()):
        said |= {"tokens": draw(st.sampled_from([0, 5000])), "models": draw(st.sampled_from([["m-8B"], ["m"]]))}
    if draw(st.booleans()):
        said |= {"kvCache": draw(st.sampled_from([2, 50, 100]))}
    e = a_server(said)
    moves = draw(st.sampled_from([len(e.hours), len(e.hours) // 2]))
    return replace(e, loads=tuple(_elsewhere(load, e.window.start + moves * HOUR) for load in e.loads))


def _elsewhere(load: CardLoad, since: int) -> CardLoad:
    """Its pod came back by the same name on other cards."""
    return replace(load, card=f"{load.card}-new") if load.hour.start >= since else load


def test_of_what_no_longer_runs_nothing_is_said() -> None:
    """It was stopped already, as advised or not; batch work comes again."""
    for kind, said in (("Deployment", False), ("Pod", False), ("Job", True)):
        e = a_server({"server": f"{kind}/a", "product": H100, "load": {"smActive": 0, "gpuUtil": 0}})
        assert bool(list(judged(replace(e, replicas=(*e.replicas[:-24], *(0,) * 24))))) is said


def test_what_rests_at_the_end_of_the_window_is_said_to() -> None:
    """It ran on the last day: silence would read as nothing found."""
    e = a_server({"server": "Deployment/a", "product": H100, "load": {"smActive": 0, "gpuUtil": 0}})
    (refusal,) = judged(replace(e, replicas=(*e.replicas[:-1], 0)))
    assert isinstance(refusal, Refused)
    assert (refusal.lever, refusal.obstacle) == (Lever.SCALE_TO_ZERO, Obstacle.AUTOSCALED)


_Told = TypeVar("_Told")


def without(failing: str) -> Ask:
    """Who has no answer of that lever."""

    def ask(lever: str, answers: Callable[[], Iterable[_Told]], /) -> tuple[_Told, ...]:
        return () if lever == failing else plainly(lever, answers)

    return ask


@pytest.mark.parametrize("failing", ["idle", *(lever.__name__ for lever in LEVERS)])
def test_each_lever_may_fail_alone(failing: str) -> None:
    """All others say what they say with it."""
    (path,) = (path for path in cases() if path.stem == "notebook-by-day")

    ask = without(failing)
    left = [answer for _, answer in all_judged(servers(read(path)), ask=lambda _: ask)]
    whole = list(judged_in(path))
    assert left == [answer for answer in whole if answer in left]
    assert len(whole) - len(left) == (failing not in ("fewer_cards", "fewer_replicas"))  # these say nothing of it


def test_servers_are_merged_by_a_lever_of_its_own() -> None:
    """Without it the others say what they found."""
    (path,) = (path for path in cases() if path.stem == "two-servers-of-one-model")
    found = [answer for _, answer in all_judged(servers(read(path)), ask=lambda _: without("consolidated"))]
    assert len(found) == len(judged_in(path))
    assert not any(isinstance(answer, Advice) for answer in found)


def test_advice_that_nobody_wants_to_hear_keeps_no_server_from_taking_over() -> None:
    """A slice that is ignored is as none; one that is heard is not contradicted."""
    slices = [{"product": H100, "profile": "3g.40gb", "perHour": "2", "nodes": 2}]
    load = {"smActive": 30, "p95": 6, "gpuUtil": 95, "bandwidth": 10, "memory": 7000}
    said = {"product": H100, "models": ["m-1B"], "tokens": 9000, "kvCache": 10, "load": load, "offers": slices}
    found = [a_server({**said, "server": f"Deployment/{name}"}) for name in ("a", "b")]

    def stopped(deaf: Lever | None) -> list[str]:
        answers = all_judged(found, hears=lambda _, answer: answer.lever is not deaf)
        return [of.target.object_ref.name for _, of in answers if isinstance(of, Advice) and of.change == Scale(0)]

    assert (stopped(None), stopped(Lever.USE_MIG_SLICE)) == ([], ["a"])


@pytest.mark.parametrize(("deaf", "told"), [("", "big"), ("big", "small"), ("small", "big")])
def test_idle_hours_are_given_once_and_to_who_hears_it(deaf: str, told: str) -> None:
    """To the dearest first; where that does not want to hear of them, to the next."""
    room = {"nodes": ["dgx-1"], "free": [22, 23, 0, 1, 2, 3], "longest": 4}
    said = {"product": H100, "deviceHours": 28, "load": {"smActive": 50}, "room": room}
    found = [
        a_server({**said, "server": f"CronJob/{name}", "workload": name, "monthly": monthly})
        for name, monthly in (("small", 2920), ("big", 5000))
    ]
    answers = all_judged(found, hears=lambda ref, _: ref.name != deaf)
    of_hours = {ref.name: answer for ref, answer in answers if answer.lever is Lever.USE_IDLE_HOURS}
    given = [name for name, answer in of_hours.items() if isinstance(answer, Advice)]
    assert sorted(of_hours) == ["big", "small"]
    assert [name for name in given if name != deaf] == [told]


@pytest.mark.parametrize(("pods", "told"), [(2, ["big"]), (3, ["big", "small"])])
def test_small_work_has_room_beside_what_was_told_of_the_same_node(pods: int, told: list[str]) -> None:
    """Two pods of one run at once and take two cards; a third card is another's."""
    room = {"nodes": ["dgx-1"], "free": [22, 23, 0, 1, 2, 3], "longest": 4, "pods": pods}
    found = [
        a_server(
            {
                "product": H100,
                "deviceHours": 28,
                "load": {"smActive": 50},
                "monthly": monthly,
                "server": f"CronJob/{name}",
                "workload": name,
                "room": {**room, "atOnce": at_once},
            }
        )
        for name, monthly, at_once in (("small", 2920, 1), ("big", 5000, 2))
    ]
    answers = [of for of in all_judged(found) if of[1].lever is Lever.USE_IDLE_HOURS]
    assert [ref.name for ref, answer in answers if isinstance(answer, Advice)] == told


few = settings(max_examples=12, deadline=None)


@few
@given(drawn())
def test_no_advice_saves_more_than_the_server_costs_nor_contradicts_another(e: ServerEvidence) -> None:
    """One answer of each lever at most; all of them together save no more than all that it costs."""
    answers = list(judged(e))
    assert len({each.lever for each in answers}) == len(answers)
    advice = [each for each in answers if isinstance(each, Advice)]
    assert together(advice).high <= e.part.monthly_nanos
    assert all(each.touched == e.part and each.saving.high > 0 for each in advice)
    if any(each.proposed == "replicas: 0" for each in advice):
        assert len(advice) == 1
    assert all(each.requires for each in advice if each.basis is Basis.HYPOTHESIS)


@few
@given(drawn())
def test_what_may_be_one_work_gets_no_part_of_a_card_and_no_other_untried(e: ServerEvidence) -> None:
    """How much pods say to each other nobody measures."""
    parts = (Lever.USE_MIG_SLICE, Lever.USE_SHARED_GPU)
    advice = [each for each in judged(e) if isinstance(each, Advice) and e.works_together]
    assert not [each for each in advice if each.lever in parts]
    assert all(each.basis is Basis.HYPOTHESIS for each in advice if each.lever is Lever.USE_SMALLER_GPU)


@few
@given(drawn())
def test_no_advice_needs_more_than_its_evidence(e: ServerEvidence) -> None:
    """What is proposed holds what was used, what seems idle never worked, and who is scaled is left alone."""
    for each in judged(e):
        if isinstance(each, Refused):
            continue
        numbers = each.evidence.numbers
        if "proposedMemoryMiB" in numbers and not e.preallocates:
            assert int(numbers["proposedMemoryMiB"]) > int(numbers["memoryPeakMiB"])
        if each.proposed in ("replicas: 0", "no GPU"):
            assert max(load.peak_ppm for load in e.loads) < FULLY_BUSY_PPM // 100
            assert not e.tokens or e.tokens == Tokens()
        if each.lever is Lever.REDUCE_REPLICAS:
            assert e.autoscaled is not True


@few
@given(drawn(), st.integers(0, 200), st.integers(0, 100))
def test_more_use_never_turns_a_refusal_into_advice(e: ServerEvidence, at: int, more: int) -> None:
    """But for want of data: an hour in which more was done makes nothing advisable, and no lesser device enough."""
    loads = list(e.loads)
    place = at % len(loads)
    loads[place] = _busier(loads[place], more * FULLY_BUSY_PPM // 100)
    before = {each.lever: each for each in judged(e)}
    for each in judged(replace(e, loads=tuple(loads))):
        was = before.get(each.lever)
        if isinstance(each, Advice) and isinstance(was, Refused):
            assert was.obstacle in (Obstacle.TOO_LITTLE_DATA, Obstacle.DOUBTFUL_SIGNAL, Obstacle.BUSY)
            assert (
                e.purpose == "Development" or was.obstacle is not Obstacle.BUSY or each.lever is Lever.REDUCE_GPU_COUNT
            )


def _busier(load: CardLoad, ppm: int) -> CardLoad:
    return replace(load, peak_ppm=max(load.peak_ppm, ppm), high_ppm=max(load.high_ppm, ppm))
