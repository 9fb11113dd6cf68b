"""Owner chains are found once per owner, and never by a name alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aicost.cluster.connection import Connection
from aicost.cluster.owners import Owners
from aicost.cluster.pods import OwnerReference, controller_of
from aicost.core.identity import ObjectRef
from aicost.ports import Forbidden, Unavailable
from tests.cluster.fake_api import FakeApi, answering
from tests.cluster.manifests import an_owner

SET = OwnerReference(ObjectRef("apps", "ReplicaSet", "chat-7d"), "uid-set")
SET_PATH = "/apis/apps/v1/namespaces/support/replicasets/chat-7d"
CHAIN = (SET.ref, ObjectRef("apps", "Deployment", "chat"))


async def a_replica_set(api: FakeApi, uid: str = "uid-set", **metadata: Any) -> None:
    owner = an_owner("Deployment", "chat")
    await api.put(SET_PATH, {"metadata": {"name": "chat-7d", "uid": uid, "ownerReferences": [owner], **metadata}})


async def test_one_question_per_owner(api: FakeApi, connection: Connection) -> None:
    """However many pods it has, and however many ask at once; forgotten owners are asked about again."""
    await a_replica_set(api)
    owners = Owners(connection)
    assert set(await asyncio.gather(*(owners.chain("support", SET) for _ in range(5)))) == {CHAIN}
    assert (api.count(SET_PATH), api.count("GET")) == (1, 2)
    owners.forget(frozenset({"uid-set"}))
    await owners.chain("support", SET)
    assert api.count("GET") == 2
    owners.forget(frozenset())
    await owners.chain("support", SET)
    assert api.count("GET") == 4


LWS = "leaderworkerset.x-k8s.io"
CHAINS = {
    "KServe": (
        ("apps/v1", "replicasets", "ReplicaSet"),
        ("apps/v1", "deployments", "Deployment"),
        ("serving.kserve.io/v1beta1", "inferenceservices", "InferenceService"),
    ),
    "KServe on Knative": (
        ("apps/v1", "replicasets", "ReplicaSet"),
        ("apps/v1", "deployments", "Deployment"),
        ("serving.knative.dev/v1", "revisions", "Revision"),
        ("serving.knative.dev/v1", "configurations", "Configuration"),
        ("serving.knative.dev/v1", "services", "Service"),
        ("serving.kserve.io/v1beta1", "inferenceservices", "InferenceService"),
    ),
    "a worker of a LeaderWorkerSet": (
        ("apps/v1", "statefulsets", "StatefulSet"),
        ("v1", "pods", "Pod"),
        ("apps/v1", "statefulsets", "StatefulSet"),
        (f"{LWS}/v1", "leaderworkersets", "LeaderWorkerSet"),
        ("serving.kserve.io/v1alpha1", "llminferenceservices", "LLMInferenceService"),
    ),
    "a RayService": (("ray.io/v1", "rayclusters", "RayCluster"), ("ray.io/v1", "rayservices", "RayService")),
    "a TrainJob": (
        ("batch/v1", "jobs", "Job"),
        ("jobset.x-k8s.io/v1alpha2", "jobsets", "JobSet"),
        ("trainer.kubeflow.org/v1alpha1", "trainjobs", "TrainJob"),
    ),
    "a PyTorchJob": (("kubeflow.org/v1", "pytorchjobs", "PyTorchJob"),),
}


@pytest.mark.parametrize("steps", CHAINS.values(), ids=CHAINS.keys())
async def test_a_chain_goes_up_to_what_a_team_deploys(
    api: FakeApi, connection: Connection, steps: tuple[tuple[str, str, str], ...]
) -> None:
    """Through what controllers make of it; by metadata only, one request a step, the last not asked about."""
    for place, (version, plural, _) in enumerate(steps[:-1]):
        above = {"metadata": {"uid": f"uid-x{place}", "ownerReferences": [owner_at(steps, place + 1)]}}
        await api.put(f"/{'api' if version == 'v1' else 'apis'}/{version}/namespaces/support/{plural}/x{place}", above)
    first = controller_of({"ownerReferences": [owner_at(steps, 0)]})
    chain = await Owners(connection).chain("support", first)
    assert [(ref.kind, ref.name) for ref in chain] == [(kind, f"x{place}") for place, (_, _, kind) in enumerate(steps)]
    assert api.count("GET") == len(steps) - 1


def owner_at(steps: tuple[tuple[str, str, str], ...], place: int) -> dict[str, Any]:
    """The reference to one of a chain."""
    version, _, kind = steps[place]
    return an_owner(kind, f"x{place}", version)


async def test_a_chain_ends_where_an_earlier_chart_gives_no_right(
    api: FakeApi, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """What is known of it counts, and it is said once; that of a ReplicaSet is needed to find anything."""
    await a_replica_set(api)
    for _ in range(2):
        api.fail_next("deployments", answering(403))
        owners = Owners(connection)
        assert await owners.chain("support", SET) == CHAIN
    assert caplog.text.count("what controls deployments is not known") == 2
    api.fail_next("replicasets", answering(403))
    with pytest.raises(Forbidden):
        await Owners(connection).chain("support", SET)


async def test_a_job_of_a_cron_job(api: FakeApi, connection: Connection) -> None:
    """The second chain that Kubernetes itself makes."""
    owner = an_owner("CronJob", "nightly", "batch/v1")
    await api.put("/apis/batch/v1/namespaces/support/jobs/n-1", {"metadata": {"uid": "j", "ownerReferences": [owner]}})
    job = OwnerReference(ObjectRef("batch", "Job", "n-1"), "j")
    assert await Owners(connection).chain("support", job) == (job.ref, ObjectRef("batch", "CronJob", "nightly"))


async def test_other_controllers_are_taken_as_given(api: FakeApi, connection: Connection) -> None:
    """The operator may not read every kind, and need not."""
    job = OwnerReference(ObjectRef("batch.volcano.sh", "Job", "r"), "r")
    assert await Owners(connection).chain("support", job) == (job.ref,)
    assert await Owners(connection).chain("support", None) == ()
    assert api.requests == []


@pytest.mark.parametrize("uid", ["another", None])
async def test_an_owner_of_another_uid_or_none_ends_the_chain(
    api: FakeApi, connection: Connection, uid: str | None
) -> None:
    """Created again under the same name, or gone: what it was owned by is not known."""
    if uid:
        await a_replica_set(api, uid)
    assert await Owners(connection).chain("support", SET) == (SET.ref,)


async def test_a_failure_is_not_remembered(api: FakeApi, connection: Connection) -> None:
    """The next question is asked anew."""
    await a_replica_set(api)
    owners = Owners(connection)
    api.fail_next("GET", answering(500))
    with pytest.raises(Unavailable):
        await owners.chain("support", SET)
    assert await owners.chain("support", SET) == CHAIN
