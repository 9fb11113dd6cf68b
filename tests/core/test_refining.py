"""How a shared key's line divides: by what was seen of its own kind and model, and what was not seen stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.bills import BillRow
from aicost.core.declarations import Dimensions, Source
from aicost.core.refining import Billed, Refinement, Share, item, refinement, refiners_of
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY
from tests.support.builders import at, between, dims, usd

THE_DAY = between(0, DAY)
GW = Source("gw", "LiteLLM", "Refine", refines=frozenset({("openai", "key_gw")}))
RANK, SCORING = dims(apiKey="rank"), dims(apiKey="scoring")


def seen(caller: Dimensions, model: str, source: str = "gw", **tokens: int) -> UsageRow:
    return UsageRow(source, THE_DAY, caller | {("model", model)}, Tokens(**tokens))


def a_row(line_item: str, quantity: int = 0, **more: str) -> BillRow:
    dimensions = dims(**({"apiKey": "key_gw", "lineItem": line_item} | more))
    return BillRow(dimensions, usd(100), quantity, "tokens" if quantity else "")


def billed(*rows: BillRow, source: str = "openai") -> list[Billed]:
    return [
        Billed(source, "openai", THE_DAY, row.dimensions, row.quantity if row.unit == "tokens" else 0) for row in rows
    ]


def refined(usage: Sequence[UsageRow], source: Source = GW) -> Refinement:
    """By one source on the one day."""
    return refinement({THE_DAY.start: refiners_of((source,))}, usage)


def parts(found: tuple[Share, ...]) -> dict[str, Fraction]:
    """Each caller's part of a line; under the empty name what nobody saw."""
    whole = sum(share.weight for share in found)
    named = [(dict(share.caller).get("apiKey", ""), share.weight) for share in found]
    return {name: Fraction(weight, whole) for name, weight in named if weight}


def shares(row: BillRow, *usage: UsageRow, source: str = "openai") -> dict[str, Fraction]:
    """How one row alone divides; empty where it does not."""
    found = refined(usage).shares(billed(row, source=source))
    assert all(share.source == "gw" for of in found.values() for share in of[:-1])
    return next((parts(of) for of in found.values()), {})


def test_a_line_divides_by_its_own_kind_and_model() -> None:
    """Output by output, input by input that no cache gave: a caller of many cheap tokens pays no dear ones."""
    usage = (
        seen(RANK, "gpt-6-sol", input=100, cached_input=60, output=1),
        seen(SCORING, "gpt-6-sol", input=10, output=9),
        seen(SCORING, "gpt-5.5", input=1000, output=1000),
    )
    assert shares(a_row("gpt-6-sol, input_tokens", 50), *usage) == {"rank": Fraction(4, 5), "scoring": Fraction(1, 5)}
    assert shares(a_row("gpt-6-sol, cached_input_tokens", 60), *usage) == {"rank": 1}
    assert shares(a_row("gpt-6-sol, output_tokens", 10), *usage) == {
        "rank": Fraction(1, 10),
        "scoring": Fraction(9, 10),
    }


def test_what_the_gateway_did_not_see_stays_with_the_line() -> None:
    """Who goes around the gateway is not paid for by who goes through it."""
    assert shares(a_row("gpt-5.5, output_tokens", 100), seen(SCORING, "gpt-5.5", output=90)) == {
        "scoring": Fraction(9, 10),
        "": Fraction(1, 10),
    }


def test_more_seen_than_billed_leaves_nothing() -> None:
    """A gateway counts retries, too: the line's amount is divided all the same, prices are scaled."""
    assert shares(a_row("m, output_tokens", 5), seen(RANK, "m", output=9)) == {"rank": 1}


def test_the_providers_own_count_stands_in_for_a_quantity() -> None:
    """Anthropic's amounts have none beside them; its usage of the same key and model has."""
    row = a_row("output_tokens", model="claude-opus-5-5")
    counted = seen(dims(apiKey="key_gw"), "claude-opus-5-5", source="openai", output=100)
    assert shares(row, seen(RANK, "claude-opus-5-5-20261001", output=60), counted) == {
        "rank": Fraction(3, 5),
        "": Fraction(2, 5),
    }


def test_usage_that_is_split_further_than_the_bill_is_added_up() -> None:
    """By user, where the bill was refused it; of a bill that has users, only what was used by the row's own counts."""
    counted = [
        seen(dims(apiKey="key_gw", **user), "m", source="openai", output=output)
        for user, output in (({"user": "u"}, 60), ({}, 40))
    ]
    row, of_user = a_row("output_tokens", model="m"), a_row("output_tokens", model="m", user="u")
    assert shares(row, seen(RANK, "m", output=50), *counted) == {"rank": Fraction(1, 2), "": Fraction(1, 2)}
    found = refined((seen(RANK, "m", output=50), *counted)).shares(billed(row, of_user))
    assert [parts(found[each]) for each in billed(row, of_user)] == [{"rank": Fraction(1, 2), "": Fraction(1, 2)}] * 2


