"""What a provider counted beside what gateways saw: each token once, none below zero, none of another key or model."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.unseen import unseen
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY
from tests.support.builders import between, dims

KEYS = {("openai", "key_gw"): "gw"}
PROVIDERS = {"openai": "openai"}


def a_use(source: str, tokens: Tokens, **more: str) -> UsageRow:
    return UsageRow(source, between(0, DAY), dims(**({"model": "m"} | more)), tokens)


def left(*rows: UsageRow) -> list[Tokens]:
    return [row.tokens for row in unseen(rows, KEYS, PROVIDERS)]


def test_what_a_gateway_saw_is_its_callers() -> None:
    """60 of 100 are left out of the key's; the gateway's own row stays."""
    billed = a_use("openai", Tokens(100, 40, 10, 50, 7, 5), apiKey="key_gw")
    seen = a_use("gw", Tokens(60, 30, 8, 20, 3), apiKey="rank", model="openai/m")
    assert left(billed, seen) == [Tokens(40, 10, 2, 30, 4, 2), seen.tokens]


def test_other_keys_and_models_keep_what_they_have() -> None:
    """As do rows of a source that nobody refines."""
    rows = (
        a_use("openai", Tokens(100), apiKey="key_own"),
        a_use("openai", Tokens(100), apiKey="key_gw", model="another"),
        a_use("another", Tokens(100), apiKey="key_gw"),
        a_use("gw", Tokens(60), apiKey="rank"),
    )
    assert left(*rows) == [row.tokens for row in rows]


def test_a_gateway_that_saw_too_much_takes_no_more_than_there_is() -> None:
    """And one that does not tell what caches gave leaves no more of that than is left of the input."""
    assert left(a_use("openai", Tokens(100, 80, 20, 5, 1), apiKey="key_gw"), a_use("gw", Tokens(90, output=9)))[0] == (
        Tokens(10, 10, 0, 0, 1)
    )


def test_what_caches_gave_goes_before_what_they_took() -> None:
    """A gateway that tells neither leaves both inside the input that is left, and of a source of no provider no less."""
    billed, seen = a_use("openai", Tokens(100, 60, 40, 0, 1, 30), apiKey="key_gw"), a_use("gw", Tokens(20))
    for providers in (PROVIDERS, {}):
        found = [row.tokens for row in unseen((billed, seen), KEYS, providers)]
        assert found == [Tokens(80, 60, 20, 0, 1, 20), seen.tokens]


few = st.integers(0, 9)
counts = st.builds(
    lambda other, cached, written, *more: Tokens(other + cached + written, cached, written, *more),
    *(few for _ in range(5)),
)


@settings(max_examples=30)
@given(st.lists(counts, max_size=3), st.lists(counts, max_size=3))
def test_each_token_is_counted_once(billed: list[Tokens], seen: list[Tokens]) -> None:
    """Input, output and requests are the larger of what was counted and what was seen; nothing is below zero."""
    rows = [a_use("openai", of, apiKey="key_gw", user=str(at)) for at, of in enumerate(billed)]
    callers = [a_use("gw", of, apiKey=str(at)) for at, of in enumerate(seen)]
    found = left(*rows, *callers)
    for name in ("input", "output", "requests"):
        told = [getattr(tokens, name) for tokens in found]
        whole, saw = (sum(getattr(of, name) for of in side) for side in (billed, seen))
        assert sum(told) == max(whole, saw)
        assert min(told, default=0) >= 0
    assert all(0 <= of.cached_input + of.cache_write <= of.input for of in found[: len(rows)])
