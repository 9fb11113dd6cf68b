"""LiteLLM's customers: what each used, exactly, or said to be unknown, in few requests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicost.core.declarations import Grant
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens
from aicost.core.window import DAY as DAY_S
from aicost.core.window import Instant, Window
from aicost.sources.tokens.litellm import UNSETTLED
from e2e.emulators import faults
from e2e.emulators.faults import Act
from e2e.emulators.litellm import Use
from tests.sources.tokens.conftest import FAST
from tests.sources.tokens.litellm.conftest import DAY, LiteLLM, used
from tests.support.builders import dims

SOL = "openai/gpt-6-sol"
SERVED = (
    Use("2026-11-01", SOL, 700, 20, 400, 0, 4, key="k1", alias="rank", team="search", customer="acme"),
    Use("2026-11-01", SOL, 200, 10, key="k1", alias="rank", team="search", customer="globex, Inc."),
    Use("2026-11-01", SOL, 100, 5, key="k1", alias="rank", team="search"),
    Use("2026-11-01", SOL, 30, key="k2", alias="scoring", customer="acme"),
    Use("2026-11-01", "gpt-5.5", 60, key="k2", alias="scoring", customer="acme"),
)
RANK = {"model": SOL, "apiKey": "rank", "project": "search"}
BY_CUSTOMER = {
    dims(**RANK, customer="acme"): Tokens(700, 400, 0, 20, 4),
    dims(**RANK, customer="globex, Inc."): Tokens(200, 0, 0, 10, 1),
    dims(**RANK): Tokens(100, 0, 0, 5, 1),
    dims(model=SOL, apiKey="scoring", customer="acme"): Tokens(30, requests=1),
    dims(model="gpt-5.5", apiKey="scoring", customer="acme"): Tokens(60, requests=1),
}
UNDIVIDED = {
    dims(**RANK): Tokens(1000, 400, 0, 35, 6),
    dims(model=SOL, apiKey="scoring"): Tokens(30, requests=1),
    dims(model="gpt-5.5", apiKey="scoring"): Tokens(60, requests=1),
}


@pytest.fixture(params=[(), (Grant("customer", "acme", frozenset({"support"})),)], ids=["", "granted"])
def serving(litellm: LiteLLM, request: pytest.FixtureRequest) -> LiteLLM:
    """A proxy whose callers name their customers, of whom one is granted to somebody or none is."""
    litellm.has(usage=SERVED)
    litellm.source = replace(litellm.source, grants=request.param)
    return litellm


@pytest.mark.parametrize("rows_per_page", [None, 4])
async def test_each_request_is_told_once_with_the_customer_that_it_was_for(
    serving: LiteLLM, rows_per_page: int | None
) -> None:
    """Customers of a key and model, exactly, and of the same key what was for nobody; on however many pages."""
    serving.has(rows_per_page=rows_per_page)
    reading = await serving.read(DAY)
    assert (used(reading), reading.gaps) == (BY_CUSTOMER, ())


@pytest.mark.parametrize("changes", [{"tells_customers": False}, {"rows_per_page": 1}], ids=["old", "many"])
async def test_customers_whom_nobody_can_tell_are_missed_where_one_is_granted(
    serving: LiteLLM, changes: dict[str, Any]
) -> None:
    """A proxy that does not tell of them, or of too many: usage is undivided, each request counted once all the same."""
    serving.has(**changes)
    reading = await serving.read(DAY)
    assert used(reading) == UNDIVIDED
    assert [(gap.reason, set(gap.lost)) for gap in reading.gaps] == [
        (GapReason.GROUPING_REFUSED, {"customer"}) for _ in serving.source.grants
    ]


@pytest.mark.parametrize("code", [401, 403])
async def test_a_key_that_may_not_read_customers_loses_these_alone(serving: LiteLLM, code: int) -> None:
    """Every day of the poll is counted by key, and the customers' path is asked a few times, not once a day.

    Unless the key itself is refused, which spoils what was not answered by then.
    """
    days = 12
    serving.has(usage=tuple(Use(f"2026-11-{day:02}", SOL, 10, key="k1", customer="acme") for day in range(1, days + 1)))
    serving.breaks(faults.status(code), path="/customer/daily/activity", day="")
    reading = await serving.read(Window(DAY.start, Instant(DAY.start + days * DAY_S)))
    assert (len(reading.usage_days) == days) is (code == 403)
    assert len(serving.requests("/customer/daily/activity")) <= serving.limits.concurrency
    lost = [gap for gap in reading.gaps if gap.reason is GapReason.GROUPING_REFUSED]
    assert len(lost) == len(reading.usage_days) * len(serving.source.grants)


async def test_a_customer_who_used_more_than_all_is_not_believed(serving: LiteLLM) -> None:
    """Tables of LiteLLM are written one after the other: no count is ever negative, and none is lost."""
    more = faults.put("results.0.breakdown.entities.acme.api_key_breakdown.k1.metrics.prompt_tokens", "99999")
    serving.breaks(more, path="/customer/daily/activity", skip=2)
    reading = await serving.read(DAY)
    assert used(reading) == UNDIVIDED
    assert len(reading.gaps) == len(serving.source.grants)
    assert all("its tables contradict each other" in gap.message for gap in reading.gaps)


async def test_failures_are_told_once_with_the_customer_whose_they_are(serving: LiteLLM) -> None:
    """What the customers' table tells is of that customer, the rest of the key and of nobody by name."""
    failing = [
        Use("2026-11-01", SOL, 0, successful_requests=0, failed_requests=failed, key="k1", alias="rank", customer=of)
        for of, failed in (("acme", 3), (None, 2))
    ]
    serving.has(usage=(*SERVED, *failing))
    reading = await serving.read(DAY)
    told = {dict(row.dimensions).get("customer", ""): dict(row.measured) for row in reading.usage if row.measured}
    assert told == {"acme": {"failedRequests": 3}, "": {"failedRequests": 2}}


