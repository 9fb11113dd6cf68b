"""Owner chains are found once per owner, and never by a name alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aicost.cluster.connection import Connection
from aicost.cluster.owners import Owners
from aicost.cluster.pods import OwnerReference
from aicost.core.identity import ObjectRef
from aicost.ports import Unavailable
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
    assert api.count("GET") == 1
    owners.forget(frozenset({"uid-set"}))
    await owners.chain("support", SET)
    assert api.count("GET") == 1
    owners.forget(frozenset())
    await owners.chain("support", SET)
    assert api.count("GET") == 2


async def test_a_job_of_a_cron_job(api: FakeApi, connection: Connection) -> None:
    """The second chain that Kubernetes itself makes."""
    owner = an_owner("CronJob", "nightly", "batch/v1")
    await api.put("/apis/batch/v1/namespaces/support/jobs/n-1", {"metadata": {"uid": "j", "ownerReferences": [owner]}})
    job = OwnerReference(ObjectRef("batch", "Job", "n-1"), "j")
    assert await Owners(connection).chain("support", job) == (job.ref, ObjectRef("batch", "CronJob", "nightly"))


async def test_other_controllers_are_taken_as_given(api: FakeApi, connection: Connection) -> None:
    """The operator may not read every kind, and need not."""
    cluster = OwnerReference(ObjectRef("ray.io", "RayCluster", "r"), "r")
    assert await Owners(connection).chain("support", cluster) == (cluster.ref,)
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
