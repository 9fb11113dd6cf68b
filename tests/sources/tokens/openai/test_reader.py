"""OpenAI's bill is read to the cent through every fault: a bad page spoils its day, says so, and nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from aicost.core.bills import BillRow
from aicost.core.declarations import BILL
from aicost.core.gaps import Feed
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens
from aicost.core.window import DAY, Instant, Window, date
from aicost.ports import Forbidden, Unavailable
from aicost.sources.tokens import READERS, groupings
from aicost.sources.tokens.client import Access
from aicost.sources.urls import UrlPolicy
from e2e.emulators import faults
from e2e.emulators.faults import Act
from e2e.emulators.openai_organisation import Cost, Usage
from tests.sources.tokens.conftest import IMPATIENT, OVER, WHOLE, OpenAI, by_day
from tests.support.builders import dims, usd


async def test_every_day_is_read_by_project_key_user_and_line_item(openai: OpenAI) -> None:
    """Both days, in dollars; what the provider left null is absent; what was used beside it; no gap."""
    reading = await openai.read()
    assert by_day(reading) == WHOLE
    assert {row.dimensions: row.tokens for row in reading.usage if row.tokens.input} == {
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
    assert {gap.reason for gap in reading.gaps} == {GapReason.URL_REFUSED}
    assert "AICOST_ALLOWED_HOSTS" in reading.gaps[0].message
    assert (openai.emulator.asked, openai.secrets.asked) == ([], [])


@pytest.mark.parametrize(
    ("refused", "lost", "rows"),
    [
        (({"user_id", "project_id"},), "user", 4),
        (({"api_key_id"},), "apiKey", 4),
        (({"api_key_id"}, {"user_id"}), "apiKey, user", 4),
        (({"line_item"},), "lineItem", 3),
        (({"api_key_id"}, {"line_item"}), "apiKey, lineItem", 3),
    ],
)
async def test_a_refused_grouping_is_asked_with_one_dimension_less(
    openai: OpenAI, refused: tuple[set[str], ...], lost: str, rows: int
) -> None:
    """The same money, split by all else that is not refused; the gap names the splits that could not be had."""
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
    assert {gap.lost for gap in reading.gaps} == {frozenset(lost.split(", "))}
    assert {each.lost for each in reading.days} == {frozenset(lost.split(", "))}


async def test_a_refusal_is_remembered_for_a_day(openai: OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later polls ask at once for what is given, and tell the same; what was refused is asked again a day later."""
    reader = READERS["OpenAI", BILL](Access(openai.secrets, openai.policy, openai.limits))
    openai.has(refused=(frozenset({"user_id", "project_id"}),))
    first = await reader.read(openai.source, OVER)
    assert len(openai.requests("/costs")) == 4, "each of two days twice"
    openai.has(refused=())
    openai.emulator.asked.clear()
    assert await reader.read(openai.source, OVER) == replace(first, names=None)
    assert len(openai.requests("/costs")) == 2
    now = asyncio.get_running_loop().time()
    monkeypatch.setattr(groupings, "_now", lambda: now + openai.limits.refusal_s + 60)
    again = await reader.read(openai.source, OVER)
    assert (again.gaps, by_day(again)) == ((), WHOLE)


async def test_a_refusal_of_everything_is_not_remembered(openai: OpenAI) -> None:
    """Nor is one of another source: then nothing is known of what would be answered."""
    reader = READERS["OpenAI", BILL](Access(openai.secrets, openai.policy, openai.limits))
    openai.has(refused=(frozenset({"project_id"}),))
    await reader.read(openai.source, OVER)
    openai.has(refused=(frozenset({"user_id"}),))
    await reader.read(replace(openai.source, name="other"), OVER)
    openai.has(refused=())
    reading = await reader.read(openai.source, OVER)
    assert (reading.gaps, by_day(reading)) == ((), WHOLE)


