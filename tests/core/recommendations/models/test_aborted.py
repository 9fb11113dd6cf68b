"""AvoidFailedRequests of own servers on every case of its corpus, and what holds for any requests that are aborted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.recommendations.advice import Advice, Basis, Effect
from aicost.core.recommendations.chosen import together
from tests.support.aborted_corpus import CORPUS, answers, case, counted
from tests.support.model_corpus import described

CASES = sorted(CORPUS.glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_each_case_is_answered_as_it_says(path: Path) -> None:
    """Advice and refusals with their sentences; nothing where as few are aborted as always are."""
    assert [described(answer) for answer in answers(case(path).counted)] == case(path).expected


def test_the_corpus_has_advice_a_refusal_and_silence() -> None:
    """Of each at least one."""
    told = [case(path).expected for path in CASES]
    assert {next(("refused" in each for each in of), None) for of in told} == {True, False, None}


COUNTS = st.integers(0, 400)


@given(st.lists(st.tuples(COUNTS, st.none() | COUNTS), max_size=8))
def test_no_advice_promises_anything_or_needs_more_than_its_evidence(days: list[tuple[int, int | None]]) -> None:
    """Of seven days that tell and a thousand requests, of which a twentieth were aborted; about no part that costs anything."""
    told = [(requests, aborted) for requests, aborted in days if aborted is not None]
    for each in answers(tuple(counted(day, *of) for day, of in enumerate(days))):
        assert sum(max(requests, aborted) for requests, aborted in told) == each.evidence.samples >= 1_000
        if isinstance(each, Advice):
            assert (each.basis, each.effect) == (Basis.HYPOTHESIS, Effect.FREED_CAPACITY)
            assert each.requires[0].startswith("Trial: ")
            assert len(told) >= 7
            assert sum(aborted for _, aborted in told) * 20 >= each.evidence.samples
            assert together([each]).high == each.touched.monthly_nanos == 0


def test_what_was_told_ends_well_below_where_it_begins() -> None:
    """So that a share about the bound does not come and go; its id is of the server."""
    most, some, few = (tuple(counted(day, 1000, aborted) for day in range(7)) for aborted in (60, 40, 20))
    (advice,) = answers(most)
    assert isinstance(advice, Advice)
    assert advice.id == "avoid-failed-requests-deployment-llm"
    assert [len(answers(of, told)) for of in (some, few) for told in ((), (advice.id,))] == [0, 1, 0, 0]
