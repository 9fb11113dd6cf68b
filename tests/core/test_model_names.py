"""Names of models with and without the date of a snapshot."""

from __future__ import annotations

import pytest

from aicost.core.model_names import is_tellable, same_model, undated


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("gpt-6-sol", "gpt-6-sol", True),
        ("gpt-6-sol", "gpt-6-sol-2026-09-01", True),
        ("claude-haiku-5-5-20261001", "claude-haiku-5-5", True),
        ("gpt-6-sol-2026-09-01", "gpt-6-sol-2026-10-01", False),
        ("gpt-6-sol", "gpt-6-luna", False),
        ("", "", False),
    ],
)
def test_names_of_one_model(one: str, other: str, same: bool) -> None:
    """A name without a date may be of any snapshot; two dates are two models; nothing has no name."""
    assert same_model(one, other) is same
    assert same_model(other, one) is same


def test_a_number_is_no_date() -> None:
    """Only a date of this century is taken off."""
    assert [undated(name) for name in ("gpt-4-0613", "m-2026-11-01", "m-20261101", "m-1999-01-01")] == [
        "gpt-4-0613",
        "m",
        "m",
        "m-1999-01-01",
    ]


@pytest.mark.parametrize("text", ["", "a b", "m\n", "m" * 129, "\u202em", "[m](x)"])
def test_a_name_that_anybody_may_have_asked_for_is_not_told(text: str) -> None:
    """Advice is made of plain names: no space, no mark-up, nothing that nobody would see."""
    assert not is_tellable(text)
    assert is_tellable("openai/gpt-6.1-sol@2026:x_1+")
