"""Rows of FOCUS files: every cent of every row on its day, once, and what cannot be understood spoils its day only."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.money import NANOS_PER_UNIT
from aicost.core.window import DAY, Instant, Window, day_of, instant, rfc3339
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.focus.columns import WANTED
from aicost.sources.tokens.focus.rows import Charges
from tests.sources.tokens.focus.files import Charge, a_charge
from tests.support.builders import dims, usd

FIRST = day_of(instant("2026-11-01T00:00:00Z"))
SECOND = day_of(FIRST.end)
BEDROCK = {"service": "Amazon Bedrock", "account": "4711"}

costs = st.decimals(-(10**6), 10**6, places=12).map(lambda cost: f"{cost:f}")
hours = st.integers(0, 47)


def counted(*rows: Charge, services: frozenset[str] = frozenset(), **tags: str) -> Charges:
    charges = Charges({"project": "team", **tags}, services)
    for number, row in enumerate(rows, 1):
        charges.add(Answer({name: text or None for name, text in row.items()}, Answer(None), f"nov.csv, row {number}"))
    return charges


def in_files(*files: Sequence[Charge]) -> Charges:
    """The rows of files that are an account each, the oldest first."""
    charges = Charges({"project": "team"})
    for account, rows in enumerate(files):
        for row in rows:
            answer = Answer({name: text or None for name, text in row.items()}, Answer(None), "row")
            charges.add(answer, f"{'abc'[account]}.csv")
    return charges


def of(charges: Charges, day: Window = FIRST) -> dict[object, int]:
    return {row.dimensions: row.amount.nanos for row in charges.day("bedrock", day).rows}


def in_hour(cost: str, hour: int, team: str) -> Charge:
    start = Instant(FIRST.start + hour * 3600)
    day, clock = f"2026-11-{1 + hour // 24:02}", f"{hour % 24:02}:00:00Z"
    assert start in (FIRST if hour < 24 else SECOND)
    ends = hour + 1
    end = f"2026-11-{1 + ends // 24:02}T{ends % 24:02}:00:00Z"
    return a_charge(cost, ChargePeriodStart=f"{day}T{clock}", ChargePeriodEnd=end, team=team)


@given(st.lists(st.tuples(costs, hours, st.sampled_from(("a", "b", ""))), max_size=12))
def test_days_sum_to_their_rows(drawn: list[tuple[str, int, str]]) -> None:
    """Exact sums, rounded once for each day and tag, in any order."""
    rows = [in_hour(*each) for each in drawn]
    charges = counted(*rows)
    for day in (FIRST, SECOND):
        for team in ("a", "b", ""):
            wanted = sum(
                (Decimal(cost) for cost, hour, of_team in drawn if (hour < 24) is (day == FIRST) and of_team == team),
                Decimal(0),
            )
            named = dims(**BEDROCK, project=team) if team else dims(**BEDROCK)
            assert of(charges, day).get(named, 0) == int((wanted * NANOS_PER_UNIT).to_integral_value())
    assert of(counted(*rows[::-1])) == of(charges)


texts = st.text(max_size=20) | st.sampled_from(
    ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "USD", "1e3", "{}", "Tokens")
)


@given(st.dictionaries(st.sampled_from(WANTED), texts))
def test_whatever_a_row_says_is_counted_or_refused(row: dict[str, str]) -> None:
    """No other error leaves the parser, and a row that is refused is in no sum."""
    charges = Charges({"project": "team"})
    with contextlib.suppress(Malformed):
        charges.add(Answer({name: text or None for name, text in row.items()}, Answer(None), "row 1"))
    days = [day_of(at) for at in charges.spoiled]
    assert all(charges.day("bedrock", day).rows == () for day in days)


def test_amounts_finer_than_a_nano_unit_are_not_lost() -> None:
    """Ten million tokens at 0.0000000004 are four dollars of a thousand, not nothing."""
    assert of(counted(*(a_charge("0.0000000004") for _ in range(1000)))) == {dims(**BEDROCK): 400}


def test_credits_taxes_and_purchases_are_on_the_bill() -> None:
    """BilledCost sums to the invoice, whatever a row is of; what is not usage says so."""
    rows = (a_charge("10"), a_charge("-4", ChargeCategory="Credit"), a_charge("1.20", ChargeCategory="Tax"))
    assert of(counted(*rows)) == {
        dims(**BEDROCK): usd(10).nanos,
        dims(**BEDROCK, category="Credit"): -usd(4).nanos,
        dims(**BEDROCK, category="Tax"): usd(1).nanos + 200_000_000,
    }


def test_a_monthly_fee_is_on_its_first_day() -> None:
    """It is not spread, and it does not pretend that the month is known to its end."""
    charges = counted(a_charge("30", ChargePeriodEnd="2026-12-01T00:00:00Z"))
    assert of(charges) == {dims(**BEDROCK): usd(30).nanos}
    assert charges.reach == FIRST.start
    assert not charges.day("bedrock", FIRST).whole


@pytest.mark.parametrize(("files", "waited"), [(1, 10), (2, 35)])
def test_a_service_is_waited_for_and_then_used_no_more(files: int, waited: int) -> None:
    """For ten days of charges of its own export, for five weeks of another's: until then each day without it is late."""
    for day, late in ((1, True), (waited - 1, True), (waited, False)):
        behind = day_of(Instant(FIRST.start + day * DAY))
        others = a_charge("1", ChargePeriodStart=rfc3339(behind.start), ChargePeriodEnd=rfc3339(behind.end))
        vertex = a_charge("1", ServiceName="Vertex AI")
        charges = in_files([vertex, others]) if files == 1 else in_files([vertex], [others])
        assert set(charges.late(behind)) == ({"Vertex AI"} if late else set())
        assert charges.late(SECOND) == charges.late(behind)
        assert charges.day("bedrock", SECOND).whole is not late
        assert not charges.late(FIRST)