def test_nothing_is_divided_without_knowing() -> None:
    """Another key, no kind of token, no quantity, or a day that the gateway saw nothing of: the line stays as it is."""
    usage = seen(RANK, "m", output=1)
    assert shares(a_row("m, output_tokens", 10, apiKey="key_other"), usage) == {}
    assert shares(a_row("web_search", 10, model="m"), usage) == {}
    assert shares(a_row("m, output_tokens"), usage) == {}
    assert shares(a_row("m, output_tokens", 10)) == {}
    assert shares(a_row("m, output_tokens", 10), usage, source="another") == {}


def test_what_takes_tokens_back_is_not_divided() -> None:
    """Nor does it spend what was seen: the line beside it divides as if it were not there."""
    back, usage = billed(a_row("m, output_tokens", -4, user="u"))[0], seen(RANK, "m", output=5)
    line = billed(a_row("m, output_tokens", 10))[0]
    found = refined((usage,)).shares((back, line))
    assert found.keys() == {line}
    assert parts(found[line]) == {"rank": Fraction(1, 2), "": Fraction(1, 2)}


def test_a_key_that_two_sources_refine_is_the_elders() -> None:
    """Nothing is divided twice, and a newcomer takes nothing away, whatever it is called."""
    newcomer = Source("a", "LiteLLM", "Refine", refines=GW.refines, created=at(1))
    assert refiners_of((newcomer, replace(GW, created=at(0)))) == {("openai", "key_gw"): "gw"}


def test_a_day_divides_by_who_refined_it() -> None:
    """Who refines a key on one day says nothing of another."""
    row = billed(a_row("m, output_tokens", 10))[0]
    day_after = replace(row, day=between(DAY, 2 * DAY))
    usage = (seen(RANK, "m", output=10), replace(seen(SCORING, "m", "gw2", output=10), day=day_after.day))
    keys = {row.key: "gw"}, {row.key: "gw2"}
    found = refinement({THE_DAY.start: keys[0], at(DAY): keys[1]}, usage).shares([row, day_after])
    assert [parts(found[each]) for each in (row, day_after)] == [{"rank": 1}, {"scoring": 1}]
    assert refinement({at(DAY): keys[0]}, usage).shares([row]) == {}


def test_what_was_seen_is_spent_once() -> None:
    """Two keys behind one gateway, 200 and 100 billed, 200 seen: of each a third stays, as nobody saw it."""
    gw = replace(GW, refines=frozenset({("openai", "key_a"), ("openai", "key_b")}))
    rows = billed(a_row("m, output_tokens", 200, apiKey="key_a"), a_row("m, output_tokens", 100, apiKey="key_b"))
    usage = (seen(RANK, "m", output=100), seen(SCORING, "m", output=100))
    found = refined(usage, gw).shares(rows)
    assert [parts(found[row]) for row in rows] == [
        {"rank": Fraction(1, 3), "scoring": Fraction(1, 3), "": Fraction(1, 3)}
    ] * 2


def test_a_snapshot_is_paid_by_who_used_it() -> None:
    """Where gateway and bill both name dates, they must be one; a name without a date may be any of them."""
    rows = billed(a_row("m-2026-08-01, output_tokens", 100), a_row("m-2026-10-01, output_tokens", 100))
    usage = (seen(RANK, "m-2026-08-01", output=100), seen(SCORING, "m-2026-10-01", output=50))
    found = refined(usage).shares(rows)
    assert [parts(found[row]) for row in rows] == [{"rank": 1}, {"scoring": Fraction(1, 2), "": Fraction(1, 2)}]
    spread = refined((seen(RANK, "m", output=100),)).shares(rows)
    assert [parts(spread[row]) for row in rows] == [{"rank": Fraction(1, 2), "": Fraction(1, 2)}] * 2


def test_what_went_to_another_provider_pays_nothing_here() -> None:
    """A gateway names the provider before the model, if it is another one than the bill's."""
    row = a_row("m, output_tokens", 100)
    assert shares(row, seen(RANK, "openai/m", output=40)) == {"rank": Fraction(2, 5), "": Fraction(3, 5)}
    assert shares(row, seen(RANK, "azure/m", output=40), seen(RANK, "openrouter/openai/m", output=9)) == {}


