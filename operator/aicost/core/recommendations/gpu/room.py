"""Cards that are paid for whether anybody uses them, and the hours of every day in which nobody held them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from aicost.core.declarations import Unit, reservers
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.products import model_of
from aicost.core.window import DAY, HOUR, Instant, Window, floor

HOURS = DAY // HOUR


Given: TypeAlias = Mapping[tuple[str, int], int]
"""Idle cards that other work was told of, by node and hour of the clock."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many cards were `idle` on each of `nodes` in each hour of the clock (UTC), on every day of the window.

    These nodes have cards of its kind that are paid for anyway; each of its pods takes so many of one node. Of its own pods
    `at_once` ran at the same time, the longest for so many hours. Of `held` card-seconds of its own so many were `paid` for
    anyway.
    """

    nodes: tuple[str, ...] = ()
    idle: tuple[tuple[int, ...], ...] = ()
    each: int = 1
    at_once: int = 1
    longest_hours: int = 1
    held: int = 0
    paid: int = 0

    @property
    def is_paid(self) -> bool:
        """Whether its own cards are paid for anyway, all of them."""
        return 0 < self.held == self.paid

    def pods(self, clocks: Iterable[int]) -> int:
        """How many of its pods had room in all these hours of the clock: where one runs it stays."""
        return sum(self._by_node(clocks).values())

    def _by_node(self, clocks: Iterable[int]) -> dict[str, int]:
        hours = tuple(clocks)
        return {
            node: min(cards[clock] for clock in hours) // self.each
            for node, cards in zip(self.nodes, self.idle, strict=True)
        }

    def after(self, given: Given) -> Room:
        """What is left of it; other cards of a node that are given count as these."""
        return replace(
            self,
            idle=tuple(
                tuple(max(0, cards[clock] - given.get((node, clock), 0)) for clock in range(HOURS))
                for node, cards in zip(self.nodes, self.idle, strict=True)
            ),
        )

    def taken(self, clocks: Iterable[int]) -> Given:
        """What all its pods that run at once take of it in all these hours: of each node as many as have room, the first ones first."""
        hours, left = tuple(clocks), self.at_once
        taken: dict[tuple[str, int], int] = {}
        for node, there in self._by_node(hours).items():
            pods = min(left, there)
            left -= pods
            taken |= {(node, clock): pods * self.each for clock in hours if pods}
        return taken


@dataclass(frozen=True)
class Yard:
    """All cards and their holders over whole UTC days of which it is known who held them; `bought` says that a group is owned.

    The idle cards of nodes that a unit reserved are its own: of no other unit's work.
    """

    window: Window
    devices: Devices
    bought: Callable[[CardGroup], bool]
    units: tuple[Unit, ...] = ()

    def room(self, model: str, count: int, own: tuple[Holding, ...], unit: str) -> Room:
        """For pods with `count` whole cards of a model each, where `own` is what they held."""
        groups = [group for group, owner in self._paid if owner in (unit, None)]
        paid = {group.node.name for group in groups}
        there = {group.node.name: group.cards for group in groups if _fits(group, model, count, self.window)}
        return Room(
            nodes=tuple(sorted(there)),
            idle=tuple(tuple(self._idle(node, there[node], clock) for clock in range(HOURS)) for node in sorted(there)),
            each=count,
            at_once=_at_once(own),
            longest_hours=-(-max((held.window.seconds for held in own), default=HOUR) // HOUR),
            held=sum(held.count * held.window.seconds for held in own),
            paid=sum(held.count * held.window.seconds for held in own if held.node in paid),
        )

    @cached_property
    def _paid(self) -> tuple[tuple[CardGroup, str | None], ...]:
        """Cards that are paid for anyway, with the unit whose idle capacity they are; of bought ones that may be none."""
        reserving = ((group, next(iter(reservers(self.units, group.labels)), None)) for group in self.devices.groups)
        return tuple((group, owner) for group, owner in reserving if owner or self.bought(group))

    def _idle(self, node: str, cards: int, clock: int) -> int:
        """Cards that nobody held in that hour of any day: who followed another within it counts beside him."""
        held = self._held.get(node, {})
        hours = range(self.window.start + clock * HOUR, self.window.end, DAY)
        return max(0, cards - max(held.get(hour, 0) for hour in hours))

    @cached_property
    def _held(self) -> Mapping[str, Mapping[int, int]]:
        """By node and the begin of an hour of the window."""
        found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for held in self.devices.holdings:
            inside = held.window.overlap(self.window)
            for hour in inside.pieces(HOUR) if inside else ():
                found[held.node][floor(hour.start, HOUR)] += held.count
        return found


def _fits(group: CardGroup, model: str, count: int, window: Window) -> bool:
    """Whole cards, there all the time; who holds what a claim hands out is told otherwise."""
    whole = not group.sharing and not group.claimable and model_of(group.product) == model
    return whole and group.cards >= count and group.window.overlap(window) == window


def _at_once(own: Iterable[Holding]) -> int:
    """The most at one instant: whoever ends there is no more."""
    changes: list[tuple[Instant, int]] = [(held.window.start, 1) for held in own]
    changes += [(held.window.end, -1) for held in own]
    running = most = 0
    for _, change in sorted(changes):
        running += change
        most = max(most, running)
    return max(1, most)
