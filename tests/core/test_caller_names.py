"""Callers in words: no two are named alike, and each name tells of whom it is, whatever he calls himself."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aicost.core.caller_names import UNNAMED, named, read
from aicost.core.declarations import Dimensions
from tests.support.builders import dims

_CALLERS = st.dictionaries(
    st.sampled_from(["apiKey", "customer", "feature", "user"]),
    st.text(', "\\user\n\u202eü', max_size=8),
    min_size=1,
).map(lambda of: frozenset(of.items()))


@given(_CALLERS)
@example(dims(customer="acme, feature replies, project x"))
@example(dims(apiKey="k, customer acme"))
@example(dims(customer='Acme "A", Inc.\\', user="\u202e\n"))
def test_a_callers_name_tells_who_he_is(caller: Dimensions) -> None:
    """So a value that looks like other dimensions names none, and nobody's line is another one's."""
    assert read(named(caller)) == caller


@pytest.mark.parametrize(
    ("caller", "name"),
    [
        (dims(customer="acme", user="u"), "customer acme, user u"),
        (dims(customer="Müller, AG"), 'customer "Müller, AG"'),
        (dims(customer="\u202eacme"), 'customer "\\u202eacme"'),
        (dims(), UNNAMED),
    ],
)
def test_callers_are_named_for_people(caller: Dimensions, name: str) -> None:
    """As they call themselves, unless that could be read as something else."""
    assert named(caller) == name
