"""LiteLLM's logs: single requests are counted by their sizes, in few questions, and nothing else of them is kept."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Grant
from aicost.core.reasons import GapReason
from aicost.core.samples import Stretch
from aicost.core.window import DAY as DAY_S
from aicost.core.window import Instant, Window, date
from aicost.ports import Malformed
from aicost.sources.tokens.litellm.logs import PATH, parse
from aicost.sources.tokens.sampling import LOOKED_BACK
from e2e.emulators import faults
from e2e.emulators.faults import Act
from e2e.emulators.litellm import SECRET, Call, Use
from tests.sources.tokens.drawn import JSON, answer, replaced
from tests.sources.tokens.litellm.conftest import DAY, LiteLLM, used
from tests.sources.tokens.looked import counts, looked
from tests.support.builders import dims

SOL = "openai/gpt-6-sol"
OVER = Window(DAY.start, Instant(DAY.end + DAY_S))
"""The day, and the one after, which is not over."""
RANK, SCORING = dims(model=SOL, apiKey="rank", project="search"), dims(model=SOL, apiKey="scoring")
USED = (
    Use("2026-11-01", SOL, 90_000, 9_000, successful_requests=60, key="k1", alias="rank", team="search"),
    Use("2026-11-01", SOL, 4_000, 900, successful_requests=9, key="k2", alias="scoring"),
)
LOGS = (
    Call("2026-11-01 00:00:00", SOL, 100, 10, times=2, key="k1"),
    Call("2026-11-01 09:30:00", SOL, 5_000, 10, times=3, key="k1"),
    Call("2026-11-01 23:59:59", SOL, 1_024, 256, key="k2"),
)


@pytest.fixture
def logging_proxy(litellm: LiteLLM) -> LiteLLM:
    """A proxy of which somebody is granted what a key used."""
    litellm.has(usage=USED, logs=LOGS)
    litellm.source = replace(litellm.source, grants=(Grant("apiKey", "rank", frozenset({"search"})),))
    return litellm


async def test_requests_are_counted_beside_the_usage_of_who_made_them(logging_proxy: LiteLLM) -> None:
    """All of a quiet day; usage is what it is without."""
    reading = await logging_proxy.read(OVER)
    assert looked(reading) == {RANK: counts(5, 2, 200, 20), SCORING: counts(1, 1, 1_024, 256)}
    assert {of: tokens.requests for of, tokens in used(reading).items()} == {RANK: 60, SCORING: 9}
    assert reading.gaps == ()


async def test_what_is_no_chat_or_came_from_a_cache_is_looked_at_and_not_short(logging_proxy: LiteLLM) -> None:
    """Nor is what has no size, for that is not known; what failed usage does not count either."""
    call = Call("2026-11-01 12:00:00", SOL, 10, 10, key="k1")
    useless = (
        replace(call, call_type="pass_through_endpoint"),
        replace(call, cache_hit="True"),
        replace(call, completion_tokens=0),
        replace(call, prompt_tokens=0),
    )
    short = tuple(
        replace(call, status=None, call_type=kind) for kind in ("anthropic_messages", "agenerate_content_stream")
    )
    logging_proxy.has(logs=(*LOGS, *useless, replace(call, status="failure"), *short))
    assert looked(await logging_proxy.read(OVER))[RANK] == counts(11, 4, 220, 40)


async def test_a_request_is_its_customers_or_else_its_keys_and_of_an_unknown_key_nobodys(
    logging_proxy: LiteLLM,
) -> None:
    """Where no row tells of the customer his requests are in the key's; nothing is given to a key that was not told."""
    acme = Use(
        "2026-11-01", SOL, 700, 20, successful_requests=4, key="k1", alias="rank", team="search", customer="acme"
    )
    call = Call("2026-11-01 12:00:00", SOL, 10, 10, key="k1")
    named = (replace(call, customer="acme"), replace(call, customer="other"), replace(call, key="k9"))
    logging_proxy.has(usage=(*USED, acme), logs=named)
    assert looked(await logging_proxy.read(OVER)) == {
        RANK | {("customer", "acme")}: counts(1, 1, 10, 10),
        RANK: counts(1, 1, 10, 10),
    }
    logging_proxy.has(tells_customers=False)
    assert looked(await logging_proxy.read(OVER)) == {RANK: counts(2, 2, 20, 20)}


