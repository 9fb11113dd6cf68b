"""Scenario files, and that the demonstration's adds up before anything evaluates it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from e2e.scenario.live import quantity
from e2e.scenario.load import ScenarioError, load
from e2e.scenario.model import Identity, Owner, Scenario, bound

NOVEMBER_1 = 1793491200
HOUR = 3600


def test_the_demonstration_holds_what_it_says(demonstration: Scenario) -> None:
    """On 1 November: 96 hours of devices for llm, 96 for train, 24 for each other pod, of 22 devices."""
    held: Counter[str] = Counter()
    for pod in demonstration.pods:
        end = min(pod.ended or demonstration.sampling.end, demonstration.sampling.end)
        devices = sum(count for name, count in pod.requests.items() if name.startswith("nvidia.com/"))
        held[pod.key] += devices * max(end - max(pod.scheduled, NOVEMBER_1), 0) // HOUR
    each = dict.fromkeys(("notebook", "rank", "rank-encoder", "chat", "scoring"), 24)
    assert held == {"llm": 96, "train": 96, "train-october": 0, **each}
    offered = (of for node in demonstration.nodes for of in node.capacity.items() if of[0].startswith("nvidia.com/"))
    assert sum(count for _, count in offered) == 22


def test_the_demonstration_s_bill_adds_up(demonstration: Scenario) -> None:
    """OpenAI's 3,200.00 of 1 November by project, and a bill for every day since 18 October."""
    costs = demonstration.providers["openai"]["costs"]
    day: Counter[str | None] = Counter()
    for row in costs:
        if str(row["day"]) == "2026-11-01":
            day[row.get("project")] += Decimal(row["amount"])  # type: ignore[assignment] # counts money here
    assert day == {"proj_support": Decimal(1400), "proj_shared": Decimal(1500), None: Decimal(300)}
    assert len({str(row["day"]) for row in costs}) == 15


def test_live_identities_take_the_place_of_made_ones(demonstration: Scenario) -> None:
    """A history can be written about objects that exist: their UIDs, and names that controllers chose."""
    live = Identity("u-live", "llm-abc-xyz", (Owner("ReplicaSet", "llm-abc"), Owner("Deployment", "llm")))
    scenario = bound(demonstration, {"llm": live}, {"h100-a": Identity("n-live")})
    (llm,) = (pod for pod in scenario.pods if pod.key == "llm")
    assert (llm.uid, llm.name, llm.owners[0].name) == ("u-live", "llm-abc-xyz", "llm-abc")
    assert [node.uid == "n-live" for node in scenario.nodes] == [True, False, False, False]
    assert scenario.pods[1] == demonstration.pods[1]


@pytest.mark.parametrize(
    "text",
    [
        "nodes: []",
        "sampling: {start: 0, end: 1}\nnodes: [{name: n, created: 0, colour: red}]",
        "sampling: {start: 0, end: soon}",
        "sampling: {start: 0, end: 1}\npods: [{name: p}]",
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str) -> None:
    """Missing and unknown fields and times that are none are said with the file's name."""
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=r"wrong\.yaml"):
        load(path)


@pytest.mark.parametrize(
    ("text", "units"), [("8", 8), ("500m", 1), ("64Gi", 64 * 2**30), ("101430960Ki", 101430960 * 2**10)]
)
def test_quantities(text: str, units: int) -> None:
    """Kubernetes' quantities in whole units."""
    assert quantity(text) == units
