"""The day after the demonstration's, from its scenario and what the API server would say."""

from __future__ import annotations

from fractions import Fraction

from e2e.demonstration import stage
from e2e.demonstration.__main__ import DAYS, SCENARIO
from e2e.demonstration.advice import savings_of
from e2e.demonstration.expected import expected
from e2e.demonstration.tomorrow import wanted
from e2e.scenario.load import load
from e2e.scenario.model import Identity, Scenario
from e2e.scenario.next_day import Replaced, next_day

SCENE = load(SCENARIO)
SINCE = SCENE.sampling.end
SCORING = Replaced("wrkspc_fraud", "claude-sonnet-4-5", "claude-sonnet-5-5")
LIVE = {pod.key: Identity(pod.uid) for pod in SCENE.pods}


def moved(one: Scenario, other: Scenario) -> dict[str, Fraction]:
    """What a day costs less than the one before, by what it is of."""
    before, after = expected(one, stage.examples(), DAYS[0]), expected(other, stage.examples(), DAYS[1])
    return {name: before[name] - after[name] for name in before if before[name] != after[name]}


def test_the_same_cluster_does_the_same_again() -> None:
    """But for the training, whose pod had ended: bills, servers and callers are those of the day before."""
    again = next_day(SCENE, LIVE, ())
    assert again.pods == SCENE.pods
    assert moved(SCENE, again) == {
        "idle": -384,
        "workload fraud/train": 384,
        "unit fraud-risk": 384,
        "unit unallocated": -384,
    }


def test_what_is_stopped_costs_nothing_and_what_is_patched_begins_anew() -> None:
    """A pod that is no longer there is gone since midnight; one of another UID takes its cards over at that second."""
    live = {key: of for key, of in LIVE.items() if key != "notebook"} | {"scoring": Identity("new", "scoring-2")}
    changed = next_day(SCENE, live, ())
    (notebook,) = (pod for pod in changed.pods if pod.key == "notebook")
    before, after = (pod for pod in changed.pods if pod.key == "scoring")
    assert (notebook.gone, before.gone, after.gone, after.scheduled) == (SINCE, SINCE, None, SINCE)
    assert (after.uid, after.name, after.cards, after.readings) == ("new", "scoring-2", before.cards, before.readings)
    told = moved(SCENE, changed)
    assert told["workload search/notebook"] == 96
    assert "workload fraud/scoring" not in told


def test_another_model_is_billed_at_its_own_price() -> None:
    """The same tokens at 10 instead of 15 dollars a million, in cents on the bill; nobody else pays another amount."""
    changed = next_day(SCENE, LIVE, (SCORING,))
    (row,) = (row for row in changed.providers["anthropic"]["costs"] if row["model"] == SCORING.now)
    assert (row["day"], row["amount"]) == ("2026-11-02", "38666.667")
    assert moved(SCENE, changed)["workload fraud/scoring"] == 580 - Fraction("386.66667")
    assert moved(SCENE, changed)["tokens"] == 580 - Fraction("386.66667")


def test_the_month_has_both_days_and_the_correction() -> None:
    """What October's restated day adds is support's, in November."""
    amounts = wanted(next_day(SCENE, LIVE, ()), stage.examples())
    assert amounts["tokens"] == 10_000
    assert (amounts["gpu"], amounts["correction"]) == (Fraction("3206.4"), Fraction("12.34"))
    assert amounts["workload support/chat"] == 2 * Fraction("2696.8") + Fraction("12.34")


def test_what_must_be_advised() -> None:
    """The notebook's whole cost; of scoring's 580 a third, less what another tokenizer may take."""
    assert savings_of(SCENE, stage.examples(), DAYS[0]) == {
        "search/notebook saves at least": 96,
        "search/notebook saves at most": 96,
        "fraud/scoring saves at least": Fraction("154.67"),
        "fraud/scoring saves at most": Fraction("193.33"),
    }
