"""Hosts as values: what pods took of them, and what they cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.hosts import (
    BRIEF,
    CORE,
    GIB,
    MOST_MEMORY,
    MOST_MICROCORES,
    Amounts,
    ComputeRate,
    HostHour,
    Measured,
    Resource,
    Taker,
    together,
)
from aicost.core.window import Instant
from tests.support.builders import a_pod, between
from tests.support.hosting import ALWAYS, a_taker, an_hour

HOUR = between(0, 3600)


@pytest.mark.parametrize("of", [(-1, 0), (0, -1), (0, MOST_MEMORY + 1), (10**13, 0)], ids=str)
def test_nothing_is_negative_or_beyond_any_node(of: tuple[int, int]) -> None:
    """Whoever tells so is mistaken: nothing is computed from it."""
    with pytest.raises(ValueError, match="no node has"):
        Amounts(*of)
    with pytest.raises(ValueError, match="no node has"):
        Measured(*of)


def test_the_most_is_no_mistake() -> None:
    """An hour of it fits the ledger."""
    assert Amounts(MOST_MICROCORES, MOST_MEMORY).of(Resource.CPU) == MOST_MICROCORES


def test_a_host_has_something() -> None:
    """A node that tells of no CPU tells nothing."""
    with pytest.raises(ValueError, match="neither"):
        HostHour("n", HOUR, Amounts(0, GIB))


def test_a_pod_took_the_larger_of_request_and_use_of_each() -> None:
    """CPU and memory apart; where nobody saw its use, its request."""
    taker = Taker(a_pod(), ALWAYS, Amounts(2 * CORE, GIB), Measured(CORE, 3 * GIB))
    assert [taker.took(of) for of in Resource] == [2 * CORE, 3 * GIB]
    assert Taker(a_pod(), ALWAYS, Amounts(2 * CORE)).took(Resource.CPU) == 2 * CORE


def test_use_is_unseen_of_each_resource_by_itself() -> None:
    """Memory alone says nothing of CPU; a pod that came and went between two scrapes proves nothing."""
    taker = a_taker(used=Measured(memory=0))
    hour = an_hour(taker)
    assert [hour.unseen(taker, of) for of in Resource] == [True, False]
    assert [hour.unseen(a_taker(there=between(0, of)), Resource.CPU) for of in (BRIEF - 1, BRIEF)] == [False, True]
    assert not hour.unseen(a_taker(there=between(3600, 7200)), Resource.CPU)


def test_an_account_is_of_the_seconds_of_its_hour() -> None:
    """Whose time of it is another hour's was not there; an account that begins within an hour is of that hour."""
    hour = HostHour("n", between(5400, 7200), Amounts(CORE, GIB))
    assert hour.hour == between(3600, 7200).start
    assert [hour.seconds(a_taker(there=between(0, end))) for end in (5400, 5401)] == [0, 1]


numbers = st.none() | st.integers(0, 2)
told = st.builds(
    lambda name, start, cores, cpu, memory: a_taker(name, cores, 1, Measured(cpu, memory), there=between(start, 9)),
    st.sampled_from(["chat-0", "rank-0"]),
    st.integers(0, 2),
    st.integers(0, 2),
    numbers,
    numbers,
)
accounts = st.builds(
    lambda since, cores, takers: HostHour(
        "n",
        an_hour(since=since).over,
        Amounts(cores, 1),
        tuple(of for _, of in sorted({of.pod.uid: of for of in takers}.items())),
    ),
    st.integers(0, 1),
    st.integers(1, 2),
    st.lists(told, max_size=2),
)


@given(st.lists(accounts, max_size=3).flatmap(lambda of: st.tuples(st.just(of), st.permutations(of))))
def test_accounts_come_together_in_any_order(both: tuple[list[HostHour], list[HostHour]]) -> None:
    """However often each is told, in whatever parts; nothing that one of them tells is lost."""
    one, other = both
    whole = together(one)
    assert whole == together((*together(other[:2]), *other, *whole))
    of = {(hour.over, taker.pod.uid): taker for hour in whole for taker in hour.takers}
    for hour in one:
        for taker in hour.takers:
            assert all(of[hour.over, taker.pod.uid].took(each) >= taker.took(each) for each in Resource)


def test_what_is_told_in_part_takes_nothing_back() -> None:
    """CPU from the one, memory from the other, and the time of both; of two numbers the larger."""
    one = a_taker(cores=2, used=Measured(3), there=between(0, 20))
    other = a_taker(cores=1, used=Measured(1, 4), there=between(10, 30))
    (hour,) = together((an_hour(one), an_hour(other), an_hour()))
    assert hour == an_hour(a_taker(cores=2, used=Measured(3, 4), there=between(0, 30)))


def test_rates_are_of_whole_cores_and_gibibytes() -> None:
    """Half a core costs half; what is less than a nano-unit an hour is left out, once for the node."""
    rate = ComputeRate(Instant(0), 3, 5)
    assert rate.per_hour(Amounts(2 * CORE, 4 * GIB), Resource.CPU) == 6
    assert rate.per_hour(Amounts(2 * CORE, 4 * GIB), Resource.MEMORY) == 20
    assert rate.per_hour(Amounts(CORE // 2), Resource.CPU) == 1


def test_a_rate_is_not_negative() -> None:
    """Neither of them; one that costs nothing is a rate."""
    for of in ((-1, 0), (0, -1)):
        with pytest.raises(ValueError, match=r"^a price per hour cannot be negative$"):
            ComputeRate(Instant(0), *of)
    assert ComputeRate(Instant(0), 0, 0).per_hour(Amounts(CORE, GIB), Resource.MEMORY) == 0
