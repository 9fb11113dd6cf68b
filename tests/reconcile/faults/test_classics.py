"""The classic mistakes of cost tools, each over HTTP into the ledger: these fail if somebody makes one again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.reconcile.faults.cluster import STANDARD, Cluster, Provider
from tests.reconcile.world import CHAT, RANK

OVERLAPPING = {"rbac_group_id", "slack_channel_id", "claude_tag_id", "tags", "tag"}
"""What a request may belong to several of: rows by it do not sum to the bill."""
OPENAI_USED = {"input_tokens": 1000, "cached_tokens": 800, "cache_write_tokens": 50, "output_tokens": 7}
ANTHROPIC_USED = {
    "uncached_input_tokens": 150,
    "cache_read_input_tokens": 800,
    "ephemeral_5m_input_tokens": 50,
    "output_tokens": 7,
}
"""The same use, as each of them counts it: one includes what caches gave and took, the other does not."""


async def read(providers: Mapping[str, Provider], **held: Mapping[str, Any]) -> Cluster:
    """A cluster that has read everything once, with these providers holding something else."""
    for name, provider in providers.items():
        provider.reset({**STANDARD[name], **held.get(name, {})})
    cluster = Cluster(providers)
    cluster.declare()
    await cluster.cycle()
    return cluster


async def test_cents_are_no_dollars(providers: Mapping[str, Provider]) -> None:
    """Anthropic's `58000` is 580.00, and OpenAI's `580` is 580.00."""
    anthropic = {"day": "2026-11-01", "amount": "58000", "workspace": "w", "cost_type": "web_search"}
    openai = {"day": "2026-11-01", "amount": "580", "project": "p", "line_item": "storage"}
    cluster = await read(providers, Anthropic={"costs": [anthropic]}, OpenAI={"costs": [openai]})
    assert (cluster.owed("claude"), cluster.owed("openai")) == ({"chat": "580.00"}, {"chat": "580.00"})


@pytest.mark.parametrize(
    ("of", "row"),
    [
        ("OpenAI", {"model": "gpt-6-sol", "project": "p", **OPENAI_USED}),
        ("Anthropic", {"model": "claude", "workspace": "w", **ANTHROPIC_USED}),
    ],
)
async def test_cached_tokens_are_counted_once(
    providers: Mapping[str, Provider], of: str, row: Mapping[str, Any]
) -> None:
    """1,000 tokens went in, whichever way a provider counts: those of caches are among them, not beside them."""
    others: dict[str, Mapping[str, Any]] = {name: {"usage": []} for name in STANDARD}
    cluster = await read(providers, **{**others, of: {"usage": [{"day": "2026-11-01", **row}]}})
    tokens = cluster.store.status(CHAT)["tokens"]
    assert (tokens["input"], tokens["cachedInput"], tokens["cacheWrite"], tokens["output"]) == (1000, 800, 50, 7)


async def test_groups_that_overlap_are_never_asked_for(providers: Mapping[str, Provider]) -> None:
    """No question is split by what a request may have several of, such as tags and RBAC groups, and no such page is read."""
    await read(providers)
    asked = [each for provider in providers.values() for each in provider.emulator.asked]
    split_by = {value for each in asked for name, value in each.params if name.startswith("group_by")}
    assert {"project_id", "workspace_id"} <= split_by
    assert split_by & OVERLAPPING == set()
    assert [each.path for each in asked if "/tag/" in each.path] == []


async def test_a_gateway_adds_nothing_to_the_bill(providers: Mapping[str, Provider]) -> None:
    """What LiteLLM thinks that its requests cost is in no sum: with it the bill is what it is without it."""
    with_it = await read(providers)
    without = await read(providers, LiteLLM={"usage": []})
    assert with_it.billed() == without.billed()
    assert with_it.owed("gw") == {}
    assert with_it.store.status(RANK)["cost"]["charged"] == "60.00"
    assert without.store.status(RANK)["cost"]["charged"] == "0.00"


async def test_two_sources_of_one_account_are_billed_once(providers: Mapping[str, Provider]) -> None:
    """The younger is not read at all, so that no dollar of it is there twice."""
    cluster = await read(providers)
    before = cluster.billed()
    cluster.clock.advance(60)
    spec = {**(cluster.store.resource(cluster.source("OpenAI")) or {})["spec"]}
    cluster.store.apply("UsageSource", "openai-again", spec)
    await cluster.cycle(3600)
    assert cluster.billed() == before
    assert cluster.owed("openai-again") == {}
