"""Ends that are only assumed give way to whoever is known to have held the cards next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from aicost.core.holdings import CardGroup, Holding, in_order
from aicost.core.sharing import devices_at
from aicost.core.window import Instant, Window


def cut_at_successors(holdings: Iterable[Holding], groups: Iterable[CardGroup]) -> tuple[Holding, ...]:
    """Shorten assumed ends where the node's cards were already held by another pod.

    An end that only a last sample shows may be late by one sampling interval. Where a later holding would exceed the
    node's capacity, such an earlier one gives way from the later one's start. Known times are never shortened: what
    still exceeds the capacity is for the allocation to park.
    """
    offered: dict[tuple[str, str], list[tuple[Window, int]]] = defaultdict(list)
    for group in groups:
        for slot in group.devices:
            offered[group.node.name, slot.resource].append((group.window, slot.count))
    by_node: dict[tuple[str, str], list[Holding]] = defaultdict(list)
    for holding in sorted(holdings, key=in_order):
        by_node[holding.node, holding.resource].append(holding)
    return tuple(holding for key, held in sorted(by_node.items()) for holding in _fit(held, offered[key]))


def _fit(holdings: list[Holding], offered: list[tuple[Window, int]]) -> list[Holding]:
    fitted: list[Holding] = []
    for holding in holdings:
        start = holding.window.start
        devices = next((count for over, count in offered if start in over), None)
        for earlier in sorted((h for h in fitted if _may_end_at(h, start)), key=lambda h: (h.window.end, h.pod.uid)):
            if devices is None or devices_at(((h, h.window) for h in (*fitted, holding)), start) <= devices:
                break
            shorter = Window(earlier.window.start, start)
            fitted[fitted.index(earlier)] = earlier.lasting(shorter, earlier.assumed_from)
        fitted.append(holding)
    return fitted


def _may_end_at(holding: Holding, at: Instant) -> bool:
    return (
        holding.assumed_from is not None
        and holding.assumed_from <= at
        and holding.window.start < at < holding.window.end
    )
