"""Prices: the most specific entry that has begun, the first listed among equals, or none; never a fallback."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.hosts import ComputeRate
from aicost.core.identity import Labels, labels
from aicost.core.ledger import Certainty
from aicost.core.list_prices import list_price
from aicost.core.money import Money
from aicost.core.owned import OwnedCards
from aicost.core.prices import DatedRate, ExchangeRate, GpuPrice, MigShare, Price, PriceBook, PricedBy
from aicost.core.window import Instant
from tests.support.builders import MODEL, T0, a_book, a_price, at, usd

FAST = labels({"pool": "fast", "zone": "a"})


def per_hour(book: PriceBook, model: str, node: Labels, when: Instant) -> Money | None:
    price = book.gpu(model, node, when)
    return price.per_hour if price else None


def test_a_price_cannot_be_negative() -> None:
    """A negative price per hour cannot be built."""
    with pytest.raises(ValueError, match=r"^a price per hour cannot be negative$"):
        DatedRate(T0, -1)


@given(st.lists(st.builds(DatedRate, st.integers(0, 20).map(at), st.integers(0, 5)), max_size=6), st.integers(-1, 21))
def test_a_rate_holds_until_the_next_begins(rates: list[DatedRate], second: int) -> None:
    """The rate of an instant is the latest that has begun, in whatever order rates are listed; before the first, none."""
    rate = GpuPrice(MODEL, tuple(rates)).at(at(second))
    begun = [other.since for other in rates if other.since <= at(second)]
    assert (rate and rate.since) == max(begun, default=None)
    assert GpuPrice(MODEL, tuple(reversed(rates))).at(at(second)) == rate


def test_most_matching_labels_win() -> None:
    """An entry for nodes with more of the labels beats one for fewer, wherever it is listed."""
    broad, narrow = a_price(usd(4)), a_price(usd(6), pool="fast")
    assert per_hour(a_book(broad, narrow), MODEL, FAST, T0) == usd(6)
    assert per_hour(a_book(narrow, broad), MODEL, FAST, T0) == usd(6)
    assert per_hour(a_book(broad, narrow), MODEL, labels({"pool": "slow"}), T0) == usd(4)


def test_the_first_listed_wins_among_equals() -> None:
    """Two entries that match equally many labels: the one listed first counts."""
    by_pool, by_zone = a_price(usd(1), pool="fast"), a_price(usd(2), zone="a")
    assert per_hour(a_book(by_pool, by_zone), MODEL, FAST, T0) == usd(1)
    assert per_hour(a_book(by_zone, by_pool), MODEL, FAST, T0) == usd(2)


def test_an_entry_that_has_not_begun_hides_nothing() -> None:
    """A more specific entry whose first rate is still to come leaves the present price in force."""
    book = a_book(a_price(usd(4)), a_price(usd(6), since=at(1), pool="fast"))
    assert (per_hour(book, MODEL, FAST, T0), per_hour(book, MODEL, FAST, at(1))) == (usd(4), usd(6))


def test_no_price_is_none() -> None:
    """Another model, other nodes or an earlier time have no price; a price of zero is a price."""
    assert a_book(a_price(pool="fast")).gpu(MODEL, labels({}), T0) is None
    assert per_hour(a_book(), "H100", FAST, T0) is None
    assert a_book(a_price(since=at(1))).gpu(MODEL, FAST, T0) is None
    assert per_hour(a_book(a_price(usd(0))), MODEL, FAST, T0) == Money(0, "USD")


def test_a_list_price_stands_only_where_nothing_declared_does() -> None:
    """A built-in price is asked for, is an estimate, and gives way to any declared price that has begun, zero too."""
    book = replace(a_book(a_price(usd(0), since=at(1))), built_in=True)
    listed = list_price(MODEL)
    assert listed
    assert book.gpu(MODEL, FAST, T0) == Price(listed.per_hour, PricedBy.BUILT_IN)
    assert book.gpu(MODEL, FAST, at(1)) == Price(usd(0))
    assert book.gpu("Unheard-Of", FAST, T0) is None
    assert replace(book, built_in=False).gpu(MODEL, FAST, T0) is None


def test_of_two_shares_for_one_instance_the_first_counts() -> None:
    """As with prices; other models have none of it."""
    shares = (MigShare(MODEL, "3g.40gb", 5), MigShare(MODEL, "3g.40gb", 6), MigShare("other", "1g.5gb", 7))
    assert replace(a_book(), mig=shares).shares(MODEL) == {"3g.40gb": 5}


def test_what_was_bought_costs_what_it_cost() -> None:
    """A card of the register has its part of the month, whatever rates say, on its nodes and in its months alone."""
    asset = OwnedCards("dgx", MODEL, labels({"pool": "fast"}), 2, T0, 1, 0, opex_per_month=usd(2 * 720 * 3).nanos)
    book = replace(a_book(), owned=(asset,))
    assert book.gpu(MODEL, FAST, T0) == Price(usd(3), PricedBy.OWNED, "dgx")
    assert book.gpu(MODEL, labels({}), T0) == book.gpu(MODEL, FAST, at(-1)) == Price(usd(4))


NODES = st.dictionaries(st.sampled_from(["pool", "zone"]), st.sampled_from(["a", "b"]))
MODELS = st.sampled_from([MODEL, "L4-24GB"])


@given(
    st.lists(st.tuples(MODELS, NODES, st.integers(-5, 5)), max_size=5), MODELS, NODES, st.integers(-9, 9), st.booleans()
)
def test_a_book_for_one_node_says_the_same(
    entries: list[tuple[str, dict[str, str], int]], model: str, node: dict[str, str], second: int, built_in: bool
) -> None:
    """Left with what fits a model's cards on a node it gives them the same price at any time."""
    rates = [a_price(usd(n), model=of, since=at(since), **on) for n, (of, on, since) in enumerate(entries)]
    assets = [OwnedCards(str(n), of, labels(on), 1, at(since), 1, n) for n, (of, on, since) in enumerate(entries[::2])]
    book = PriceBook("USD", tuple(rates), built_in=built_in, owned=tuple(assets))
    there = labels(node)
    assert book.on(model, there).gpu(model, there, at(second)) == book.gpu(model, there, at(second))


