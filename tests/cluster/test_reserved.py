"""The reserved unit is created where it is missing, and nothing is ever made of a failure."""

from __future__ import annotations

import pytest

from aicost.api.declared import Translated
from aicost.api.unit import BusinessUnit
from aicost.cluster.connection import Connection
from aicost.cluster.reserved import MANIFEST, ReservedUnit
from aicost.cluster.resources import ResourceStore
from aicost.core.declarations import Declarations
from aicost.ports import ResourceRef
from tests.cluster.fake_api import FakeApi, answering

UNITS = "/apis/aicost.dev/v1alpha1/businessunits"
REF = ResourceRef("BusinessUnit", "", "unallocated")


@pytest.fixture
def store() -> ResourceStore:
    return ResourceStore(lambda _: Translated(Declarations()))


@pytest.fixture
def reserved(connection: Connection, store: ResourceStore) -> ReservedUnit:
    return ReservedUnit(connection, store)


async def test_it_is_created_once_and_again(api: FakeApi, reserved: ReservedUnit, store: ResourceStore) -> None:
    """The store has it at once, so that it gets its status; it comes back after it was deleted, and is marked as ours."""
    await reserved.ensure()
    await reserved.ensure()
    assert api.requests == [f"POST {UNITS}"]
    created = store.resource(REF)
    assert created
    assert created["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "aicost"}
    store.observe("DELETED", created)
    await api.delete(f"{UNITS}/unallocated")
    await reserved.ensure()
    assert f"{UNITS}/unallocated" in api.objects


def test_what_is_created_is_accepted() -> None:
    """The model of the API, and so the API server, takes it."""
    assert BusinessUnit.model_validate({**MANIFEST}, extra="forbid").metadata.name == "unallocated"


async def test_one_that_is_there_is_left_alone(api: FakeApi, reserved: ReservedUnit) -> None:
    """Whoever was faster keeps what they declared."""
    api.fail_next("POST", answering(409))
    await reserved.ensure()
    assert api.objects == {}


async def test_a_missing_right_is_said_once(
    api: FakeApi, reserved: ReservedUnit, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried again, names the rule that it needs once, and raises nothing."""
    for _ in range(3):
        api.fail_next("POST", answering(403))
        await reserved.ensure()
    assert api.count("POST") == 3
    assert caplog.text.count('allow "create" on "businessunits"') == 1
