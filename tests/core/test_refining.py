"""How a shared key's line divides: by what was seen of its own kind and model, and what was not seen stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.bills import BillRow
from aicost.core.declarations import Dimensions, Source
from aicost.core.refining import Refinement, Share, item, refinement, tokens_of
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY
from tests.support.builders import between, dims, usd

THE_DAY = between(0, DAY)
GW = Source("gw", "LiteLLM", "Refine", refines=frozenset({("openai", "key_gw")}))
RANK, SCORING = dims(apiKey="rank"), dims(apiKey="scoring")


def seen(caller: Dimensions, model: str, source: str = "gw", **tokens: int) -> UsageRow:
    return UsageRow(source, THE_DAY, caller | {("model", model)}, Tokens(**tokens))


def a_row(line_item: str, quantity: int = 0, **more: str) -> BillRow:
    dimensions = dims(**({"apiKey": "key_gw", "lineItem": line_item} | more))
    return BillRow(dimensions, usd(100), quantity, "tokens" if quantity else "")


def shares(row: BillRow, *usage: UsageRow, source: str = "openai") -> list[tuple[str, int]]:
    """What each caller had of a row; the last of what nobody saw."""
    found = refinement((GW,), usage).shares(source, THE_DAY, row.dimensions, row.quantity)
    assert all(share.source == "gw" for share in found)
    return [(dict(share.caller).get("apiKey", ""), share.tokens) for share in found]


def test_a_line_divides_by_its_own_kind_and_model() -> None:
    """Output by output, input by input that no cache gave: a caller of many cheap tokens pays no dear ones."""
    usage = (
        seen(RANK, "gpt-6-sol", input=100, cached_input=60, output=1),
        seen(SCORING, "gpt-6-sol", input=10, output=9),
        seen(SCORING, "gpt-5.5", input=1000, output=1000),
    )
    assert shares(a_row("gpt-6-sol, input_tokens", 50), *usage) == [("rank", 40), ("scoring", 10), ("", 0)]
    assert shares(a_row("gpt-6-sol, cached_input_tokens", 60), *usage) == [("rank", 60), ("", 0)]
    assert shares(a_row("gpt-6-sol, output_tokens", 10), *usage) == [("rank", 1), ("scoring", 9), ("", 0)]


def test_what_the_gateway_did_not_see_stays_with_the_line() -> None:
    """Who goes around the gateway is not paid for by who goes through it."""
    assert shares(a_row("gpt-5.5, output_tokens", 100), seen(SCORING, "gpt-5.5", output=90)) == [
        ("scoring", 90),
        ("", 10),
    ]


def test_more_seen_than_billed_leaves_nothing() -> None:
    """A gateway counts retries, too: the line's amount is divided all the same, prices are scaled."""
    assert shares(a_row("m, output_tokens", 5), seen(RANK, "m", output=9)) == [("rank", 9), ("", 0)]


def test_the_providers_own_count_stands_in_for_a_quantity() -> None:
    """Anthropic's amounts have none beside them; its usage of the same key and model has."""
    row = a_row("output_tokens", model="claude-opus-5-5")
    counted = seen(dims(apiKey="key_gw"), "claude-opus-5-5", source="openai", output=100)
    assert shares(row, seen(RANK, "claude-opus-5-5-20261001", output=60), counted) == [("rank", 60), ("", 40)]


def test_nothing_is_divided_without_knowing() -> None:
    """Another key, no kind of token, no quantity, or a day that the gateway saw nothing of: the line stays as it is."""
    usage = seen(RANK, "m", output=1)
    assert shares(a_row("m, output_tokens", 10, apiKey="key_other"), usage) == []
    assert shares(a_row("web_search", 10, model="m"), usage) == []
    assert shares(a_row("m, output_tokens"), usage) == []
    assert shares(a_row("m, output_tokens", 10)) == []
    assert shares(a_row("m, output_tokens", 10), usage, source="another") == []


def test_a_key_that_two_sources_refine_is_the_firsts() -> None:
    """Nothing is divided twice."""
    both = (GW, Source("a", "LiteLLM", "Refine", refines=GW.refines))
    assert refinement(both, ()).refiners == {("openai", "key_gw"): "a"}


def test_snapshots_of_a_model_are_the_model() -> None:
    """Gateways and bills name them differently."""
    usage = seen(RANK, "gpt-6-sol", output=3)
    assert shares(a_row("gpt-6-sol-2026-08-01, output_tokens", 3), usage) == [("rank", 3), ("", 0)]
    assert shares(a_row("gpt-6-sol-mini, output_tokens", 3), usage) == []


def test_an_item_is_a_model_and_a_kind() -> None:
    """As OpenAI writes it in one, and Anthropic in two."""
    assert item(dims(lineItem="gpt-6-sol, input_tokens")) == ("gpt-6-sol", "input_tokens")
    assert item(dims(lineItem="output_tokens", model="claude-opus-5-5")) == ("claude-opus-5-5", "output_tokens")
    assert item(dims(lineItem="code_execution")) == ("", "")


@given(st.builds(Tokens, *(st.integers(0, 10**6),) * 4))
def test_kinds_partition_what_was_used(counted: Tokens) -> None:
    """Every input token is of one kind: none is paid twice, none is lost."""
    whole = Tokens(
        counted.input + counted.cached_input + counted.cache_write, counted.cached_input, counted.cache_write
    )
    kinds = ("input_tokens", "cached_input_tokens", "cache_write_tokens")
    assert sum(tokens_of(whole, kind) for kind in kinds) == whole.input


@given(st.permutations([seen(RANK, "m", output=3), seen(SCORING, "m", output=4), seen(RANK, "m", output=2)]))
def test_the_order_of_usage_does_not_matter(usage: list[UsageRow]) -> None:
    """Equal usage, equal shares, in the same order."""
    row = a_row("m, output_tokens", 10)
    assert refinement((GW,), usage).shares("openai", THE_DAY, row.dimensions, row.quantity) == (
        Share("gw", RANK, 5),
        Share("gw", SCORING, 4),
        Share("gw", frozenset(), 1),
    )


def test_no_refining_source_changes_nothing() -> None:
    """The usual case."""
    row = a_row("m, output_tokens", 10)
    assert Refinement().shares("openai", THE_DAY, row.dimensions, row.quantity) == ()