async def test_busy_hours_are_looked_at_in_one_page_and_weigh_as_much_as_they_have(logging_proxy: LiteLLM) -> None:
    """Of 2,400 in an hour a hundred, and one page of 240 in another: 26 questions at most, of 100 rows each."""
    busy, quiet = (
        Call("2026-11-01 12:00:00", SOL, 10, 10, 2_400, "k1"),
        Call("2026-11-01 03:00:00", SOL, 9_000, 10, 240, "k1"),
    )
    logging_proxy.has(logs=(busy, quiet))
    told = looked(await logging_proxy.read(OVER))[RANK]
    assert (told["sampledShort"], told["sampledStandsFor"]) == (2_400, 2_640)
    assert told["sampledRequests"] in {140, 200}
    assert len(logging_proxy.requests(PATH)) in {25, 26}
    logging_proxy.has(count_cap=1_200)
    assert looked(await logging_proxy.read(OVER))[RANK]["sampledStandsFor"] == 1_440


async def test_the_last_page_has_its_turn_though_it_is_not_full(logging_proxy: LiteLLM) -> None:
    """Of 199 requests an hour about half of the hours show the first page, and about half the other one."""
    logging_proxy.has(logs=tuple(Call(f"2026-11-01 {hour:02}:00:00", SOL, 10, 10, 199, "k1") for hour in range(24)))
    await logging_proxy.read(OVER)
    pages = [of["page"] for of in logging_proxy.requests(PATH)]
    assert pages.count("1") == 24
    assert 11 <= pages.count("2") <= 13


async def test_a_day_is_looked_at_once_and_only_when_it_is_over(logging_proxy: LiteLLM) -> None:
    """What was counted stays with it, poll after poll."""
    poll = logging_proxy.polls()
    first = await poll(OVER)
    asked = logging_proxy.requests(PATH)
    assert {of["start_date"][:10] for of in asked} == {"2026-11-01"}
    assert await poll(OVER) == first
    assert len(logging_proxy.requests(PATH)) == len(asked)


async def test_the_last_days_are_looked_at_and_no_others(logging_proxy: LiteLLM) -> None:
    """Advice counts no earlier ones."""
    days = [f"2026-11-{day:02}" for day in range(1, 15)]
    each = tuple(Call(f"{day} 09:00:00", SOL, 100, 10, key="k1") for day in days)
    logging_proxy.has(usage=tuple(replace(USED[0], day=day) for day in days), logs=each)
    await logging_proxy.read(Window(DAY.start, Instant(DAY.start + 14 * DAY_S)))
    assert sorted({of["start_date"][:10] for of in logging_proxy.requests(PATH)}) == days[-1 - LOOKED_BACK : -1]


async def test_nobody_is_asked_where_nobody_is_granted_usage(logging_proxy: LiteLLM) -> None:
    """There would be nobody to advise."""
    logging_proxy.source = replace(logging_proxy.source, grants=())
    assert looked(await logging_proxy.read(OVER)) == {}
    assert logging_proxy.requests(PATH) == []


FAULTS = {
    "refused": (faults.status(403), "HTTP 403"),
    "old": (faults.status(404), "HTTP 404"),
    "strict": (faults.status(422), "HTTP 422"),
    "broken": (faults.status(500), "HTTP 500"),
    "busy": (faults.status(429, "100000"), "asked to wait"),
    "torn": (faults.torn(), "is torn"),
    "another page": (faults.put("page", "7"), "another one came"),
    "too many": (faults.put("total", "0"), "more rows than there are"),
    "negative": (faults.put("data.0.prompt_tokens", "-1"), "is not a count"),
    "slow": (faults.hang(2), "within"),
}


@pytest.mark.parametrize(("act", "message"), FAULTS.values(), ids=FAULTS.keys())
async def test_whatever_fails_of_it_neither_spoils_nor_delays_usage(
    logging_proxy: LiteLLM, act: Act, message: str
) -> None:
    """A notice says why, and it is asked again after a day only; the next poll of usage need not wait for it."""
    logging_proxy.limits = replace(logging_proxy.limits, day_s=3)
    logging_proxy.breaks(act, path=PATH)
    poll = logging_proxy.polls()
    reading = await poll(OVER)
    assert {of: tokens.requests for of, tokens in used(reading).items()} == {RANK: 60, SCORING: 9}
    assert (looked(reading), reading.rest_s) == ({}, 0.0)
    (notice,) = reading.gaps
    assert (notice.reason, notice.is_notice, date(notice.since)) == (GapReason.SIZES_UNKNOWN, True, "2026-11-01")
    assert message in notice.message
    asked = len(logging_proxy.requests(PATH))
    assert (await poll(OVER)).gaps == reading.gaps
    assert len(logging_proxy.requests(PATH)) == asked


