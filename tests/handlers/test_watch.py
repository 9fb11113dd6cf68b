"""What kopf is given to do: watch four kinds, hand over events, and nothing that writes to a resource."""

from __future__ import annotations

import asyncio
import ssl
import threading
from typing import Any

import pytest
from kopf._core.intents import registries

from aicost.api.declared import Translated
from aicost.cluster.access import Access
from aicost.cluster.kinds import KINDS
from aicost.cluster.resources import ResourceStore
from aicost.core.declarations import Declarations
from aicost.handlers import ResourceWatch
from aicost.handlers.watch import _settings
from aicost.ports import ResourceRef
from tests.cluster.conftest import until
from tests.cluster.fake_api import FakeApi

ACCESS = Access("https://127.0.0.1:1", ssl.create_default_context(), lambda: "Bearer canary")


async def a_watch(access: Access = ACCESS) -> tuple[ResourceWatch, ResourceStore]:
    store = ResourceStore(lambda _: Translated(Declarations()))
    return ResourceWatch(store, access), store


def handlers(of: Any) -> list[Any]:
    """All handlers of one of kopf's registries."""
    return list(of._handlers)  # noqa: SLF001 # kopf offers no other way to look at what is registered


async def registry() -> Any:
    watch, _ = await a_watch()
    return watch._registry()  # noqa: SLF001 # what kopf is given


async def test_only_events_of_our_four_kinds_are_watched() -> None:
    """One handler of raw events for each kind, by group, version and plural name."""
    watched = handlers((await registry())._watching)  # noqa: SLF001 # see above
    selectors = [(h.selector.group, h.selector.version, h.selector.any_name) for h in watched]
    assert selectors == [("aicost.dev", "v1alpha1", kind.plural) for kind in KINDS.values()]


async def test_nothing_is_registered_that_would_write() -> None:
    """No change handler, daemon, timer, index or webhook: kopf leaves no annotation and no finalizer anywhere."""
    made = await registry()
    for name in ("_changing", "_spawning", "_indexing", "_webhooks"):
        assert handlers(getattr(made, name)) == []
    (login,) = handlers(made._activities)  # noqa: SLF001 # see above
    assert login.fn().token == "canary"


async def test_an_event_goes_into_the_store() -> None:
    """Added and deleted objects are there and gone; an object of the first list has no change type."""
    watch, store = await a_watch()
    made: registries.OperatorRegistry = watch._registry()  # noqa: SLF001 # see above
    observe = handlers(made._watching)[0].fn  # noqa: SLF001 # see above
    metadata = {"name": "care", "uid": "u", "resourceVersion": "7", "generation": 1}
    body = {"kind": "BusinessUnit", "metadata": metadata, "spec": {}}
    await observe(event={"type": None, "object": body}, patch={}, memo=None)
    assert store.resource(ResourceRef("BusinessUnit", "", "care")) == body
    gone = {**body, "metadata": {**metadata, "resourceVersion": "8"}}
    await observe(event={"type": "DELETED", "object": gone}, patch={}, memo=None)
    assert store.resource(ResourceRef("BusinessUnit", "", "care")) is None


def test_kopf_posts_nothing_and_scans_nothing() -> None:
    """Its own Events are off, and it does not watch CRDs or namespaces, which the operator's account may not."""
    made = _settings()
    assert not made.posting.enabled
    assert made.scanning.disabled
    assert made.peering.standalone is not None


@pytest.mark.parametrize("end", [RuntimeError, SystemExit])
async def test_a_watch_that_ends_by_itself_is_noticed(
    end: type[BaseException], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When kopf cannot go on, `died` is set on the operator's loop, so that a fresh process can begin."""

    def fails(_: ResourceWatch) -> None:
        raise end("kopf fell over")

    monkeypatch.setattr(ResourceWatch, "_registry", fails)
    watch, _ = await a_watch()
    watch.start()
    await asyncio.wait_for(watch.died.wait(), 10)
    await watch.stop()
    assert "kopf fell over" in caplog.text


UNITS = "/apis/aicost.dev/v1alpha1/businessunits"
CARE = ResourceRef("BusinessUnit", "", "care")


def a_group(name: str, version: str, *resources: tuple[str, str]) -> dict[str, dict[str, Any]]:
    """Discovery of one API group: kinds and plurals."""
    listed = [
        {"name": plural, "kind": kind, "singularName": kind.lower(), "namespaced": False, "verbs": ["list", "watch"]}
        for kind, plural in resources
    ]
    offered = {"groupVersion": f"{name}/{version}", "version": version}
    group = {"name": name, "versions": [offered], "preferredVersion": offered}
    return {"group": group, "resources": {f"/apis/{name}/{version}": {"resources": listed}}}


def discoverable(api: FakeApi) -> None:
    """Let kopf find our kinds, and the two of Kubernetes that it looks for in any cluster."""
    ours = a_group("aicost.dev", "v1alpha1", *((kind, plural.plural) for kind, plural in KINDS.items()))
    crds = a_group("apiextensions.k8s.io", "v1", ("CustomResourceDefinition", "customresourcedefinitions"))
    core = {"name": "namespaces", "kind": "Namespace", "singularName": "", "namespaced": False, "verbs": ["list"]}
    api.objects |= {
        "/api": {"versions": ["v1"]},
        "/api/v1": {"resources": [core]},
        "/apis": {"groups": [ours["group"], crds["group"]]},
        **ours["resources"],
        **crds["resources"],
    }


def a_unit(**labels: str) -> dict[str, Any]:
    return {"kind": "BusinessUnit", "metadata": {"name": "care", "uid": "u", "generation": 1, "labels": labels}}


async def test_what_is_listed_and_what_happens_reaches_the_store(api: FakeApi) -> None:
    """Kopf itself, over HTTP: the first list, a change and a deletion arrive, and nothing is ever written back."""
    discoverable(api)
    await api.put(f"{UNITS}/care", a_unit())
    watch, store = await a_watch(api.access)
    watch.start()
    await until(lambda: store.resource(CARE), 10)
    await api.put(f"{UNITS}/care", a_unit(tier="gold"))
    await until(lambda: (store.resource(CARE) or {})["metadata"]["labels"], 10)
    await api.delete(f"{UNITS}/care")
    await until(lambda: store.resource(CARE) is None, 10)
    await watch.stop()
    assert {asked.partition(" ")[0] for asked in api.requests} == {"GET", "watch"}
    assert not watch.died.is_set()
    assert "kopf" not in {thread.name for thread in threading.enumerate()}


async def test_a_watch_that_never_began_can_be_stopped() -> None:
    """Stopping is safe whatever was reached, and is no death."""
    watch, _ = await a_watch()
    await watch.stop()
    assert not watch.died.is_set()
