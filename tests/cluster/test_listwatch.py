"""A watch never dies, misses nothing, and says when it is not in step."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from aicost.cluster.connection import Connection
from aicost.cluster.listwatch import ListWatch, Pace
from aicost.cluster.requests import PODS, Resource
from aicost.cluster.watches import Change
from aicost.core.window import Instant
from tests.cluster.conftest import FAST, SetClock, until
from tests.cluster.fake_api import FakeApi, answering, opened, tell
from tests.cluster.manifests import a_pod
from tests.support.builders import at

ALL = "/api/v1/pods"
UNKNOWN = Resource("example.com", "v1", "unknowns")


class Names:
    """Keeps the names of pods; one name is poison."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.lists: list[tuple[Instant, Instant | None]] = []
        self.heard: list[tuple[str, Instant, Instant]] = []

    def project(self, item: Mapping[str, Any]) -> str | None:
        return str(item["metadata"]["name"])

    def on_list(self, items: Sequence[str], at: Instant, since: Instant | None) -> None:
        self.names = set(items)
        self.lists.append((at, since))

    def on_event(self, change: Change, item: str, at: Instant, since: Instant) -> None:
        self.heard.append((item, at, since))
        if item == "poison":
            raise RuntimeError(f"a bug at {at}")
        (self.names.discard if change == "DELETED" else self.names.add)(item)


class Pods(FakeApi):
    """The fake API with pods by their names."""

    async def add(self, name: str, **more: Any) -> None:
        await self.put(f"{ALL}/{name}", a_pod(name, **more))

    async def remove(self, name: str, *, told: bool = True) -> None:
        await self.delete(f"{ALL}/{name}", told=told)


@pytest.fixture
async def api() -> AsyncIterator[Pods]:
    async with Pods() as running:
        yield running


@contextlib.asynccontextmanager
async def following(
    connection: Connection, clock: SetClock, pace: Pace = FAST
) -> AsyncIterator[tuple[Names, ListWatch[str]]]:
    names = Names()
    watch = ListWatch(connection, PODS, names, clock, pace)
    task = asyncio.create_task(watch.run())
    try:
        yield names, watch
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 1)


async def test_it_lists_in_pages_and_then_hears_of_changes(api: Pods, connection: Connection, clock: SetClock) -> None:
    """Five pods come in three pages; what happens later comes by the watch alone."""
    for name in "abcde":
        await api.add(name)
    async with following(connection, clock) as (names, watch):
        await until(lambda: watch.synced_at == at(0))
        assert names.names == set("abcde")
        await api.add("f")
        await api.remove("a")
        await until(lambda: names.names == set("bcdef"))
    assert api.count(f"GET {ALL}") == 3


async def test_it_goes_on_from_where_it_was(api: Pods, connection: Connection, clock: SetClock) -> None:
    """A torn stream is taken up again at the last version; nothing is listed again."""
    await api.add("a")
    api.fail_next("watch", torn)
    async with following(connection, clock) as (names, _):
        await until(lambda: api.count("watch") == 2)
        await api.add("b")
        await until(lambda: names.names == {"a", "b"})
    assert api.count(f"GET {ALL}") == 1


async def test_what_is_heard_late_may_have_happened_since_the_stream_was_in_step(
    api: Pods, connection: Connection, clock: SetClock
) -> None:
    """A deletion during a break is told at the next version with the last moment in step, not as if it were new."""
    await api.add("a")
    api.fail_next("watch", torn)
    async with following(connection, clock) as (names, watch):
        await until(lambda: watch.synced_at == at(0) and api.count("watch") == 2)
        clock.set(40)
        await api.remove("a")
        await until(lambda: names.names == set())
    assert names.heard[-1] == ("a", at(40), at(0))


async def torn(request: web.Request) -> web.StreamResponse:
    response = await opened(request)
    await tell(response, "BOOKMARK", {"metadata": {"resourceVersion": "101"}})
    await response.write(b'{"type": "ADD')
    assert request.transport is not None
    request.transport.abort()
    return response


async def test_a_silent_stream_is_given_up(api: Pods, connection: Connection, clock: SetClock) -> None:
    """A server sends bookmarks; one that says nothing for long is asked anew."""
    api.fail_next("watch", stalled)
    async with following(connection, clock, replace(FAST, silence=0.05)) as (names, _):
        await until(lambda: api.count("watch") >= 2)
        await api.add("a")
        await until(lambda: names.names)
    assert names.names == {"a"}


async def stalled(request: web.Request) -> web.StreamResponse:
    response = await opened(request)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.5)
    return response


