"""Cards that were bought: months and hours of them sum to what was paid, exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.identity import labels
from aicost.core.owned import OwnedCards
from aicost.core.prices import Price, PricedBy
from aicost.core.window import DAY, HOUR, Period, hour_of, instant, rfc3339
from tests.support.builders import MODEL, T0, a_book, a_price, usd

DGX = labels({"own": "dgx"})


def an_asset(
    since: str = "2025-07-01",
    months: int = 48,
    *,
    count: int = 64,
    capex: int = usd(2_400_000).nanos,
    residual: int = usd(240_000).nanos,
    opex: int = usd(31_000).nanos,
) -> OwnedCards:
    """The design's 64 cards: 2,400,000 for 48 months, 240,000 of it left at the end, and 31,000 a month."""
    return OwnedCards("dgx", MODEL, DGX, count, instant(f"{since}T00:00:00Z"), months, capex, residual, opex)


def test_a_month_is_what_the_register_says() -> None:
    """2,160,000 over 48 months and 31,000 are 76,000 a month; an hour of November is a 720th of it, a card a 64th of that."""
    asset = an_asset()
    assert asset.monthly(Period("2026-11")) == usd(76_000).nanos
    assert asset.hourly(hour_of(T0)) == 76_000 * 10**9 // 720
    assert asset.per_card(hour_of(T0)) == 76_000 * 10**9 // 720 // 64


@given(st.integers(0, 10**16), st.integers(1, 240), st.integers(0, 10**14), st.sampled_from(["2024-01", "2025-07"]))
def test_whole_months_write_off_exactly(worth: int, months: int, opex: int, begun: str) -> None:
    """The months of use sum to capex - residual and their running costs, to the nano-unit."""
    asset = an_asset(f"{begun}-01", months, capex=worth + 5, residual=5, opex=opex)
    used, at = [], asset.use.start
    while at < asset.use.end:
        used.append(Period.of(at))
        at = used[-1].window.end
    assert (len(used), at) == (months, asset.use.end)
    assert sum(asset.monthly(month) for month in used) == worth + months * opex


def test_what_does_not_divide_is_written_off_as_it_falls_due() -> None:
    """Five nano-units over three months: never more than what is due, and the rest as soon as it is whole."""
    asset = an_asset("2026-11-01", 3, capex=5, residual=0, opex=0)
    assert [asset.monthly(Period(month)) for month in ("2026-11", "2026-12", "2027-01")] == [1, 2, 2]


@pytest.mark.parametrize("month", ["2026-02", "2026-11", "2026-12"])
@pytest.mark.parametrize("opex", [1, 7_777_777_777, 10**15 + 1])
def test_the_hours_of_a_month_are_the_month(month: str, opex: int) -> None:
    """Whatever the price and however long the month."""
    asset, period = an_asset(opex=opex), Period(month)
    assert sum(asset.hourly(hour) for hour in period.window.pieces(HOUR)) == asset.monthly(period)


@given(st.integers(0, 10**16), st.integers(1, 1000))
def test_cards_never_cost_more_than_the_asset(capex: int, count: int) -> None:
    """All cards at the price of one are the hour, less what the division leaves: under one nano-unit a card."""
    asset = an_asset(capex=capex, residual=0, count=count)
    left = asset.hourly(hour_of(T0)) - count * asset.per_card(hour_of(T0))
    assert 0 <= left < count


@pytest.mark.parametrize(
    ("since", "months", "end"),
    [
        ("2025-07-01", 48, "2029-07-01"),
        ("2025-07-15", 1, "2025-08-15"),
        ("2025-12-31", 2, "2026-03-01"),
        ("2026-11-30", 1, "2026-12-30"),
    ],
)
def test_use_ends_on_the_same_day_of_a_later_month(since: str, months: int, end: str) -> None:
    """Or with that month, where it lacks the day."""
    assert rfc3339(an_asset(since, months).use.end)[:10] == end


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(1, 240))
def test_use_is_never_empty(begun: date, months: int) -> None:
    """An asset is in use for at least 28 days a month, from whatever day on."""
    assert an_asset(begun.isoformat(), months).use.seconds >= 28 * DAY * months


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: an_asset(count=0),
        lambda: an_asset(months=0),
        lambda: an_asset(residual=usd(2_400_001).nanos),
        lambda: an_asset(opex=-1),
    ],
)
def test_what_cannot_be_is_refused(wrong: Callable[[], OwnedCards]) -> None:
    """No cards, no months, worth more in the end than bought, negative running costs."""
    with pytest.raises(ValueError, match="dgx"):
        wrong()


def test_a_book_prices_bought_cards_by_their_asset() -> None:
    """It says so, and which asset it is; other cards go by their rates."""
    asset = an_asset()
    book = replace(a_book(), owned=(asset,))
    assert book.gpu(MODEL, DGX, T0) == Price(usd(0, asset.per_card(hour_of(T0))), PricedBy.OWNED, "dgx")
    assert book.gpu(MODEL, labels({}), T0) == Price(usd(4))


def test_a_book_on_a_node_has_only_what_fits_it() -> None:
    """Entries of the model whose labels the node carries: so that a long book is looked through once."""
    asset, rate = an_asset(), a_price(usd(4), own="dgx")
    others = (replace(asset, model="L4-24GB"), replace(asset, nodes=labels({"own": "other"})))
    rates = (a_price(usd(1), model="L4-24GB", own="dgx"), a_price(usd(1), own="other"))
    book = replace(a_book(rate, *rates), owned=(asset, *others))
    assert book.on(MODEL, DGX) == replace(book, gpus=(rate,), owned=(asset,))
