"""AvoidFailedRequests on every case of its corpus, and what holds for any requests that fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.counting import Failure
from aicost.core.recommendations.advice import Advice, Obstacle, Refused
from aicost.core.recommendations.chosen import together
from aicost.core.usage import UsageRow
from aicost.core.window import date
from tests.support.failed_corpus import CORPUS, answers, case, counted
from tests.support.model_corpus import described

CASES = sorted(CORPUS.glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_each_case_is_answered_as_it_says(path: Path) -> None:
    """Advice and refusals with the key and their sentences; nothing where requests fail as they always do."""
    found = case(path)
    told = answers(found.usage, found.days)
    assert [{"key": answer.target.subject, **described(answer)} for answer in told] == found.expected


def test_the_corpus_has_advice_a_refusal_and_silence() -> None:
    """Of each at least one."""
    told = [case(path).expected for path in CASES]
    assert any(not each for each in told)
    assert any("saving" in each for of in told for each in of)
    assert {each["refused"] for of in told for each in of if "refused" in each} == {
        str(obstacle) for obstacle in (Obstacle.TOO_LITTLE_DATA, Obstacle.NOT_CHEAPER)
    }


@st.composite
def usages(draw: st.DrawFn) -> tuple[UsageRow, ...]:
    """Some days of two keys that ask for two models, of which the first ones are without failures."""
    counts = st.integers(0, 3_000)
    days = draw(st.sampled_from((range(6), range(8))))
    of = [(key, model) for key in ("a", "b") for model in ("m", "n")]
    good = draw(st.integers(0, len(days)))
    asked = [(*each, draw(counts), failed, draw(st.integers(0, failed))) for each in of for failed in (draw(counts),)]
    return tuple(
        counted(
            day, answered, *((0, 0) if day < good else (failed, refused)), project="search", apiKey=key, model=model
        )
        for day in days
        for key, model, answered, failed, refused in asked
    )


@given(usages())
def test_no_advice_promises_anything_or_needs_more_than_its_evidence(usage: tuple[UsageRow, ...]) -> None:
    """A key is told once, with its trial, of seven days and a thousand requests of which a twentieth failed, as on most days."""
    advice = [answer for answer in answers(usage, 8) if isinstance(answer, Advice)]
    for each in advice:
        numbers = each.evidence.numbers
        assert each.saving.high == 0
        assert each.requires[0].startswith("Trial: ")
        assert int(numbers["days"]) >= 7
        assert each.evidence.samples == int(numbers["requests"]) >= 1_000
        costly = int(numbers["failedRequests"]) - int(numbers.get("refusedRequests", 0))
        assert costly * 20 >= int(numbers["requests"])
        bad = {row.day for row in usage if dict(row.dimensions)["apiKey"] == each.target.subject and row.measured}
        assert len(bad) * 2 >= int(numbers["days"])
    assert len({each.id for each in advice}) == len(advice)
    assert together(advice).high == 0


@given(usages(), st.integers(2, 4))
def test_more_of_the_same_data_lifts_no_refusal_but_those_for_lack_of_it(
    usage: tuple[UsageRow, ...], times: int
) -> None:
    """What was advised still is; silence stays silence, but where it was of few requests."""
    before, after = ({answer.target: answer for answer in answers(rows, 8)} for rows in (usage, usage * times))
    assert before.keys() <= after.keys()
    assert all(after[target].evidence.samples < 1_000 * times for target in after.keys() - before.keys())
    assert all(isinstance(after[target], Advice) for target, answer in before.items() if isinstance(answer, Advice))


@given(usages())
def test_what_is_known_to_be_refused_lifts_no_silence(usage: tuple[UsageRow, ...]) -> None:
    """Knowing how requests failed may take advice back, and never makes any."""
    unknown = tuple(
        replace(row, measured=frozenset(of for of in row.measured if of[0] == Failure.REQUESTS)) for row in usage
    )
    advised, before = ({each.id for each in answers(of, 8) if isinstance(each, Advice)} for of in (usage, unknown))
    assert advised <= before


def failing_on(days: int, percent: int, of: int = 7, requests: int = 1_000) -> tuple[UsageRow, ...]:
    """A week's requests by a key, of which so many failed on so many days."""
    failed = [requests * percent // 100 * (day < days) for day in range(of)]
    return tuple(
        counted(day, requests - lost, lost, project="search", apiKey="rank", model="m")
        for day, lost in enumerate(failed)
    )


@pytest.mark.parametrize(
    ("days", "percent", "begins", "stays"),
    [
        *((7, 5, True, True), (7, 3, False, True), (7, 2, False, False)),
        *((4, 50, True, True), (3, 50, False, True), (3, 6, False, False)),
        *((2, 50, False, False), (1, 100, False, False)),
    ],
)
def test_what_is_told_ends_well_below_where_it_begins(days: int, percent: int, begins: bool, stays: bool) -> None:
    """Else a share about the bound would be told every few days anew; a bad day or two are never enough."""
    (told,) = answers(failing_on(7, 20), 7)
    assert isinstance(told, Advice)
    assert (bool(answers(failing_on(days, percent), 7)), bool(answers(failing_on(days, percent), 7, {told.id}))) == (
        begins,
        stays,
    )


def test_what_is_told_outlasts_quiet_days() -> None:
    """A key that rests at the weekend, or is asked a little less, goes on to be told; a new one is not told by that."""
    quiet, few = failing_on(4, 20, of=4, requests=300), failing_on(7, 20, requests=100)
    (told,) = answers(failing_on(7, 20), 7)
    assert isinstance(told, Advice)
    assert [type(each) for rows in (quiet, few) for each in answers(rows, 7)] == [Refused]
    assert [type(each) for rows in (quiet, few) for each in answers(rows, 7, {told.id})] == [Advice, Advice]


def test_nothing_is_said_of_keys_that_are_hardly_asked() -> None:
    """However many there are: no list of refusals grows with them."""
    tiny = tuple(counted(0, 1, 1, project="search", apiKey=f"k{number}", model="m") for number in range(60))
    assert answers(tiny, 7) == []


def test_the_worst_day_is_named() -> None:
    """That on which most requests failed: there the gateway's log tells most."""
    worst = counted(5, 100, 900, project="search", apiKey="rank", model="m")
    (told,) = answers((*failing_on(7, 20), worst), 7)
    numbers = told.evidence.numbers
    assert (numbers["worstDay"], numbers["failedPercentOfWorstDay"]) == (date(worst.day.start), "55")


def test_rows_in_any_order_are_one_answer() -> None:
    """What counts is what was asked by a key."""
    usage = case(CORPUS / "a-model-that-is-not-there.yaml").usage
    assert answers(usage[::-1], 14) == answers(usage, 14)


@pytest.mark.parametrize("model", ["[m](https://x)", "", "\u202em"])
def test_a_model_whose_name_anybody_may_have_made_up_is_not_named(model: str) -> None:
    """Who sends a request chooses the text that fails."""
    (answer,) = answers(tuple(counted(day, 900, 100, project="search", apiKey="a", model=model) for day in range(8)), 8)
    assert not isinstance(answer, Refused)
    assert "most of them" not in answer.reason
    assert "mostFailedOf" not in answer.evidence.numbers
