"""How much of a day's bill is captured: claimed, or seen."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.bills import SEEN_BY, bill_entries
from aicost.core.capture import CapturedDay, captures
from aicost.core.declarations import Source
from aicost.core.exchange import Exchange
from aicost.core.ledger import UNCLAIMED, Certainty, Component, Entry, Origin, Owner
from aicost.core.money import NANOS_PER_UNIT, Money
from aicost.core.prices import ExchangeRate
from aicost.core.refining import refinement, refiners_of
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, date
from tests.support.builders import (
    BEFORE_ANYTHING,
    T0,
    a_bill,
    a_line,
    a_row,
    a_source,
    at,
    between,
    dims,
    owned_by,
    ownership,
    usd,
)

GW = Source("gw", "LiteLLM", "Refine", refines=frozenset({("openai", "key_gw")}))
SOURCES = (a_source(), GW)
IN_USD = Exchange("USD")
CHAT = owned_by()


def row(day: int, *parts: tuple[Owner, int, str], key: str = "key_gw", currency: str = "USD") -> Entry:
    """A bill row by its lines: owner, whole units, and who was seen."""
    lines = tuple(
        a_line(owner, Money(units * NANOS_PER_UNIT, currency), subject=subject) for owner, units, subject in parts
    )
    origin = Origin(
        key=("bill", "openai", date(at(day * DAY)), f"apiKey={key}"),
        component=Component.TOKENS,
        pool="openai",
        window=between(day * DAY, (day + 1) * DAY),
        amount=Money(sum(units for _, units, _ in parts) * NANOS_PER_UNIT, currency),
        certainty=Certainty.CALIBRATED,
        quantity=0,
        unit="",
        description="",
    )
    return Entry(origin, lines)


SHARED = row(
    0, (CHAT, 6, f"apiKey rank{SEEN_BY}gw"), (UNCLAIMED, 3, f"apiKey other{SEEN_BY}gw"), (UNCLAIMED, 1, "project p")
)
OWN = row(0, (CHAT, 5, "project p"), key="key_chat")


def told(*entries: Entry, exchange: Exchange = IN_USD) -> dict[str, tuple[CapturedDay, ...]]:
    return dict(captures(entries, SOURCES, lambda _: refiners_of(SOURCES), exchange, "USD"))


def test_a_bill_is_captured_as_far_as_somebody_owns_it_and_a_key_as_far_as_it_was_seen() -> None:
    """Of 15 billed 11 are claimed; of the 10 of the refined key 9 were seen, claimed or not."""
    assert told(SHARED, OWN) == {
        "openai": (CapturedDay("2026-11-01", usd(15).nanos, usd(11).nanos),),
        "gw": (CapturedDay("2026-11-01", usd(10).nanos, usd(9).nanos),),
    }


def test_a_key_of_which_nothing_was_seen_is_not_captured() -> None:
    """Its gateway tells nothing: the bill is there all the same."""
    silent = row(1, (UNCLAIMED, 4, "project p"))
    assert told(silent, SHARED)["gw"][1] == CapturedDay("2026-11-02", usd(4).nanos, 0)


def test_a_day_is_seen_by_who_refined_its_keys_on_that_day() -> None:
    """What a gateway began to refine on the second day it does not miss of the first."""
    refined = {between(DAY, 2 * DAY): refiners_of(SOURCES)}
    rows = [row(day, (CHAT, 6, f"apiKey rank{SEEN_BY}gw")) for day in (0, 1, 2)]
    found = captures(rows, SOURCES, lambda day: refined.get(day, {}), IN_USD, "USD")
    assert [day.date for day in found["openai"]] == ["2026-11-01", "2026-11-02", "2026-11-03"]
    assert found["gw"] == (CapturedDay("2026-11-02", usd(6).nanos, usd(6).nanos),)


def test_a_row_without_a_key_is_of_its_bill_alone() -> None:
    """No gateway can have seen it."""
    whole = row(0, (CHAT, 5, "project p"))
    keyless = replace(whole, origin=replace(whole.origin, key=("bill", "openai", "2026-11-01", "model=m")))
    assert told(keyless) == {"openai": (CapturedDay("2026-11-01", usd(5).nanos, usd(5).nanos),)}


def test_what_is_estimated_taken_back_or_priceless_is_not_billed() -> None:
    """Nor is what another source billed that is not declared any more."""
    estimate = replace(OWN, origin=replace(OWN.origin, certainty=Certainty.ESTIMATED))
    gone = replace(OWN, origin=replace(OWN.origin, pool="gone"))
    nothing = row(0, (CHAT, 0, "project p"))
    assert told(estimate, gone, nothing) == {}


def test_days_are_told_at_their_rates() -> None:
    """An amount in a currency without a rate is on neither side."""
    euros = row(0, (CHAT, 10, "project p"), key="k", currency="EUR")
    rated = Exchange("USD", (ExchangeRate("EUR", BEFORE_ANYTHING, 1_100_000_000),))
    assert told(euros, OWN)["openai"] == (CapturedDay("2026-11-01", usd(5).nanos, usd(5).nanos),)
    assert told(euros, OWN, exchange=rated)["openai"] == (CapturedDay("2026-11-01", usd(16).nanos, usd(16).nanos),)


def test_it_knows_what_a_refinement_saw() -> None:
    """By the lines that a refined bill really has."""
    line = replace(a_row(usd(100), 100, apiKey="key_gw", lineItem="m, output_tokens"), unit="tokens")
    seen = UsageRow("gw", between(0, DAY), dims(apiKey="rank", model="m"), Tokens(output=60, requests=1))
    entries, _ = bill_entries(
        (a_bill(line),), ownership(*SOURCES), refinement=refinement({T0: refiners_of(SOURCES)}, (seen,))
    )
    assert told(*entries)["gw"] == (CapturedDay("2026-11-01", usd(100).nanos, usd(60).nanos),)
