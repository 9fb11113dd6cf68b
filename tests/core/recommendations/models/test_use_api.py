"""UseAPI: a server of one's own against the small tier of an API, for the very tokens that it served."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.money import NANOS_PER_UNIT
from aicost.core.recommendations.advice import Advice, Basis, Effect, Obstacle, Refused
from aicost.core.recommendations.gpu.steady import since_change
from aicost.core.recommendations.models.market import Market
from aicost.core.recommendations.models.served import Served
from aicost.core.recommendations.models.use_api import use_api
from aicost.core.usage import Tokens
from aicost.core.window import DAY, Instant, Window
from aicost.sources.model_catalogue import shipped
from tests.support.model_market import market
from tests.support.model_servers import HOURS, WEEK, a_server


def test_a_server_dearer_than_an_api_is_told_so() -> None:
    """730 hours of 900,000 tokens at 0.10 and 100,000 at 0.50 are 102.20; nothing is saved for certain while cards are paid."""
    (answer,) = use_api(a_server(), market())
    assert isinstance(answer, Advice)
    assert answer.proposed in ("anthropic/claude-haiku-5-5", "openai/gpt-6-luna")
    assert answer.saving.high == 3_000 * NANOS_PER_UNIT - 102_200_000_000
    assert answer.saving.low == 0
    assert answer.requires[-1] == "The freed cards get other work: until then the bill rises by 102.20 a month"
    assert (answer.basis, answer.effect) == (Basis.HYPOTHESIS, Effect.FREED_CAPACITY)
    assert answer.touched == a_server().server.part
    assert answer.requires[0].startswith("Trial: ")


def test_tokens_that_nobody_counted_never_raise_the_saving() -> None:
    """Of nine tenths of the hours as many tokens in each: the API would take as much, to a nano-unit of rounding."""
    (whole,) = use_api(a_server(), market())
    told = 9 * HOURS // 10
    tokens = Tokens(900_000 * told, 0, 0, 100_000 * told, 500 * told)
    (partly,) = use_api(a_server(tokens=tokens, counted_hours=told), market())
    assert isinstance(whole, Advice)
    assert isinstance(partly, Advice)
    assert partly.saving == whole.saving
    assert partly.evidence.numbers["costPerMillionTokens"] == whole.evidence.numbers["costPerMillionTokens"]


def test_what_no_longer_runs_is_not_saved() -> None:
    """Ten replicas for a week and three for the next: the cost of the three, for what these served; before that week it is refused."""
    found = a_server(monthly=10_000)
    both = replace(
        found.server, window=Window(WEEK.start, Instant(WEEK.end + 7 * DAY)), replicas=(10,) * HOURS + (3,) * HOURS
    )
    (answer,) = use_api(replace(found, server=since_change(both), counted_hours=3 * HOURS), market())
    assert isinstance(answer, Advice)
    assert answer.touched.monthly_nanos == 10_000 * NANOS_PER_UNIT * 6 // 13
    assert answer.saving.high == answer.touched.monthly_nanos - 102_200_000_000
    early = replace(both, window=WEEK, replicas=(10,) * (HOURS - 24) + (3,) * 24)
    (refused,) = use_api(replace(found, server=since_change(early), days=1), market())
    assert isinstance(refused, Refused)
    assert refused.message == "1 of 7 whole days have data, since as much runs as on the last one"


def test_who_is_to_take_over_others_calls_is_not_told_to_go() -> None:
    """Nobody is told both."""
    assert not list(use_api(a_server(takes_over=True), market()))


def test_a_provider_with_a_contract_comes_before_a_cheaper_one() -> None:
    """Where nobody is paid yet, all are compared."""
    proposed = [
        answer.proposed
        for paid in (frozenset({"openai"}), frozenset({"anthropic"}))
        for answer in use_api(a_server(), market(), paid)
        if isinstance(answer, Advice)
    ]
    assert proposed == ["openai/gpt-6-luna", "anthropic/claude-haiku-5-5"]


def test_what_its_cards_free_is_a_smaller_bill_only_where_nodes_can_go() -> None:
    """As of all advice about GPUs."""
    found = a_server()
    alone = replace(found, server=replace(found.server, alone=True, nodes=("gpu-a",)))
    (answer,) = use_api(alone, market())
    assert isinstance(answer, Advice)
    assert answer.effect is Effect.BILL_REDUCTION
    assert answer.saving.low == 3_000 * NANOS_PER_UNIT - 112_420_000_000
    assert answer.requires[-1].startswith("remove node gpu-a")


@pytest.mark.parametrize(
    ("found", "obstacle"),
    [
        (a_server(monthly=100), Obstacle.NOT_CHEAPER),
        (a_server(days=6), Obstacle.TOO_LITTLE_DATA),
        (a_server(counted_hours=HOURS // 2), Obstacle.TOO_LITTLE_DATA),
        (a_server(tokens=Tokens(900_000, 0, 0, 100_000, 500)), Obstacle.TOO_LITTLE_DATA),
        (a_server(monthly=40, tokens=Tokens(900_000, 0, 0, 100_000, 5_000)), Obstacle.TOO_LITTLE_DATA),
    ],
    ids=["cheaper than an API", "six days", "half of its hours untold", "few requests", "little spent"],
)
def test_it_is_refused_where_nothing_is_sure(found: Served, obstacle: Obstacle) -> None:
    """Tokens that nobody counted would make the API look cheap."""
    (answer,) = use_api(found, market())
    assert isinstance(answer, Refused)
    assert answer.obstacle is obstacle


def test_a_model_that_is_too_good_for_a_small_tier_stays() -> None:
    """By the catalogue's index; of a model that it does not know the trial has to tell."""
    rows = shipped().models
    better = [replace(each, quality=80) if each.name == "gpt-oss-20b" else each for each in rows]
    catalogue = shipped().with_rows((), better, (), "")
    (answer,) = use_api(a_server("openai/gpt-oss-20b"), market(catalogue))
    assert isinstance(answer, Refused)
    assert answer.obstacle is Obstacle.QUALITY_GAP
    (answer,) = use_api(a_server("somebody/tuned-8b"), market(catalogue))
    assert isinstance(answer, Advice)


def test_of_several_models_the_best_is_what_an_api_has_to_keep_up_with() -> None:
    """One that replaced another within the window has no single name; what is not known vetoes nothing."""
    rows = shipped().models
    better = [replace(each, quality=80) if each.name == "gpt-oss-20b" else each for each in rows]
    catalogue = shipped().with_rows((), better, (), "")
    found = a_server()
    both = frozenset({"somebody/tuned-8b", "openai/gpt-oss-20b"})
    (answer,) = use_api(replace(found, server=replace(found.server, models=both)), market(catalogue))
    assert isinstance(answer, Refused)
    assert (answer.obstacle, "gpt-oss-20b" in answer.message) == (Obstacle.QUALITY_GAP, True)


def test_without_prices_or_tokens_or_for_training_nothing_is_compared() -> None:
    """An unknown price is not zero."""
    (answer,) = use_api(a_server(), Market(shipped(), lambda *_: None))
    assert isinstance(answer, Refused)
    assert answer.obstacle is Obstacle.UNPRICED
    found = a_server()
    assert not list(use_api(replace(found, server=replace(found.server, purpose="Training")), market()))
    assert not list(use_api(replace(found, tokens=Tokens()), market()))
