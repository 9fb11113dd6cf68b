"""From a PriceBook to prices: dates, nodes, shares, the asset register, and list prices."""

from __future__ import annotations

from fractions import Fraction

import pytest
from pydantic import ValidationError

from aicost.api import price_entries as api
from aicost.core.hosts import ComputeRate
from aicost.core.identity import labels
from aicost.core.owned import OwnedCards
from aicost.core.prices import DatedRate, GpuPrice, PriceBook
from aicost.core.token_prices import Discount, Override, Rates
from aicost.core.window import instant
from tests.api.declaring import a_resource, declared
from tests.support.builders import usd
from tests.support.tokens import rates


def test_a_price_book_is_dated_prices_in_the_order_of_the_list() -> None:
    """A price begins at its day's UTC midnight, on the nodes that it names."""
    rates = [{"from": "2026-01-01", "perHour": "4.00"}, {"from": "2026-11-15", "perHour": "3.5"}]
    gpus = [
        {"model": "H100-80GB", "rates": rates, "nodes": {"matchLabels": {"pool": "care"}}, "includesHost": False},
        {"model": "L4-24GB", "rates": rates[:1]},
    ]
    book = declared(a_resource("PriceBook", {"currency": "EUR", "gpus": gpus}, "default"))
    first = DatedRate(instant("2026-01-01T00:00:00Z"), usd(4).nanos)
    second = DatedRate(instant("2026-11-15T00:00:00Z"), usd(3, 500_000_000).nanos)
    assert book.prices == PriceBook(
        "EUR",
        (
            GpuPrice("H100-80GB", (first, second), labels({"pool": "care"}), includes_host=False),
            GpuPrice("L4-24GB", (first,)),
        ),
        built_in=True,
    )
    assert book.prices_generation == 3


def test_shares_of_instances_are_parts_of_a_card() -> None:
    """In billionths, by the name that labels have."""
    mig = [{"model": "A100-80GB", "profile": name, "share": "0.5"} for name in ("3g.40gb", "1g.10gb+me", "1g.20gb.me")]
    book = declared(a_resource("PriceBook", {"currency": "EUR", "mig": mig}, "default")).prices
    assert book
    assert book.shares("A100-80GB") == dict.fromkeys(("3g.40gb", "1g.10gb.me", "1g.20gb.me"), 500_000_000)
    assert book.shares("A100-40GB") == {}


def test_owned_cards_are_amounts_over_months() -> None:
    """From the register's decimals to nano-units, in use from a midnight on."""
    dgx = {"name": "dgx", "model": "H100-80GB", "nodes": {"matchLabels": {"own": "dgx"}}, "count": 64, "months": 48}
    paid = {"from": "2025-07-01", "capex": "2400000", "residual": "240000", "opexPerMonth": "31000.5"}
    book = declared(a_resource("PriceBook", {"currency": "EUR", "owned": [{**dgx, **paid}]}, "default")).prices
    assert book
    assert book.owned == (
        OwnedCards(
            name="dgx",
            model="H100-80GB",
            nodes=labels({"own": "dgx"}),
            count=64,
            since=instant("2025-07-01T00:00:00Z"),
            months=48,
            capex=usd(2_400_000).nanos,
            residual=usd(240_000).nanos,
            opex_per_month=usd(31_000, 500_000_000).nanos,
        ),
    )


def test_hosts_are_priced_apart_where_a_price_leaves_them_out() -> None:
    """Rates of a core and of a GiB from a midnight on; of cards and of assets, whether their price includes the host."""
    rates = [{"from": "2026-01-01", "cpuCoreHour": "0.03", "memoryGiBHour": "0.004"}]
    card = {"model": "m", "rates": [{"from": "2026-01-01", "perHour": "4"}]}
    spec = {"currency": "EUR", "compute": rates, "gpus": [card]}
    book = declared(a_resource("PriceBook", spec, "default")).prices
    assert book
    assert book.compute == (ComputeRate(instant("2026-01-01T00:00:00Z"), 30_000_000, 4_000_000),)
    assert not book.has_hosts
    apart = declared(a_resource("PriceBook", {**spec, "gpus": [{**card, "includesHost": False}]}, "default")).prices
    assert apart
    assert apart.has_hosts


