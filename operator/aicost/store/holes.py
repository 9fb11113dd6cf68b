"""Holes of a closed month, with what cards cost by then, as values of JSON and back."""

from __future__ import annotations

from typing import Any

from aicost.core.holes import Holes
from aicost.core.owned import OwnedCards
from aicost.core.prices import DatedRate, GpuPrice, MigShare, PriceBook
from aicost.core.window import Instant, Window


def told(of: Holes) -> list[object]:
    """What is kept: sets sorted, so that equal holes have equal text."""
    return [[[part.start, part.end] for part in of.parts], of.prices and _book(of.prices)]


def read(told: list[Any]) -> Holes:
    """The holes again."""
    parts, book = told
    return Holes(tuple(Window(Instant(start), Instant(end)) for start, end in parts), book and _read_book(book))


def _book(of: PriceBook) -> dict[str, object]:
    return {
        "currency": of.currency,
        "built_in": of.built_in,
        "gpus": [
            [
                each.model,
                sorted(each.nodes),
                each.includes_host,
                [[rate.since, rate.nanos_per_hour] for rate in each.rates],
            ]
            for each in of.gpus
        ],
        "mig": [[share.model, share.profile, share.billionths] for share in of.mig],
        "owned": [_asset(each) for each in of.owned],
    }


def _asset(of: OwnedCards) -> list[object]:
    worth = [of.capex, of.residual, of.opex_per_month]
    return [of.name, of.model, sorted(of.nodes), of.count, of.since, of.months, *worth, of.includes_host]


def _read_book(told: dict[str, Any]) -> PriceBook:
    return PriceBook(
        told["currency"],
        gpus=tuple(
            GpuPrice(model, tuple(DatedRate(Instant(since), nanos) for since, nanos in rates), _labels(nodes), host)
            for model, nodes, host, rates in told["gpus"]
        ),
        built_in=told["built_in"],
        mig=tuple(MigShare(*share) for share in told["mig"]),
        owned=tuple(
            OwnedCards(name, model, _labels(nodes), count, Instant(since), *rest)
            for name, model, nodes, count, since, *rest in told["owned"]
        ),
    )


def _labels(of: list[list[str]]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in of)