async def gone_inside(request: web.Request) -> web.StreamResponse:
    response = await opened(request)
    await tell(response, "ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})
    return response


@pytest.mark.parametrize("fault", [answering(410, "too old"), gone_inside], ids=["answer", "event"])
async def test_what_a_gap_hid_is_found(api: Pods, connection: Connection, clock: SetClock, fault: Any) -> None:
    """After 410 everything is listed again, and a deletion in between is noticed, with the time it may lie in."""
    await api.add("a")
    await api.add("b")
    async with following(connection, clock, replace(FAST, watch=(1, 1))) as (names, watch):
        await until(lambda: watch.synced_at == at(0) and api.count("watch") == 1)
        clock.set(500)
        await until(lambda: watch.synced_at == at(500))
        api.fail_next("watch", fault)
        await api.remove("a", told=False)
        await api.end_watches()
        await until(lambda: names.names == {"b"})
    assert names.lists[-1] == (at(500), at(500))


@pytest.mark.parametrize("code", [500, 503, 403, 401, 404])
async def test_errors_are_tried_again(api: Pods, connection: Connection, clock: SetClock, code: int) -> None:
    """Whatever the first list is answered, the watch begins as soon as the server answers properly."""
    await api.add("a")
    for _ in range(3):
        api.fail_next("GET", answering(code))
    async with following(connection, clock) as (names, watch):
        assert watch.synced_at is None
        await until(lambda: names.names == {"a"})


async def test_retry_after_is_honoured(api: Pods, connection: Connection, clock: SetClock) -> None:
    """The server says how long it wants to be left alone."""
    api.fail_next("GET", answering(429, **{"Retry-After": "1"}))
    async with following(connection, clock) as (_, watch):
        await asyncio.sleep(0.7)
        assert len(api.requests) == 1
        await until(lambda: watch.synced_at is not None)


async def test_a_list_that_expires_between_pages_begins_anew(
    api: Pods, connection: Connection, clock: SetClock
) -> None:
    """Half a list is never shown."""
    for name in "abc":
        await api.add(name)
    async with following(connection, clock) as (names, _):
        api.fail_next("GET", api_then_gone(api))
        await until(lambda: names.names == set("abc"))
        assert len(names.lists) == 1


def api_then_gone(api: Pods) -> Callable[[web.Request], Any]:
    async def fault(request: web.Request) -> web.StreamResponse:
        api.fail_next("GET", answering(410))
        return api._list(request)  # noqa: SLF001 # the fake's own answer, with a fault after it

    return fault


async def test_time_alone_is_a_reason_to_list_again(api: Pods, connection: Connection, clock: SetClock) -> None:
    """A deletion that no watch told of is noticed."""
    await api.add("a")
    async with following(connection, clock, replace(FAST, relist=0.1)) as (names, _):
        await until(lambda: names.names == {"a"})
        await api.remove("a", told=False)
        await until(lambda: not names.names)
    assert api.count(f"GET {ALL}") >= 2


async def test_a_bug_of_ours_ends_nothing(api: Pods, connection: Connection, clock: SetClock) -> None:
    """An exception in the follower is logged, and everything is listed again."""
    async with following(connection, clock) as (names, _):
        await until(lambda: api.count("watch") == 1)
        await api.add("poison")
        await until(lambda: names.names == {"poison"})
        await api.add("a")
        await until(lambda: "a" in names.names)
    assert names.names == {"poison", "a"}


async def test_an_object_that_cannot_be_read_is_left_out(
    api: Pods, connection: Connection, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The others count all the same, and the log names it."""
    await api.add("a")
    await api.put(f"{ALL}/bad", {"metadata": {"uid": "bad"}})
    async with following(connection, clock) as (names, _):
        await until(lambda: names.names == {"a"})
    assert "left out" in caplog.text


async def test_only_line_feeds_end_lines(api: Pods, connection: Connection, clock: SetClock) -> None:
    """An annotation may hold characters that Python takes for line ends."""
    async with following(connection, clock) as (names, _):
        await until(lambda: api.count("watch") == 1)
        await api.add("a", annotations={"note": "one\u0085two\u2028three"})
        await until(lambda: names.names == {"a"})
    assert api.count(f"GET {ALL}") == 1


async def test_a_lost_watch_is_not_in_step(api: Pods, connection: Connection, clock: SetClock) -> None:
    """While the server does not answer, nobody may believe that nothing happens."""
    async with following(connection, clock) as (_, watch):
        await until(lambda: watch.synced_at is not None)
        before = watch.synced_at
        for _ in range(50):
            api.fail_next("watch", answering(500))
        await api.end_watches()
        await until(lambda: watch.synced_at is None)
        api.faults.clear()
        await until(lambda: watch.synced_at is not None)
        assert watch.synced_at == before


async def test_what_the_server_does_not_know_may_be_optional(connection: Connection, clock: SetClock) -> None:
    """Then nothing of it exists, which is complete; asked again now and then, it is followed once it is there."""
    names = Names()
    watch = ListWatch(connection, UNKNOWN, names, clock, replace(FAST, silence=0.05), optional=True)
    task = asyncio.create_task(watch.run())
    await until(lambda: len(names.lists) > 1)
    assert (names.names, watch.synced_at) == (set(), clock.now())
    clock.set(60)
    await until(lambda: watch.synced_at == at(60))
    task.cancel()


async def test_a_kind_that_is_not_optional_is_missed(connection: Connection, clock: SetClock) -> None:
    """A server that does not know pods is no server without pods."""
    names = Names()
    watch = ListWatch(connection, UNKNOWN, names, clock, FAST)
    task = asyncio.create_task(watch.run())
    await asyncio.sleep(0.1)
    assert (names.lists, watch.synced_at) == ([], None)
    task.cancel()
