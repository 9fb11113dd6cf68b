"""Anthropic's own client as a judge of the emulator, and of what we ask."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anthropic as anthropic_sdk

from aicost.core.window import Window, instant
from tests.sources.tokens.anthropic.conftest import KEY, ORGANISATION, Anthropic

DAY = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-02T00:00:00Z"))


async def test_what_is_served_parses_and_what_is_asked_could_be_asked(anthropic: Anthropic) -> None:
    """Cost and usage of a day, and the manners in which it was used."""
    await anthropic.read(DAY)
    ours = [of for of in anthropic.asked() if "/analytics/" in of[0]]
    batches = replace(ORGANISATION.usage[0], service_tier="batch", speed="fast", inference_geo="us")
    anthropic.has(usage=(*ORGANISATION.usage, batches))
    await anthropic.read(DAY)
    by_manner = [of for of in anthropic.asked() if "/analytics/" in of[0]]
    client = anthropic_sdk.Anthropic(
        api_key=KEY,
        base_url=(anthropic.source.url or "").removesuffix("/v1"),
        _strict_response_validation=True,
        max_retries=0,
    )
    by: list[Any] = ["workspace_id", "api_key_id", "user_profile_id", "actor", "model"]
    over: dict[str, Any] = {
        "starting_at": "2026-11-01T00:00:00Z",
        "ending_at": "2026-11-02T00:00:00Z",
        "time_bucket_width": "1d",
        "limit": 1000,
    }
    analytics = client.beta.organization.analytics
    cost = analytics.cost.list(**over, group_by=[*by, "cost_type", "token_type"])
    usage = analytics.usage.list(**over, group_by=by)
    used: list[Any] = ["service_tier", "context_window", "inference_geo", "speed"]
    manners = analytics.usage.list(**over, group_by=used)
    assert anthropic.asked() == ours
    analytics.cost.list(**over, group_by=[*by, "cost_type", "token_type"])
    analytics.usage.list(**over, group_by=used)
    analytics.usage.list(**over, group_by=by, service_tiers=["batch"], speeds=["fast"], inference_geos=["us"])
    analytics.usage.list(**over, group_by=by)
    assert anthropic.asked() == by_manner
    assert {row.group.service_tier for row in manners.data} == {"standard", "batch"}
    assert sum(float(row.cost.amount) for row in cost.data) == 180_000
    assert sum(row.usage.total_tokens for row in usage.data) == 6520 + 1500
