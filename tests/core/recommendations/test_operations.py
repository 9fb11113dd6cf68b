"""Changes of what lies in lists, as JSON patches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.identity import ObjectRef
from aicost.core.recommendations.advice import Advice, Lever, Obstacle, Refused, Target
from aicost.core.recommendations.changes import Change, Operation, Resize, Scale, SetVariable
from aicost.core.recommendations.kinds import MANIFEST, kind_of
from aicost.core.recommendations.live import Live
from aicost.core.recommendations.operations import BY_HAND, NEXT_RUN, SAME_NAME, located, needs_shape, placed
from aicost.core.recommendations.patches import patch_of
from aicost.core.recommendations.shapes import Group, Place, Shape
from tests.support.advising import ADVICE

GPU = "nvidia.com/gpu"
SLICE = Resize("app", ((GPU, None), ("nvidia.com/mig-3g.40gb", 1)))
FEWER = Resize("app", ((GPU, 1),))
MODEL = SetVariable("app", "MODEL", "new")
LWS = ObjectRef("leaderworkerset.x-k8s.io", "LeaderWorkerSet", "llm")
RAY = ObjectRef("ray.io", "RayService", "llm")
AT = ("spec", "workers", 1)
CHECKS = (((*AT, "name"), "app"),)
APP = Place("app", AT, CHECKS, ((GPU, 4),), (), (("MODEL", 2),))


def advice(change: Change | None, ref: ObjectRef = LWS) -> Advice:
    return replace(ADVICE, target=Target(ref), change=change)


def shape(*places: Place, groups: tuple[Group, ...] = (), ref: ObjectRef = LWS, missing: str = "") -> Shape:
    return Shape("support", ref, places, groups, missing)


def steps(of: Advice) -> list[tuple[object, ...]]:
    return [(each.op, each.path, *([] if each.value is None else [each.value])) for each in of.operations]


def test_a_container_asks_for_another_device() -> None:
    """Behind a test of its name; what it no longer asks for is set first, so that a second time is as the first."""
    at = "/spec/workers/1/resources/limits/nvidia.com~1"
    assert steps(located(advice(SLICE), shape(APP))) == [
        ("test", "/spec/workers/1/name", "app"),
        ("add", f"{at}gpu", 0),
        ("remove", f"{at}gpu"),
        ("add", f"{at}mig-3g.40gb", 1),
    ]


def test_requests_are_changed_where_they_name_the_device() -> None:
    """Both must agree where both are given."""
    both = replace(APP, requests=((GPU, 4),))
    paths = [path for op, path, *_ in steps(located(advice(FEWER), shape(both))) if op == "add"]
    assert paths == [f"/spec/workers/1/resources/{part}/nvidia.com~1gpu" for part in ("limits", "requests")]


def test_what_says_beside_it_how_many_devices_there_are_says_so_too() -> None:
    """As text, for it is a parameter of a command."""
    told = shape(replace(APP, count=("spec", "params", "num-gpus")))
    assert [steps(located(advice(change), told))[-1] for change in (FEWER, SLICE)] == [
        ("add", "/spec/params/num-gpus", "1")
    ] * 2


def test_a_variable_gets_its_value_in_all_templates_that_set_it() -> None:
    """Behind a test of its name, too."""
    leader = replace(APP, at=("spec", "leader"), checks=())
    assert steps(located(advice(MODEL), shape(leader, APP))) == [
        ("test", "/spec/leader/env/2/name", "MODEL"),
        ("add", "/spec/leader/env/2/value", "new"),
        ("test", "/spec/workers/1/name", "app"),
        ("test", "/spec/workers/1/env/2/name", "MODEL"),
        ("add", "/spec/workers/1/env/2/value", "new"),
    ]


GROUP = Group(("spec", "groups", 1), ((("spec", "groups", 1, "groupName"), "gpu"),), ("replicas", "minReplicas"))
INSIDE = Place("app", (*GROUP.at, "containers", 0), (), ((GPU, 1),))
OTHER = Group(("spec", "groups", 0), ((("spec", "groups", 0, "groupName"), "cpu"),), ("replicas", "minReplicas"))


def test_groups_that_ask_for_gpus_are_stopped() -> None:
    """By each of their numbers; others go on."""
    found = located(advice(Scale(0), RAY), shape(INSIDE, groups=(OTHER, GROUP), ref=RAY))
    assert steps(found) == [
        ("test", "/spec/groups/1/groupName", "gpu"),
        ("add", "/spec/groups/1/replicas", 0),
        ("add", "/spec/groups/1/minReplicas", 0),
    ]


@pytest.mark.parametrize(
    ("of", "seen", "why"),
    [
        (
            advice(SLICE),
            shape(replace(APP, limits=())),
            f"no container app of LeaderWorkerSet llm asks for {GPU} itself",
        ),
        (advice(SLICE), shape(APP, replace(APP, limits=((GPU, 8),))), "asks for other numbers"),
        (advice(MODEL), shape(replace(APP, variables=())), "sets variable MODEL itself"),
        (advice(SLICE), shape(missing="the operator may not read it"), "the operator may not read it"),
        (advice(Scale(0), RAY), shape(APP, groups=(GROUP,), ref=RAY), "not all pods of RayService llm"),
        (advice(Scale(0), RAY), shape(groups=(GROUP,), ref=RAY), "no group of pods of RayService llm"),
        (advice(Scale(0), RAY), shape(APP, ref=RAY), "no number of replicas as a whole"),
        (advice(SLICE, ObjectRef("example.org", "Unheard", "x")), None, "where kind Unheard keeps it is not known"),
    ],
)
def test_what_no_patch_can_say_says_why(of: Advice, seen: Shape | None, why: str) -> None:
    """As what it requires: to do it by hand."""
    found = located(of, seen)
    assert (patch_of(found), found.requires[:-1]) == (None, of.requires)
    assert found.requires[-1].startswith(BY_HAND)
    assert why in found.requires[-1]


def test_what_runs_once_is_changed_before_its_next_run() -> None:
    """A controller starts the pods of a job once; and what fewer cards save only a run of the same name shows."""
    job = ObjectRef("jobset.x-k8s.io", "JobSet", "train")
    assert located(advice(FEWER, job), shape(APP, ref=job)).requires == (*ADVICE.requires, NEXT_RUN, SAME_NAME)
    assert SAME_NAME not in located(advice(MODEL, job), shape(APP, ref=job)).requires


JOB, TRAIN_JOB, MPI_JOB = (
    ObjectRef(group, kind, "train")
    for group, kind in (("batch", "Job"), ("trainer.kubeflow.org", "TrainJob"), ("kubeflow.org", "MPIJob"))
)


@pytest.mark.parametrize("change", [SLICE, MODEL])
def test_the_patch_of_a_job_is_for_its_manifest(change: Change) -> None:
    """Which is said, for the API server refuses it of the Job that is there; that it rests can always be said of that."""
    found, rests = (located(advice(each, JOB), None) for each in (change, Scale(0)))
    assert patch_of(found) is not None
    assert [each.startswith(MANIFEST) for each in found.requires][:1] == [True]
    assert (SAME_NAME in found.requires) is isinstance(change, Resize)
    assert rests == advice(Scale(0), JOB)


def test_a_train_job_says_what_its_trainer_asks_for() -> None:
    """In a field of its own, and its processes as the number that they are; the patch is for its manifest."""
    trainer = ("spec", "trainer")
    place = Place("app", trainer, (), ((GPU, 4),), count=(*trainer, "numProcPerNode"), in_words=False)
    found = located(advice(FEWER, TRAIN_JOB), shape(replace(place, resources="resourcesPerNode"), ref=TRAIN_JOB))
    assert steps(found) == [
        ("add", "/spec/trainer/resourcesPerNode/limits/nvidia.com~1gpu", 1),
        ("add", "/spec/trainer/numProcPerNode", 1),
    ]
    assert [each.startswith(MANIFEST) for each in found.requires] == [True, False]


def test_what_starts_the_processes_of_an_mpi_job_is_told_of_them() -> None:
    """No patch knows the command of its launcher; another model changes none of its processes."""
    seen = shape(APP, ref=MPI_JOB)
    beside = kind_of(MPI_JOB).beside
    assert located(advice(FEWER, MPI_JOB), seen).requires == (NEXT_RUN, SAME_NAME, beside)
    assert located(advice(MODEL, MPI_JOB), seen).requires == (NEXT_RUN,)


def test_a_variable_no_longer_refers_to_what_holds_its_value() -> None:
    """A value and a reference beside it would be refused."""
    at = "/spec/workers/1/env/2"
    assert steps(located(advice(MODEL), shape(replace(APP, referring=frozenset({"MODEL"})))))[2:] == [
        ("add", f"{at}/valueFrom", ""),
        ("remove", f"{at}/valueFrom"),
        ("add", f"{at}/value", "new"),
    ]


@pytest.mark.parametrize("of", [advice(Scale(1)), advice(None), advice(MODEL, ObjectRef("apps", "Deployment", "x"))])
def test_what_a_merge_patch_can_say_is_left_alone(of: Advice) -> None:
    """Nothing has to be read for it."""
    assert (needs_shape(of), located(of, shape(APP))) == (False, of)


def test_until_it_was_read_it_is_told_as_before() -> None:
    """So that a restart changes no status; of another change nothing is taken over."""
    before, refused = located(advice(SLICE), shape(APP)), located(advice(SLICE), shape())
    assert needs_shape(advice(SLICE))
    assert located(advice(SLICE), None, before) == before
    assert located(advice(SLICE), None, refused) == refused
    assert located(advice(FEWER), None, before) == advice(FEWER)
    for job in (TRAIN_JOB, MPI_JOB):
        before = located(advice(SLICE, job), shape(APP, ref=job))
        assert located(advice(SLICE, job), None, before) == before


def test_answers_are_placed_by_what_their_namespace_shows() -> None:
    """A refusal stays as it is, and an object of another namespace is another one."""
    refused = Refused(Lever.USE_MIG_SLICE, Target(LWS), Obstacle.BUSY, "", ADVICE.evidence)
    live = Live(shapes=(shape(APP),))
    mine, against = placed((advice(SLICE), refused), "support", live)
    assert (mine, against) == (located(advice(SLICE), shape(APP)), refused)
    assert list(placed((advice(SLICE),), "search", live)) == [advice(SLICE)]


@pytest.mark.parametrize("wrong", [("remove", 1), ("add", None)])
def test_only_what_is_removed_has_no_value(wrong: tuple[str, int | None]) -> None:
    """RFC 6902, 4."""
    with pytest.raises(ValueError, match="against its nature"):
        Operation(wrong[0], "/spec", wrong[1])  # type: ignore[arg-type] # as a stored row might