def test_list_prices_apply_unless_they_are_refused() -> None:
    """A book has built-in prices by default."""
    book = declared(a_resource("PriceBook", {"currency": "EUR", "builtInPrices": False}, "default"))
    assert book.prices == PriceBook("EUR")


def test_prices_of_pieces_are_of_one_of_what_is_counted() -> None:
    """A minute's of a second, a GiB's of a byte, exactly; tokens keep the list price."""
    per = {"audioMinute": "0.006", "millionCharacters": "15", "vectorStoreGiBDay": "0.1", "webSearch": "0.01"}
    override = {"provider": "openai", "model": "*", "from": "2026-11-01", "perUnit": per}
    book = declared(a_resource("PriceBook", {"currency": "USD", "tokens": {"overrides": [override]}}, "default")).prices
    assert book
    [made] = book.tokens.overrides
    assert dict(made.each) == {
        "seconds": Fraction(100_000),
        "characters": Fraction(15_000),
        "vectorStoreByteDays": Fraction(100_000_000, 2**30),
        "webSearchCalls": Fraction(10_000_000),
    }
    assert made.rates == Rates()


def test_images_have_prices_by_size() -> None:
    """Beside that of all others, or alone."""
    per = {"imagesBySize": [{"size": "1024x1024", "image": "0.04"}, {"size": "1024x1536", "image": "0.06"}]}
    override = {"provider": "openai", "model": "m", "from": "2026-11-01", "perUnit": per}
    book = declared(a_resource("PriceBook", {"currency": "USD", "tokens": {"overrides": [override]}}, "default")).prices
    assert book
    [made] = book.tokens.overrides
    assert dict(made.each) == {
        "images of 1024x1024": Fraction(40_000_000),
        "images of 1024x1536": Fraction(60_000_000),
    }


@pytest.mark.parametrize("prices", [{}, {"perUnit": {}}, {"perMillion": {}}, {"perUnit": {"image": "-1"}}])
def test_an_override_prices_something(prices: dict[str, object]) -> None:
    """Else it would be accepted and mean nothing."""
    entry = {"provider": "openai", "model": "m", "from": "2026-11-01", **prices}
    with pytest.raises(ValidationError):
        api.Override.model_validate(entry)


def test_each_rate_of_a_million_tokens_has_a_field() -> None:
    """Any of them alone is a price, and prices its own kind."""
    for name in Rates().named():
        field = api.PerMillion.model_fields[name].alias
        override = {"provider": "openai", "model": "m", "from": "2026-11-01", "perMillion": {field: "2.5"}}
        book = declared(
            a_resource("PriceBook", {"currency": "USD", "tokens": {"overrides": [override]}}, "default")
        ).prices
        assert book
        [made] = book.tokens.overrides
        assert made.rates == Rates(**{name: Fraction(2_500_000_000)})


def test_token_prices_are_nano_units_for_a_million() -> None:
    """Of what is declared only, from a midnight on; percents to the fourth decimal."""
    tokens = {
        "overrides": [
            {
                "provider": "openai",
                "model": "gpt-6-sol",
                "from": "2026-11-01",
                "perMillion": {"input": "2", "cachedInput": "0.2", "cacheWrite": "2.5"},
            }
        ],
        "discounts": [{"provider": "anthropic", "from": "2026-01-01", "percent": "12.3456"}],
    }
    book = declared(a_resource("PriceBook", {"currency": "USD", "tokens": tokens}, "default")).prices
    assert book
    sol = Override("openai", "gpt-6-sol", instant("2026-11-01T00:00:00Z"), rates("2", "0.2", "2.5"))
    assert book.tokens.overrides == (sol,)
    assert book.tokens.discounts == (Discount("anthropic", "*", instant("2026-01-01T00:00:00Z"), 123_456),)
