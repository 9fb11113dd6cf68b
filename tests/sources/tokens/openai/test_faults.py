"""Whatever OpenAI answers: a fault that passes leaves no trace, one that stays spoils its day only and says so."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from aicost.core.gaps import Feed
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, Instant, Window, date
from aicost.ports import BillReading
from e2e.emulators import faults
from e2e.emulators.faults import Act
from tests.sources.tokens.conftest import IMPATIENT, OVER, WHOLE, OpenAI, by_day

FIRST = "data.0.results.0"


def told(reading: BillReading) -> list[tuple[GapReason, Feed, str]]:
    return sorted((gap.reason, gap.feed, date(gap.since)) for gap in reading.gaps)


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
    assert {date(row.day.start) for row in reading.usage} == {"2026-10-31"}
    assert [date(day.start) for day in reading.usage_days] == ["2026-10-31"]
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
