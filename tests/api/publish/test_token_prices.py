"""The models in a price book's status."""

from __future__ import annotations

from dataclasses import replace

from aicost.api.publish.token_prices import by_the_list, missing_models, priced_models
from aicost.core.token_uses import token_uses
from aicost.core.usage import Tokens
from tests.support.tokens import LISTED, used

SOME = Tokens(5, output=2, requests=1)
USES = token_uses(
    (
        used(SOME),
        used(SOME, replace(LISTED, discounted=True), model="b"),
        used(SOME, replace(LISTED, source="", declared=True), model="c"),
        used(SOME, None, model="d"),
    )
)


def test_what_is_priced_says_by_what() -> None:
    """The list with its discount, or what is declared; with its prices of a million tokens."""
    told = [(of.name, of.origin, of.source) for of in priced_models(USES)]
    assert told == [
        ("openai/b", "BuiltIn", "a list, less the declared discount"),
        ("openai/c", "Declared", None),
        ("openai/gpt-6-sol", "BuiltIn", "a list"),
    ]
    assert by_the_list(USES) == 2
    [first, *_] = priced_models(USES)
    assert first.per_million
    assert first.to_wire()["perMillion"] == {
        "input": "2.00",
        "cachedInput": "0.20",
        "cacheWrite": "2.50",
        "output": "10.00",
    }


def test_what_has_no_price_says_how_much() -> None:
    """And where to add it."""
    [missing] = missing_models(USES)
    assert (missing.name, missing.quantity) == ("openai/d", "7 tokens")
    assert missing.message == "add an entry with provider openai and model d to spec.tokens.overrides"
