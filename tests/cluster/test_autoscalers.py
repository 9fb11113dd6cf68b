"""Who is scaled by an autoscaler is listed now and then."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from aicost.cluster.autoscalers import Autoscalers, scaler
from aicost.cluster.connection import Connection
from aicost.core.identity import ObjectRef
from aicost.core.recommendations.live import Scaler
from aicost.ports import Malformed
from tests.cluster.conftest import until
from tests.cluster.fake_api import FakeApi, answering

PATH = "/apis/autoscaling/v2/horizontalpodautoscalers"


def an_autoscaler(name: str = "chat", *, kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    """As a list shows it."""
    target = {"apiVersion": "apps/v1", "kind": kind, "name": "chat"}
    metadata = {"name": name, "namespace": "support", "uid": name}
    return {"metadata": metadata, "spec": {"scaleTargetRef": target, "maxReplicas": 4, **spec}}


CHAT = Scaler("support", ObjectRef("apps", "Deployment", "chat"), 1, 4, "HorizontalPodAutoscaler chat")


def test_one_that_keda_made_is_named_after_what_the_team_wrote() -> None:
    """Its ScaledObject, by the label that KEDA sets."""
    made = an_autoscaler("keda-hpa-chat", minReplicas=2)
    made["metadata"]["labels"] = {"scaledobject.keda.sh/name": "chat"}
    assert scaler(made) == Scaler("support", CHAT.target, 2, 4, "ScaledObject chat")


async def test_they_are_listed_again_and_again(api: FakeApi, connection: Connection) -> None:
    """Until the first list nobody knows; a list that fails changes nothing."""
    await api.put(f"{PATH}/chat", an_autoscaler())
    api.fail_next(PATH, answering(500))
    autoscalers = Autoscalers(connection, every=0.02, retry=0.01)
    assert autoscalers.scalers is None
    task = asyncio.create_task(autoscalers.run())
    await until(lambda: autoscalers.scalers == (CHAT,))
    await api.delete(f"{PATH}/chat", told=False)
    await until(lambda: autoscalers.scalers == ())
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_who_may_not_list_them_knows_nothing(
    api: FakeApi, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """And says so: an earlier chart's role has no such right."""
    api.fail_next(PATH, answering(403))
    autoscalers = Autoscalers(connection, every=60)
    task = asyncio.create_task(autoscalers.run())
    await until(lambda: "who is scaled by an autoscaler is not known" in caplog.text)
    assert autoscalers.scalers is None
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_list_that_cannot_be_read_is_said(api: FakeApi, connection: Connection) -> None:
    """Nothing of it counts."""
    await api.put(f"{PATH}/chat", an_autoscaler(scaleTargetRef=None))
    with pytest.raises(Malformed, match="a list of autoscalers cannot be read"):
        await Autoscalers(connection).relist()
