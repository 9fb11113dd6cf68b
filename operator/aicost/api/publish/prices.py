"""The status of the PriceBook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aicost.api.prices_status import MissingItem, PricedItem, PricesStatus, PricesSummary, Rerated
from aicost.api.publish import parts
from aicost.api.publish.hosts import missing_hosts, priced_hosts, rates_unused
from aicost.api.publish.token_prices import by_the_list, missing_models, priced_models
from aicost.api.publish.workloads import READY
from aicost.core import repricing
from aicost.core.declarations import Declarations
from aicost.core.list_prices import list_price
from aicost.core.measures import card_hours
from aicost.core.money import decimal
from aicost.core.rollup import PoolStatement
from aicost.core.statement import Facts
from aicost.core.window import Instant, hour_of

MOST_ITEMS = 200
LONGEST_CHANGE = 512


def prices_status(
    pools: Sequence[PoolStatement], facts: Facts, before: Sequence[Mapping[str, Any]], now: Instant
) -> dict[str, Any]:
    """What has a price and what has none, of GPUs, hosts and estimated tokens; `before` are the conditions that are shown."""
    declared, models = facts.declared, facts.token_uses
    priced = [pool for pool in pools if pool.nanos is not None]
    cards = [_listed(pool.pool) if pool.built_in else _priced(pool, declared, now) for pool in priced]
    no_cards = [_missing(pool) for pool in pools if pool.nanos is None]
    hosts, tokens = tuple(priced_hosts(facts, now)), priced_models(models)
    missing = (*missing_hosts(facts), *no_cards, *missing_models(models))
    return PricesStatus(
        observed_generation=declared.prices_generation,
        conditions=parts.conditions((*READY, *rates_unused(declared.prices)), before, declared.prices_generation, now),
        summary=PricesSummary(
            priced=len({pool.pool for pool in priced}) + len(hosts) + len(tokens),
            missing=len(missing),
            built_in=sum(pool.built_in for pool in priced) + by_the_list(models),
            state="Missing" if missing else "OK",
        ),
        priced=(*hosts, *cards, *tokens)[:MOST_ITEMS],
        missing=missing[:MOST_ITEMS],
        rerated=_rerated(facts.rerated) if facts.rerated else None,
    ).to_wire()


def _rerated(edit: repricing.Rerated) -> Rerated:
    changes = tuple(change[:LONGEST_CHANGE] for change in edit.changes)
    return Rerated(at=parts.timestamp(edit.at), since=parts.timestamp(edit.since), changes=changes)


def _priced(pool: PoolStatement, declared: Declarations, now: Instant) -> PricedItem:
    book = declared.prices
    rates = {
        rate.nanos_per_hour
        for entry in (book.gpus if book else ())
        if entry.model == pool.pool and (rate := entry.at(now))
    }
    owned = {a.per_card(hour_of(now)) for a in (book.owned if book else ()) if a.model == pool.pool and now in a.use}
    prices = rates | owned
    return PricedItem(
        kind="GPU",
        name=pool.pool,
        price=decimal(prices.pop()) if len(prices) == 1 else None,
        unit="card hour",
        origin="Owned" if owned and not rates else "Declared",
    )


def _listed(model: str) -> PricedItem:
    """A model whose cost of the month is by a built-in price; the table may have lost it since."""
    listed = list_price(model)
    return PricedItem(
        kind="GPU",
        name=model,
        price=decimal(listed.per_hour.nanos) if listed else None,
        unit=f"card hour in {listed.per_hour.currency}" if listed else "card hour",
        since=date.fromisoformat(listed.read) if listed else None,
        origin="BuiltIn",
        source=listed.source if listed else None,
    )


def _missing(pool: PoolStatement) -> MissingItem:
    hours = card_hours(pool.card_microseconds)
    return MissingItem(
        kind="GPU",
        name=pool.pool,
        quantity=f"{hours} card hours",
        message=f"add an entry with model {pool.pool} to spec.gpus",
    )
