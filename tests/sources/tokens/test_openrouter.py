"""OpenRouter's bill is read to the nano-unit by workspace, key and model, and never what other providers bill."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openrouter import OpenRouter as Client

from aicost.core.declarations import Dimensions, Grant, Source
from aicost.core.gaps import Feed
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens
from aicost.core.window import DAY, Instant, Window, date, instant
from aicost.ports import Malformed
from aicost.sources.tokens.openrouter import Counted, divided, parse_activity, parse_keys
from e2e.emulators import faults
from e2e.emulators.faults import Act
from e2e.emulators.openrouter import DEFAULT_WORKSPACE, Account, Key, OpenRouterEmulator, Spend
from tests.sources.tokens.conftest import IMPATIENT, Emulated, by_day, served
from tests.sources.tokens.drawn import JSON, answer, replaced
from tests.support.builders import dims, usd

OpenRouter: TypeAlias = Emulated[OpenRouterEmulator]
CREDENTIAL = "sk-or-emulated"
CHAT, RANK, GONE = ("a" * 64, "b" * 64, "c" * 64)
LAB = "1a0f2c3e-0000-4000-8000-000000000000"
NOVEMBER = "2026-11-01"
ACCOUNT = Account(
    spent=(
        Spend("2026-10-31", "openai/gpt-6-sol", "10", CHAT),
        Spend(NOVEMBER, "openai/gpt-6-sol", "0.06000000000000001", CHAT, prompt_tokens=1000, cached_tokens=400),
        Spend(NOVEMBER, "openai/gpt-6-sol", "1.5e-7", CHAT, provider="Azure"),
        Spend(NOVEMBER, "openai/gpt-6-sol", "2", RANK, workspace=LAB, cached_tokens=900),
        Spend(NOVEMBER, "openai/gpt-6-sol", "0.5", GONE),
        Spend(NOVEMBER, "anthropic/claude-haiku-5-5", "0.25", None, requests=7),
    ),
    keys=(Key(CHAT, "chat"), Key(RANK, "rank\n", workspace=LAB, disabled=True), Key("d" * 64, "idle", last_used=None)),
)
WHOLE = {
    "2026-10-31": {dims(workspace=DEFAULT_WORKSPACE, apiKey=CHAT, model="openai/gpt-6-sol"): usd(10)},
    NOVEMBER: {
        dims(workspace=DEFAULT_WORKSPACE, apiKey=CHAT, model="openai/gpt-6-sol"): Money(60_000_150, "USD"),
        dims(workspace=LAB, apiKey=RANK, model="openai/gpt-6-sol"): usd(2),
        dims(workspace=DEFAULT_WORKSPACE, model="openai/gpt-6-sol"): usd(0, 500_000_000),
        dims(workspace=DEFAULT_WORKSPACE, model="anthropic/claude-haiku-5-5"): usd(0, 250_000_000),
    },
}
"""Its bill by day; of the key that was deleted nobody knows more than that it was none of the others."""
OVER = Window(instant("2026-10-31T00:00:00Z"), instant("2026-11-03T00:00:00Z"))
ITEM: dict[str, Any] = {
    "date": NOVEMBER,
    "model": "openai/gpt-6-sol",
    "endpoint_id": "e",
    "provider_name": "OpenAI",
    "usage": 1.5,
    "byok_usage_inference": 0,
    "requests": 2,
    "prompt_tokens": 10,
    "completion_tokens": 5,
    "cached_tokens": 3,
    "workspace_id": "w",
    "a_field_of_next_year": {},
}
KEY: dict[str, Any] = {"hash": CHAT, "name": "chat", "last_used_at": "2026-11-01T10:00:00.123Z"}


@pytest.fixture(scope="session")
def new_openrouter() -> Iterator[Callable[[], OpenRouter]]:
    """One emulator for all tests."""
    source = Source("openrouter", "OpenRouter", "Bill", secret=("openrouter", "token"), url="/api/v1")
    with served(OpenRouterEmulator(ACCOUNT), source, CREDENTIAL) as anew:
        yield anew


@pytest.fixture
def openrouter(new_openrouter: Callable[[], OpenRouter]) -> OpenRouter:
    """OpenRouter's API with a small account, without faults."""
    return new_openrouter()


