"""OpenRouter's bill (`/activity`): what completed UTC days of the last month cost, by workspace, API key and model.

Source of the shapes: `openrouter` 1.3, its analytics and API keys. Amounts are dollars, and all that OpenRouter charges; what
models behind keys of one's own cost (BYOK) is on their providers' bills, so it is told and never added. A key's activity is a
question of its own: what no key that is there has of the whole stays without a key.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from aicost.core.bills import BillDay, BillRow
from aicost.core.declarations import BASE_URLS, Dimensions, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.money import Money
from aicost.core.names import cleaned
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import Window, date
from aicost.ports import BillReading, Forbidden, Malformed, Unavailable
from aicost.sources.tokens.amounts import believed, nanos
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.client import Access, Client, Limits, Provider, conversation
from aicost.sources.tokens.daily import accounts_of, days_of, gap, merged, spoiled
from aicost.sources.tokens.pages import EndpointMissing, QueryRefused

OPENROUTER = Provider(
    name="openrouter",
    base_url=BASE_URLS["OpenRouter"],
    headers=lambda key: {"Authorization": f"Bearer {key}"},
    needs="a management key is needed; a key that calls models cannot read the account's activity",
    ids=("apiKey",),
)
COMPLETED_DAYS = 30
"""OpenRouter tells of no older ones, nor of the day that is going on."""
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?: 00:00:00)?")
_SECOND = re.compile(r"(\d{4}-\d{2}-\d{2})T")

Spent: TypeAlias = tuple[str, str, str]
"""A date, a workspace and a model."""
_Fault: TypeAlias = Forbidden | Unavailable | Malformed


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of a model: dollars charged, dollars on others' bills, tokens, requests."""

    charged: Decimal = Decimal(0)
    elsewhere: Decimal = Decimal(0)
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    requests: int = 0

    def __add__(self, other: Counted) -> Counted:
        return Counted(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: Counted) -> Counted:
        return Counted(*(mine - its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    @property
    def tokens(self) -> Tokens:
        """Cached tokens may be told beside those of the prompt, where a whole answer was replayed: they are part of none."""
        return Tokens(self.prompt, min(self.cached, self.prompt), 0, self.completion, self.requests)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key: its hash, its name, and the date when it was used last, if ever."""

    hash: str
    name: str
    used: str


class OpenRouterBill:
    """Reads an account's activity: all days at once, then the same of each key that was used on them."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def read(self, source: Source, over: Window) -> BillReading:
        """Each completed UTC day that the window touches, complete or a gap that says why; no day older than OpenRouter tells of."""
        limits = self._access.limits
        try:
            async with conversation(OPENROUTER, source, self._access) as client, asyncio.timeout(limits.poll_s):
                reading = await _Poll(source, client, limits).read(days_of(over)[-COMPLETED_DAYS - 1 :])
                return replace(reading, rest_s=client.rest_s(), accounts=accounts_of(OPENROUTER, client, reading))
        except (Forbidden, Unavailable, Malformed) as fault:
            return spoiled(source.name, over, (Feed.BILLS, Feed.USAGE), fault)
        except TimeoutError:
            late = Unavailable("not answered within the time of a poll")
            return spoiled(source.name, over, (Feed.BILLS, Feed.USAGE), late)


@dataclass(frozen=True, slots=True)
class _Poll:
    """The questions of one poll."""

    source: Source
    client: Client
    limits: Limits

    async def read(self, days: Sequence[Window]) -> BillReading:
        whole = await self._activity()
        workspaces = sorted({workspace for _, workspace, _ in whole})
        keys = [key for workspace in workspaces for key in await self._keys(workspace)]
        used = {key.hash for key in keys if key.used >= date(days[0].start)}
        granted = {grant.value for grant in self.source.grants if grant.dimension == "apiKey"}
        by_key = await self._of_keys(sorted(used | granted))
        told = merged(self._day(day, whole, by_key, last=day == days[-1]) for day in days)
        return replace(told, names={("apiKey", key.hash): name for key in keys if (name := cleaned(key.name))})

    async def _of_keys(self, keys: Sequence[str]) -> Mapping[str, Mapping[Spent, Counted]]:
        """The activity of each key; one that is granted is asked for after it was deleted, too, so that nobody loses it."""
        turns = asyncio.Semaphore(self.limits.concurrency)

        async def of(key: str) -> Mapping[Spent, Counted] | _Fault:
            async with turns:
                try:
                    return await self._activity(("api_key_hash", key))
                except (QueryRefused, EndpointMissing):
                    return {}  # nobody knows of such a key
                except (Forbidden, Unavailable, Malformed) as fault:
                    return fault

        found = dict(zip(keys, await asyncio.gather(*map(of, keys)), strict=True))
        if fault := next((of for of in found.values() if isinstance(of, Exception)), None):
            raise fault
        return {key: of for key, of in found.items() if not isinstance(of, Exception)}

    def _day(
        self, day: Window, whole: Mapping[Spent, Counted], by_key: Mapping[str, Mapping[Spent, Counted]], *, last: bool
    ) -> BillReading:
        try:
            rows = {of: part for of, part in divided(date(day.start), whole, by_key) if self._included(of)}
        except Malformed as fault:
            return BillReading(gaps=tuple(gap(self.source.name, feed, day, fault) for feed in (Feed.BILLS, Feed.USAGE)))
        if last and not rows:
            return BillReading()  # it is going on: nothing is known of it, which is not that it cost nothing
        bill = tuple(BillRow(of, amount) for of, (amount, _) in rows.items())
        usage = tuple(UsageRow(self.source.name, day, of, counted.tokens) for of, (_, counted) in rows.items())
        elsewhere = sum((counted.elsewhere for _, counted in rows.values()), Decimal(0))
        return BillReading(
            days=(BillDay(self.source.name, OPENROUTER.name, day, bill, whole=not last),),
            usage=usage,
            usage_days=(day,),
            gaps=(self._byok(day, elsewhere),) if elsewhere else (),
        )

    def _included(self, dimensions: Dimensions) -> bool:
        wanted = self.source.workspaces
        return not wanted or any(name == "workspace" and value in wanted for name, value in dimensions)

    def _byok(self, day: Window, dollars: Decimal) -> Gap:
        """It hides no cost of this bill: another provider's has it."""
        name = self.source.name
        message = f"{name}, {date(day.start)}: models behind keys of your own cost about {dollars:.2f} USD, on their providers' bills"
        return Gap(GapReason.NOT_IN_BILL, Feed.USAGE, day.start, message, source=name)

    async def _activity(self, *of: tuple[str, str]) -> Mapping[Spent, Counted]:
        answer = await self.client.get("/activity", [("group_by", "workspace"), *of])
        return await asyncio.to_thread(parse_activity, answer)

    async def _keys(self, workspace: str) -> list[Key]:
        every = [("include_disabled", "true"), ("include_expired", "true")]
        within = [("workspace_id", workspace)] if workspace else []
        found: dict[str, Key] = {}
        for _ in range(self.limits.pages):
            page = parse_keys(await self.client.get("/keys", [*every, ("offset", str(len(found))), *within]))
            new = {key.hash: key for key in page if key.hash not in found}
            if not new:
                return list(found.values())
            found |= new
        raise Malformed(f"there are more than {self.limits.pages} pages of keys")


def divided(
    day: str, whole: Mapping[Spent, Counted], by_key: Mapping[str, Mapping[Spent, Counted]]
) -> Iterator[tuple[Dimensions, tuple[Money, Counted]]]:
    """The rows of a day: of each workspace and model the part of each key, and without a key what is left of the whole.

    They sum to the whole, to the nano-unit: what rounding leaves is in the largest part. Raises Malformed where keys have more.
    """
    for spent, all_of_it in whole.items():
        if spent[0] != day:
            continue
        parts = {key: of[spent] for key, of in by_key.items() if spent in of}
        amounts = {key: nanos(part.charged) for key, part in parts.items()}
        rest = sum(parts.values(), Counted())
        left, amount = all_of_it - rest, nanos(all_of_it.charged) - sum(amounts.values())
        if amounts and abs(amount) <= len(amounts):
            amounts[max(amounts, key=lambda key: (amounts[key], key))] += amount
            amount = 0
        if min(amount, left.prompt, left.completion, left.requests) < 0:
            raise Malformed(f"the keys' activity of {spent[2]} is more than the whole")
        told = [(key, amounts[key], parts[key]) for key in sorted(parts)]
        if amount or not parts or left.requests:
            told.append(("", amount, left))
        for key, charged, part in told:
            named = {"workspace": spent[1], "apiKey": key, "model": spent[2]}
            yield frozenset((name, value) for name, value in named.items() if value), (Money(charged, "USD"), part)


def parse_activity(answer: Answer) -> Mapping[Spent, Counted]:
    """What an activity says, over the endpoints of each model. Raises Malformed, with the path of what is wrong."""
    found: dict[Spent, Counted] = {}
    seen: set[tuple[str, ...]] = set()
    for row in answer.field("data").items():
        workspace = row.optional("workspace_id")
        spent = (_date(row.field("date")), workspace.text() if workspace else "", row.field("model").text())
        once = (*spent, row.field("endpoint_id").text(), row.field("provider_name").text())
        if once in seen:
            raise Malformed(f"{row.path} is of the same day, model and endpoint as a row before")
        seen.add(once)
        found[spent] = found.get(spent, Counted()) + _counted(row)
    return found


def parse_keys(answer: Answer) -> tuple[Key, ...]:
    """A page of keys. Raises Malformed likewise."""
    return tuple(_key(item) for item in answer.field("data").items())


def _counted(row: Answer) -> Counted:
    elsewhere, cached = row.optional("byok_usage_inference"), row.optional("cached_tokens")
    return Counted(
        charged=believed(row.field("usage")),
        elsewhere=believed(elsewhere) if elsewhere else Decimal(0),
        prompt=row.field("prompt_tokens").count(),
        cached=cached.count() if cached else 0,
        completion=row.field("completion_tokens").count(),
        requests=row.field("requests").count(),
    )


def _key(item: Answer) -> Key:
    name, used = item.optional("name"), item.optional("last_used_at")
    found = _SECOND.match(used.text()) if used else None
    if used and not found:
        raise Malformed(f"{used.path} is not a time such as 2026-11-01T00:00:00Z")
    return Key(item.field("hash").text(), name.text() if name else "", found[1] if found else "")


def _date(answer: Answer) -> str:
    found = _DATE.fullmatch(answer.text())
    if not found:
        raise Malformed(f"{answer.path} is not a date such as 2026-11-01")
    return found[1]
