"""Advice about GPUs on the distributions of two real clusters, beside what others' published rules would say there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aicost.core.money import NANOS_PER_UNIT
from aicost.core.recommendations.advice import HOURS_OF_A_MONTH, Basis
from aicost.core.recommendations.gpu.ladder import judged
from aicost.core.recommendations.gpu.policy import POLICY, doubt, too_little
from tests.traces import asking
from tests.traces.acme import CLUSTERS, PER_HOUR, SERVERS, SWINGS, offers, servers
from tests.traces.judging import RULES, Tally, best_of, by_aicost, by_kruize, by_kubecost

PAGE = Path(__file__).parents[2] / "docs" / "right-sizing-replays.md"
SAVED = {each.profile: (PER_HOUR - each.per_hour) * HOURS_OF_A_MONTH for each in offers() if each.profile}
SAVED["4g.40gb"] = PER_HOUR * HOURS_OF_A_MONTH // 2


def tallies(cluster: str, swing: int) -> dict[str, Tally]:
    """By who says it."""
    found = {"aicost": by_aicost(servers(cluster, swing))}
    found |= {name: by_kruize(servers(cluster, swing), percentile, SAVED) for name, percentile in RULES.items()}
    return found | {"Kubecost": by_kubecost(servers(cluster, swing))}


def rows() -> Iterator[str]:
    """The table of the page."""
    for cluster in CLUSTERS:
        for how, swing in SWINGS.items():
            for name, of in tallies(cluster, swing).items():
                said = ", ".join(f"{count} {what}" for what, count in sorted(of.levers.items())) or "-"
                why = ", ".join(f"{count} {what}" for what, count in of.refused.most_common()) or "-"
                dollars = f"{of.nanos / NANOS_PER_UNIT:,.0f}"
                yield f"| {cluster} | {how} | {name} | {of.advised} | {dollars} | {said} | {of.broken} | {of.slow} | {why} |"


@pytest.fixture(scope="module", params=CLUSTERS)
def cluster(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("swing", SWINGS.values(), ids=SWINGS)
def test_nobody_runs_out_of_memory_or_compute_by_advice_of_aicost(cluster: str, swing: int) -> None:
    """Whatever it moved to had room for all that was ever seen; and nobody is told to save more than a card costs."""
    told = by_aicost(servers(cluster, swing))
    assert (told.broken, told.slow) == (0, 0)
    assert told.nanos <= told.advised * PER_HOUR * HOURS_OF_A_MONTH
    assert told.advised + told.refused.total() == SERVERS


@pytest.mark.parametrize("swing", SWINGS.values(), ids=SWINGS)
def test_where_a_gate_refuses_nothing_is_advised(cluster: str, swing: int) -> None:
    """A server whose signal cannot be believed in more than a part of the hours, or that is too little known, is left alone."""
    shut = [e for e in servers(cluster, swing) if too_little(e, POLICY) or doubt(e, POLICY, POLICY.doubtful_share)]
    assert [e.workload for e in shut if best_of(judged(e))] == []


def test_idle_cards_of_a_quarter_of_the_percentiles_are_found(cluster: str) -> None:
    """Where cards stay what they are, those that never did anything are stopped, whole, and by no mere hypothesis."""
    stopped = [e for e in servers(cluster, 0) if e.peak == 0 and e.duty == 0]
    told = [advice for e in stopped if (advice := best_of(judged(e)))]
    assert len(told) == len(stopped) >= SERVERS // 5
    assert {(advice.basis, advice.saving.low) for advice in told} == {(Basis.ACTIONABLE, PER_HOUR * HOURS_OF_A_MONTH)}


def test_a_percentile_of_memory_runs_out_of_it(cluster: str) -> None:
    """Kruize's default takes the 60th: servers that swing would have been killed, and its 98th spares nearly all of them."""
    cost, careful = (by_kruize(servers(cluster, 10), percentile, SAVED) for percentile in RULES.values())
    assert cost.broken > careful.broken
    assert cost.broken * 10 > cost.advised


def test_of_pods_that_live_for_hours_nothing_is_said() -> None:
    """Of Alibaba's 7,064 pods with cards 6,983 lived less than a day: nobody is advised, where others say `Share`."""
    pods = list(asking.servers(PER_HOUR))
    told, kubecost = by_aicost(pods), by_kubecost(pods)
    assert sum(len(e.hours) < POLICY.least_hours for e in pods) == 6983
    assert (len(pods), told.advised) == (7064, 0)
    assert told.refused == {"TooLittleData": 6914, "Interconnect": 75, "Busy": 61, "NotOffered": 14}
    assert kubecost.levers == {"Share": 467}


def test_the_page_has_the_table_of_today() -> None:
    """docs/right-sizing-replays.md is what these rules say now."""
    assert [row for row in rows() if row not in PAGE.read_text().splitlines()] == []
