"""How objects look that advice would change."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from aicost.cluster.connection import Connection
from aicost.cluster.shapes import Shapes, shape
from aicost.ports import Malformed
from tests.cluster.conftest import until
from tests.cluster.fake_api import FakeApi, answering
from tests.support.custom_kinds import GPU, an_object, container_of, ref_of

LWS = ref_of("LeaderWorkerSet")
PATH = "/apis/leaderworkerset.x-k8s.io/v1/namespaces/support/leaderworkersets/served"
SOUGHT = frozenset({("support", LWS)})


@pytest.fixture
async def shapes(connection: Connection) -> AsyncIterator[Shapes]:
    """While they run."""
    running = Shapes(connection, every=0.02)
    task = asyncio.create_task(running.run())
    yield running
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def test_containers_are_known_by_their_places() -> None:
    """Each with what stands on the way to it; a list is counted as the object has it."""
    found = shape("support", ref_of("JobSet"), an_object("JobSet"))
    (app,) = [place for place in found.places if place.container == "app"]
    jobs = ("spec", "replicatedJobs", 1)
    assert app.at == (*jobs, "template", "spec", "template", "spec", "containers", 1)
    assert app.checks == (((*jobs, "name"), "workers"), ((*app.at, "name"), "app"))
    assert (app.limits, app.requests) == (((GPU, 1),), ())
    assert app.variables == (("TOKEN", 0), ("KEPT", 1), ("MODEL", 2))
    assert app.referring == {"TOKEN"}


def test_a_model_server_of_kserve_is_one_container_without_a_list() -> None:
    """Its name is that of the container in its pods."""
    (model,) = shape("support", ref_of("InferenceService"), an_object("InferenceService")).places
    assert (model.container, model.at, model.checks) == ("kserve-container", ("spec", "predictor", "model"), ())


def test_groups_of_ray_have_numbers_of_their_own() -> None:
    """Which are told apart by their names."""
    found = shape("support", ref_of("RayService"), an_object("RayService")).groups
    at = ("spec", "rayClusterConfig", "workerGroupSpecs")
    assert [(each.at, each.checks) for each in found] == [
        ((*at, place), (((*at, place, "groupName"), name),)) for place, name in enumerate(("cpu", "gpu"))
    ]


def test_what_ray_is_told_of_its_gpus_is_known_where_it_is_told() -> None:
    """Of the first container, which is Ray's own."""
    ray = an_object("RayCluster")
    group = ray["spec"]["workerGroupSpecs"][1]
    group["rayStartParams"] = {"num-gpus": "1"}
    group["template"]["spec"]["containers"].reverse()
    counts = {place.count for place in shape("support", ref_of("RayCluster"), ray).places if place.asked}
    assert counts == {("spec", "workerGroupSpecs", 1, "rayStartParams", "num-gpus")}
    plain = shape("support", ref_of("RayCluster"), an_object("RayCluster")).places
    assert {place.count for place in plain} == {()}


@pytest.mark.parametrize(
    ("kind", "at"), [("MPIJob", ("spec", "slotsPerWorker")), ("TrainJob", ("spec", "trainer", "numProcPerNode"))]
)
def test_processes_are_known_where_there_is_one_for_each_device(kind: str, at: tuple[str, ...]) -> None:
    """As a number; where they are of another number, they are of something else."""
    found, other = an_object(kind), an_object(kind)
    where = other
    for name in at[:-1]:
        where = where[name]
    where[at[-1]] = 8
    (place,) = (place for place in shape("support", ref_of(kind), found).places if place.count)
    assert (place.container, place.count, place.in_words) == (container_of(kind), at, False)
    assert not any(place.count for place in shape("support", ref_of(kind), other).places)


def test_processes_of_torch_are_known_as_text_or_as_a_number() -> None:
    """As the training-operator has them, or as its elastic policy once had; `auto` counts for itself."""
    old = ("spec", "elasticPolicy", "nProcPerNode")
    ways: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
        ({}, ("spec", "nprocPerNode")),
        ({"nprocPerNode": None, "elasticPolicy": {"nProcPerNode": 1}}, old),
        ({"nprocPerNode": "auto"}, ()),
        ({"nprocPerNode": "8", "elasticPolicy": {"maxReplicas": 2}}, ()),
    )
    for spec, at in ways:
        job = shape("support", ref_of("PyTorchJob"), an_object("PyTorchJob", **spec))
        asking = [place for place in job.places if place.asked]
        assert [(place.count, place.in_words) for place in asking] == [(at, at != old)] * 2


def test_a_trainer_is_one_container_whose_resources_have_another_name() -> None:
    """Without one, all is in the runtime."""
    (trainer,) = shape("support", ref_of("TrainJob"), an_object("TrainJob")).places
    assert (trainer.container, trainer.at, trainer.resources) == ("node", ("spec", "trainer"), "resourcesPerNode")
    assert trainer.limits == ((GPU, 1),)
    assert shape("support", ref_of("TrainJob"), an_object("TrainJob", trainer=None)).places == ()


def test_no_value_of_a_variable_is_kept() -> None:
    """It may be a secret."""
    assert "canary" not in repr(shape("support", LWS, an_object("LeaderWorkerSet")))


def test_what_is_no_such_object_is_malformed() -> None:
    """Named, and where."""
    with pytest.raises(Malformed, match="LeaderWorkerSet served cannot be read"):
        shape("support", LWS, an_object("LeaderWorkerSet", leaderWorkerTemplate=[]))


async def test_what_is_sought_is_read_and_read_again(api: FakeApi, shapes: Shapes) -> None:
    """At once when it is sought first; a fault changes nothing; what is sought no more is not read any more."""
    await api.put(PATH, an_object("LeaderWorkerSet"))
    read = shape("support", LWS, an_object("LeaderWorkerSet"))
    await until(lambda: shapes.seek(SOUGHT) == (read,))
    api.fail_next(PATH, answering(500))
    asked = api.count(PATH)
    await until(lambda: api.count(PATH) > asked + 1)
    assert shapes.seek(SOUGHT) == (read,)
    assert shapes.seek(frozenset()) == ()


async def test_an_elder_version_is_read_where_the_cluster_serves_no_newer_one(api: FakeApi, shapes: Shapes) -> None:
    """Two operators serve MPIJobs."""
    job = ref_of("MPIJob")
    await api.put("/apis/kubeflow.org/v1/namespaces/support/mpijobs/served", an_object("MPIJob"))
    await until(lambda: bool(shapes.seek(frozenset({("support", job)}))))
    assert shapes.seek(frozenset({("support", job)})) == (shape("support", job, an_object("MPIJob")),)


@pytest.mark.parametrize(("status", "why"), [(404, "there is no LeaderWorkerSet served"), (403, "its role needs")])
async def test_what_cannot_be_read_says_why(api: FakeApi, shapes: Shapes, status: int, why: str) -> None:
    """Who reads the advice sees what to do."""
    for _ in range(50):
        api.fail_next(PATH, answering(status))

    await until(lambda: shapes.seek(SOUGHT))
    (found,) = shapes.seek(SOUGHT)
    assert why in found.missing
