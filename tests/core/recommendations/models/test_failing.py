"""What is counted of failed requests: each owner's own, whole in sum, under the model of which most failed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.declarations import REFINE
from aicost.core.recommendations.models.failing import failing_keys
from aicost.core.window import DAY, Window
from tests.support.builders import a_claim, a_grant, a_source, a_unit, a_workload, at, ownership, successive
from tests.support.failed_corpus import OWNERS, counted


def test_what_others_failed_at_is_theirs() -> None:
    """A workload is told of what it owns: by the seconds of the day on which a key changed hands, whole in sum."""
    source = a_source(a_grant("search"), name="gw")
    chat, other = (a_workload(name, usage=(a_claim("gw", project="search"),)) for name in ("chat", "other"))
    shared = successive((-DAY, (a_unit(), source, chat)), (DAY // 4, (a_unit(), source, other)))
    usage = (counted(0, 800, 40, project="search", apiKey="a"),)
    told = dict(failing_keys(usage, shared, Window(at(0), at(DAY)), (source,)))
    assert [(of.all.answered, of.all.failed) for _, of in sorted(told.items())] == [(200, 10), (600, 30)]
    strangers = (counted(0, 800, 40, project="theirs", apiKey="a"),)
    assert not list(failing_keys(strangers, OWNERS, Window(at(0), at(DAY)), ()))


def test_the_model_of_which_most_failed_is_told() -> None:
    """Whichever was asked for more often; of equals the first by name, and none where none failed."""
    rows = [(0, 5_000, 10, "a"), (0, 100, 30, "c"), (1, 100, 20, "b"), (2, 9, 10, "b")]
    usage = [counted(day, good, bad, project="search", apiKey="k", model=model) for day, good, bad, model in rows]
    [(_, of)] = failing_keys(usage, OWNERS, Window(at(0), at(3 * DAY)), ())
    assert (of.model, of.target.subject, len(of.days), of.all.failed) == ("b", "k", 3, 70)
    assert not list(failing_keys([counted(0, 9, 0, project="search", apiKey="k", model="a")], OWNERS, of.window, ()))


ONE, TWO = ("openai", "k1"), ("openai", "k2")


@pytest.mark.parametrize(
    ("elders", "youngers", "key", "claims", "told"),
    [
        ({ONE}, {ONE}, "a", ("gw", "younger"), ["gw"]),
        ({ONE}, {ONE}, "alias", ("gw", "younger"), ["gw"]),
        ({ONE}, {ONE}, "a", ("younger",), ["younger"]),
        ({ONE}, {ONE, TWO}, "a", ("gw", "younger"), ["gw"]),
        ({ONE}, {ONE, TWO}, "another", ("gw", "younger"), ["gw", "younger"]),
        ({ONE}, {TWO}, "a", ("gw", "younger"), ["gw", "younger"]),
        (set(), set(), "a", ("gw", "younger"), ["gw", "younger"]),
    ],
    ids=["one key", "by two names", "the elder tells another", "one of two", "may be the other", "two keys", "no key"],
)
def test_of_two_gateways_that_tell_of_the_same_failures_the_elder_counts(
    elders: set[tuple[str, str]], youngers: set[tuple[str, str]], key: str, claims: tuple[str, ...], told: list[str]
) -> None:
    """A workload is advised once about the same requests; what only the younger tells it, it is still told."""
    sources = [
        replace(a_source(a_grant("search"), name=name), role=REFINE, refines=frozenset(keys), created=at(created))
        for name, keys, created in (("gw", elders, 0), ("younger", youngers, 5))
    ]
    chat = a_workload(usage=tuple(a_claim(name, project="search") for name in claims))
    row = counted(0, 800, 40, project="search", apiKey="a")
    usage = row, replace(counted(0, 800, 40, project="search", apiKey=key), source="younger")
    for order in (sources, sources[::-1]):
        found = failing_keys(usage, ownership(a_unit(), *sources, chat), Window(at(0), at(DAY)), order)
        assert [of.source for _, of in found] == told


def test_what_no_gateway_tells_that_counts_a_key_is_told_by_another() -> None:
    """Of two keys that are both an elder's: it is not known that the one that tells of failures told of all."""
    keys = {"gw": {ONE}, "silent": {TWO}, "younger": {ONE, TWO}}
    sources = [
        replace(a_source(a_grant("search"), name=name), role=REFINE, refines=frozenset(of), created=at(created))
        for created, (name, of) in enumerate(keys.items())
    ]
    chat = a_workload(usage=tuple(a_claim(name, project="search") for name in keys))
    row = counted(0, 800, 40, project="search", apiKey="a")
    usage = row, replace(counted(0, 800, 40, project="search", apiKey="b"), source="younger")
    found = failing_keys(usage, ownership(a_unit(), *sources, chat), Window(at(0), at(DAY)), sources)
    assert [of.source for _, of in found] == ["gw", "younger"]
