"""What gateways saw of the models of bills: each request once, by the source that refines its key on that day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.bills import BillRow
from aicost.core.declarations import Source
from aicost.core.recommendations.models.seen import Seen
from aicost.core.refining import Keys
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, Window
from tests.core.recommendations.models.test_gathered import BILL as OPENAI
from tests.core.recommendations.models.test_gathered import GATEWAY, KEY, TRACES, billed, counted, gathered
from tests.support.builders import at, dims

ONE, TWO = ("openai", "k1"), ("openai", "k2")
DAYS = [Window(at(day * DAY), at((day + 1) * DAY)) for day in range(2)]
BILL = Source("openai", "OpenAI", "Bill")


def gateway(name: str, created: int, *keys: tuple[str, str]) -> Source:
    """A gateway that refines these keys."""
    return Source(name, "LiteLLM", "Refine", refines=frozenset(keys), created=at(created))


def told(source: str, count: int, day: Window = DAYS[0], **dimensions: str) -> UsageRow:
    """So many requests of a model on a day."""
    return UsageRow(source, day, dims(model="gpt-6-sol", **dimensions), Tokens(requests=count))


def billed_by(_: Source, row: UsageRow) -> tuple[str, str, str]:
    """All by one bill."""
    return "openai", "openai", dict(row.dimensions)["model"].removeprefix("gpt-6-")


def seen(rows: list[UsageRow], *sources: Source, refiners: tuple[Keys, Keys] = ({}, {})) -> Seen:
    """By two days' refiners."""
    named = {source.name: source for source in (BILL, *sources)}
    return Seen(rows, named, dict(zip(DAYS, refiners, strict=True)).__getitem__, billed_by)


def test_on_each_day_the_one_counts_that_money_went_by() -> None:
    """Whatever is declared by now: the younger one on a day that was divided by it. A bill is told by nobody else."""
    elder, younger = gateway("elder", 0, ONE), gateway("younger", 5, ONE)
    rows = [told(name, 1, day) for day in DAYS for name in ("elder", "younger", "openai")]
    found = seen(rows, younger, elder, refiners=({ONE: "younger"}, {ONE: "elder"}))
    counting = [(row.source, row.day) for row in rows if row.source in found.counted_by(row)]
    first, second = DAYS
    assert counting == [("younger", first), ("openai", first), ("elder", second), ("openai", second)]


def test_the_next_one_stands_in_for_a_gateway_that_is_gone() -> None:
    """Of days that were divided by it, too: else nobody would tell of them."""
    rows = [told("younger", 3), told("openai", 10, apiKey="k1")]
    found = seen(rows, gateway("younger", 5, ONE), refiners=({ONE: "gone"}, {}))
    assert found.counted_by(rows[0]) == {"younger"}
    assert found.unseen(rows[1], "sol") == Tokens(requests=7)


def test_of_who_is_second_to_see_one_of_his_keys_nobody_knows_which_requests_are_told_twice() -> None:
    """Where the bill has the model of both keys; what he saw is nobody else's all the same."""
    rows = [told("elder", 2), told("younger", 6), told("openai", 10, apiKey="k1"), told("openai", 10, apiKey="k2")]
    found = seen(rows, gateway("elder", 0, ONE), gateway("younger", 5, ONE, TWO))
    counting: list[set[str]] = [{"elder"}, {"elder", "younger"}, {"openai"}, {"openai"}]
    assert [found.counted_by(row) for row in rows] == counting
    assert [found.unseen(row, "sol").requests for row in rows[2:]] == [8, 4]


def test_what_was_seen_is_taken_off_once_and_of_its_own_key_alone() -> None:
    """Of rows of a key in their order; a key that no gateway refines keeps all."""
    keys = ("k1", "k1", "k2", "")
    rows = [told("elder", 12), *(told("openai", 10, apiKey=key) for key in keys)]
    found = seen(rows, gateway("elder", 0, ONE))
    assert [found.unseen(row, "sol").requests for row in rows[1:]] == [0, 8, 10, 10]