def test_a_day_that_a_service_is_charged_for_in_part_is_late() -> None:
    """Its other hours may come later than others': until it is charged for a later one."""
    vertex = {**in_hour("1", 12, ""), "ServiceName": "Vertex AI"}
    charges = counted(vertex, in_hour("1", 30, ""))
    assert charges.late(FIRST) == {"Vertex AI": instant("2026-11-01T13:00:00Z")}
    assert not charges.day("cloud", FIRST).whole
    assert counted(vertex, in_hour("1", 30, ""), {**in_hour("1", 29, ""), "ServiceName": "Vertex AI"}).late(FIRST) == {}


def test_what_is_no_usage_reaches_only_where_there_is_nothing_else() -> None:
    """A bill of purchases alone is told by these."""
    fee = a_charge("5", "2026-11-02", ChargeCategory="Purchase")
    assert counted(fee).reach == SECOND.end
    assert counted(a_charge("1"), fee).reach == FIRST.end


def test_rows_in_two_currencies_are_never_added() -> None:
    """They are two rows of the day, which their currency tells apart."""
    charges = counted(a_charge("1"), a_charge("2", BillingCurrency="eur"))
    assert {(row.dimensions, str(row.amount)) for row in charges.day("bedrock", FIRST).rows} == {
        (dims(**BEDROCK, currency="USD"), "1.00 USD"),
        (dims(**BEDROCK, currency="EUR"), "2.00 EUR"),
    }


def test_only_the_services_that_are_named_count() -> None:
    """A cloud's bill has GPUs on it, which the price book charges already."""
    rows = (a_charge("1"), a_charge("900", ServiceName="Amazon Elastic Compute Cloud"))
    assert of(counted(*rows, services=frozenset({"Amazon Bedrock"}))) == {dims(**BEDROCK): usd(1).nanos}


def test_tokens_are_counted_and_other_units_are_not() -> None:
    """A quantity is one of tokens or none: requests and seconds are never added to them."""
    rows = (
        a_charge("1", ConsumedQuantity="1000.0", ConsumedUnit="Tokens"),
        a_charge("1", ConsumedQuantity="7", ConsumedUnit="Requests"),
    )
    (row,) = counted(*rows).day("bedrock", FIRST).rows
    assert (row.quantity, row.unit) == (1000, "tokens")


def test_parts_of_tokens_add_up_to_whole_ones() -> None:
    """Exactly: what is left of the sum, also of less than nothing, is dropped once."""
    for quantities, whole in ((("0.5", "0.25", "0.25"), 1), (("3", "-0.5"), 2), (("-1.5", "0.7"), 0), (("0.9",), 0)):
        rows = (a_charge("1", ConsumedQuantity=each, ConsumedUnit="Tokens") for each in quantities)
        (row,) = counted(*rows).day("bedrock", FIRST).rows
        assert (row.quantity, row.unit) == (whole, "tokens" if whole else "")