async def test_a_model_without_a_name_takes_no_customer_from_the_others(serving: LiteLLM) -> None:
    """Nobody can ask for it: whose customers its requests were for is not told, and they are counted."""
    serving.has(usage=(*SERVED, Use("2026-11-01", "", 10, key="k1", alias="rank", team="search", customer="acme")))
    reading = await serving.read(DAY)
    nameless = {dims(model="", apiKey="rank", project="search"): Tokens(10, requests=1)}
    assert (used(reading), reading.gaps) == (BY_CUSTOMER | nameless, ())


async def test_a_slow_proxy_tells_by_key_what_it_cannot_tell_by_customer(serving: LiteLLM) -> None:
    """Undivided where nobody waits for a customer; else the day stays as it was known."""
    serving.limits = replace(FAST, day_s=6)
    serving.breaks(faults.hang(3.2), path="/customer/daily/activity")
    reading = await serving.read(DAY)
    if serving.source.grants:
        assert (reading.usage_days, [gap.reason for gap in reading.gaps]) == ((), [GapReason.BILL_UNAVAILABLE])
    else:
        assert (used(reading), reading.gaps) == (UNDIVIDED, ())


async def test_what_customers_had_stays_while_the_proxy_is_slow(serving: LiteLLM) -> None:
    """What was used since is told by key: of a granted customer that it is missing of these is said."""
    serving.limits = replace(FAST, day_s=6)
    poll = serving.polls()
    assert used(await poll(DAY)) == BY_CUSTOMER
    serving.has(usage=(*SERVED, Use("2026-11-01", SOL, 50, key="k1", alias="rank", team="search", customer="acme")))
    serving.breaks(faults.hang(3.2), path="/customer/daily/activity")
    reading = await poll(DAY)
    assert used(reading) == BY_CUSTOMER | {dims(**RANK): Tokens(150, 0, 0, 5, 2)}
    assert [set(gap.lost) for gap in reading.gaps] == [{"customer"} for _ in serving.source.grants]


async def test_customers_of_days_that_are_over_are_asked_once(serving: LiteLLM) -> None:
    """Each poll asks the two newest days, each in one request a model beside three, and of the others whether they count the same."""
    days, models = 5, 3
    usage = [
        Use(f"2026-11-0{day}", f"m{model}", 10, key="k1", alias="rank", customer="acme")
        for day in range(1, days + 1)
        for model in range(models)
    ]
    serving.has(usage=tuple(usage))
    over, poll = Window(DAY.start, Instant(DAY.start + days * DAY_S)), serving.polls()
    of_a_day = models + 3
    for asked in (days * of_a_day, days - UNSETTLED + UNSETTLED * of_a_day):
        reading = await poll(over)
        assert (
            sum(row.tokens.input for row in reading.usage if ("customer", "acme") in row.dimensions) == len(usage) * 10
        )
        assert sum(path.endswith("/daily/activity") for path, _ in serving.asked()) == asked
    serving.has(usage=(*usage, usage[0]))
    again = await poll(over)
    assert (
        sum(row.tokens.input for row in again.usage if ("customer", "acme") in row.dimensions) == len(usage) * 10 + 10
    )


@pytest.mark.parametrize(
    ("act", "reason"),
    [(faults.status(429), GapReason.BILL_UNAVAILABLE), (faults.torn(), GapReason.BILL_MALFORMED)],
    ids=["too many requests", "torn"],
)
async def test_customers_who_cannot_be_read_now_spoil_the_day(serving: LiteLLM, act: Act, reason: GapReason) -> None:
    """What was known of it, customers too, stays until they can be."""
    serving.breaks(act, path="/customer/daily/activity")
    reading = await serving.read(DAY)
    assert (reading.usage_days, [gap.reason for gap in reading.gaps]) == ((), [reason])