async def test_every_completed_day_is_read_by_workspace_key_and_model(openrouter: OpenRouter) -> None:
    """In dollars; endpoints of a model are added up; today is not there, which is not that it cost nothing."""
    reading = await openrouter.read(OVER)
    assert by_day(reading) == WHOLE
    assert all(day.whole for day in reading.days)
    assert reading.gaps == ()
    assert {row.dimensions: row.tokens for row in reading.usage if date(row.day.start) == NOVEMBER} == {
        dims(workspace=DEFAULT_WORKSPACE, apiKey=CHAT, model="openai/gpt-6-sol"): Tokens(1100, 400, 0, 20, 2),
        dims(workspace=LAB, apiKey=RANK, model="openai/gpt-6-sol"): Tokens(100, 100, 0, 10, 1),
        dims(workspace=DEFAULT_WORKSPACE, model="openai/gpt-6-sol"): Tokens(100, 0, 0, 10, 1),
        dims(workspace=DEFAULT_WORKSPACE, model="anthropic/claude-haiku-5-5"): Tokens(100, 0, 0, 10, 7),
    }
    assert reading.names == {("apiKey", CHAT): "chat", ("apiKey", RANK): "rank", ("apiKey", "d" * 64): "idle"}


async def test_two_management_keys_of_one_account_are_recognised(openrouter: OpenRouter) -> None:
    """By the API keys that both bill: OpenRouter's answers name no account."""
    openrouter.has(management_keys=frozenset({CREDENTIAL, "sk-or-another"}))
    one = await openrouter.read(OVER)
    openrouter.secrets.credential = "sk-or-another"
    again = await openrouter.read(OVER)
    openrouter.has(spent=(), keys=())
    other = await openrouter.read(OVER)
    assert one.accounts & again.accounts
    assert not one.accounts & other.accounts
    assert len(again.accounts & other.accounts) == 1, "the credential is the same"


async def test_what_is_served_parses_and_what_is_asked_could_be_asked(openrouter: OpenRouter) -> None:
    """OpenRouter's own client as a judge: the whole activity, the keys of each workspace, the activity of each key."""
    reading = await openrouter.read(OVER)
    ours = openrouter.asked()
    with Client(api_key=CREDENTIAL, server_url=openrouter.source.url) as client:
        whole = client.analytics.get_user_activity(request={"group_by": "workspace"}).data
        for workspace in sorted({row.workspace_id or "" for row in whole}):
            found = client.api_keys.list(include_disabled=True, include_expired=True, offset=0, workspace_id=workspace)
            ends = len(found.data)
            client.api_keys.list(include_disabled=True, include_expired=True, offset=ends, workspace_id=workspace)
        for key in (CHAT, RANK):
            assert client.analytics.get_user_activity(request={"group_by": "workspace", "api_key_hash": key}).data
    assert openrouter.asked() == ours
    assert sum(row.usage for row in whole) == sum(row.amount.nanos for day in reading.days for row in day.rows) / 1e9


async def test_a_key_that_is_granted_is_asked_for_after_it_was_deleted(openrouter: OpenRouter) -> None:
    """Deleting a key takes nothing from who claims it; a grant of what is no key spoils nothing."""
    grants = tuple(Grant("apiKey", value, frozenset({"support"})) for value in (GONE, "no-hash"))
    openrouter.source = replace(openrouter.source, grants=grants)
    bill = by_day(await openrouter.read(OVER))[NOVEMBER]
    assert bill[dims(workspace=DEFAULT_WORKSPACE, apiKey=GONE, model="openai/gpt-6-sol")] == usd(0, 500_000_000)
    assert sum(bill.values(), usd(0)) == sum(WHOLE[NOVEMBER].values(), usd(0))