def test_snapshots_of_a_model_are_the_model() -> None:
    """Gateways and bills name them differently."""
    usage = seen(RANK, "gpt-6-sol", output=3)
    assert shares(a_row("gpt-6-sol-2026-08-01, output_tokens", 3), usage) == {"rank": 1}
    assert shares(a_row("gpt-6-sol-mini, output_tokens", 3), usage) == {}


def test_an_item_is_a_model_and_a_kind() -> None:
    """As OpenAI writes it in one, and Anthropic in two."""
    assert item(dims(lineItem="gpt-6-sol, input_tokens")) == ("gpt-6-sol", "input_tokens")
    assert item(dims(lineItem="output_tokens", model="claude-opus-5-5")) == ("claude-opus-5-5", "output_tokens")
    assert item(dims(lineItem="code_execution")) == ("", "")


def test_writes_to_caches_are_spent_once() -> None:
    """A gateway does not tell 5 minutes from 1 hour: what it saw is spread over both lines by what was counted of each."""
    rows = billed(
        a_row("m, cache_creation.ephemeral_5m_input_tokens"), a_row("m, cache_creation.ephemeral_1h_input_tokens")
    )
    own = seen(dims(apiKey="key_gw"), "m", "openai", input=100, cache_write=100, cache_write_long=60)
    found = refined((own, seen(RANK, "m", input=50, cache_write=50))).shares(rows)
    assert [parts(found[row]) for row in rows] == [{"rank": Fraction(1, 2), "": Fraction(1, 2)}] * 2


@given(
    st.lists(
        st.tuples(st.sampled_from(["key_gw", "key_b"]), st.integers(1, 10**6)),
        min_size=1,
        max_size=4,
        unique_by=lambda r: r[0],
    ),
    st.dictionaries(st.sampled_from(["rank", "scoring", "a"]), st.integers(1, 10**6), min_size=1),
)
def test_over_all_lines_nobody_pays_for_more_than_was_seen_of_him(
    keys: list[tuple[str, int]], seen_of: dict[str, int]
) -> None:
    """Where less was seen than billed, each caller's tokens over all lines are what was seen, exactly."""
    gw = replace(GW, refines=frozenset({("openai", "key_gw"), ("openai", "key_b")}))
    rows = billed(*(a_row("m, output_tokens", count, apiKey=key) for key, count in keys))
    usage = [seen(dims(apiKey=name), "m", output=count) for name, count in seen_of.items()]
    found = refined(usage, gw).shares(rows)
    whole, most = sum(count for _, count in keys), sum(seen_of.values())
    for name, count in seen_of.items():
        paid = sum(parts(found[row]).get(name, Fraction(0)) * row.tokens for row in rows)
        assert paid == Fraction(count * min(whole, most), most)
    assert refined(usage[::-1], gw).shares(rows[::-1]) == found


def test_what_of_a_caller_is_of_a_line_adds_up() -> None:
    """One model under several names, several lines of one key: all are divided, by all that was seen."""
    usage = (seen(RANK, "m", input=1, output=2), seen(RANK, "openai/m", output=3), seen(SCORING, "m", output=5))
    rows = billed(a_row("m, output_tokens", 10), a_row("m, input_tokens", 1))
    found = refined(usage).shares(rows)
    assert [parts(found[row]) for row in rows] == [{"rank": Fraction(1, 2), "scoring": Fraction(1, 2)}, {"rank": 1}]


def test_who_used_another_kind_has_no_part_of_a_line() -> None:
    """A day on which nobody was seen using a kind leaves its line as it is; so does usage that names no model."""
    assert shares(a_row("m, output_tokens", 10), seen(RANK, "m", input=5)) == {}
    assert shares(a_row("m, output_tokens", 10), UsageRow("gw", THE_DAY, RANK, Tokens(output=5))) == {}


def test_the_providers_own_count_may_name_itself_and_no_date() -> None:
    """Its usage is of a row where both are of one model, as with a gateway's."""
    row = a_row("output_tokens", model="m-2026-10-01")
    counted = seen(dims(apiKey="key_gw"), "openai/m", source="openai", output=100)
    assert shares(row, seen(RANK, "m", output=60), counted) == {"rank": Fraction(3, 5), "": Fraction(2, 5)}


def test_what_nobody_saw_is_last_and_of_no_source() -> None:
    """So that it stays as the row is owned; a row without a key is refined by none."""
    (of,) = refined((seen(RANK, "m", output=90),)).shares(billed(a_row("m, output_tokens", 100))).values()
    assert of == (Share("gw", RANK, 90), Share("", frozenset(), 10))
    assert Billed("openai", "openai", THE_DAY, dims(project="p"), 1).key == ("openai", "")


def test_no_refining_source_changes_nothing() -> None:
    """The usual case."""
    assert Refinement().shares(billed(a_row("m, output_tokens", 10))) == {}
