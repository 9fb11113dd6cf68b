"""Batch work at hours in which cards that are paid for are idle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.recommendations.advice import Advice, Answer, Basis, Effect, Obstacle, Refused, Saving
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.idle_hours import given_to, idle_hours
from aicost.core.recommendations.gpu.policy import POLICY
from aicost.core.recommendations.gpu.room import HOURS, Given, Room
from tests.support.gpu_cases import a_server, dollars

NIGHT: dict[str, Any] = {"nodes": ["dgx-1", "dgx-2"], "free": [22, 23, 0, 1, 2, 3], "longest": 4}
SERVER = {
    "server": "CronJob/train",
    "product": "NVIDIA-H100-80GB-HBM3",
    "count": 8,
    "deviceHours": 224,
    "load": {"smActive": 50},
    "room": NIGHT,
}


def server(**said: Any) -> ServerEvidence:
    return a_server({**SERVER, **said})


def asked(**said: Any) -> list[Answer]:
    return list(idle_hours(server(**said), POLICY, {}))


def test_work_that_nobody_waits_for_may_run_at_night() -> None:
    """Nothing for certain and all of it at most: until its rented cards go they are paid, too."""
    (advice,) = asked()
    assert isinstance(advice, Advice)
    assert (advice.basis, advice.effect, advice.change) == (Basis.HYPOTHESIS, Effect.FREED_CAPACITY, None)
    assert advice.saving == Saving(0, dollars(2920))
    assert (
        advice.proposed == "nvidia.com/gpu: 8 on cards that are paid for anyway, from 22:00 UTC to 02:00 the day after"
    )
    assert advice.requires[1] == "found: dgx-1"
    assert "on 1 node idled from 22:00 UTC to 04:00 the day after" in advice.reason
    assert advice.evidence.numbers.items() >= {"idleHoursOfADay": "6", "neededHoursOfADay": "4"}.items()


def test_what_ran_on_cards_that_are_paid_for_anyway_is_no_saving() -> None:
    """Three quarters of what it held lay on such cards already: the last quarter may go."""
    (advice,) = asked(room={**NIGHT, "paidPercent": 75})
    assert isinstance(advice, Advice)
    assert advice.saving == Saving(0, dollars(730))


def test_where_its_own_nodes_can_go_the_bill_gets_smaller() -> None:
    """Those that it holds alone and nobody bought; at any hour, where cards idle at all of them and it runs for days."""
    everywhere = Room(("a", "b", "c", "d", "e"), ((8,) * HOURS,) * 5, each=8, at_once=4, longest_hours=30, held=100)
    (advice,) = idle_hours(replace(server(alone=True), room=everywhere), POLICY, {})
    assert isinstance(advice, Advice)
    assert advice.effect is Effect.BILL_REDUCTION
    assert advice.proposed.endswith("anyway, at any hour")
    assert advice.requires[1:] == (
        "found: a, b, c and 1 more",
        "remove node gpu-1 once nothing runs there: idle nodes go on costing",
    )


@pytest.mark.parametrize(
    ("said", "obstacle"),
    [
        ({"days": 6}, Obstacle.TOO_LITTLE_DATA),
        ({"room": {**NIGHT, "paidPercent": 100}}, Obstacle.NOT_CHEAPER),
        ({"room": {"longest": 4}}, Obstacle.NOT_OFFERED),
        ({"room": {**NIGHT, "longest": 7}}, Obstacle.BUSY),
        ({"deviceHours": 8 * 7 * 7}, Obstacle.BUSY),
        ({"room": {**NIGHT, "free": []}}, Obstacle.BUSY),
        ({"room": {**NIGHT, "free": [0, 1, 2, 12, 13, 14]}}, Obstacle.BUSY),
    ],
    ids=["six days", "paid for", "nowhere", "a long pod", "much work", "no hour", "two short nights"],
)
def test_what_speaks_against_it(said: dict[str, Any], obstacle: Obstacle) -> None:
    """No week, nothing cheaper, no such cards, no room for as long as it takes."""
    (answer,) = asked(**said)
    assert isinstance(answer, Refused)
    assert answer.obstacle is obstacle


@pytest.mark.parametrize(("longest", "advised"), [(12, True), (13, False)])
def test_what_runs_stays_where_it_is(longest: int, advised: bool) -> None:
    """Of two nodes one idles by day and one by night: at any hour one of them, but no run of a whole day has room."""
    day, night = (tuple(8 * ((hour < 12) is by_day) for hour in range(HOURS)) for by_day in (True, False))
    turns = Room(("dgx-1", "dgx-2"), (day, night), each=8, longest_hours=longest, held=100)
    (answer,) = idle_hours(replace(server(), room=turns), POLICY, {})
    assert isinstance(answer, Advice) is advised
    assert isinstance(answer, Refused) or (answer.proposed[-23:], answer.requires[1]) == (
        "from 00:00 UTC to 12:00",
        "found: dgx-1",
    )
    assert {node for node, _ in given_to(replace(server(), room=turns), {})} == {"dgx-1"}


def test_of_what_people_wait_for_nothing_is_said() -> None:
    """Nor of parts of cards, or of what costs nothing."""
    assert not asked(server="Deployment/chat")
    assert not asked(profile="3g.40gb", count=1)
    assert not asked(monthly=0)


def test_idle_hours_are_given_once() -> None:
    """Who comes second finds these cards taken, in the hours that the first was told of; what is left may suffice him."""
    given = given_to(server(), {})
    assert given == {("dgx-1", hour): 8 for hour in (22, 23, 0, 1)}
    (second,) = idle_hours(server(), POLICY, given)
    assert isinstance(second, Refused)
    assert (second.obstacle, "other batch work" in second.message) == (Obstacle.BUSY, True)
    (small,) = idle_hours(server(room={**NIGHT, "pods": 2}), POLICY, given)
    assert isinstance(small, Advice)
    assert given_to(server(room={**NIGHT, "pods": 2}), given) == dict.fromkeys(given, 16)


def test_what_a_night_has_left_is_the_next_one_s() -> None:
    """Two hours after the first one's four: in one piece, so that a third finds none."""
    given, short = given_to(server(), {}), server(deviceHours=112, room={**NIGHT, "longest": 2})
    (second,) = idle_hours(short, POLICY, given)
    assert isinstance(second, Advice)
    assert second.proposed.endswith("anyway, from 02:00 UTC to 04:00")
    assert given_to(short, given) == {("dgx-1", hour): 8 for hour in NIGHT["free"]}
    (third,) = idle_hours(short, POLICY, given_to(short, given))
    assert isinstance(third, Refused)