@pytest.mark.parametrize(
    ("billed", "counting"),
    [
        ({"k2": "gpt-6-sol"}, {"younger"}),
        ({"k1": "gpt-6-sol"}, {"elder"}),
        ({"k1": "gpt-6-sol", "k2": "gpt-6-sol"}, {"elder", "younger"}),
        ({"k2": "gpt-6-sol", "k1": "gpt-6-luna"}, {"younger"}),
        ({"k2": "gpt-6-sol", "k1": ""}, {"elder", "younger"}),
        ({"k2": "gpt-6-sol", "": "gpt-6-sol"}, {"elder", "younger"}),
        ({"k3": "gpt-6-sol"}, {"elder", "younger"}),
        ({}, {"elder", "younger"}),
    ],
    ids=["mine", "the elder's", "both", "another model", "a model unnamed", "a key unnamed", "of neither", "unread"],
)
def test_the_bill_tells_by_which_key_a_model_was_used(billed: dict[str, str], counting: set[str]) -> None:
    """So a key of its own counts for who shares another one with an elder; what is not known is never taken for none."""
    row = told("younger", 6)
    bills = [UsageRow("openai", row.day, dims(apiKey=key, model=of), Tokens(requests=9)) for key, of in billed.items()]
    other_day = [told("openai", 9, DAYS[1], apiKey=key) for key in ("k1", "k2")]
    sources = gateway("elder", 0, ONE), gateway("younger", 5, ONE, TWO)
    assert seen([row, *bills, *other_day], *sources).counted_by(row) == counting


def test_who_counts_a_key_may_have_seen_what_the_bill_has_of_none() -> None:
    """Then what both tell of the model is not known to be of two keys."""
    rows = [told("younger", 6), told("elder", 2), told("openai", 9, apiKey="k2")]
    found = seen(rows, gateway("elder", 0, ONE), gateway("younger", 5, ONE, TWO))
    assert found.counted_by(rows[0]) == {"elder", "younger"}


def test_a_key_of_another_provider_is_another_one() -> None:
    """Of a provider that no bill tells of it may be any."""
    claude, rows = ("anthropic", "k2"), [told("younger", 6), told("other", 6)]
    found = Seen(
        rows,
        {
            each.name: each
            for each in (
                BILL,
                Source("anthropic", "Anthropic", "Bill"),
                gateway("elder", 0, ONE),
                gateway("younger", 5, ONE, claude),
                gateway("other", 6, ONE, ("gone", "k2")),
            )
        },
        lambda _: {},
        lambda source, _: ("anthropic" if source.name == "younger" else source.name, "", "sol"),
    )
    assert [found.counted_by(row) for row in rows] == [{"younger"}, {"elder", "other"}]


@pytest.mark.parametrize("shared_too", [False, True], ids=["its own key", "both keys"])
def test_who_shares_one_key_with_an_elder_has_his_other_key(shared_too: bool) -> None:
    """Where the bill tells the keys apart; else what he saw is told, by whom more than once, and refused by the levers."""
    both = replace(GATEWAY, refines=GATEWAY.refines | {("openai", "own")}, created=at(2 * DAY))
    usage = [
        counted(Tokens(1_000, 0, 0, 500, 10), project="p", apiKey="own", model="gpt-6-sol"),
        counted(Tokens(600, 0, 0, 300, 6), "gateway", apiKey="rank", model="gpt-6-sol"),
    ]
    if shared_too:
        usage.append(counted(Tokens(1_000, 0, 0, 500, 10), project="p", apiKey=KEY, model="gpt-6-sol"))
    row = billed(1_000, project="p", apiKey="own", lineItem="gpt-6-sol, output_tokens")
    bill = [BillRow(row.dimensions, row.amount, 500, "tokens")]
    found = gathered(bill, usage, sources=(OPENAI, TRACES, both))
    rank = found["rank", "openai", "gpt-6-sol"]
    assert (rank.billed_nanos, rank.tokens.requests) == (600, 6)
    assert rank.twice == (("gateway", "traces") if shared_too else ())
    assert found["chat", "openai", "gpt-6-sol"].twice == ()
