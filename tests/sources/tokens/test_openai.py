"""OpenAI's bill is read to the cent through every fault: a bad page spoils its day, says so, and nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from aicost.core.bills import BillRow
from aicost.core.gaps import Feed
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens
from aicost.core.window import DAY, Instant, Window, date
from aicost.ports import BillReading, Forbidden, Unavailable
from aicost.sources.urls import UrlPolicy
from e2e.emulators import faults
from e2e.emulators.faults import Act
from e2e.emulators.openai_organisation import Cost
from tests.sources.tokens.conftest import IMPATIENT, OVER, OpenAI
from tests.support.builders import dims, usd

FIRST = "data.0.results.0"


def by_day(reading: BillReading) -> dict[str, dict[object, Money]]:
    return {date(day.day.start): {row.dimensions: row.amount for row in day.rows} for day in reading.days}


def told(reading: BillReading) -> list[tuple[GapReason, Feed, str]]:
    return sorted((gap.reason, gap.feed, date(gap.since)) for gap in reading.gaps)


WHOLE = {
    "2026-10-31": {dims(project="proj_support", apiKey="key_a", lineItem="gpt-6-sol, input_tokens"): usd(10)},
    "2026-11-01": {
        dims(project="proj_support", apiKey="key_a", lineItem="gpt-6-sol, input_tokens"): usd(1000),
        dims(project="proj_support", apiKey="key_a", lineItem="gpt-6-sol, output_tokens"): usd(400),
        dims(project="proj_shared", apiKey="key_gw", lineItem="gpt-6-sol, input_tokens"): usd(1500),
        dims(lineItem="gpt-6-luna, input_tokens"): usd(300),
    },
}


async def test_every_day_is_read_by_project_key_and_line_item(openai: OpenAI) -> None:
    """Both days, in dollars; what the provider left null is absent; what was used beside it; no gap."""
    reading = await openai.read()
    assert by_day(reading) == WHOLE
    assert {row.dimensions: row.tokens for row in reading.usage} == {
        dims(project="proj_support", apiKey="key_a", model="gpt-6-sol"): Tokens(1500, 400, 100, 300, 4),
        dims(project="proj_support", model="text-embedding-4"): Tokens(input=70, requests=2),
    }
    assert reading.gaps == ()


async def test_days_come_in_order_and_whole(openai: OpenAI) -> None:
    """A window that begins and ends within days gives those whole days, an empty day included."""
    over = Window(Instant(OVER.start - DAY + 5), Instant(OVER.end - 5))
    reading = await openai.read(over)
    assert [date(day.day.start) for day in reading.days] == ["2026-10-30", "2026-10-31", "2026-11-01"]
    assert reading.days[0].rows == ()
    assert {day.day.seconds for day in reading.days} == {DAY}


async def test_the_secret_is_read_anew_for_every_poll(openai: OpenAI) -> None:
    """A rotated credential is used by the next poll; the host it goes to is named with its port."""
    await openai.read()
    openai.has(admin_keys=frozenset({"sk-admin-rotated"}))
    openai.secrets.credential = "sk-admin-rotated"
    assert (await openai.read()).gaps == ()
    assert openai.secrets.asked == [("openai-admin", "token", next(iter(openai.policy.allowed_hosts)))] * 2


async def test_only_the_included_projects_are_read(openai: OpenAI) -> None:
    """`include.projects` becomes the provider's own filter."""
    openai.source = replace(openai.source, projects=frozenset({"proj_shared", "proj_other"}))
    assert [list(rows.values()) for rows in by_day(await openai.read()).values()] == [[], [usd(1500)]]


@pytest.mark.parametrize("results_per_page", [1, 2, 3])
async def test_pages_are_read_to_the_end(openai: OpenAI, results_per_page: int) -> None:
    """However the provider cuts a day into pages, all of it is there once."""
    openai.has(results_per_page=results_per_page)
    assert by_day(await openai.read()) == WHOLE


