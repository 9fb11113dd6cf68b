"""Text from outside in queries, and targets that disagree."""

from __future__ import annotations

import json

import pytest

from aicost.ports import Malformed
from aicost.sources.matchers import of_the_right_scrape, quoted, selecting, the_only


@pytest.mark.parametrize(
    "text", ["plain", 'a"b', "a\\b", "a\nb", "\t", "\x00", "$window", "é", "\u2028", "\U0001f600", '"} or up{"']
)
def test_a_quoted_text_is_one_string_of_that_text(text: str) -> None:
    """It ends nowhere inside, and what is beyond ASCII stands as it is: PromQL knows no pairs of surrogates."""
    printed = quoted(text)
    assert json.loads(printed) == text
    assert "\\ud8" not in printed
    assert printed[1:-1].replace("\\\\", "").replace('\\"', "").count('"') == 0


def test_matchers_are_sorted_and_exact() -> None:
    """The same setting gives the same query."""
    assert selecting(frozenset({("namespace", "m"), ("job", "k")})) == 'job="k",namespace="m"'
    assert selecting(frozenset()) == ""


def test_several_targets_are_named_and_none_is_chosen() -> None:
    """At most three, cut short: their names are written by others."""
    targets = [(f"job-{number}" + "x" * 99, "ns") for number in range(5)]
    with pytest.raises(Malformed, match="and 2 more") as raised:
        the_only(targets, "dcgm-exporter", of_the_right_scrape("dcgmMatchers"))
    assert "x" * 61 not in str(raised.value)
    assert the_only([("a", "b"), ("a", "b")], "dcgm-exporter", of_the_right_scrape("dcgmMatchers")) == ("a", "b")
    assert the_only([], "dcgm-exporter", of_the_right_scrape("dcgmMatchers")) is None
