"""The store shows the newest of every object, in whatever order events and lists arrive."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from aicost.api.declared import Translated
from aicost.cluster.kinds import KINDS
from aicost.cluster.resources import Bodies, ResourceStore
from aicost.core.declarations import Declarations, Unit
from aicost.ports import ResourceRef
from tests.support.builders import at

Json = dict[str, Any]
CARE = ResourceRef("BusinessUnit", "", "care")


def a_unit(version: int, *, name: str = "care", uid: str = "uid", generation: int = 1, **more: Any) -> Json:
    metadata = {"name": name, "uid": uid, "resourceVersion": str(version), "generation": generation}
    return {"kind": "BusinessUnit", "metadata": metadata, **more}


def translated(bodies: Bodies) -> Translated:
    return Translated(Declarations(units=tuple(Unit(body["metadata"]["name"]) for body in bodies["BusinessUnit"])))


@pytest.fixture
def store() -> ResourceStore:
    return ResourceStore(translated)


def names(store: ResourceStore) -> list[str]:
    return [unit.name for unit in store.declarations().declared.units]


def version(store: ResourceStore) -> str | None:
    body = store.resource(CARE)
    return body["metadata"]["resourceVersion"] if body else None


def test_it_is_synced_when_every_kind_was_listed(store: ResourceStore) -> None:
    """Events alone never prove that nothing is missing; the oldest list counts."""
    store.observe(None, a_unit(5))
    for seconds, kind in enumerate(KINDS):
        assert not store.synced
        store.reconcile(kind, [], "9", at(seconds))
    assert store.synced
    assert store.synced_at == at(0)


def test_a_list_removes_what_it_lacks(store: ResourceStore) -> None:
    """The deletion that no event told of."""
    store.observe(None, a_unit(5))
    store.reconcile("BusinessUnit", [a_unit(6, name="search", uid="other")], "9", at(0))
    assert names(store) == ["search"]


def test_a_list_does_not_remove_what_came_after_it(store: ResourceStore) -> None:
    """An object that was created while the list was on its way stays."""
    store.observe("ADDED", a_unit(12))
    store.reconcile("BusinessUnit", [], "9", at(0))
    assert names(store) == ["care"]


def test_a_list_does_not_bring_back_what_was_deleted_after_it(store: ResourceStore) -> None:
    """The event overtook the list."""
    store.observe(None, a_unit(5))
    store.observe("DELETED", a_unit(12))
    store.reconcile("BusinessUnit", [a_unit(5)], "9", at(0))
    assert names(store) == []


def test_an_old_event_changes_nothing(store: ResourceStore) -> None:
    """Kopf's queue may lag behind our own writes; equal versions are the same."""
    store.observe(None, a_unit(8))
    store.observe("MODIFIED", a_unit(7))
    assert version(store) == "8"


def test_the_deletion_of_a_predecessor_leaves_the_successor(store: ResourceStore) -> None:
    """Same name, other UID."""
    store.observe("ADDED", a_unit(12, uid="second"))
    store.observe("DELETED", a_unit(11, uid="first"))
    assert version(store) == "12"


def test_objects_are_sorted(store: ResourceStore) -> None:
    """Equal declarations compare equal, however they arrived."""
    for name in ("b", "a", "c"):
        store.observe(None, a_unit(1, name=name, uid=name))
    assert names(store) == ["a", "b", "c"]


async def test_only_declarations_are_changes(store: ResourceStore) -> None:
    """A new object, another generation and a deletion; not the echo of a status, nor a list without news."""
    changed = store.changes()

    async def told() -> bool:
        await asyncio.sleep(0)
        was = changed.is_set()
        changed.clear()
        return was

    store.observe("ADDED", a_unit(5))
    assert await told()
    store.observe("MODIFIED", a_unit(6, status={"state": "OK"}))
    assert not await told()
    store.observe("MODIFIED", a_unit(7, generation=2))
    assert await told()
    store.reconcile("BusinessUnit", [a_unit(7, generation=2)], "9", at(0))
    assert await told()  # the first list of a kind is news: it may be what was waited for
    store.reconcile("BusinessUnit", [a_unit(7, generation=2)], "9", at(1))
    assert not await told()
    store.observe("DELETED", a_unit(10))
    assert await told()


async def test_another_thread_may_observe(store: ResourceStore) -> None:
    """Kopf runs beside the engine, on its own loop; the engine wakes all the same."""
    changed = store.changes()
    threading.Thread(target=store.observe, args=("ADDED", a_unit(5))).start()
    await asyncio.wait_for(changed.wait(), 1)
    assert store.resource(ResourceRef("BusinessUnit", "", "care")) == a_unit(5)


def test_translation_happens_once_per_change(store: ResourceStore) -> None:
    """Quiet cycles cost nothing."""
    store.observe(None, a_unit(5))
    assert store.declarations() is store.declarations()