PASSING = {
    "too many requests": faults.status(429),
    "too many requests for a while": faults.status(429, "1"),
    "server error": faults.status(500),
    "overloaded for no time": faults.status(503, "0"),
    "bad gateway": faults.status(502, "soon"),
    "slow": faults.hang(0.6),
    "torn": faults.torn(),
    "cut": faults.cut(),
    "page again": faults.page_again(),
    "empty page": faults.empty_page(),
}


@pytest.mark.parametrize("act", PASSING.values(), ids=PASSING.keys())
async def test_a_fault_that_passes_leaves_no_trace(openai: OpenAI, act: Act) -> None:
    """Retried, or read over: nothing is lost, nothing is doubled, no gap is left."""
    openai.has(results_per_page=2)
    openai.limits = replace(IMPATIENT, attempts=6)
    openai.breaks(act, times=1)
    openai.breaks(act, path="/completions", times=1)
    reading = await openai.read()
    assert by_day(reading) == WHOLE
    assert sum(row.tokens.input for row in reading.usage) == 1570
    assert reading.gaps == ()


LASTING = {
    "too many requests": (faults.status(429), GapReason.BILL_UNAVAILABLE, "HTTP 429"),
    "wait an hour": (faults.status(429, "3600"), GapReason.BILL_UNAVAILABLE, "asked to wait 3600 s"),
    "server error": (faults.status(500), GapReason.BILL_UNAVAILABLE, "HTTP 500 (server_error) to GET /organization/costs"),
    "not found": (faults.status(404), GapReason.BILL_UNAVAILABLE, "HTTP 404"),
    "redirect": (faults.redirect("http://169.254.169.254/"), GapReason.BILL_UNAVAILABLE, "never followed"),
    "slow": (faults.hang(5), GapReason.BILL_UNAVAILABLE, "did not answer GET /organization/costs in time"),
    "cut": (faults.cut(), GapReason.BILL_UNAVAILABLE, "did not answer GET /organization/costs completely"),
    "torn": (faults.torn(), GapReason.BILL_MALFORMED, "is torn"),
    "loop": (faults.cursor_loop(), GapReason.BILL_MALFORMED, "leads back to an earlier page"),
    "NaN": (faults.put(f"{FIRST}.amount.value", "NaN"), GapReason.BILL_MALFORMED, "data[0].results[0].amount.value is not a"),
    "truth": (faults.put(f"{FIRST}.amount.value", "true"), GapReason.BILL_MALFORMED, "amount.value is true or false"),
    "no amount": (faults.put(f"{FIRST}.amount", "null"), GapReason.BILL_MALFORMED, "amount is missing or null"),
    "no currency": (faults.put(f"{FIRST}.amount.currency", "null"), GapReason.BILL_MALFORMED, "currency is missing"),
    "odd project": (faults.put(f"{FIRST}.project_id", "7"), GapReason.BILL_MALFORMED, "project_id is a number"),
    "other day": (faults.put("data.0.start_time", "1793404800"), GapReason.BILL_MALFORMED, "data[0] is of another time"),
    "no buckets": (faults.put("data", "[]"), GapReason.BILL_MALFORMED, "no bucket came for the day"),
    "no cursor": (faults.put("has_more", "true"), GapReason.BILL_MALFORMED, "next_page is missing"),
    "usage": (faults.put(f"{FIRST}.object", '"organization.usage.completions.result"'), GapReason.BILL_MALFORMED, "another kind"),
    "row twice": (faults.put("data.0.results.1", "{}"), GapReason.BILL_MALFORMED, "data[0].results[1].object is missing"),
}  # fmt: skip


@pytest.mark.parametrize(("act", "reason", "words"), LASTING.values(), ids=LASTING.keys())
async def test_a_fault_that_stays_spoils_its_day_only(openai: OpenAI, act: Act, reason: GapReason, words: str) -> None:
    """The day is a gap with its reason, its start and what came; the other day and all usage are there."""
    openai.limits = IMPATIENT
    openai.breaks(act)
    if "asked to wait" not in words:
        reading = await openai.read()
        assert by_day(reading) == {"2026-10-31": WHOLE["2026-10-31"]}
        assert sum(row.tokens.input for row in reading.usage) == 1570
    else:
        reading = await openai.read(Window(Instant(OVER.end - DAY), OVER.end))
    bills = [gap for gap in reading.gaps if gap.feed is Feed.BILLS]
    assert [(gap.reason, gap.source, date(gap.since)) for gap in bills] == [(reason, "openai-prod", "2026-11-01")]
    assert words in bills[0].message
    assert bills[0].message.startswith("openai-prod, bills of 2026-11-01: ")
    assert len(bills[0].message.encode()) <= 1024


