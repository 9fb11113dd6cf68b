"""UseOwnServer: usage of an API that a measured server has room for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.recommendations.advice import Advice, Answer, Obstacle, Refused
from aicost.core.recommendations.models.served import Served
from aicost.core.recommendations.models.usage import Counted, ModelUsage
from aicost.core.recommendations.models.use_own_server import Given, use_own_server
from aicost.core.usage import Tokens
from aicost.core.window import DAY, HOUR, Instant, Window
from tests.support.model_corpus import CORPUS, START, case
from tests.support.model_market import market
from tests.support.model_servers import HOURS, WEEK, a_server

DAYS = [Window(Instant(START + day * DAY), Instant(START + (day + 1) * DAY)) for day in range(7)]


def heard(_answer: Answer) -> bool:
    return True


def used(model: str = "claude-sonnet-4-5") -> ModelUsage:
    """A week of 100,000 tokens in and out an hour, billed at list: 2,400,000 x (3 + 15) a million a day."""
    a_day = Tokens(2_400_000, 0, 0, 2_400_000, 2_000)
    usage = case(CORPUS / "long-answers.yaml").usage
    counted = tuple(Counted(day, a_day) for day in DAYS)
    billed = 7 * (a_day.input * 3_000 + a_day.output * 15_000)
    return replace(usage, model=model, named=model, window=WEEK, used=counted, billed_nanos=billed)


def test_a_server_with_room_takes_it_at_its_measured_cost() -> None:
    """Between its cost by all tokens and by output alone: a fifth of what it serves, or as much again as its output."""
    (answer,) = use_own_server(used(), [a_server("gpt-oss-120b", monthly=600)], market(), {}, heard)
    assert isinstance(answer, Advice)
    api = 1.8 * 730
    assert answer.saving.high / 1e9 == pytest.approx(api - 600 * 0.2, rel=1e-6)
    assert answer.saving.low / 1e9 == pytest.approx(api - 600, rel=1e-6)
    assert answer.proposed == "gpt-oss-120b of llm"
    assert answer.requires[-1] == "Nobody sends what it does not take: pdf, vision"


@pytest.mark.parametrize(
    ("server", "obstacle"),
    [
        (a_server("gpt-oss-120b", peak_tokens=1_399_999), Obstacle.BUSY),
        (a_server("gpt-oss-120b", peak_tokens=1_500_000, counted_hours=HOURS // 2), Obstacle.BUSY),
        (a_server("gpt-oss-120b", leaves=True), Obstacle.NOT_OFFERED),
        (a_server("gpt-oss-120b", takes_over=True), Obstacle.NOT_OFFERED),
        (a_server("llama-3.1-8b"), Obstacle.QUALITY_GAP),
        (a_server("nobody/knows-it"), Obstacle.QUALITY_GAP),
        (a_server("gpt-oss-120b", monthly=900_000), Obstacle.NOT_CHEAPER),
    ],
    ids=[
        *("never served so much", "busy in hours that nobody counted", "advised to go", "to take over"),
        *("too far behind", "not in the catalogue", "dearer than the API"),
    ],
)
def test_it_is_refused_where_the_server_does_not_do(server: Served, obstacle: Obstacle) -> None:
    """It has to hold twice the workload's mean beside its own, within what it was seen to serve."""
    (answer,) = use_own_server(used(), [server], market(), {}, heard)
    assert isinstance(answer, Refused)
    assert answer.obstacle is obstacle


def test_the_same_room_is_given_once() -> None:
    """A million tokens an hour, and 400,000 more of each caller's busy hours, fit into three million five times."""
    server = a_server("gpt-oss-120b", monthly=600)
    given: Given = {}
    answers = [answer for _ in range(7) for answer in use_own_server(used(), [server], market(), given, heard)]
    assert [isinstance(answer, Advice) for answer in answers] == [True] * 5 + [False] * 2
    assert sum(given.values()) <= (server.peak_tokens * HOURS) - server.all_tokens


def test_who_is_not_advised_takes_no_room() -> None:
    """What costs more there stays where it is."""
    given: Given = {}
    (answer,) = use_own_server(used(), [a_server("gpt-oss-120b", monthly=900_000)], market(), given, heard)
    assert isinstance(answer, Refused)
    assert given == {}


def test_who_does_not_want_to_hear_of_it_takes_no_room() -> None:
    """It is advised all the same, and who comes next finds all of the room."""
    given: Given = {}
    (answer,) = use_own_server(used(), [a_server("gpt-oss-120b", monthly=600)], market(), given, lambda _: False)
    assert isinstance(answer, Advice)
    assert given == {}


def test_a_server_that_changed_has_the_room_that_it_has_since() -> None:
    """Three days of the same pace hold as much as a week of it, and a token costs as much."""
    days = 3 * 24
    for peak in (1_399_999, 1_400_000):
        whole = a_server("gpt-oss-120b", monthly=600, peak_tokens=peak)
        since = Window(Instant(WEEK.end - days * HOUR), WEEK.end)
        server = replace(whole.server, window=since, replicas=(1,) * days)
        tokens = Tokens(900_000 * days, 0, 0, 100_000 * days, 500 * days)
        short = replace(whole, server=server, tokens=tokens, counted_hours=days)
        (found,), (same,) = (use_own_server(used(), [each], market(), {}, heard) for each in (short, whole))
        assert isinstance(found, Advice) is isinstance(same, Advice) is (peak == 1_400_000)
        if isinstance(found, Advice) and isinstance(same, Advice):
            assert found.saving == same.saving


def test_what_a_server_costs_is_said_in_money() -> None:
    """Not in nano-units."""
    (answer,) = use_own_server(used(), [a_server("gpt-oss-120b", monthly=730)], market(), {}, heard)
    assert answer.evidence.numbers["ownCostPerMillion"] == "1.00"


def test_without_a_server_nothing_is_said() -> None:
    """Throughput is never quoted."""
    assert not list(use_own_server(used(), [], market(), {}, heard))
    assert not list(use_own_server(used("unknown"), [a_server()], market(), {}, heard))
