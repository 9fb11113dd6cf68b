"""OpenAI's own client as a judge of the emulator, and of what we ask."""

from __future__ import annotations

from typing import Any

import openai as openai_sdk

from aicost.core.window import Window, instant
from tests.sources.tokens.conftest import KEY, OpenAI

DAY = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-02T00:00:00Z"))


def value(row: object, *names: str) -> float:
    """An attribute of an attribute, of the type that the client chose for the row among many."""
    for name in names:
        row = getattr(row, name)
    assert isinstance(row, int | float)
    return row


async def test_what_is_served_parses_and_what_is_asked_could_be_asked(openai: OpenAI) -> None:
    """Costs, completions and embeddings of a day."""
    await openai.read(DAY)
    ours = openai.asked()
    client = openai_sdk.OpenAI(
        admin_api_key=KEY, base_url=openai.source.url, _strict_response_validation=True, max_retries=0
    )
    over: dict[str, Any] = {"start_time": DAY.start, "end_time": DAY.end, "bucket_width": "1d", "limit": 1}
    usage = client.admin.organization.usage
    costs = usage.costs(**over, group_by=["project_id", "api_key_id", "user_id", "line_item"])
    by: list[Any] = ["project_id", "api_key_id", "user_id", "model"]
    completions = usage.completions(**over, group_by=by)
    embeddings = usage.embeddings(**over, group_by=by)
    assert openai.asked() == ours
    amounts = [value(row, "amount", "value") for row in costs.data[0].results]
    tokens = [value(row, "input_tokens") for page in (completions, embeddings) for row in page.data[0].results]
    assert (sum(amounts), sum(tokens)) == (3200, 1570)
