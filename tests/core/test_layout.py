"""Layouts: each device's share of a card, by NVIDIA's tables, and never more than there is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.layout import NOBODYS, Instances, Profile, Slot, at_shares, mig, normalised, profile, share

SLOTS = st.lists(
    st.builds(Slot, st.sampled_from(["a", "b", "c"]), st.integers(1, 64), st.integers(1, 24)),
    min_size=1,
    max_size=3,
    unique_by=lambda slot: slot.resource,
)


@given(st.integers(0, 10**12), SLOTS)
def test_devices_never_exceed_the_cards(total: int, slots: list[Slot]) -> None:
    """The shares of all devices sum to the total, less what rounding leaves: under one unit for each device."""
    held = sum(slot.count * share(total, slot, slots) for slot in slots)
    assert total - sum(slot.count for slot in slots) < held <= total


@pytest.mark.parametrize(
    ("model", "profiles"),
    [
        ("A100-40GB", {"1g.5gb": 7, "1g.10gb": 4, "2g.10gb": 3, "3g.20gb": 2, "4g.20gb": 1, "7g.40gb": 1}),
        ("A100-80GB", {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "4g.40gb": 1, "7g.80gb": 1}),
        ("H100-80GB", {"1g.10gb": 7, "1g.10gb+me": 1, "1g.10gb.me": 1, "3g.40gb": 2}),
        ("A30-24GB", {"1g.6gb": 4, "2g.12gb": 2, "4g.24gb": 1}),
        ("H100-94GB", {"1g.12gb": 7, "1g.24gb": 4, "2g.24gb": 3, "3g.47gb": 2, "4g.47gb": 1, "7g.94gb": 1}),
        ("GH200-96GB", {"1g.12gb": 7, "1g.24gb": 4, "3g.48gb": 2, "7g.96gb": 1}),
        ("H200-141GB", {"1g.18gb": 7, "1g.35gb": 4, "2g.35gb": 3, "3g.71gb": 2, "4g.71gb": 1, "7g.141gb": 1}),
        ("B200-180GB", {"1g.23gb": 7, "1g.45gb": 4, "2g.45gb": 3, "3g.90gb": 2, "4g.90gb": 1, "7g.180gb": 1}),
        ("GB200-186GB", {"1g.23gb": 7, "1g.47gb": 4, "3g.93gb": 2, "3g.95gb": 2, "7g.186gb": 1}),
        ("RTX-PRO-6000-96GB", {"1g.24gb": 4, "1g.24gb-me": 4, "1g.24gb+me.all": 1, "2g.48gb": 2, "4g.96gb": 1}),
    ],
)
def test_as_many_instances_fit_as_nvidia_says(model: str, profiles: dict[str, int]) -> None:
    """Of each profile a card has as many instances as NVIDIA's table gives it."""
    found = {name: profile(name, model) for name in profiles}
    assert {name: of.per_card for name, of in found.items() if of} == profiles


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("3g.40gb", "unheard of"),
        ("nonsense", "A100-80GB"),
        ("1g.5gb.", "A100-40GB"),
        ("7g.6gb", "A30-24GB"),
        ("5g.24gb", "A30-24GB"),
        ("0g.5gb", "A100-40GB"),
        ("1g.5gb", "X100-0GB"),
    ],
)
def test_what_is_not_known_is_not_guessed(name: str, model: str) -> None:
    """A card of unknown size, a name that is no profile, and a profile that the card cannot have give nothing."""
    assert profile(name, model) is None


def test_what_does_not_fill_the_memory_fits_as_often_as_whole_instances_do() -> None:
    """Of instances that take 3 of 8 memory slices two fit, not two and two thirds."""
    assert repr(profile("1g.15gb", "A100-40GB")) == repr(Profile(compute=1, memory=3, per_card=2))


@pytest.mark.parametrize(
    ("model", "taken"),
    [
        ("A30-24GB", [(1, 1, 5)]),
        ("A30-24GB", [(1, 1, 1), (4, 3, 1)]),
        ("A30-24GB", [(1, 1, 1), (3, 4, 1)]),
        ("A100-40GB", [(1, 1, 1), (3, 4, 2)]),
        ("A100-40GB", [(4, 4, 2)]),
    ],
)
def test_neither_compute_nor_memory_is_given_twice(model: str, taken: list[tuple[int, int, int]]) -> None:
    """One slice more than the card has of either, and the layout contradicts the card."""
    instances = [Instances(f"mig-{c}-{m}", Profile(c, m, 1), count) for c, m, count in taken]
    assert mig(instances, 1, model) is None
    assert mig(instances, 2, model) is not None