@pytest.mark.parametrize("by", PricedBy)
def test_only_list_prices_are_estimates(by: PricedBy) -> None:
    """Measured time at a price that somebody declared is rated."""
    expected = Certainty.ESTIMATED if by is PricedBy.BUILT_IN else Certainty.RATED
    assert Price(usd(1), by).certainty is expected


def test_a_price_says_whether_it_includes_the_host() -> None:
    """That of the entry that fits best; what was bought by itself; list prices always do."""
    apart = replace(a_price(), includes_host=False)
    book = replace(a_book(apart, a_price(pool="fast")), built_in=True)
    told = [book.gpu(model, node, T0) for model, node in ((MODEL, labels({})), (MODEL, FAST), ("T4-16GB", FAST))]
    assert [price and price.includes_host for price in told] == [False, True, True]
    asset = OwnedCards("dgx", MODEL, labels({}), 8, T0, 48, 100, includes_host=False)
    owned = replace(a_book(), owned=(asset,))
    price = owned.gpu(MODEL, labels({}), T0)
    assert price
    assert not price.includes_host
    assert [each.has_hosts for each in (book, owned, a_book())] == [True, True, False]


def test_a_hosts_rate_holds_until_the_next_begins() -> None:
    """Before the first there is none."""
    first, second = ComputeRate(at(0), 1, 2), ComputeRate(at(10), 3, 4)
    book = replace(a_book(), compute=(second, first))
    assert [book.host(at(when)) for when in (-1, 0, 9, 10)] == [None, first, first, second]


def test_what_cards_cost_is_priced_as_by_the_whole_book() -> None:
    """By rates, bought cards, declared shares of a card and the built-in list; hosts, tokens and exchange are left out."""
    asset = OwnedCards("dgx", MODEL, labels({}), 8, T0, 48, 100)
    share = MigShare(MODEL, "1g.5gb", 10**8)
    cards = PriceBook("EUR", (a_price(usd(4)),), built_in=True, mig=(share,), owned=(asset,))
    whole = replace(cards, compute=(ComputeRate(T0, 1, 2),), exchange_rates=(ExchangeRate("USD", T0, 10**9),))
    assert whole.of_cards == cards
