"""Shared claims: everybody who holds one has an equal part at every instant, and all parts are the devices, exactly."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.allocation import allocate
from aicost.core.holdings import Devices, Holding, unreserved
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Owner
from aicost.core.sharing import Part, devices_at, once, parts
from aicost.core.window import Window
from tests.support.builders import (
    a_book,
    a_group,
    a_holding,
    a_pod,
    a_price,
    a_unit,
    a_workload,
    at,
    between,
    owned_by,
    ownership,
    successive,
    usd,
)

SPAN = 3600
_SECONDS = st.lists(st.integers(0, SPAN), min_size=2, max_size=2, unique=True).map(sorted)


def sharing(claim: str, name: str, start: int, end: int, count: int = 1) -> Holding:
    """A pod that holds a claim's devices; its labels are its name."""
    return replace(a_holding(a_pod(name, app=name), between(start, end), count=count), claim=claim)


def itself(claim: str, start: int, end: int, count: int = 1) -> Holding:
    """The claim, from its allocation to its end."""
    return replace(sharing(claim, "", start, end, count), pod=unreserved(claim, "support", claim, at(start)))


@st.composite
def claimed(draw: st.DrawFn) -> list[Holding]:
    """Two claims of one or two devices over all the time, and up to four pods that share each."""
    held = []
    for claim in ("one", "two"):
        count = draw(st.integers(1, 2))
        held.append(itself(claim, 0, SPAN, count))
        for number, (start, end) in enumerate(draw(st.lists(_SECONDS, max_size=4))):
            held.append(sharing(claim, f"{claim}-{number}", start, end, count))
    return held


def whole(held: list[Holding]) -> list[tuple[Holding, Window]]:
    return [(holding, holding.window) for holding in held]


def costs(*held: Holding, cards: int = 1) -> dict[Owner, int]:
    """What an hour of cards at 3.60 costs whom, in thousandths: a card costs 1 a second."""
    declared = ownership(a_unit(), *(a_workload(name, app=name) for name in ("a", "b", "c")))
    book, group = a_book(a_price(usd(3, 600_000_000))), a_group(cards, between(0, SPAN))
    (entry,) = allocate(Devices((group,), held), book, declared, [between(0, SPAN)]).entries
    paid: dict[Owner, int] = {}
    for line in entry.lines:
        paid[line.owner] = paid.get(line.owner, 0) + (line.amount.nanos if line.amount else 0)
    return {owner: nanos // 1_000_000 for owner, nanos in paid.items()}


def test_a_claim_is_divided_among_whom_it_is_reserved_for() -> None:
    """Alone a pod pays the card, beside another one half of it, and between its pods the claim's namespace pays."""
    held = itself("c", 0, 3000), sharing("c", "a", 0, 1000), sharing("c", "b", 600, 2000)
    assert costs(*held) == {
        owned_by("a"): 600 + 200,
        owned_by("b"): 200 + 1000,
        UNCLAIMED: 1000,
        IDLE: 600,
    }


def test_a_claim_of_two_cards_is_two_cards_however_many_share_it() -> None:
    """Three pods of one claim of two cards have two thirds of a card each."""
    held = (sharing("c", name, 0, SPAN, 2) for name in ("a", "b", "c"))
    assert costs(*held, cards=2) == {owned_by(name): 2400 for name in ("a", "b", "c")}


def test_two_claims_of_one_card_are_parked() -> None:
    """Claims that hold more cards than there are contradict each other; sharers of one claim do not."""
    assert costs(sharing("c", "a", 0, 9), sharing("d", "b", 8, 20)) == {PARKED: SPAN}
    assert PARKED not in costs(sharing("c", "a", 0, 9), sharing("c", "b", 8, 20))


def test_a_device_plugins_pods_are_shared_with_nobody() -> None:
    """Holdings without a claim stay whole, whatever else holds the same resource."""
    held = a_holding(a_pod("plain"), between(0, 50)), sharing("c", "a", 0, 50), sharing("c", "b", 0, 50)
    assert [part.of for part in parts(whole([*held]))] == [1, 2, 2]


@given(claimed(), st.lists(st.integers(1, SPAN - 1), max_size=3), st.integers(0, 10**6))
def test_parts_are_the_devices_exactly(held: list[Holding], cuts: list[int], pace: int) -> None:
    """At every cut of the time the parts of all holders sum to what each claim's devices ran up, to the unit."""
    for start, end in pairwise(sorted({0, *cuts, SPAN})):
        over = between(start, end)
        here = [(holding, common) for holding in held if (common := holding.window.overlap(over))]
        for claim in ("one", "two"):
            total = sum(_ran_up(part, pace) for part in parts(here) if part.holding.claim == claim)
            assert total == pace * over.end // 7 - pace * over.start // 7


@given(claimed(), st.integers(1, SPAN - 1), st.integers(0, 10**6))
def test_parts_are_additive_in_time(held: list[Holding], cut: int, pace: int) -> None:
    """What a pod has of a claim is the sum of what it has before and after any instant."""
    cut_up = [(h, part) for h in held for w in (between(0, cut), between(cut, SPAN)) if (part := h.window.overlap(w))]
    assert _by_pod(cut_up, pace) == _by_pod(whole(held), pace)


@given(claimed(), st.randoms(use_true_random=False))
def test_order_does_not_matter(held: list[Holding], random: Random) -> None:
    """The same holdings in another order have the same parts."""
    assert [*parts(whole(random.sample(held, len(held))))] == [*parts(whole(held))]


@given(claimed(), st.integers(0, SPAN - 1))
def test_a_claims_devices_are_counted_once(held: list[Holding], second: int) -> None:
    """At every instant of its allocation a claim holds its devices, whoever shares them."""
    assert devices_at(whole(held), at(second)) == sum(holding.count for holding in held if holding.is_unreserved)
    assert all(holding.claim for holding, _ in once(parts(whole(held))))


def _ran_up(part: Part, pace: int) -> int:
    return part.divided(pace * part.window.start // 7, pace * part.window.end // 7)


def _by_pod(held: list[tuple[Holding, Window]], pace: int) -> dict[str, int]:
    paid: dict[str, int] = {}
    for part in parts(held):
        paid[part.holding.pod.uid] = paid.get(part.holding.pod.uid, 0) + _ran_up(part, pace)
    return {uid: total for uid, total in paid.items() if total}


def test_sharers_whose_owners_change_pay_as_before() -> None:
    """A claim's parts are divided again by who owned its pods when: not a nano-unit appears, and the others pay the same."""
    held = [sharing("one", name, 0, SPAN) for name in ("a", "b", "c")]
    a, b, c, heir = (a_workload(name, app=app) for name, app in (*zip("abc", "abc", strict=True), ("heir", "a")))
    of = successive((0, (a_unit(), a, b, c)), (7, (a_unit(), heir, b, c)))
    alone = ownership(a_unit(), a, b, c)
    (after,), (before,) = (
        allocate(Devices((a_group(1, between(0, SPAN)),), tuple(held)), a_book(), owners, [between(0, SPAN)]).entries
        for owners in (of, alone)
    )
    parts = {line.owner: line for line in after.lines}
    whole = {line.owner: line for line in before.lines}
    assert parts.keys() == {*whole, owned_by("heir")}
    assert all(parts[owned_by(name)] == whole[owned_by(name)] for name in ("b", "c"))
    assert parts[owned_by("a")].quantity + parts[owned_by("heir")].quantity == whole[owned_by("a")].quantity
