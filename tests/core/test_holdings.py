"""Who held what: accounts merge into one whatever their order, and only assumed ends ever give way."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.holdings import FOREVER, CardGroup, Devices, Holding, clipped, merged, unreserved
from aicost.core.reasons import GapReason
from aicost.core.window import Instant, Window
from tests.support.builders import T0, a_group, a_holding, a_pod, at, between
from tests.support.strategies import FEW_SECONDS, Cluster, clusters, held_by_few

_GROUPS = st.builds(
    lambda cards, window, created, node: a_group(
        cards,
        Window(at(max(created, window.start - T0)), at(created + window.end - T0)),
        created=at(created),
        node=node,
    ),
    st.integers(1, 2),
    FEW_SECONDS,
    st.sampled_from([0, 0, 30]),
    st.sampled_from(["node-a", "node-a", "node-b"]),
)


_ACCOUNT = st.builds(
    lambda groups, held: Devices(tuple(groups), tuple(held)), st.lists(_GROUPS, max_size=3), held_by_few()
)


def test_a_group_has_cards() -> None:
    """A group of no cards cannot be built."""
    with pytest.raises(ValueError, match="node-a has 0 cards"):
        a_group(0)


def test_a_holding_holds_something() -> None:
    """A holding of nothing cannot be built."""
    with pytest.raises(ValueError, match="support/chat-0 holds 0 of"):
        a_holding(count=0)


def test_what_is_assumed_is_a_part_of_the_holding() -> None:
    """Its end is known where the assumption would begin there; a part of a holding is assumed as far as the whole is."""
    with pytest.raises(ValueError, match=r"^support/chat-0 cannot be assumed to hold from 10 on in "):
        replace(a_holding(window=Window(Instant(0), Instant(10))), assumed_from=Instant(10))
    held = replace(a_holding(window=between(0, 20)), assumed_from=at(10))
    assert held.lasting(between(0, 10), at(10)).assumed_from is None
    (part,) = clipped(Devices(holdings=(held,)), between(5, 15)).holdings
    assert (part.window, part.assumed_from) == (between(5, 15), at(10))


@pytest.mark.parametrize(
    ("known", "told", "end", "assumed"),
    [
        ((10, 5), (20, 10), 20, 10),
        ((10, None), (20, 10), 10, None),
        ((9, None), (20, 10), 20, 10),
    ],
    ids=["both assumed", "seen to the end", "seen for less"],
)
def test_an_end_that_was_seen_gives_way_to_what_was_seen_later(
    known: tuple[int, int | None], told: tuple[int, int | None], end: int, assumed: int | None
) -> None:
    """And to nothing that is only assumed."""
    accounts = (
        Devices(holdings=(replace(a_holding(window=between(0, to)), assumed_from=None if of is None else at(of)),))
        for to, of in (known, told)
    )
    (held,) = merged(*accounts, closes=False).holdings
    assert (held.window.end, held.assumed_from) == (at(end), None if assumed is None else at(assumed))


@pytest.mark.parametrize("closes", [True, False])
def test_only_a_watch_knows_who_a_pod_is(closes: bool) -> None:
    """Its labels stand; another account's may lack some."""
    known, told = (Devices(holdings=(a_holding(a_pod(app=app)),)) for app in ("known", "told"))
    (held,) = merged(known, told, closes=closes).holdings
    assert held.pod == a_pod(app="told" if closes else "known")


def test_what_is_known_ends_nothing_of_what_is_known() -> None:
    """Several rows of one holding that goes on go on, whoever tells next."""
    rows = a_holding(window=Window(at(0), FOREVER)), a_holding(window=between(0, 10))
    (held,) = merged(Devices(holdings=rows), Devices(), closes=True).holdings
    assert held.window.end == FOREVER


@given(_ACCOUNT, _ACCOUNT, st.booleans())
def test_merging_is_idempotent(known: Devices, told: Devices, closes: bool) -> None:
    """What was taken in once is taken in again without any change, and an account merges with itself to itself."""
    once = merged(known, told, closes=closes)
    assert merged(once, told, closes=closes) == once
    assert merged(once, once, closes=closes) == once
    assert merged(Devices(), once, closes=closes) == once


