"""What of a price book differs from an earlier one, from when on: an edit of the past is told, never silent.

Compared is what each entry says over time, in words for people; two books that say the same rate everything alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.hosts import ComputeRate
from aicost.core.money import decimal
from aicost.core.owned import OwnedCards
from aicost.core.prices import GpuPrice, PriceBook
from aicost.core.window import Instant, Window, date

Said: TypeAlias = Mapping[str, tuple[tuple[Instant, str], ...]]
"""What a book says: for each thing it prices the instants from which on it has a price, with that price."""
NO_PRICE = "no price"
_ALWAYS = Instant(0)


@dataclass(frozen=True, slots=True, order=True)
class Repriced:
    """A thing that has another price in time that is charged already: since when, which it had and which it has."""

    since: Instant
    what: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.what}: {self.was} before, {self.now} now, from {date(self.since)}"


@dataclass(frozen=True, slots=True)
class Rerated:
    """An edit that rated time anew that was charged already: when it was seen, from when on, and what it changed."""

    at: Instant
    since: Instant
    changes: tuple[str, ...]


def said(book: PriceBook | None) -> Said:
    """Everything that a book says of prices; of two entries for one thing the first counts."""
    found: dict[str, tuple[tuple[Instant, str], ...]] = {}
    if book is None:
        return found
    for entry in book.gpus:
        per = f"{book.currency} an hour{'' if entry.includes_host else ' without the host'}"
        rates = sorted((rate.since, f"{decimal(rate.nanos_per_hour)} {per}") for rate in entry.rates)
        found.setdefault(_named(entry), tuple(rates))
    for asset in book.owned:
        found.setdefault(f"owned {asset.name}", ((asset.since, _worth(asset)), (asset.use.end, NO_PRICE)))
    for share in book.mig:
        worth = f"{decimal(share.billionths)} of the card"
        found.setdefault(f"{share.profile} of {share.model}", ((_ALWAYS, worth),))
    if book.compute:
        found["CPU and memory"] = tuple((rate.since, _of_hosts(rate)) for rate in sorted(book.compute))
    if book.built_in:
        found["what no entry prices"] = ((_ALWAYS, "list prices"),)
    return found


def repriced(before: Said, after: Said, over: Window) -> tuple[Repriced, ...]:
    """What has another price at any time in the window, each from the first instant on at which it has."""
    return tuple(sorted(_changes(before, after, over)))


def _named(entry: GpuPrice) -> str:
    nodes = ", ".join(f"{key}={value}" for key, value in sorted(entry.nodes))
    return f"{entry.model} on {nodes}" if nodes else entry.model


def _of_hosts(rate: ComputeRate) -> str:
    return f"{decimal(rate.cpu_core_hour)} a core hour and {decimal(rate.memory_gib_hour)} a GiB hour"


def _worth(asset: OwnedCards) -> str:
    nodes = ", ".join(f"{key}={value}" for key, value in sorted(asset.nodes))
    spread = f"{decimal(asset.capex - asset.residual)} over {asset.months} months"
    host = "" if asset.includes_host else " without the host"
    return f"{asset.count} x {asset.model} on {nodes} for {spread} and {decimal(asset.opex_per_month)} a month{host}"


def _changes(before: Said, after: Said, over: Window) -> Iterator[Repriced]:
    for what in {*before, *after}:
        old, new = before.get(what, ()), after.get(what, ())
        edges = {over.start, *(since for since, _ in (*old, *new) if since in over)}
        for at in sorted(edges):
            if (was := _at(old, at)) != (now := _at(new, at)):
                yield Repriced(at, what, was, now)
                break


def _at(rates: tuple[tuple[Instant, str], ...], at: Instant) -> str:
    begun = [(since, price) for since, price in rates if since <= at]
    return max(begun)[1] if begun else NO_PRICE
