"""All checks together: none hides another, none fails for want of a fact."""

from __future__ import annotations

import dataclasses

import pytest

from aicost.cli.doctor.checks import findings
from aicost.cli.doctor.facts import PrometheusFacts, Unknown
from aicost.cli.doctor.findings import State
from aicost.cli.doctor.gathering.cluster import unreachable
from tests.cli.doctor.literal import cluster, facts, prometheus

GONE = Unknown("no answer")


def states(**changes: object) -> dict[str, State]:
    found = findings(facts(**changes))
    assert len({of.check for of in found}) == len(found)
    return {of.check: of.state for of in found}


def test_healthy_facts_are_all_ok() -> None:
    """Nothing is to be done."""
    assert set(states().values()) == {State.OK}


@pytest.mark.parametrize("fact", ["schemas", "rights", "nodes"])
def test_a_fact_of_the_cluster_that_could_not_be_had_is_unknown(fact: str) -> None:
    """The other checks stay as they are."""
    found = states(cluster=cluster(**{fact: GONE}))
    assert set(found.values()) == {State.OK, State.UNKNOWN}
    assert list(found.values()).count(State.UNKNOWN) == 1


@pytest.mark.parametrize(
    "fact", [field.name for field in dataclasses.fields(PrometheusFacts) if field.name not in ("place", "answers")]
)
def test_a_fact_of_prometheus_that_could_not_be_had_hides_no_other(fact: str) -> None:
    """That nothing could be told proves nothing missing."""
    assert State.MISSING not in states(prometheus=prometheus(**{fact: GONE})).values()


def test_no_cluster_at_all() -> None:
    """The API is missing, one row says what was not checked for it, and Prometheus is checked."""
    found = states(cluster=unreachable(GONE), sources=())
    assert found["Kubernetes API"] is State.MISSING
    assert found["Prometheus"] is found["kube-state-metrics"] is State.OK
    assert [check for check, state in found.items() if state is State.MISSING] == ["Kubernetes API"]
    assert found["CRDs, rights, resources, cards and sources"] is State.UNKNOWN
    assert not {"CRDs", "Rights", "GPU nodes", "UsageSources"} & found.keys()
    told = findings(facts(cluster=unreachable(GONE), sources=()))
    assert sum(GONE.why in of.found for of in told) == 1


def test_no_prometheus() -> None:
    """One row says it, whether its address is unknown or nobody answers there; its series are not judged."""
    for of in (None, prometheus(answers=GONE)):
        found = states(prometheus=of)
        assert [check for check, state in found.items() if state is not State.OK] == ["Prometheus"]
        assert "kube-state-metrics" not in found