async def test_what_other_providers_bill_is_told_and_not_added(openrouter: OpenRouter) -> None:
    """The cost of models behind keys of one's own is on their providers' bills: adding it would bill it twice."""
    openrouter.has(spent=(Spend(NOVEMBER, "openai/gpt-6-sol", "0.05", CHAT, byok="12.5"),))
    reading = await openrouter.read(OVER)
    assert list(by_day(reading)[NOVEMBER].values()) == [usd(0, 50_000_000)]
    (gap,) = reading.gaps
    assert (gap.reason, gap.hides_cost) == (GapReason.NOT_IN_BILL, False)
    assert "12.50 USD" in gap.message


async def test_only_the_included_workspaces_are_read(openrouter: OpenRouter) -> None:
    """The others are left to other sources."""
    openrouter.source = replace(openrouter.source, workspaces=frozenset({LAB}))
    assert [list(of.values()) for of in by_day(await openrouter.read(OVER)).values()] == [[], [usd(2)]]


async def test_keys_are_listed_to_the_end(openrouter: OpenRouter) -> None:
    """However many a page holds; who was not used on any of the days is not asked about."""
    keys = tuple(Key(f"{n:064x}", f"key {n}", last_used="2026-10-30T10:00:00Z") for n in range(7))
    openrouter.has(keys=(*keys, *ACCOUNT.keys), keys_per_page=3)
    reading = await openrouter.read(OVER)
    assert by_day(reading) == WHOLE
    assert len(reading.names or {}) == 10
    assert {asked["api_key_hash"] for asked in openrouter.requests("/activity") if "api_key_hash" in asked} == {
        CHAT,
        RANK,
    }


async def test_older_days_are_left_as_they_are(openrouter: OpenRouter) -> None:
    """OpenRouter tells of 30 completed days: an older one is neither empty nor a gap, so that what is known of it stands."""
    reading = await openrouter.read(Window(Instant(OVER.end - 35 * DAY), OVER.end))
    assert [date(day.day.start) for day in reading.days][:2] == ["2026-10-03", "2026-10-04"]
    assert (len(reading.days), reading.gaps) == (30, ())


@pytest.mark.parametrize(
    ("act", "reason", "said"),
    [
        (faults.status(500), GapReason.BILL_UNAVAILABLE, "HTTP 500"),
        (faults.status(403), GapReason.CREDENTIAL_INVALID, "a management key is needed"),
        (faults.torn(), GapReason.BILL_MALFORMED, "is torn"),
        (faults.hang(5), GapReason.BILL_UNAVAILABLE, "in time"),
    ],
)
@pytest.mark.parametrize("skip", [0, 1])
async def test_what_cannot_be_read_is_a_gap_of_every_day(
    openrouter: OpenRouter, act: Act, reason: GapReason, said: str, skip: int
) -> None:
    """Whether of the whole or of a key: without its parts the whole is not told, for it would be taken from the key's owner."""
    openrouter.limits = IMPATIENT
    openrouter.emulator.faults.append(faults.Fault(act, path="/activity", skip=skip))
    reading = await openrouter.read(OVER)
    assert (reading.days, reading.usage_days) == ((), ())
    assert {(gap.reason, gap.feed) for gap in reading.gaps} == {(reason, Feed.BILLS), (reason, Feed.USAGE)}
    assert all(said in gap.message for gap in reading.gaps)


@pytest.mark.parametrize("credential", ["sk-or-v1-models", "sk-or-wrong"])
async def test_a_key_that_is_no_management_key_is_said(openrouter: OpenRouter, credential: str) -> None:
    """In words, and without the key."""
    openrouter.has(inference_keys=frozenset({"sk-or-v1-models"}))
    openrouter.secrets.credential = credential
    gaps = (await openrouter.read(OVER)).gaps
    assert {gap.reason for gap in gaps} == {GapReason.CREDENTIAL_INVALID}
    assert all("management key" in gap.message and credential not in gap.message for gap in gaps)


