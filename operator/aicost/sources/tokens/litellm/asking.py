"""What a LiteLLM proxy is asked of one day, to the last page."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from aicost.core.declarations import Dimensions
from aicost.core.window import Window, date
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.apart import Counts
from aicost.sources.tokens.client import Client
from aicost.sources.tokens.litellm import customers
from aicost.sources.tokens.litellm.activity import Activity, parse
from aicost.sources.tokens.used import Used

PATH = "/user/daily/activity"
ROWS_PER_PAGE = 1000


Callers: TypeAlias = dict[tuple[Window, str], Dimensions]
"""Who holds a key, by day and hash."""


class TooManyPages(Malformed):
    """There is more than should be read."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What the proxy is asked of a day; in how many pages at most, and in how many seconds about its customers.

    `callers` are whom the hashes of keys stand for on each day, as it told them.
    """

    client: Client
    most_pages: int
    customers_s: float
    callers: Callers = field(default_factory=dict)

    async def whole(self, day: Window) -> Counts:
        """What was counted by caller and model."""
        return await self._rows(day, PATH, parse, self.most_pages)

    async def customers(self, day: Window) -> customers.Customers:
        """What each customer used; of a model without a name nobody can ask. Raises TooManyPages, TimeoutError and the client's."""
        found: customers.Customers = defaultdict(dict)
        async with asyncio.timeout(self.customers_s):
            models = await self._rows(day, customers.PATH, customers.parse_models, customers.MOST_PAGES)
            for model in sorted(model for ((_, model),) in map(tuple, models) if model):
                parse_model = partial(customers.parse_customers, model=model)
                counted = await self._rows(day, customers.PATH, parse_model, customers.MOST_PAGES, model)
                for row, used in counted.items():
                    customer = customers.customer_of(row)
                    found[customer][row - customer] = used
        return found

    async def _rows(
        self, day: Window, path: str, parse_page: Callable[[Answer, Window], Activity], most: int, model: str = ""
    ) -> dict[Dimensions, Used]:
        """All rows of a day. Raises Malformed where there are more pages than `most`."""
        totals: dict[Dimensions, Used] = defaultdict(Used)
        for number in range(1, most + 1):
            answer = await self.client.get(path, query(day, number, model))
            found = await asyncio.to_thread(parse_page, answer, day)
            if found.page != number:
                raise Malformed(f"page {found.page} came where page {number} was asked for")
            for dimensions, counted in found.rows.items():
                totals[dimensions] += counted
            self.callers.update({(day, key): caller for key, caller in found.callers.items()})
            if found.last:
                return totals
        raise TooManyPages(f"there are more than {most} pages")


def query(day: Window, page: int, model: str = "") -> list[tuple[str, str]]:
    """The parameters that ask for a page of one UTC day: LiteLLM's days are dates, both ends included."""
    named = date(day.start)
    asked = [("start_date", named), ("end_date", named), ("page", str(page)), ("page_size", str(ROWS_PER_PAGE))]
    return [*asked, ("model", model)] if model else asked
