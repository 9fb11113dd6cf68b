"""What is counted of failed requests: each owner's own, whole in sum, under the model of which most failed."""

from __future__ import annotations

from aicost.core.recommendations.models.failing import failing_keys
from aicost.core.window import DAY, Window
from tests.support.builders import a_claim, a_grant, a_source, a_unit, a_workload, at, successive
from tests.support.failed_corpus import OWNERS, counted


def test_what_others_failed_at_is_theirs() -> None:
    """A workload is told of what it owns: by the seconds of the day on which a key changed hands, whole in sum."""
    source = a_source(a_grant("search"), name="gw")
    chat, other = (a_workload(name, usage=(a_claim("gw", project="search"),)) for name in ("chat", "other"))
    shared = successive((-DAY, (a_unit(), source, chat)), (DAY // 4, (a_unit(), source, other)))
    usage = (counted(0, 800, 40, project="search", apiKey="a"),)
    told = dict(failing_keys(usage, shared, Window(at(0), at(DAY))))
    assert [(of.all.answered, of.all.failed) for _, of in sorted(told.items())] == [(200, 10), (600, 30)]
    strangers = (counted(0, 800, 40, project="theirs", apiKey="a"),)
    assert not list(failing_keys(strangers, OWNERS, Window(at(0), at(DAY))))


def test_the_model_of_which_most_failed_is_told() -> None:
    """Whichever was asked for more often; of equals the first by name, and none where none failed."""
    rows = [(0, 5_000, 10, "a"), (0, 100, 30, "c"), (1, 100, 20, "b"), (2, 9, 10, "b")]
    usage = [counted(day, good, bad, project="search", apiKey="k", model=model) for day, good, bad, model in rows]
    [(_, of)] = failing_keys(usage, OWNERS, Window(at(0), at(3 * DAY)))
    assert (of.model, of.target.subject, len(of.days), of.all.failed) == ("b", "k", 3, 70)
    assert not list(failing_keys([counted(0, 9, 0, project="search", apiKey="k", model="a")], OWNERS, of.window))
