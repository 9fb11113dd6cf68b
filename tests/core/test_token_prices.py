"""Which price of tokens holds: overrides, discounts, and the list beneath them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.token_prices import Discount, Override, Rates, TokenPrice, TokenTerms, context_window, manner_of
from aicost.core.token_worth import doubts, worth_of
from aicost.core.usage import Tokens
from tests.support.builders import T0, at, dims
from tests.support.tokens import LISTED, rates

AN_OVERRIDE = Override("openai", "gpt-6-sol", T0, rates("1", "0.1", "1.25", "5"))
A_DISCOUNT = Discount("openai", "*", T0, 120_000)


def asked(terms: TokenTerms, model: str = "gpt-6-sol", listed: TokenPrice | None = LISTED, days: int = 0) -> TokenPrice:
    found = terms.price("USD", "openai", model, at(days), listed, frozenset())
    assert found is not None
    return found


def test_without_terms_the_list_holds() -> None:
    """And where it has nothing there is no price at all."""
    assert asked(TokenTerms()) == LISTED
    assert TokenTerms().price("USD", "openai", "gpt-6-sol", T0, None, frozenset()) is None


def test_an_override_beats_the_list_and_is_not_discounted() -> None:
    """Its rates stand as they were declared, at every length of request; the list is not named for them."""
    price = asked(TokenTerms((AN_OVERRIDE,), (A_DISCOUNT,)))
    assert price.rates == AN_OVERRIDE.rates
    assert {of for _, of in price.longer} == {AN_OVERRIDE.rates}
    assert (price.declared, price.source) == (True, "")


def test_what_an_override_leaves_out_has_the_discounted_list_price() -> None:
    """So that a part of the prices may be declared."""
    partly = replace(AN_OVERRIDE, rates=Rates(input=Fraction(7)))
    price = asked(TokenTerms((partly,), (A_DISCOUNT,)))
    assert price.rates.input == 7
    assert price.rates.output == (LISTED.rates.output or 0) * Fraction(88, 100)
    assert (price.declared, price.discounted, price.source) == (True, True, "a list")


def test_long_requests_are_discounted_too() -> None:
    """Each of their rates, and what has none has none."""
    long = Rates(Fraction(25), output=Fraction(100))
    price = asked(TokenTerms((), (A_DISCOUNT,)), listed=replace(LISTED, longer=((9, long),)))
    assert price.longer == ((9, Rates(Fraction(22), output=Fraction(88))),)


def test_a_list_in_another_currency_fills_no_gap_of_an_override() -> None:
    """A price has one currency; what is left out of it has no price then."""
    partly = replace(AN_OVERRIDE, rates=Rates(input=Fraction(7)))
    price = TokenTerms((partly,)).price("EUR", "openai", "gpt-6-sol", T0, LISTED, frozenset())
    assert price is not None
    assert price == TokenPrice("EUR", Rates(input=Fraction(7)), declared=True)


@given(st.lists(st.sampled_from((0, 1, 50_000, 120_000, 1_000_000)), max_size=4))
def test_one_discount_is_taken_off_once(offs: list[int]) -> None:
    """Of several that fit the latest counts, and no two are ever taken off together."""
    discounts = tuple(Discount("openai", "*", at(-9 + i), off) for i, off in enumerate(offs))
    price = asked(TokenTerms((), discounts))
    left = Fraction(1_000_000 - (offs[-1] if offs else 0), 1_000_000)
    assert price.rates == LISTED.rates.times(left)
    assert price.discounted is bool(offs)


def test_the_most_precise_name_wins_then_the_latest() -> None:
    """A model's own discount beats that of all models, and a snapshot's beats the model's, for that snapshot."""
    discounts = (
        Discount("openai", "gpt-6-sol-2026-09-01", at(-3), 300_000),
        Discount("openai", "gpt-6-sol", at(-2), 200_000),
        Discount("openai", "*", at(-1), 100_000),
        Discount("openai", "gpt-6-sol", at(100), 900_000),
        Discount("anthropic", "gpt-6-sol", at(-1), 800_000),
    )
    terms = TokenTerms((), discounts)
    paid = [
        asked(terms, model).rates.input
        for model in ("gpt-6-sol-2026-09-01", "gpt-6-sol-2026-10-01", "gpt-6-sol", "gpt-4o")
    ]
    whole = LISTED.rates.input or Fraction(0)
    assert paid == [whole * Fraction(left, 10) for left in (7, 8, 8, 9)]


def test_an_override_says_nothing_of_a_manner() -> None:
    """What a batch costs is not declared by the price of a request: that is doubtful."""
    manner = manner_of(dims(batch="true", project="p"))
    assert manner == dims(batch="true")
    price = TokenTerms((AN_OVERRIDE,)).price("USD", "openai", "gpt-6-sol", T0, LISTED, manner)
    assert price is not None
    assert price.doubtful


def test_the_standard_manner_is_none() -> None:
    """Values that change no price are no manner, whatever a provider calls them."""
    assert manner_of(dims(tier="default", batch="false", speed="standard", region="global", model="m")) == frozenset()
    assert manner_of(dims(tier="priority", region="us")) == dims(tier="priority", region="us")


