"""A merge patch turns what is into what is wanted, and is empty where nothing differs."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aicost.cluster.mergepatch import merge_patch
from tests.cluster.fake_api import patched

KEYS = st.sampled_from("abc")
SCALARS = st.one_of(st.booleans(), st.integers(0, 2), st.sampled_from(["", "x"]))
JSON = st.recursive(SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(KEYS, inner)))
OBJECTS = st.dictionaries(KEYS, JSON)


@given(OBJECTS, OBJECTS)
def test_applied_it_gives_what_is_wanted(current: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Whatever was there; and once applied, nothing differs any more."""
    patch = merge_patch(current, wanted)
    assert patched(current, patch) == wanted
    assert merge_patch(patched(current, patch), wanted) == {}


@given(OBJECTS)
def test_equal_objects_need_no_patch(value: dict[str, Any]) -> None:
    """Nothing to write when nothing changed."""
    assert merge_patch(value, value) == {}


def test_removed_keys_become_null_and_lists_are_whole() -> None:
    """What RFC 7386 says; None wanted is the same as not wanted."""
    current = {"a": 1, "b": {"c": 1, "d": 2}, "e": [1, 2]}
    wanted = {"b": {"c": 1}, "e": [1], "f": None}
    assert merge_patch(current, wanted) == {"a": None, "b": {"d": None}, "e": [1]}


def test_truth_is_not_one() -> None:
    """Python thinks that True equals 1; JSON does not."""
    assert merge_patch({"a": [1]}, {"a": [True]}) == {"a": [True]}
