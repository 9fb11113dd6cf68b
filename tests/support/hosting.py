"""Readable hosts for tests: a node of 8 cores and 64 GiB, at 0.10 a core hour and 0.01 a GiB hour."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.holdings import FOREVER
from aicost.core.hosts import CORE, GIB, UNSEEN, Amounts, ComputeRate, HostHour, Measured, Taker
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.prices import PriceBook
from aicost.core.window import HOUR, Window
from tests.support.builders import BEFORE_ANYTHING, a_book, a_pod, a_price, between

CAPACITY = Amounts(8 * CORE, 64 * GIB)
ALWAYS = Window(BEFORE_ANYTHING, FOREVER)
NOTHING = Measured(0, 0)
"""Use that was seen, and was none."""
RATE = ComputeRate(BEFORE_ANYTHING, NANOS_PER_UNIT // 10, NANOS_PER_UNIT // 100)


def a_host_book(*rates: ComputeRate) -> PriceBook:
    """Cards whose price leaves the host out; rates of 0.10 a core and 0.01 a GiB, unless others are given."""
    return replace(a_book(replace(a_price(), includes_host=False)), compute=rates or (RATE,))


def a_taker(
    name: str = "chat-0",
    cores: int = 1,
    gib: int = 8,
    used: Measured = UNSEEN,
    namespace: str = "support",
    there: Window = ALWAYS,
    uid: str = "",
) -> Taker:
    """A pod, labelled by the first part of its name, and what it requested."""
    pod = a_pod(name, namespace, uid=uid, app=name.partition("-")[0])
    return Taker(pod, there, Amounts(cores * CORE, gib * GIB), used)


def an_hour(*takers: Taker, since: int = 0, node: str = "node-a") -> HostHour:
    """What the node had in the hour since so many hours after `T0`, and who took of it."""
    return HostHour(node, between(since * HOUR, (since + 1) * HOUR), CAPACITY, takers)