def test_what_runs_late_finds_its_cards_idle_still() -> None:
    """Of two nodes that idle at once that is told which idles for longer, though the first one has as many hours as it needs."""
    nights = tuple(tuple(8 * (hour < until) for hour in range(HOURS)) for until in (4, 6))
    e = replace(server(), room=Room(("dgx-1", "dgx-2"), nights, each=8, longest_hours=4, held=100))
    (answer,) = idle_hours(e, POLICY, {})
    assert isinstance(answer, Advice)
    assert answer.requires[1] == "found: dgx-2"
    assert given_to(e, {}) == {("dgx-2", hour): 8 for hour in range(4)}


CARDS = st.lists(st.sampled_from([0, 1, 8, 8]), min_size=HOURS, max_size=HOURS)
WORK = st.tuples(st.integers(1, 8), st.integers(1, 2), st.integers(1, 30))


@given(st.lists(CARDS, min_size=1, max_size=2), st.lists(WORK, max_size=5))
def test_no_card_is_given_twice_at_one_hour(cards: list[list[int]], works: list[tuple[int, int, int]]) -> None:
    """However much work one after another is told: at no hour more cards than idle, and to each what all its pods need."""
    nodes, idle = ("a", "b")[: len(cards)], tuple(map(tuple, cards))
    told: Given = {}
    for each, at_once, longest in works:
        e = server(count=each, deviceHours=each * at_once * longest)
        e = replace(e, room=Room(nodes, idle, each, at_once, longest, held=100))
        (answer,) = idle_hours(e, POLICY, told)
        if isinstance(answer, Advice):
            before, told = told, given_to(e, told)
            assert sum(told.values()) - sum(before.values()) == each * at_once * min(longest, HOURS)
    assert all(given <= idle[nodes.index(node)][clock] for (node, clock), given in told.items())


@given(st.sets(st.integers(0, 23)), st.integers(1, 24), st.integers(0, 23))
def test_room_does_not_depend_on_where_a_day_begins(free: set[int], longest: int, by: int) -> None:
    """The same hours by another clock are as long; and all hours that are advised were free."""
    found, other = (
        asked(room={**NIGHT, "free": [(hour + moved) % 24 for hour in free], "longest": longest})[0]
        for moved in (0, by)
    )
    assert isinstance(found, Advice) == isinstance(other, Advice)
    if isinstance(found, Advice):
        assert longest <= int(found.evidence.numbers["idleHoursOfADay"]) <= len(free)
        assert found.evidence.numbers == other.evidence.numbers