async def test_a_proxy_that_keeps_no_logs_is_a_notice(logging_proxy: LiteLLM) -> None:
    """Usage counts requests, and none is told: that is said, and asked again after a day only."""
    logging_proxy.has(logs=())
    poll = logging_proxy.polls()
    (notice,) = (await poll(OVER)).gaps
    assert (notice.reason, "keep no logs" in notice.message) == (GapReason.SIZES_UNKNOWN, True)
    asked = len(logging_proxy.requests(PATH))
    assert [gap.reason for gap in (await poll(OVER)).gaps] == [GapReason.SIZES_UNKNOWN]
    assert (asked, len(logging_proxy.requests(PATH))) == (24, 24)


async def test_a_proxy_that_asks_to_wait_between_two_days_is_not_asked_before(logging_proxy: LiteLLM) -> None:
    """What the later day told stays, so that it is no notice; the next poll asks for no request."""
    over = Window(DAY.start, Instant(DAY.end + 2 * DAY_S))
    later = Call("2026-11-02 09:00:00", SOL, 100, 10, key="k1")
    logging_proxy.has(usage=(*USED, replace(USED[0], day="2026-11-02")), logs=(*LOGS, later))
    logging_proxy.breaks(faults.status(429, "100000"), path=PATH, day="2026-11-01")
    poll = logging_proxy.polls()
    reading = await poll(over)
    assert (looked(reading), reading.gaps) == ({RANK: counts(1, 1, 100, 10)}, ())
    asked = len(logging_proxy.requests(PATH))
    assert looked(await poll(over)) == looked(reading)
    assert len(logging_proxy.requests(PATH)) == asked == 25


async def test_nothing_is_looked_at_while_the_proxy_asks_for_rest(logging_proxy: LiteLLM) -> None:
    """It answered usage by 429: no question about requests follows before its time, and no notice says more."""
    logging_proxy.breaks(faults.status(429, "900"), path="/customer/daily/activity")
    reading = await logging_proxy.read(OVER)
    assert reading.rest_s > 800
    assert logging_proxy.requests(PATH) == []
    assert GapReason.SIZES_UNKNOWN not in {gap.reason for gap in reading.gaps}


async def test_a_proxy_that_tells_again_is_looked_at_again(logging_proxy: LiteLLM) -> None:
    """After the time of a refusal; its notice is gone then."""
    logging_proxy.limits = replace(logging_proxy.limits, refusal_s=0)
    logging_proxy.breaks(faults.status(403), path=PATH, times=1)
    poll = logging_proxy.polls()
    assert [gap.reason for gap in (await poll(OVER)).gaps] == [GapReason.SIZES_UNKNOWN]
    reading = await poll(OVER)
    assert (reading.gaps, RANK in looked(reading)) == ((), True)


async def test_prompts_and_answers_are_neither_kept_nor_logged(
    logging_proxy: LiteLLM, caplog: pytest.LogCaptureFixture
) -> None:
    """Old versions tell them: whoever reads a reading, a notice or the log finds no word of them."""
    caplog.set_level(logging.DEBUG)
    for act in (faults.hang(0), faults.put("data.0.prompt_tokens", f'"{SECRET}"')):
        logging_proxy.breaks(act, path=PATH)
        assert SECRET not in repr(await logging_proxy.read(OVER))
        logging_proxy.emulator.faults.clear()
    assert SECRET not in caplog.text


async def test_prompts_that_make_an_answer_too_large_are_not_read(logging_proxy: LiteLLM) -> None:
    """It is read up to a bound, and the notice says so."""
    logging_proxy.limits = replace(logging_proxy.limits, body_bytes=2_000)
    (notice,) = (await logging_proxy.read(OVER)).gaps
    assert "larger than 2000 bytes" in notice.message


PAGE = {
    "data": [{"call_type": "acompletion", "api_key": "k", "model": "m", "prompt_tokens": 3, "completion_tokens": 2, "cache_hit": "", "end_user": ""}],
    "total": 1,
    "page": 1,
}  # fmt: skip


@given(JSON)
def test_any_json_is_requests_or_malformed(value: Any) -> None:
    """No answer makes the parser fail in another way."""
    with contextlib.suppress(Malformed):
        assert isinstance(parse(answer(value), 1), Stretch)


@given(st.data())
def test_a_documented_page_with_one_wrong_value_is_requests_or_malformed(data: st.DataObject) -> None:
    """Also deep inside an answer that is otherwise right."""
    with contextlib.suppress(Malformed):
        assert isinstance(parse(answer(replaced(PAGE, data.draw)), 1), Stretch)