async def test_batches_and_tiers_are_told_apart(openai: OpenAI) -> None:
    """They cost less or more; what OpenAI leaves null is absent."""
    used = [
        Usage("2026-11-01", "gpt-6-sol", 100, project="p", batch=batch, service_tier=tier)
        for batch, tier in ((True, "default"), (False, "default"), (False, "flex"), (None, None))
    ]
    openai.has(usage=tuple(used))
    reading = await openai.read()
    assert sorted(sorted(row.dimensions) for row in reading.usage) == [
        [("batch", "false"), ("model", "gpt-6-sol"), ("project", "p"), ("tier", "default")],
        [("batch", "false"), ("model", "gpt-6-sol"), ("project", "p"), ("tier", "flex")],
        [("batch", "true"), ("model", "gpt-6-sol"), ("project", "p"), ("tier", "default")],
        [("model", "gpt-6-sol"), ("project", "p")],
    ]


async def test_images_are_told_apart_by_their_size(openai: OpenAI) -> None:
    """Larger ones cost more; of other kinds nobody tells a size."""
    sizes = ("1024x1024", "1024x1024", "512x512", None)
    made = [Usage("2026-11-01", "m", project="p", kind="images", count=2, size=size) for size in sizes]
    openai.has(usage=(*made, Usage("2026-11-01", "m", 100, project="p")))
    reading = await openai.read()
    told = {frozenset(row.dimensions): dict(row.measured) for row in reading.usage}
    assert told == {
        dims(model="m", project="p", size="1024x1024"): {"images": 4},
        dims(model="m", project="p", size="512x512"): {"images": 2},
        dims(model="m", project="p"): {"images": 2},
    }


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


async def test_what_is_no_token_is_counted_in_its_own_measure(openai: OpenAI) -> None:
    """Images, characters, seconds, searches, stored bytes: never added to tokens, nor a free moderation's tokens."""
    reading = await openai.read()
    found = {(date(row.day.start), dict(row.dimensions).get("model", "")): row for row in reading.usage}
    assert {key: dict(row.measured) for key, row in found.items() if row.measured} == {
        ("2026-10-31", "whisper-3"): {"seconds": 61},
        ("2026-11-01", "gpt-image-3"): {"images": 13},
        ("2026-11-01", "tts-3"): {"characters": 8000},
        ("2026-11-01", "omni-moderation"): {"moderationTokens": 900},
        ("2026-11-01", "gpt-6-luna"): {"webSearchCalls": 3},
        ("2026-11-01", ""): {"vectorStoreByteDays": 10**9, "codeInterpreterSessions": 4, "fileSearchCalls": 2},
    }
    assert found["2026-11-01", "gpt-image-3"].tokens == Tokens(requests=6)
    assert sum(row.tokens.input for row in reading.usage) == 1570


async def test_a_kind_that_the_organisation_does_not_have_is_said(openai: OpenAI) -> None:
    """The other counts are there, and a gap of what was used, which hides no cost, says what is not."""
    openai.breaks(faults.status(404), path="/images", day="2026-10-31")
    reading = await openai.read()
    assert sum(row.tokens.input for row in reading.usage) == 1570
    assert {(gap.feed, gap.hides_cost) for gap in reading.gaps} == {(Feed.USAGE, False)}
    assert all("HTTP 404" in gap.message and "/usage/images" in gap.message for gap in reading.gaps)


@pytest.mark.parametrize("act", [faults.status(500), faults.torn()])
async def test_counts_are_told_whole_or_not_at_all(openai: OpenAI, act: Act) -> None:
    """While images cannot be read, no day's counts take the place of those that are known; the bill is there."""
    openai.limits = IMPATIENT
    openai.breaks(act, path="/images", day="2026-10-31")
    reading = await openai.read()
    assert (reading.usage, reading.usage_days, by_day(reading)) == ((), (), WHOLE)
    assert {gap.feed for gap in reading.gaps} == {Feed.USAGE}


async def test_a_day_asks_three_questions_and_all_days_nine_more(openai: OpenAI) -> None:
    """35 days are 105 requests, each for one whole UTC day, and two pages of each other kind of usage."""
    await openai.read(Window(Instant(OVER.end - 35 * DAY), OVER.end))
    assert len([of for of in openai.emulator.asked if "/projects" not in of.path]) == 105 + 9 * 2
    asked = openai.requests("/costs")
    assert len({params["start_time"] for params in asked}) == 35
    assert {int(params["end_time"]) - int(params["start_time"]) for params in asked} == {DAY}
