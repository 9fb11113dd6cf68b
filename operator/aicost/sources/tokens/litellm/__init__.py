"""LiteLLM's proxy: who used which model through a gateway, by virtual key and customer; it adds no money."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from aicost.core.declarations import Dimensions, Source
from aicost.core.gaps import Feed
from aicost.core.usage import UsageRow
from aicost.core.window import Window
from aicost.ports import BillReading, Forbidden, Unavailable
from aicost.sources.tokens.answers import dimensions_of
from aicost.sources.tokens.apart import Counts, apart
from aicost.sources.tokens.client import Access, Client, Provider
from aicost.sources.tokens.daily import REFUSED, ReadDay, days_of, not_split, read_bill
from aicost.sources.tokens.litellm.asking import Asking, Callers, TooManyPages
from aicost.sources.tokens.litellm.customers import Customers
from aicost.sources.tokens.litellm.logs import CUSTOMER, KEY, MODEL, look
from aicost.sources.tokens.pages import Contradictory, EndpointMissing, QueryRefused
from aicost.sources.tokens.sampling import Sampler

LITELLM = Provider(
    name="litellm",
    base_url="",  # self-hosted: a UsageSource names it
    headers=lambda key: {"Authorization": f"Bearer {key}"},
    needs="a key of a proxy admin is needed (the master key, or one of role proxy_admin_viewer)",
)
UNSETTLED = 2
"""The newest days of a poll: LiteLLM writes its tables one after the other, and that of customers may follow by a little."""


class LiteLLMUsage:
    """Reads what a proxy counted, day by day; what it told of customers is kept while the process runs."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._known: dict[tuple[Hashable, ...], dict[Window, _Known]] = {}
        self._sampler = Sampler(LITELLM, access, look)

    async def read(self, source: Source, over: Window) -> BillReading:
        """Each UTC day that the window touches: complete, or a gap that says why; never any money."""
        days, about = days_of(over), (source.account, source.secret)
        known = {day: of for day, of in self._known.get(about, {}).items() if day in days}
        self._known[about] = known
        callers: Callers = {}

        def reads(client: Client) -> Mapping[Feed, ReadDay]:
            limits = self._access.limits
            asking = Asking(client, limits.pages, limits.day_s / 2, callers)
            return {Feed.USAGE: _Poll(source, asking, known, frozenset(days[:-UNSETTLED])).usage}

        reading = await read_bill(LITELLM, source, self._access, over, reads, feeds=(Feed.USAGE,))
        return await self._sampler.beside(source, over, reading, partial(_rows_of, callers))


def _rows_of(callers: Callers, day: Window, requested: Dimensions) -> Iterator[Dimensions]:
    """The rows of a day that a logged request may be of: its customer's, else that of its key; none of a key of which none is told."""
    named = dict(requested)
    caller = callers.get((day, named.get(KEY, "")))
    if caller is not None:
        of_key = caller | {(MODEL, named.get(MODEL, ""))}
        yield dimensions_of(of_key | {(CUSTOMER, named[CUSTOMER])} if CUSTOMER in named else of_key)
        yield dimensions_of(of_key)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was counted of a day, and which part of it by customer."""

    whole: Counts
    parts: Customers


@dataclass(frozen=True, slots=True)
class _Poll:
    """The questions of one poll. A `settled` day that counts what is `known` of it is not asked for its customers again."""

    source: Source
    asking: Asking
    known: dict[Window, _Known]
    settled: frozenset[Window]

    async def usage(self, day: Window) -> BillReading:
        """A day's token counts by caller, model and customer; with a gap where customers are granted and cannot be told."""
        counts, why = await self._told(day)
        rows = tuple(UsageRow(self.source.name, day, of, used.tokens, used.measured) for of, used in counts.items())
        gaps = (not_split(self.source.name, Feed.USAGE, day, ("customer",), why),) if why and self._awaits else ()
        return BillReading(usage=rows, gaps=gaps, usage_days=(day,))

    @property
    def _awaits(self) -> bool:
        """Whether somebody waits for what customers cost."""
        return any(grant.dimension == "customer" for grant in self.source.grants)

    async def _told(self, day: Window) -> tuple[Counts, str]:
        """A day's counts, and why they are not told by customer, or not all of them: empty if they are."""
        whole, known = await self.asking.whole(day), self.known.get(day)
        if known and day in self.settled and known.whole == whole:
            return apart(whole, known.parts), ""
        parts, why = await self._parts(day)
        if parts:
            whole = await self.asking.whole(day)  # what is used meanwhile is in the rest
        try:
            counts = apart(whole, parts)
        except Contradictory:
            return whole, "its tables contradict each other, so that nothing is split"
        if not why:
            self.known[day] = _Known(whole, parts)
        return counts, why

    async def _parts(self, day: Window) -> tuple[Customers, str]:
        """What each customer used, and why that is not known, or only as it was. Raises Unavailable where nobody may guess."""
        try:
            return await self.asking.customers(day), ""
        except (TooManyPages, EndpointMissing, QueryRefused, Forbidden):
            return {}, REFUSED
        except TimeoutError:
            known = self.known.get(day)
            if known is None and self._awaits:
                raise Unavailable("its customers are not told within the time that there is for them") from None
            return known.parts if known else {}, "its customers take too long, so that what is new is not split"