async def test_a_repeated_page_with_another_amount_spoils_the_day(openai: OpenAI) -> None:
    """Two amounts for the same dimensions: neither is believed, neither are they added."""
    openai.breaks(faults.put(f"{FIRST}.amount.value", "999"), page="again-")
    openai.breaks(faults.page_again(), times=1)
    reading = await openai.read()
    assert list(by_day(reading)) == ["2026-10-31"]
    assert told(reading) == [(GapReason.BILL_MALFORMED, Feed.BILLS, "2026-11-01")]


async def test_usage_that_fails_leaves_the_bill_alone(openai: OpenAI) -> None:
    """Money does not depend on counts; the day's counts are a gap as a whole."""
    openai.breaks(faults.put(f"{FIRST}.input_tokens", "1.5"), path="/embeddings")
    reading = await openai.read()
    assert by_day(reading) == WHOLE
    assert reading.usage == ()
    assert told(reading) == [(GapReason.BILL_MALFORMED, Feed.USAGE, "2026-11-01")]


async def test_a_long_wait_is_not_begun(openai: OpenAI) -> None:
    """A provider that asks for an hour is left alone for this poll: a few requests, then gaps for all days."""
    openai.breaks(faults.status(429, "3600"), path="", day="")
    reading = await openai.read(Window(Instant(OVER.end - 35 * DAY), OVER.end))
    assert len(openai.emulator.asked) <= openai.limits.concurrency
    assert Counter(gap.reason for gap in reading.gaps) == {GapReason.BILL_UNAVAILABLE: 70}


@pytest.mark.parametrize(
    ("credential", "code"),
    [("sk-proj-abc", "HTTP 401 (invalid_api_key)"), ("sk-admin-blind", "HTTP 403 (missing_scope)")],
)
async def test_a_refused_credential_is_said_in_words_and_not_retried(
    openai: OpenAI, credential: str, code: str
) -> None:
    """Every day is a gap with one message that says which key is needed; a few requests were made, not one a day."""
    openai.has(scopeless_keys=frozenset({"sk-admin-blind"}))
    openai.secrets.credential = credential
    reading = await openai.read(Window(Instant(OVER.end - 35 * DAY), OVER.end))
    assert len(openai.emulator.asked) <= openai.limits.concurrency
    assert (reading.days, reading.usage, len(reading.gaps)) == ((), (), 70)
    assert {gap.reason for gap in reading.gaps} == {GapReason.CREDENTIAL_INVALID}
    messages = {gap.message for gap in reading.gaps}
    assert all(code in message or "HTTP" not in message for message in messages)
    assert all("a project key cannot read the organisation's costs" in message for message in messages)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Forbidden("Secret openai-admin is not there"), GapReason.CREDENTIAL_INVALID),
        (Unavailable("the API server does not answer"), GapReason.BILL_UNAVAILABLE),
    ],
)
async def test_a_secret_that_cannot_be_read_is_a_gap_for_all_days(
    openai: OpenAI, fault: Forbidden | Unavailable, reason: GapReason
) -> None:
    """No request is made, and the reason is what the credential's reader said."""
    openai.secrets.fault = fault
    reading = await openai.read()
    assert {(gap.reason, str(fault) in gap.message) for gap in reading.gaps} == {(reason, True)}
    assert openai.emulator.asked == []


async def test_a_source_without_a_secret_is_told_so(openai: OpenAI) -> None:
    """It is not asked without a credential."""
    openai.source = replace(openai.source, secret=None)
    reading = await openai.read()
    assert {gap.reason for gap in reading.gaps} == {GapReason.CREDENTIAL_INVALID}
    assert "names no secretRef" in reading.gaps[0].message


