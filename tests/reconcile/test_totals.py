"""Totals in the currency that is asked for: each line at the rate of its day, the ledger read no more than need be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from aicost.core.exchange import Exchange
from aicost.core.ledger import Total
from aicost.core.money import Money
from aicost.core.prices import ExchangeRate
from aicost.core.window import DAY, Window
from aicost.reconcile.totals import Totals
from aicost.store import SqlLedger
from tests.reconcile.test_facts_currencies import billed_in_euros
from tests.support.builders import at, between, usd

RATES = (ExchangeRate("EUR", at(0), 1_100_000_000), ExchangeRate("EUR", at(DAY), 1_300_000_000))
BOTH = between(0, 2 * DAY)


class _Asked:
    """A ledger that remembers which windows were asked for."""

    def __init__(self, ledger: SqlLedger) -> None:
        self.ledger = ledger
        self.windows: list[Window] = []

    @contextmanager
    def counting(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        inner = self.ledger.totals

        def totals(over: Window, *, by_subject: bool = False) -> tuple[Total, ...]:
            self.windows.append(over)
            return inner(over, by_subject=by_subject)

        with monkeypatch.context() as patch:
            patch.setattr(self.ledger, "totals", totals)
            yield


def _sum(totals: tuple[Total, ...]) -> int:
    return sum(total.nanos for total in totals if total.currency == "USD")


def test_each_day_is_converted_at_its_own_rate() -> None:
    """Ten euros on each of two days, at 1.10 and at 1.30; a day alone is its part of both."""
    read = Totals(billed_in_euros(Money(10 * 10**9, "EUR"), days=2), Exchange("USD", RATES))
    assert _sum(read.over(BOTH, "USD")) == usd(24).nanos
    assert [_sum(read.over(between(day * DAY, (day + 1) * DAY), "USD")) for day in (0, 1)] == [
        usd(11).nanos,
        usd(13).nanos,
    ]
    assert len(read.over(BOTH, "USD")) == 1


def test_native_amounts_need_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the currency already is read once, and is what the ledger says."""
    asked = _Asked(billed_in_euros(Money(10 * 10**9, "EUR"), days=2))
    with asked.counting(monkeypatch):
        read = Totals(asked.ledger, Exchange("USD", RATES))
        assert [total.nanos for total in read.over(BOTH, "EUR")] == [20 * 10**9]
        assert asked.windows == [BOTH]
        read.over(BOTH, "USD")
        read.over(BOTH, "USD")
        assert len(asked.windows) == 3


def test_a_day_before_the_first_rate_stays_as_it_was() -> None:
    """It is converted by no later rate: the second day is, the first stays in euros."""
    read = Totals(billed_in_euros(Money(10 * 10**9, "EUR"), days=2), Exchange("USD", RATES[1:]))
    assert {total.currency: total.nanos for total in read.over(BOTH, "USD")} == {
        "USD": usd(13).nanos,
        "EUR": 10 * 10**9,
    }
