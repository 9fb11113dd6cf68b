"""Every lever of models on every case of the corpus, and what holds for any usage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import LatencyClass
from aicost.core.recommendations.advice import Advice, Basis, Lever, Obstacle, Refused
from aicost.core.recommendations.chosen import together
from aicost.core.recommendations.models.table import looked_at
from aicost.core.recommendations.models.usage import Counted, ModelUsage
from aicost.core.usage import Tokens
from aicost.core.window import DAY, Instant, Window
from tests.support.model_corpus import CORPUS, START, case, described
from tests.support.model_market import LISTED, market

CASES = sorted(CORPUS.glob("*.yaml"))
MANNERS: tuple[dict[str, str], ...] = (
    {},
    {"batch": "true"},
    {"tier": "priority"},
    {"tier": "flex"},
    {"speed": "fast"},
    {"region": "us"},
    {"tier": "x"},
)
EXAMPLE = case(CORPUS / "successor-in-the-same-tier.yaml").usage
_BY_DATA = (Obstacle.TOO_LITTLE_DATA, Obstacle.NOT_CHEAPER)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_each_case_is_answered_as_it_says(path: Path) -> None:
    """All answers of all levers, advice and refusals, with their sentences."""
    found = case(path)
    assert [described(answer) for answer in looked_at(found.usage, market(found.catalogue))] == found.expected


def test_the_corpus_has_every_lever_advised_and_every_obstacle() -> None:
    """A lever without a case is a claim."""
    answers = [each for path in CASES for each in case(path).expected]
    advised = {each["lever"] for each in answers if "saving" in each}
    assert advised == {each["lever"] for each in answers}
    assert {each["refused"] for each in answers if "refused" in each} == {
        str(obstacle)
        for obstacle in (
            *(*_BY_DATA, Obstacle.CAPABILITY_MISSING, Obstacle.LATENCY_REQUIRED, Obstacle.LONG_ANSWERS),
            *(Obstacle.NO_SUCCESSOR, Obstacle.NOT_OFFERED, Obstacle.QUALITY_GAP, Obstacle.UNPRICED),
        )
    }


@st.composite
def usages(draw: st.DrawFn) -> ModelUsage:
    """Any usage of any model of the list."""
    counts = st.integers(0, 2_000_000_000)
    rows = []
    for day in draw(st.sampled_from((range(3), range(7), range(9)))):
        given = draw(counts)
        read = draw(st.integers(0, given))
        tokens = Tokens(given, read, draw(st.integers(0, given - read)), draw(counts), draw(st.integers(0, 50_000)))
        over = Window(Instant(START + day * DAY), Instant(START + (day + 1) * DAY))
        rows.append(Counted(over, tokens, frozenset(draw(st.sampled_from(MANNERS)).items())))
    model = draw(st.sampled_from(sorted(LISTED)))
    return replace(
        EXAMPLE,
        provider="openai" if model.startswith("gpt") else "anthropic",
        model=model,
        used=tuple(rows),
        billed_nanos=draw(st.integers(-(10**12), 10**15)),
        latency=draw(st.sampled_from(LatencyClass)),
    )


@given(usages())
def test_no_advice_costs_more_or_needs_more_than_its_evidence(usage: ModelUsage) -> None:
    """It saves something, never more than its part costs; hypotheses name their trial; all of it needs the gates' data."""
    advice = [answer for answer in looked_at(usage, market()) if isinstance(answer, Advice)]
    for each in advice:
        assert 0 <= each.saving.low <= each.saving.high <= usage.part.monthly_nanos
        assert each.saving.high
        assert usage.days >= 7
        assert usage.tokens.requests >= 1_000
        assert each.basis is Basis.ACTIONABLE or each.requires[0].startswith("Trial: ")
        assert each.evidence.samples == usage.tokens.requests
    assert together(advice).high <= usage.part.monthly_nanos
    assert len({each.id for each in advice}) == len(advice)


@given(usages())
def test_advice_does_not_contradict_itself(usage: ModelUsage) -> None:
    """Nobody is told to use a cache and to stop using it, of the same model."""
    advised = {answer.lever for answer in looked_at(usage, market()) if isinstance(answer, Advice)}
    assert not {Lever.USE_PROMPT_CACHING, Lever.STOP_PROMPT_CACHING} <= advised


@given(usages(), st.integers(2, 5))
def test_more_of_the_same_data_lifts_no_refusal_but_those_for_lack_of_data(usage: ModelUsage, times: int) -> None:
    """And makes no advice riskier than it was."""
    more = replace(usage.with_tokens(usage.used * times), billed_nanos=usage.billed_nanos * times)
    before, after = (_by_lever(each) for each in (usage, more))
    assert before.keys() == after.keys()
    for lever, answer in before.items():
        then = after[lever]
        if isinstance(answer, Refused) and answer.obstacle not in _BY_DATA:
            assert isinstance(then, Refused)
        if isinstance(answer, Advice):
            assert isinstance(then, Advice)
            assert then.basis is answer.basis


def _by_lever(usage: ModelUsage) -> Mapping[Lever, Advice | Refused]:
    return {answer.lever: answer for answer in looked_at(usage, market())}