SEARCHES = TokenPrice("USD", Rates(), source="a list", each=Fraction(10_000_000))


def test_what_is_not_paid_by_token_has_an_overrides_price_else_the_lists() -> None:
    """Less the discount; an override of tokens alone says nothing of it, and it nothing of tokens."""
    tools = Override("openai", "*", T0, each=frozenset({("webSearchCalls", Fraction(7))}))
    found = {
        listed is not None: [
            terms.of_each("EUR", "openai", "gpt-6-sol", T0, listed, measure)
            for terms in (TokenTerms((AN_OVERRIDE,), (A_DISCOUNT,)), TokenTerms((AN_OVERRIDE, tools), (A_DISCOUNT,)))
            for measure in ("webSearchCalls", "images")
        ]
        for listed in (SEARCHES, None)
    }
    cheaper = replace(SEARCHES, each=Fraction(8_800_000), discounted=True)
    own = TokenPrice("EUR", Rates(), declared=True, each=Fraction(7))
    assert found == {True: [cheaper, cheaper, own, cheaper], False: [None, None, own, None]}
    assert asked(TokenTerms((AN_OVERRIDE, tools))) == asked(TokenTerms((AN_OVERRIDE,)))
    assert asked(TokenTerms((tools,))) == LISTED


def test_images_of_a_size_have_its_price_else_that_of_all() -> None:
    """Of the entry that names the model most precisely; a size that it does not have says nothing of others."""
    sizes = frozenset({("images of 1024x1024", Fraction(5)), ("images", Fraction(3))})
    one = Override("openai", "dall-e-3", T0, each=sizes)
    of_any = Override("openai", "*", T0, each=frozenset({("images of 512x512", Fraction(2))}))
    terms = TokenTerms((one, of_any))

    def each(model: str, *measures: str) -> Fraction | None:
        price = terms.of_each("USD", "openai", model, T0, None, *measures)
        return price.each if price else None

    assert each("dall-e-3", "images of 1024x1024", "images") == 5
    assert each("dall-e-3", "images of 512x512", "images") == 3
    assert each("dall-e-3", "images") == 3
    assert each("dall-e-2", "images of 512x512", "images") == 2
    assert each("dall-e-2", "images of 1024x1024", "images") is None
    assert each("dall-e-2", "images") is None


def test_prices_cannot_be_negative_nor_discounts_more_than_all() -> None:
    """Such values cannot be built."""
    with pytest.raises(ValueError, match=r"^a price of tokens cannot be negative$"):
        Rates(output=Fraction(-1))
    with pytest.raises(ValueError, match=r"^a price of usage cannot be negative$"):
        TokenPrice("USD", Rates(), each=Fraction(-1))
    with pytest.raises(ValueError, match=r"^a discount is between nothing and all of the price$"):
        Discount("openai", "*", T0, 1_000_001)


@pytest.mark.parametrize(
    ("told", "window"),
    [("0-200k", (0, 200_000)), ("200k-1M", (200_000, 1_000_000)), ("", None), ("long", None), ("1M+", None)],
)
def test_a_context_window_is_read_as_it_is_written(told: str, window: tuple[int, int] | None) -> None:
    """And one that nobody understands says nothing."""
    assert context_window(dims(contextWindow=told)) == window
    assert context_window(dims(model="m")) is None


@given(st.integers(0, 3), st.integers(1, 3), st.lists(st.integers(1, 6), unique=True, max_size=3))
def test_within_a_window_each_request_costs_what_it_does(more: int, wide: int, beyond: list[int]) -> None:
    """No request of that length has other rates; where no rate changes within the window, a sum of them is no doubt."""
    longer = tuple((at, rates(f"{at + 1}", "0", "0", "1")) for at in sorted(beyond))
    price = replace(LISTED, longer=longer)
    within = price.within((more, more + wide))
    for length in range(more + 1, more + wide + 1):
        one = Tokens(length, requests=1)
        assert worth_of(within, one) == worth_of(price, one)
    if not any(more < at < more + wide for at in beyond):
        assert not doubts(within, Tokens(1000 * more, requests=1000))


@pytest.mark.parametrize("window", [(0, 200_000), (200_000, 1_000_000)])
def test_a_window_that_ends_where_rates_begin_has_one_rate(window: tuple[int, int]) -> None:
    """None of its requests is on the other side, so that nothing is uncertain of them."""
    price = TokenPrice("USD", Rates(input=Fraction(2)), ((200_000, Rates(input=Fraction(4))),), source="a list")
    assert price.within(window).longer == ()
    assert price.within(window).rates.input == (4 if window[0] else 2)


@pytest.mark.parametrize("each", [Fraction(0), Fraction(1, 2), Fraction(1)])
def test_what_is_counted_may_cost_nothing_or_a_part_of_a_nano_unit(each: Fraction) -> None:
    """As a second of audio or a byte does; only less than nothing is no price."""
    assert TokenPrice("USD", Rates(), each=each).each == each
    with pytest.raises(ValueError, match="negative"):
        TokenPrice("USD", Rates(), each=-each - 1)
