"""What an edit of the price book changed: only in the window, only what differs, from its first moment on."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.hosts import ComputeRate
from aicost.core.identity import labels
from aicost.core.owned import OwnedCards
from aicost.core.prices import DatedRate, GpuPrice, MigShare, PriceBook
from aicost.core.repricing import Repriced, repriced, said
from aicost.core.window import DAY
from tests.support.builders import MODEL, a_book, a_price, at, between, usd

OVER = between(0, 100)
RATES = st.dictionaries(st.integers(-20, 120), st.integers(0, 3), max_size=4)


def a_rate(of: dict[int, int]) -> GpuPrice:
    return GpuPrice(MODEL, tuple(DatedRate(at(since), nanos) for since, nanos in of.items()))


@given(RATES, RATES)
def test_the_first_second_that_differs_is_told(before: dict[int, int], after: dict[int, int]) -> None:
    """An edit is told exactly where some second of the window has another price, from the first such second on."""
    old, new = a_rate(before), a_rate(after)
    differs = [second for second in range(100) if _nanos(old, second) != _nanos(new, second)]
    found = repriced(said(a_book(old)), said(a_book(new)), OVER)
    assert [change.since for change in found] == [at(second) for second in differs[:1]]


def _nanos(price: GpuPrice, second: int) -> int | None:
    rate = price.at(at(second))
    return rate.nanos_per_hour if rate else None


def test_a_change_says_what_was_and_what_is() -> None:
    """In words for people, by model and nodes; where there was or is no price, that."""
    before = a_book(a_price(usd(3)), a_price(usd(6), pool="fast"))
    after = a_book(a_price(usd(4)), a_price(usd(6), since=at(50), pool="fast"))
    assert [str(change) for change in repriced(said(before), said(after), OVER)] == [
        "H100-80GB: 3.00 USD an hour before, 4.00 USD an hour now, from 2026-11-01",
        "H100-80GB on pool=fast: 6.00 USD an hour before, no price now, from 2026-11-01",
    ]


def test_another_currency_changes_every_price() -> None:
    """The same number in another currency is another price."""
    assert len(repriced(said(PriceBook("USD", (a_price(),))), said(PriceBook("EUR", (a_price(),))), OVER)) == 1


def test_list_prices_switched_on_are_told() -> None:
    """Whether they apply where no entry does is a price of its own; a book that comes or goes is told too."""
    book, listed = a_book(), replace(a_book(), built_in=True)
    switched = Repriced(at(0), "what no entry prices", "no price", "list prices")
    assert repriced(said(book), said(listed), OVER) == (switched,)
    assert [change.now for change in repriced(said(book), said(None), OVER)] == ["no price"]


def test_another_share_of_a_card_is_told() -> None:
    """Shares have no date: an edit rates all open months anew."""
    half, third = (replace(a_book(), mig=(MigShare(MODEL, "3g.40gb", n),)) for n in (500_000_000, 300_000_000))
    (change,) = repriced(said(half), said(third), OVER)
    assert str(change) == "3g.40gb of H100-80GB: 0.50 of the card before, 0.30 of the card now, from 2026-11-01"


def test_an_edited_asset_is_told() -> None:
    """By its name, with everything that its cost is made of; from its first day to the last of its use."""
    nodes = labels({"own": "dgx", "rack": "1"})
    asset = OwnedCards("dgx", MODEL, nodes, 8, at(0), 1, usd(9).nanos, usd(3).nanos, opex_per_month=usd(2).nanos)
    book = replace(a_book(), owned=(asset,))
    paid = "8 x H100-80GB on own=dgx, rack=1 for 6.00 over 1 months and 2.00 a month"
    assert said(book)["owned dgx"] == ((at(0), paid), (at(30 * DAY), "no price"))
    assert repriced(said(a_book()), said(book), OVER) == (Repriced(at(0), "owned dgx", "no price", paid),)
    assert repriced(said(a_book()), said(book), between(30 * DAY, 31 * DAY)) == ()


def test_nodes_are_named_in_order() -> None:
    """Whatever order labels come in, an entry is the same."""
    (what,) = said(a_book(a_price(usd(1), zone="a", pool="fast")))
    assert what == "H100-80GB on pool=fast, zone=a"


def test_of_two_entries_for_the_same_the_first_counts() -> None:
    """As in the price itself."""
    both = a_book(a_price(usd(1)), a_price(usd(2)))
    assert said(both) == said(a_book(a_price(usd(1))))


def test_what_hosts_cost_is_told() -> None:
    """Their rates, and that a price includes them no more."""
    apart = replace(a_book(replace(a_price(), includes_host=False)), compute=(ComputeRate(at(-5), usd(1).nanos, 5),))
    assert [str(change) for change in repriced(said(a_book()), said(apart), OVER)] == [
        "CPU and memory: no price before, 1.00 a core hour and 0.000000005 a GiB hour now, from 2026-11-01",
        "H100-80GB: 4.00 USD an hour before, 4.00 USD an hour without the host now, from 2026-11-01",
    ]
    asset = OwnedCards("dgx", MODEL, labels({"own": "dgx"}), 8, at(0), 48, 100)
    alone = replace(asset, includes_host=False)
    (change,) = repriced(said(replace(a_book(), owned=(asset,))), said(replace(a_book(), owned=(alone,))), OVER)
    assert change.now == f"{change.was} without the host"
