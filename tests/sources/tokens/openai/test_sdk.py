"""OpenAI's own client as a judge of the emulator, and of what we ask."""

from __future__ import annotations

from typing import Any

import openai as openai_sdk

from aicost.core.modalities import Modality, beyond_text, text_of
from aicost.core.usage import Tokens
from aicost.core.window import Window, instant
from e2e.emulators.openai_organisation import Usage
from tests.sources.tokens.conftest import KEY, OpenAI

DAY = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-02T00:00:00Z"))


def value(row: object, *names: str) -> float:
    """An attribute of an attribute, of the type that the client chose for the row among many."""
    for name in names:
        row = getattr(row, name)
    assert isinstance(row, int | float)
    return row


BY_KEY = ["project_id", "api_key_id", "user_id"]


async def test_what_is_served_parses_and_what_is_asked_could_be_asked(openai: OpenAI) -> None:
    """Costs and every kind of usage of a day, and the names."""
    await openai.read(DAY)
    ours = openai.asked()
    client = openai_sdk.OpenAI(
        admin_api_key=KEY, base_url=openai.source.url, _strict_response_validation=True, max_retries=0
    )
    over: dict[str, Any] = {"start_time": DAY.start, "end_time": DAY.end, "bucket_width": "1d", "limit": 1}
    usage = client.admin.organization.usage
    costs = usage.costs(**over, group_by=["project_id", "api_key_id", "user_id", "line_item"])
    by_model: list[Any] = [*BY_KEY, "model"]
    by_manner: list[Any] = [*by_model, "batch", "service_tier"]
    tokens = (usage.completions(**over, group_by=by_manner), usage.embeddings(**over, group_by=by_model))
    counted: dict[str, Any] = {
        "images": usage.images(**over, group_by=[*by_model, "size"]),
        "characters": usage.audio_speeches(**over, group_by=by_model),
        "usage_bytes": usage.vector_stores(**over, group_by=["project_id"]),
        "num_sessions": usage.code_interpreter_sessions(**over, group_by=["project_id"]),
        "input_tokens": usage.moderations(**over, group_by=by_model),
        "num_requests": usage.web_search_calls(**over, group_by=by_model),
    }
    usage.audio_transcriptions(**over, group_by=by_model)
    usage.decisions(**over, group_by=by_manner)
    searches = usage.file_search_calls(**over, group_by=list[Any](BY_KEY))
    projects = client.admin.organization.projects
    named = [project.name for project in projects.list(limit=100, include_archived=True)]
    for project in ("proj_support", "proj_shared"):
        named += [key.name for key in projects.api_keys.list(project, limit=100, owner_project_access="any")]
    assert openai.asked() == ours
    assert {"Support", "chat", "gateway"} <= set(named)
    assert sum(value(row, "amount", "value") for row in costs.data[0].results) == 3200
    assert sum(value(row, "input_tokens") for page in tokens for row in page.data[0].results) == 1570
    assert {name: sum(value(row, name) for row in page.data[0].results) for name, page in counted.items()} == {
        "images": 13,
        "characters": 8000,
        "usage_bytes": 10**9,
        "num_sessions": 4,
        "input_tokens": 900,
        "num_requests": 3,
    }
    assert sum(value(row, "num_requests") for row in searches.data[0].results) == 2


async def test_what_is_told_of_audio_and_images_parses_and_sums_to_the_tokens(openai: OpenAI) -> None:
    """Each part has a field of its own in the client's type, and with the text they are all tokens: so our parser takes them."""
    said = {"input_audio": 300, "input_cached_audio": 100, "output_audio": 40}
    seen = {"input_image": 50, "input_cached_image": 20, "output_image": 10}
    openai.has(usage=(Usage("2026-11-01", "gpt-realtime", 1000, 200, 400, 100, 3, parts=said | seen),))
    client = openai_sdk.OpenAI(
        admin_api_key=KEY, base_url=openai.source.url, _strict_response_validation=True, max_retries=0
    )
    told = client.admin.organization.usage.completions(start_time=DAY.start, end_time=DAY.end, limit=1)
    [row] = told.data[0].results
    assert {part: value(row, f"{part}_tokens") for part in said | seen} == said | seen
    fresh = "input_text", "input_audio", "input_image"
    cached = "input_cached_text", "input_cached_audio", "input_cached_image"
    assert sum(value(row, f"{part}_tokens") for part in fresh) == value(row, "input_uncached_tokens") == 500
    assert sum(value(row, f"{part}_tokens") for part in cached) == value(row, "input_cached_tokens") == 400
    reading = await openai.read(DAY)
    [counted] = reading.usage
    assert beyond_text(counted.measured) == {
        Modality.AUDIO_INPUT: 300,
        Modality.CACHED_AUDIO_INPUT: 100,
        Modality.AUDIO_OUTPUT: 40,
        Modality.IMAGE_INPUT: 50,
        Modality.CACHED_IMAGE_INPUT: 20,
        Modality.IMAGE_OUTPUT: 10,
    }
    assert text_of(counted.tokens, counted.measured) == Tokens(1000 - 470, 280, 100, 150, 3)
