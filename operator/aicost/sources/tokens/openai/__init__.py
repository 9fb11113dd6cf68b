"""OpenAI's organisation costs and usage (`/v1/organization/...`): pure parsers of its pages, and a thin fetch.

Source of the shapes: the types `admin.organization.usage` of the `openai` package 3.54. Amounts are dollars, not
cents; input tokens include cached ones; a dimension that is null, or was not grouped by, is absent. The header that names
the organisation is of OpenAI's API reference, "Debugging requests"; projects are of one organisation, whoever names it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from aicost.core.bills import BillDay
from aicost.core.declarations import BASE_URLS, Dimensions, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.usage import UsageRow
from aicost.core.window import Window
from aicost.ports import BillReading
from aicost.sources.tokens.client import Access, Client, Provider
from aicost.sources.tokens.daily import ReadDay, days_of, read_bill, refused_grouping
from aicost.sources.tokens.groupings import Refusals
from aicost.sources.tokens.naming import Naming
from aicost.sources.tokens.openai import costs, usage
from aicost.sources.tokens.openai.asking import Asking
from aicost.sources.tokens.openai.names import Names
from aicost.sources.tokens.openai.others import OtherUsage
from aicost.sources.tokens.used import Used

OPENAI = Provider(
    name="openai",
    base_url=BASE_URLS["OpenAI"],
    headers=lambda key: {"Authorization": f"Bearer {key}"},
    needs="an admin key is needed; a project key cannot read the organisation's costs",
    organisation="openai-organization",
    ids=("project",),
)


class OpenAIBill:
    """Reads an organisation's costs, and what was used, day by day."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._refusals = Refusals(access.limits.refusal_s)
        self._naming = Naming(Names(access.limits.pages).ask, access.limits.day_s)

    async def read(self, source: Source, over: Window) -> BillReading:
        """Each UTC day that the window touches: complete, or a gap that says why; one poll reads the Secret once."""

        def reads(client: Client) -> Mapping[Feed, ReadDay]:
            asking, days = self._asking(source, client), days_of(over)
            poll = _Poll(asking, OtherUsage(asking, Window(days[0].start, days[-1].end)))
            return {Feed.BILLS: poll.costs, Feed.USAGE: poll.usage}

        naming = partial(self._naming.read, source=source.name)
        return await read_bill(OPENAI, source, self._access, over, reads, naming=naming)

    def _asking(self, source: Source, client: Client) -> Asking:
        return Asking(source, client, self._access.limits.pages, self._refusals)


@dataclass(frozen=True, slots=True)
class _Poll:
    """The days of one poll."""

    asking: Asking
    others: OtherUsage

    @property
    def name(self) -> str:
        return self.asking.source.name

    async def costs(self, day: Window) -> BillReading:
        rows, lost = await self.asking.split(day, costs.PATH, costs.SPLIT_BY, costs.parse_costs)
        bill = BillDay(self.name, OPENAI.name, day, tuple(rows.values()), lost=frozenset(lost))
        return BillReading(days=(bill,), gaps=self._gaps(Feed.BILLS, day, lost))

    async def usage(self, day: Window) -> BillReading:
        others = await self.others.read()
        totals: dict[Dimensions, Used] = defaultdict(Used, others.on(day))
        missing = set(others.lost)
        for name, kind in usage.TOKENS.items():
            parse = partial(usage.parse, kind=kind)
            rows, lost = await self.asking.split(day, f"{usage.PATH}/{name}", kind.split_by, parse)
            missing |= lost
            for dimensions, used in rows.items():
                totals[dimensions] += used
        told = tuple(UsageRow(self.name, day, of, used.tokens, used.measured) for of, used in totals.items())
        gaps = (*self._gaps(Feed.USAGE, day, missing), *others.gaps(self.name, day))
        return BillReading(usage=told, gaps=gaps, usage_days=(day,))

    def _gaps(self, feed: Feed, day: Window, lost: set[str]) -> tuple[Gap, ...]:
        return (refused_grouping(self.name, feed, day, sorted(lost)),) if lost else ()
