"""Who held cards and whether anybody told of him: known by UID or by name, on his node, for long enough to be seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.holdings import Devices, Holding, unreserved
from aicost.core.host_holders import is_whole, recognised
from aicost.core.hosts import BRIEF, Amounts, Taker
from aicost.core.window import HOUR
from tests.support.builders import a_group, a_holding, a_pod, at, between
from tests.support.hosting import a_taker, an_hour

FIRST = between(0, HOUR)
CHAT = a_holding(a_pod(app="chat"), between(600, 2 * HOUR))


def held(*holdings: Holding) -> Devices:
    return Devices((a_group(window=between(0, 2 * HOUR)),), holdings)


def test_pods_are_known_by_the_watch() -> None:
    """Series tell few labels and controllers, and less well than the watch when a pod was there."""
    bare = replace(a_taker(), pod=a_pod())
    assert recognised(an_hour(bare), held(CHAT)) == an_hour(a_taker(there=between(600, HOUR)))
    assert recognised(an_hour(bare), held(replace(CHAT, claim="c"))) == an_hour(a_taker())
    before = CHAT.lasting(between(-HOUR, 0), None)
    assert recognised(an_hour(bare), held(before)) == an_hour(a_taker())


def test_a_holder_whom_nobody_tells_of_takes_nothing_that_is_known() -> None:
    """While he held; one on another node is not of this account."""
    untold = Taker(CHAT.pod, between(600, HOUR), Amounts())
    assert recognised(an_hour(), held(CHAT, replace(CHAT, resource="x"))) == an_hour(untold)
    assert recognised(an_hour(), held(replace(CHAT, node="node-b"))) == an_hour()


@pytest.mark.parametrize(
    ("told", "holdings", "whole"),
    [
        ((an_hour(a_taker()),), (CHAT,), True),
        ((an_hour(replace(a_taker(), pod=a_pod(uid="support/chat-0"))),), (CHAT,), True),
        ((an_hour(a_taker()),), (a_holding(a_pod(uid="support/chat-0"), FIRST),), True),
        ((an_hour(),), (), True),
        ((), (), False),
        ((an_hour(node="node-b"),), (), False),
        ((replace(an_hour(), over=between(1800, HOUR)),), (), True),
        ((an_hour(),), (CHAT,), False),
        ((an_hour(a_taker("rank-0")),), (CHAT,), False),
        ((an_hour(), an_hour(a_taker(), node="node-b")), (CHAT,), False),
        ((an_hour(),), (CHAT.lasting(between(0, BRIEF - 1), None),), True),
        ((an_hour(),), (CHAT.lasting(between(0, BRIEF), None),), False),
        ((an_hour(),), (replace(a_holding(unreserved("c", "support", "card", at(0)), FIRST), claim="c"),), True),
    ],
    ids=[
        "both",
        "by name",
        "held by name",
        "nobody held",
        "no node",
        "another node",
        "half of it",
        "no pod",
        "another pod",
        "elsewhere",
        "brief",
        "not brief",
        "a claim",
    ],
)
def test_an_hour_is_whole_once_all_who_had_and_held_are_told(
    told: tuple[object, ...], holdings: tuple[Holding, ...], whole: bool
) -> None:
    """Every node with cards, every pod that held any."""
    assert is_whole(FIRST, told, held(*holdings)) is whole  # type: ignore[arg-type] # accounts, from the table


def test_a_node_that_was_there_for_a_moment_is_not_missed() -> None:
    """It may be gone before anybody scraped it."""
    group = a_group(window=between(HOUR - BRIEF + 1, 2 * HOUR))
    assert is_whole(FIRST, (), Devices((group,)))
    assert not is_whole(FIRST, (), Devices((a_group(window=between(HOUR - BRIEF, 2 * HOUR)),)))