@given(st.lists(_GROUPS, max_size=6, unique_by=lambda group: group.window.start), st.randoms(use_true_random=False))
def test_merging_groups_does_not_care_about_order(groups: list[CardGroup], random: Random) -> None:
    """The facts of one account may be given in any order."""
    shuffled = random.sample(groups, len(groups))
    whole = merged(Devices(), Devices(tuple(groups)), closes=False)
    assert merged(Devices(), Devices(tuple(shuffled)), closes=False) == whole


@given(_ACCOUNT, _ACCOUNT, st.booleans())
def test_a_node_has_one_set_of_cards_at_a_time(known: Devices, told: Devices, closes: bool) -> None:
    """After merging, the card groups of one node name never overlap, so that no card is charged twice."""
    groups = merged(known, told, closes=closes).groups
    for node in ("node-a", "node-b"):
        windows = sorted(group.window for group in groups if group.node.name == node)
        assert all(one.end <= following.start for one, following in pairwise(windows))


@given(_ACCOUNT, _ACCOUNT, st.booleans())
def test_a_pod_holds_once(known: Devices, told: Devices, closes: bool) -> None:
    """After merging, each pod has one holding, from the earliest start that any account told of, by the claim if there is one."""
    every = [*known.holdings, *told.holdings]
    held = merged(known, told, closes=closes).holdings
    assert sorted(holding.pod.uid for holding in held) == sorted({holding.pod.uid for holding in every})
    for holding in held:
        mine = [other for other in every if other.pod.uid == holding.pod.uid]
        assert holding.window.start == min(other.window.start for other in mine)
        assert holding.claim == max(other.claim for other in mine)


def _held(known: Holding, told: Holding, *, closes: bool = False) -> tuple[Window, Instant | None]:
    (holding,) = merged(Devices(holdings=(known,)), Devices(holdings=(told,)), closes=closes).holdings
    return holding.window, holding.assumed_from


def test_a_gap_in_the_samples_of_one_pod_is_continuous() -> None:
    """A pod that is seen before and after an outage held its card through it, whichever is told first."""
    before, after = a_holding(window=between(0, 100)), a_holding(window=between(500, 900))
    assert _held(before, after) == _held(after, before) == (between(0, 900), None)


def test_what_goes_on_ends_only_where_the_end_was_watched() -> None:
    """Samples that stop do not end what goes on; an account that watched the end does."""
    running, ended = a_holding(window=between(0, FOREVER - T0)), a_holding(window=between(50, 95))
    assert _held(running, ended) == (running.window, None)
    assert _held(running, ended, closes=True) == (between(0, 95), None)


def test_a_sighting_beyond_an_assumption_corrects_it() -> None:
    """An end that was merely assumed gives way to an account that shows the pod after that instant, earlier or later."""
    assumed = a_holding(window=between(0, 100), assumed_from=at(60))
    assert _held(assumed, a_holding(window=between(0, 70))) == (between(0, 70), None)
    assert _held(assumed, a_holding(window=between(0, 200), assumed_from=at(190))) == (between(0, 200), at(190))
    assert _held(assumed, a_holding(window=between(0, 60))) == (between(0, 100), at(60))


def test_a_pod_is_who_it_was_when_first_seen() -> None:
    """Labels that change later do not change whose the pod was."""
    first, later = a_holding(a_pod(app="a")), a_holding(a_pod(app="b"), between(0, 7200))
    (holding,) = merged(Devices(holdings=(first,)), Devices(holdings=(later,)), closes=False).holdings
    assert (holding.pod, holding.window) == (first.pod, later.window)


def _groups(*told: CardGroup, closes: bool = False) -> tuple[CardGroup, ...]:
    known = Devices()
    for group in told:
        known = merged(known, Devices((group,)), closes=closes)
    return known.groups


def test_a_node_keeps_its_cards_until_others_are_seen() -> None:
    """A hole between two accounts of the same cards is no change; other cards end the earlier ones."""
    told = a_group(8, between(0, 100)), a_group(8, between(200, 300)), a_group(4, between(250, 400))
    assert _groups(*told) == (a_group(8, between(0, 250)), a_group(4, between(250, 400)))


def test_a_node_ends_only_where_the_end_was_watched() -> None:
    """A node that goes on is ended by the account that watched it go, and by no other."""
    running, gone = a_group(window=between(0, FOREVER - T0)), a_group(window=between(0, 500))
    assert _groups(running, gone) == (running,)
    assert _groups(running, gone, closes=True) == (gone,)


