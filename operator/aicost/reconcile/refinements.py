"""What divides shared keys' bill lines: the sources that refine each day, with the usage that desk and ledger know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aicost.core.bills import BillDay, BillRow
from aicost.core.coverage import union
from aicost.core.dividing import Dividing
from aicost.core.mixed import Prices
from aicost.core.refining import REFINED_BY_NONE, Refinement, refinement
from aicost.core.token_prices import manner_of
from aicost.core.usage import UsageRow
from aicost.core.window import Window
from aicost.ports import Ledger, TokenPriceList
from aicost.reconcile.bills import BillDesk
from aicost.reconcile.pricing import model_of


def refinement_of(
    dividing: Dividing,
    desk: BillDesk,
    ledger: Ledger,
    days: Sequence[BillDay],
    late: Sequence[BillDay],
    awaited: Iterable[Window],
    listed: TokenPriceList,
) -> Refinement:
    """For these days of bills and the awaited ones; `late` ones are of closed months, which divide by what refined them then.

    The ledger stands in for days that the desk did not read since the start, so that a restart takes nothing from anybody.
    """
    windows = {day.day for day in days} | {*awaited}
    refiners = {window.start: dividing.refiners(window) for window in windows}
    read = (*(days if any(refiners.values()) else ()), *late)
    told = {*(day.day for day in read), *(windows if any(refiners.values()) else ())}
    if not told:
        return REFINED_BY_NONE
    on = {day.start for day in told}
    asked = desk.usage_days(on)
    stored = (row for over in union(told) for row in ledger.observed(over, card_use=False).usage)
    usage = (*desk.usage(on), *(row for row in stored if (row.source, row.day) not in asked))
    return refinement(refiners, usage, _list_prices(read, usage, listed))


def _list_prices(days: Iterable[BillDay], usage: Iterable[UsageRow], listed: TokenPriceList) -> Prices:
    """Of what was counted on days that have rows of keys, and do not say what these are of.

    The list alone, and not the price book: it only weighs parts of what was billed, and an edit must move no closed month.
    """
    providers = {(day.source, day.day): day.provider.lower() for day in days if any(map(_is_of_no_line, day.rows))}
    priced = (
        (row, listed.price(providers[row.source, row.day], model_of(row), row.day.start, manner_of(row.dimensions)))
        for row in usage
        if (row.source, row.day) in providers
    )
    return {row: price for row, price in priced if price}


def _is_of_no_line(row: BillRow) -> bool:
    named = dict(row.dimensions)
    return "apiKey" in named and "lineItem" not in named
