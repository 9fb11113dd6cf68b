"""Hosts as values: what pods took of them, and what they cost."""

from __future__ import annotations

import pytest

from aicost.core.hosts import CORE, GIB, MOST_MEMORY, Amounts, ComputeRate, HostHour, Resource, Taker
from aicost.core.window import Instant
from tests.support.builders import a_pod, between

HOUR = between(0, 3600)


@pytest.mark.parametrize("of", [(-1, 0), (0, -1), (0, MOST_MEMORY + 1), (10**13, 0)], ids=str)
def test_nothing_is_negative_or_beyond_any_node(of: tuple[int, int]) -> None:
    """Whoever tells so is mistaken: nothing is computed from it."""
    with pytest.raises(ValueError, match="no node has"):
        Amounts(*of)


def test_a_host_has_something() -> None:
    """A node that tells of no CPU tells nothing."""
    with pytest.raises(ValueError, match="neither"):
        HostHour("n", HOUR, Amounts(0, GIB))


def test_a_pod_took_the_larger_of_request_and_use_of_each() -> None:
    """CPU and memory apart; where nobody saw its use, its request."""
    taker = Taker(a_pod(), Amounts(2 * CORE, GIB), Amounts(CORE, 3 * GIB))
    assert [taker.took(of) for of in Resource] == [2 * CORE, 3 * GIB]
    assert Taker(a_pod(), Amounts(2 * CORE)).took(Resource.CPU) == 2 * CORE


def test_a_node_is_measured_where_any_pod_is() -> None:
    """A pod that came and went between two scrapes proves nothing."""
    asked, seen = Taker(a_pod(), Amounts(CORE)), Taker(a_pod("b"), Amounts(), Amounts())
    capacity = Amounts(CORE, GIB)
    assert HostHour("n", HOUR, capacity, (asked, seen)).is_measured
    assert not HostHour("n", HOUR, capacity, (asked,)).is_measured


def test_rates_are_of_whole_cores_and_gibibytes() -> None:
    """Half a core costs half; what is less than a nano-unit an hour is left out, once for the node."""
    rate = ComputeRate(Instant(0), 3, 5)
    assert rate.per_hour(Amounts(2 * CORE, 4 * GIB), Resource.CPU) == 6
    assert rate.per_hour(Amounts(2 * CORE, 4 * GIB), Resource.MEMORY) == 20
    assert rate.per_hour(Amounts(CORE // 2), Resource.CPU) == 1


def test_a_rate_is_not_negative() -> None:
    """Neither of them."""
    for of in ((-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="negative"):
            ComputeRate(Instant(0), *of)
