"""Names are labels of ids: read last and seldom, cleaned, and never missed."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.ports import Malformed
from aicost.sources.tokens import READERS
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.naming import last_id, parse_list
from aicost.sources.tokens.openai.names import parse_key, parse_project
from e2e.emulators import faults
from e2e.emulators.faults import Act
from tests.sources.tokens.conftest import OVER, WHOLE, OpenAI, by_day
from tests.sources.tokens.drawn import JSON, answer, replaced

KEY: dict[str, Any] = {"id": "key_a", "name": "chat", "owner": {"type": "service_account", "service_account": None}}
ACCOUNT = {"service_account": {"id": "user_1", "name": "bot"}}


def listed(*items: Any, **changes: Any) -> dict[str, Any]:
    return {"object": "list", "data": list(items), "has_more": False, "last_id": None} | changes


async def test_what_is_billed_is_called_by_its_name(openai: OpenAI) -> None:
    """Projects, keys of billed projects, and the service account that a bill calls a user; a name is one clean line."""
    assert (await openai.read()).names == {
        ("project", "proj_support"): "Support",
        ("project", "proj_shared"): "Shared [31mgateway",
        ("project", "proj_idle"): "Idle",
        ("apiKey", "key_a"): "chat",
        ("apiKey", "key_gw"): "gateway",
        ("user", "user_1"): "chat bot",
    }
    assert "ann@example.com" not in str(await openai.read())


async def test_names_are_asked_for_seldom(openai: OpenAI) -> None:
    """The next poll of the same reader leaves them as they were."""
    reader = READERS["OpenAI", "Bill"](Access(openai.secrets, openai.policy, openai.limits))
    assert (await reader.read(openai.source, OVER)).names
    assert (await reader.read(openai.source, OVER)).names is None


@pytest.mark.parametrize("act", [faults.status(403), faults.status(404), faults.status(500), faults.torn()])
async def test_without_names_nothing_is_missing(openai: OpenAI, act: Act) -> None:
    """A key that may not list projects reads the whole bill all the same, and no gap is left."""
    openai.emulator.faults.append(faults.Fault(act, path="/projects"))
    reading = await openai.read()
    assert (by_day(reading), reading.gaps, reading.names) == (WHOLE, (), None)


async def test_lists_are_read_to_their_end(openai: OpenAI) -> None:
    """Of more projects than a page holds, all have their names."""
    openai.has(projects={f"proj_{n:03}": f"Project {n}" for n in range(250)}, keys=())
    assert len((await openai.read()).names or {}) == 250


@given(JSON, st.data())
def test_any_list_is_names_or_malformed(value: Any, data: st.DataObject) -> None:
    """Whatever comes, also deep inside a list that is otherwise right."""
    for parse, item in ((parse_key, KEY), (parse_key, KEY | {"owner": ACCOUNT}), (parse_project, KEY)):
        for document in (value, replaced(listed(item, item), data.draw)):
            with contextlib.suppress(Malformed):
                assert all(parse_list(answer(document), parse).values())


def test_a_list_that_does_not_say_where_it_goes_on_is_malformed() -> None:
    """A list with more to come needs the id of its last."""
    assert last_id(answer(listed(KEY, has_more=True, last_id="key_a"))) == "key_a"
    with pytest.raises(Malformed, match="last_id is missing"):
        last_id(answer(listed(KEY, has_more=True)))