def test_an_instance_weighs_what_it_takes_most_of() -> None:
    """3g.40gb of an 80 GB card takes 3 of 7 compute slices and 4 of 8 memory slices: it weighs 4, half a card of two."""
    assert profile("3g.40gb", "A100-80GB") == Profile(compute=3, memory=4, per_card=2)
    slots = mig([Instances("nvidia.com/mig-3g.40gb", Profile(3, 4, 2), 2)], 1, "A100-80GB")
    assert slots == (Slot("nvidia.com/mig-3g.40gb", 2, 4),)


def test_too_many_instances_contradict() -> None:
    """More instances than the cards have slices for are no layout."""
    small = Profile(1, 1, 7)
    assert mig([Instances("mig-1g.5gb", small, 14)], 2, "A100-40GB") == (Slot("mig-1g.5gb", 14, 1),)
    assert mig([Instances("mig-1g.5gb", small, 15)], 2, "A100-40GB") is None
    assert mig([], 1, "A100-40GB") is None


def test_instances_shared_in_time_multiply() -> None:
    """An instance that three pods share is three devices of a third each, beside instances that nobody shares."""
    whole, shared = (
        Instances("mig-3g.20gb", Profile(3, 4, 2), 1),
        Instances("mig-1g.5gb", Profile(1, 1, 7), 4, replicas=3),
    )
    slots = mig([whole, shared], 1, "A100-40GB")
    assert slots == (Slot("mig-1g.5gb", 12, 1, replicas=3), Slot("mig-3g.20gb", 1, 12))
    assert Fraction(slots[0].weight, 24) == Fraction(1, 8) / 3


LAYOUTS = st.lists(
    st.builds(
        lambda name, instances, weight, replicas: Slot(name, instances * replicas, weight, name, replicas),
        st.sampled_from(["1g.10gb", "2g.20gb", "3g.40gb"]),
        st.integers(1, 7),
        st.integers(1, 8),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda slot: slot.resource,
).map(tuple)
DECLARED_SHARES = st.dictionaries(st.sampled_from(["1g.10gb", "3g.40gb", "7g.80gb"]), st.integers(1, 10**9), max_size=3)


@given(LAYOUTS, st.integers(1, 8), DECLARED_SHARES)
def test_declared_shares_are_exact_and_tile_the_cards(
    slots: tuple[Slot, ...], cards: int, shares: dict[str, int]
) -> None:
    """Each instance with a declared share is exactly that, the rest go by weight among them, and all are the cards."""
    found = at_shares(slots, cards, shares)
    declared = sum((Fraction(shares.get(s.profile, 0) * s.count, s.replicas) for s in slots), start=Fraction(0))
    others = [slot for slot in slots if slot.profile not in shares]
    too_much = declared > cards * 10**9 or bool(others and declared and declared == cards * 10**9)
    assert (found is None) is too_much
    for slot in found or ():
        whole = sum(each.count * each.weight for each in found or ())
        part = cards * Fraction(slot.weight, whole)
        if slot.profile in shares:
            assert part == Fraction(shares[slot.profile], slot.replicas * 10**9)
        elif slot.resource != NOBODYS:
            fair = Fraction(
                slot.weight, sum(each.count * each.weight for each in found or () if each.profile not in shares)
            )
            assert part == (cards - declared / 10**9) * fair


def test_what_shares_leave_is_nobodys() -> None:
    """Half a card of two instances at a quarter each has no name that a pod could ask for."""
    slot = Slot("nvidia.com/mig-3g.40gb", 2, 4, "3g.40gb")
    assert [each.resource for each in at_shares((slot,), 1, {"3g.40gb": 250_000_000}) or ()] == [slot.resource, NOBODYS]
    assert at_shares((slot,), 1, {"1g.10gb": 1}) == (slot,)


def test_shares_may_leave_nothing_and_what_they_leave_is_one_slot() -> None:
    """Two halves are the card, and of two quarters the other half is a single thing that nobody can hold."""
    slot = Slot("nvidia.com/mig-3g.40gb", 2, 4, "3g.40gb")
    assert at_shares((slot,), 1, {"3g.40gb": 500_000_000}) == (replace(slot, weight=500_000_000),)
    assert at_shares((slot,), 1, {"3g.40gb": 500_000_001}) is None
    quarter = replace(slot, weight=250_000_000)
    assert at_shares((slot,), 1, {"3g.40gb": 250_000_000}) == (quarter, Slot(NOBODYS, 1, 500_000_000))


@pytest.mark.parametrize(("count", "weight", "replicas"), [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_a_slot_has_at_least_one_of_everything(count: int, weight: int, replicas: int) -> None:
    """No device, a device that is nothing of a card, or one that nobody shares is no slot."""
    with pytest.raises(ValueError, match="at least one of each"):
        Slot("nvidia.com/gpu", count, weight, replicas=replicas)


def test_a_profile_has_one_name() -> None:
    """NVIDIA writes a plus sign, which no label and no resource may have."""
    assert normalised("1g.10gb+me") == normalised("1g.10gb.me") == "1g.10gb.me"
    assert normalised("1g.24gb-me") == "1g.24gb-me"
