"""What gateways saw of the models of bills: each request once, by the source that refines its key on that day."""

from __future__ import annotations

from aicost.core.declarations import Source
from aicost.core.recommendations.models.seen import Seen
from aicost.core.refining import Keys
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, Window
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


def seen(rows: list[UsageRow], *sources: Source, refiners: tuple[Keys, Keys] = ({}, {})) -> Seen:
    """By two days' refiners."""
    named = {source.name: source for source in (BILL, *sources)}
    return Seen(rows, named, dict(zip(DAYS, refiners, strict=True)).__getitem__, lambda *_: ("openai", "openai", "sol"))


def test_on_each_day_the_one_counts_that_money_went_by() -> None:
    """Whatever is declared by now: the younger one on a day that was divided by it. A bill is told by nobody else."""
    elder, younger = gateway("elder", 0, ONE), gateway("younger", 5, ONE)
    rows = [told(name, 1, day) for day in DAYS for name in ("elder", "younger", "openai")]
    found = seen(rows, younger, elder, refiners=({ONE: "younger"}, {ONE: "elder"}))
    counting = [(row.source, row.day) for row in rows if not found.is_told_by_another(row)]
    first, second = DAYS
    assert counting == [("younger", first), ("openai", first), ("elder", second), ("openai", second)]


def test_the_next_one_stands_in_for_a_gateway_that_is_gone() -> None:
    """Of days that were divided by it, too: else nobody would tell of them."""
    rows = [told("younger", 3), told("openai", 10, apiKey="k1")]
    found = seen(rows, gateway("younger", 5, ONE), refiners=({ONE: "gone"}, {}))
    assert not found.is_told_by_another(rows[0])
    assert found.unseen(rows[1], "sol") == Tokens(requests=7)


def test_who_is_second_to_see_one_of_his_keys_is_not_counted() -> None:
    """It is not known which of his requests the elder one told, too; what he saw is nobody else's all the same."""
    rows = [told("elder", 2), told("younger", 6), told("openai", 10, apiKey="k1"), told("openai", 10, apiKey="k2")]
    found = seen(rows, gateway("elder", 0, ONE), gateway("younger", 5, ONE, TWO))
    assert [found.is_told_by_another(row) for row in rows] == [False, True, False, False]
    assert [found.unseen(row, "sol").requests for row in rows[2:]] == [8, 4]


def test_what_was_seen_is_taken_off_once_and_of_its_own_key_alone() -> None:
    """Of rows of a key in their order; a key that no gateway refines keeps all."""
    keys = ("k1", "k1", "k2", "")
    rows = [told("elder", 12), *(told("openai", 10, apiKey=key) for key in keys)]
    found = seen(rows, gateway("elder", 0, ONE))
    assert [found.unseen(row, "sol").requests for row in rows[1:]] == [0, 8, 10, 10]