def test_a_node_created_again_ends_the_one_before() -> None:
    """A name exists once at a time: the cards of the earlier node end where the next one of that name begins."""
    old, new = a_group(8, between(0, 700)), a_group(8, between(600, 900), created=at(600))
    assert _groups(old, new) == _groups(new, old) == (replace(old, window=between(0, 600)), new)


def test_a_stale_series_never_ends_the_node_that_came_after() -> None:
    """Where the old node is still told of after its successor began, the successor stays whole."""
    new, stale = a_group(8, between(600, 900), created=at(600)), a_group(8, between(650, 700))
    assert _groups(new, stale) == _groups(stale, new) == (new,)


def test_cards_that_changed_twice_are_cut_at_each_change() -> None:
    """An account that begins before two known groups replaces what it covers of both, and joins what is alike."""
    told = a_group(1, between(0, 10)), a_group(2, between(5, 8)), a_group(1, between(5, 9))
    assert _groups(*told) == (a_group(1, between(0, 10)),)


@given(clusters(), st.integers(0, 3 * 3600), st.integers(1, 3600))
def test_clipping_keeps_what_lies_within(cluster: Cluster, start: int, length: int) -> None:
    """A clipped account lies in the window, and allocates the nodes there as the whole account does."""
    window = between(start, start + length)
    devices = clipped(cluster.devices, window)
    parts: list[CardGroup | Holding] = [*devices.groups, *devices.holdings]
    assert all(part.window.overlap(window) == part.window for part in parts)
    entries = replace(cluster, devices=devices).allocate(window).entries
    assert tuple(e for e in entries if e.origin.gap is not GapReason.NO_NODE) == cluster.allocate(window).entries


def test_what_was_seen_is_never_unseen() -> None:
    """An account that saw less of a pod does not turn seconds that were seen into assumed ones."""
    watched, sampled = (
        a_holding(window=between(0, 900), assumed_from=at(100)),
        a_holding(window=between(0, 120), assumed_from=at(90)),
    )
    assert _held(watched, sampled) == (between(0, 120), at(100))


def test_a_watched_end_is_not_lengthened_by_an_assumption() -> None:
    """An end that was seen stands against samples that stop before it and are assumed to go on beyond it."""
    seen, sampled = a_holding(window=between(0, 100)), a_holding(window=between(0, 120), assumed_from=at(95))
    assert _held(seen, sampled) == (between(0, 100), None)


def test_an_account_of_the_past_leaves_the_present() -> None:
    """Other cards told of for a past stretch do not take the node away from now on."""
    running, before = a_group(8, between(0, FOREVER - T0)), a_group(4, between(0, 500))
    assert _groups(running, before)[-1] == replace(running, window=between(500, FOREVER - T0))


def test_a_pod_holds_once_by_each_claim() -> None:
    """Two claims of one resource are two holdings, and the same claim told twice is one."""
    one, two = (replace(a_holding(), claim=claim) for claim in ("claim-1", "claim-2"))
    assert merged(Devices(holdings=(one, two)), Devices(holdings=(two,)), closes=True).holdings == (one, two)


def test_what_was_asked_for_by_name_and_claimed_is_held_once() -> None:
    """A claim that the scheduler made for an extended resource is the holding that a history knows by its name only."""
    asked = a_holding(window=between(0, 100))
    claimed = replace(a_holding(window=between(50, 200)), claim="claim-1")
    both = replace(claimed, window=between(0, 200))
    assert merged(Devices(holdings=(asked,)), Devices(holdings=(claimed,)), closes=True).holdings == (both,)
    assert merged(Devices(holdings=(claimed,)), Devices(holdings=(asked,)), closes=False).holdings == (both,)


def test_only_the_claim_itself_is_unreserved() -> None:
    """What a claim holds without a pod is told apart from what pods hold by it, and from pods without any claim."""
    itself = a_holding(unreserved("claim-1", "support", "shared", at(5)))
    assert not itself.is_unreserved
    assert replace(itself, claim="claim-1").is_unreserved
    assert not replace(a_holding(), claim="claim-1").is_unreserved
    assert str(itself.pod) == "support/resourceclaim/shared"