def test_all_rows_come_before_any_day_is_told() -> None:
    """Its sums are held no longer then: a row that came later would be counted without them."""
    charges = counted(a_charge("1"))
    assert charges.day("bedrock", FIRST) == charges.day("bedrock", FIRST)
    with pytest.raises(ValueError, match="was told already"):
        charges.add(Answer(a_charge("1"), Answer(None), "row 2"))


@pytest.mark.parametrize(
    "tags", ['{"team": "a", "more": 1}', '[{"key": "team", "value": "a"}, {"key": "more", "value": null}]']
)
def test_tags_are_understood_as_providers_write_them(tags: str) -> None:
    """An object, or a list of keys and values."""
    assert of(counted(a_charge("1", Tags=tags))) == {dims(**BEDROCK, project="a"): usd(1).nanos}


def test_a_tag_may_tell_what_it_was_for() -> None:
    """Beside whose it is; a charge without it is of no feature."""
    rows = (a_charge("1", Tags='{"team": "a", "app": "search"}'), a_charge("2", Tags='{"team": "a"}'))
    assert of(counted(*rows, feature="app")) == {
        dims(**BEDROCK, project="a", feature="search"): usd(1).nanos,
        dims(**BEDROCK, project="a"): usd(2).nanos,
    }


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"BilledCost": "12,34"}, "row 2.BilledCost is text that is not a decimal number"),
        ({"BilledCost": ""}, "row 2.BilledCost is missing or null"),
        ({"BilledCost": "1e12"}, "is not believed"),
        ({"BillingCurrency": "Dollar"}, "row 2.BillingCurrency is not a currency"),
        ({"Tags": "{team: a}"}, "row 2.Tags is not a JSON object"),
        ({"Tags": json.dumps({"team": "x" * 257})}, "more than 256 characters"),
        ({"ConsumedQuantity": "many", "ConsumedUnit": "Tokens"}, "row 2.ConsumedQuantity is text"),
    ],
)
def test_a_row_that_cannot_be_understood_spoils_its_day_only(wrong: dict[str, str], said: str) -> None:
    """And says where it is; the next day is whole."""
    charges = counted(a_charge("1"), a_charge("2", **wrong), a_charge("3", "2026-11-02"))
    assert said in charges.spoiled[FIRST.start]
    assert set(charges.spoiled) == {FIRST.start}
    assert of(charges, SECOND) == {dims(**BEDROCK): usd(3).nanos}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ChargePeriodStart": "1 Nov 2026"}, "row 1.ChargePeriodStart is no time"),
        ({"ChargePeriodStart": ""}, "row 1.ChargePeriodStart is missing"),
        ({"ChargePeriodEnd": "2026-11-01T00:00:00Z"}, "is not after ChargePeriodStart"),
    ],
)
def test_a_row_of_no_day_spoils_everything(wrong: dict[str, str], said: str) -> None:
    """Nobody knows which day it would belong to."""
    with pytest.raises(Malformed, match=said):
        counted(a_charge("1", **wrong))


def test_rows_of_two_invoices_add_up() -> None:
    """Another payer's, or another month's that corrects a day: neither tells again what the other does."""
    rows = (
        a_charge("10", BillingAccountId="p", BillingPeriodStart="2026-11-01T00:00:00Z"),
        a_charge("10", BillingAccountId="q", BillingPeriodStart="2026-11-01T00:00:00Z"),
        a_charge("-1", BillingAccountId="p", BillingPeriodStart="2026-12-01T00:00:00Z"),
    )
    charges = in_files(*([row] for row in rows))
    assert (of(charges), charges.spoiled) == ({dims(**BEDROCK): usd(19).nanos}, {})


@pytest.mark.parametrize("column", ["RegionId", "ResourceId", "SkuId", "ChargePeriodEnd"])
@pytest.mark.parametrize("other", ["2026-11-01T01:00:00Z", "2026-11-01T02:00:00Z"])
def test_rows_of_other_things_are_not_told_again(column: str, other: str) -> None:
    """The same sums of another region, resource, product or hour are another charge: nobody knows that it replaces these."""
    one, rows = "2026-11-01T01:00:00Z", (a_charge("1", team="a"), a_charge("2", team="b"))
    charges = in_files(*([row | {column: value} for row in rows] for value in (one, other)))
    assert bool(charges.spoiled) is (one != other)