async def test_keys_that_have_more_than_the_whole_spoil_their_day_only(openrouter: OpenRouter) -> None:
    """The whole was read before the key, and a day changed between them: what is right is not known."""
    openrouter.emulator.faults.append(faults.Fault(faults.put("data.3.usage", "0.01"), path="/activity", times=1))
    reading = await openrouter.read(OVER)
    assert by_day(reading) == {"2026-10-31": WHOLE["2026-10-31"]}
    assert {(gap.reason, gap.feed, date(gap.since)) for gap in reading.gaps} == {
        (GapReason.BILL_MALFORMED, feed, NOVEMBER) for feed in (Feed.BILLS, Feed.USAGE)
    }


@given(
    st.dictionaries(
        st.sampled_from([CHAT, RANK, GONE]), st.decimals(0, 10**4, places=17).map(lambda of: Counted(of, requests=1))
    ),
    st.decimals(0, 10**4, places=17),
    st.integers(0, 3),
)
def test_keys_and_the_rest_are_the_whole(parts: dict[str, Counted], rest: Decimal, requests: int) -> None:
    """To the nano-unit, whatever is rounded; nothing of it is negative, and each key has its own to a few nano-units."""
    spent = (NOVEMBER, "w", "m")
    whole = sum(parts.values(), Counted(rest, requests=requests))
    told = dict(divided(NOVEMBER, {spent: whole}, {key: {spent: part} for key, part in parts.items()}))
    assert sum(amount.nanos for amount, _ in told.values()) == round(whole.charged * 10**9)
    assert all(amount.nanos >= 0 for amount, _ in told.values())
    assert sum(counted.requests for _, counted in told.values()) == whole.requests
    for key, part in parts.items():
        amount, _ = told[_of(key)]
        assert abs(amount.nanos - part.charged * 10**9) <= len(parts) + 1


def _of(key: str) -> Dimensions:
    return dims(workspace="w", apiKey=key, model="m")


@settings(max_examples=50)
@given(JSON, st.data())
def test_any_answer_is_rows_or_malformed(value: Any, data: st.DataObject) -> None:
    """Whatever comes, also deep inside an answer that is otherwise right; what is read has believable numbers."""
    for document in (value, replaced({"data": [ITEM, ITEM | {"endpoint_id": "f"}]}, data.draw)):
        with contextlib.suppress(Malformed):
            assert all(counted.requests >= 0 for counted in parse_activity(answer(document)).values())
    for document in (value, replaced({"data": [KEY, KEY]}, data.draw)):
        with contextlib.suppress(Malformed):
            assert all(isinstance(key.hash, str) for key in parse_keys(answer(document)))


def test_a_row_that_comes_twice_is_malformed() -> None:
    """Adding it and leaving it out could both be wrong; another endpoint of the model is added."""
    assert parse_activity(answer({"data": [ITEM, ITEM | {"endpoint_id": "f"}]})) == {
        (NOVEMBER, "w", "openai/gpt-6-sol"): Counted(Decimal(3), Decimal(0), 20, 6, 10, 4)
    }
    with pytest.raises(Malformed, match=r"data\[1\] is of the same day"):
        parse_activity(answer({"data": [ITEM, ITEM]}))


def test_a_bill_is_of_whole_days() -> None:
    """A date with a time of day other than midnight is no day."""
    assert next(iter(parse_activity(answer({"data": [ITEM | {"date": f"{NOVEMBER} 00:00:00"}]}))))[0] == NOVEMBER
    with pytest.raises(Malformed, match="is not a date"):
        parse_activity(answer({"data": [ITEM | {"date": f"{NOVEMBER} 01:00:00"}]}))