async def test_a_url_that_settings_do_not_allow_is_never_called(openai: OpenAI) -> None:
    """The gap says how to allow it; the credential is not even read."""
    openai.policy = UrlPolicy()
    reading = await openai.read()
    assert {gap.reason for gap in reading.gaps} == {GapReason.BILL_UNAVAILABLE}
    assert "AICOST_ALLOWED_HOSTS" in reading.gaps[0].message
    assert (openai.emulator.asked, openai.secrets.asked) == ([], [])


@pytest.mark.parametrize(
    ("refused", "lost", "rows"),
    [
        (({"api_key_id"},), "apiKey", 4),
        (({"api_key_id"}, {"line_item"}), "apiKey, lineItem", 3),
    ],
)
async def test_a_refused_grouping_is_asked_with_one_dimension_less(
    openai: OpenAI, refused: tuple[set[str], ...], lost: str, rows: int
) -> None:
    """The same money, split less; the gap names the splits that could not be had."""
    openai.has(refused=tuple(frozenset(names) for names in refused))
    reading = await openai.read()
    days = by_day(reading)
    assert {day: sum(money.nanos for money in found.values()) for day, found in days.items()} == {
        "2026-10-31": 10 * 10**9,
        "2026-11-01": 3200 * 10**9,
    }
    assert len(days["2026-11-01"]) == rows
    assert {(gap.reason, gap.feed) for gap in reading.gaps} == {(GapReason.GROUPING_REFUSED, Feed.BILLS)}
    assert all(gap.message.endswith(f"refused to split by {lost}") for gap in reading.gaps)


async def test_a_question_that_is_refused_however_it_is_grouped_is_unavailable(openai: OpenAI) -> None:
    """A 400 that no grouping cures is not called a refused grouping."""
    openai.has(refused=(frozenset({"project_id"}),))
    reading = await openai.read()
    assert reading.days == ()
    assert {(gap.reason, "HTTP 400 (invalid_value)" in gap.message) for gap in reading.gaps} == {
        (GapReason.BILL_UNAVAILABLE, True)
    }


async def test_credits_and_float_noise_are_read_as_they_are(openai: OpenAI) -> None:
    """A refund is negative; a binary float's tail is rounded to the nano; quantities come in whole small units."""
    openai.has(
        costs=(
            Cost(
                "2026-11-01",
                "0.06000000000000001",
                "p",
                line_item="m, input",
                quantity="1.5",
                quantity_unit="1000_tokens",
            ),
            Cost("2026-11-01", "-12.5", "p", line_item="credit"),
            Cost("2026-11-01", "1.5e-7", "p", line_item="tiny", quantity="0.5", quantity_unit="duration_hours"),
            Cost("2026-11-01", "1", "p", line_item="odd", quantity="3", quantity_unit="parsecs"),
        )
    )
    rows = (await openai.read()).days[-1].rows
    assert sorted(rows, key=lambda row: row.amount.nanos) == [
        BillRow(dims(project="p", lineItem="credit"), Money(-12_500_000_000, "USD")),
        BillRow(dims(project="p", lineItem="tiny"), Money(150, "USD"), 1800, "seconds"),
        BillRow(dims(project="p", lineItem="m, input"), Money(60_000_000, "USD"), 1500, "tokens"),
        BillRow(dims(project="p", lineItem="odd"), Money(1_000_000_000, "USD")),
    ]


async def test_a_restated_day_is_read_as_it_is_now(openai: OpenAI) -> None:
    """Nothing is remembered from the poll before."""
    await openai.read()
    openai.has(costs=(*openai.emulator.organisation.costs[1:], Cost("2026-10-31", "22.34", "proj_support")))
    assert list(by_day(await openai.read())["2026-10-31"].values()) == [usd(22, 340_000_000)]


async def test_a_day_asks_three_questions_and_no_more(openai: OpenAI) -> None:
    """35 days are 105 requests, each for one whole UTC day, at most four at a time."""
    await openai.read(Window(Instant(OVER.end - 35 * DAY), OVER.end))
    assert len(openai.emulator.asked) == 105
    asked = openai.requests("/costs")
    assert len({params["start_time"] for params in asked}) == 35
    assert {int(params["end_time"]) - int(params["start_time"]) for params in asked} == {DAY}
