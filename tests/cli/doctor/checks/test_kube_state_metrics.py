"""Which series and labels of kube-state-metrics are there."""

from __future__ import annotations

import pytest

from aicost.cli.doctor.checks.kube_state_metrics import OCCASIONAL, exported, kube_state_metrics, series
from aicost.cli.doctor.facts import Fact, Unknown
from aicost.cli.doctor.findings import State
from aicost.cli.doctor.gathering.prometheus import KSM_SERIES
from aicost.core.declarations import Declarations
from tests.cli.doctor.literal import cluster, declared, prometheus

APP = frozenset({"app.kubernetes.io/name"})
PRINTED = frozenset({"app_kubernetes_io_name"})
NONE: frozenset[str] = frozenset()


def test_the_series_are_those_of_the_queries() -> None:
    """And those that may be absent are among them."""
    assert {"kube_node_created", "kube_pod_labels", "kube_pod_container_resource_requests"} <= KSM_SERIES
    assert OCCASIONAL.keys() <= KSM_SERIES
    assert not any(name.endswith("_") for name in KSM_SERIES)


def test_series_that_exist_only_with_their_objects_may_be_absent() -> None:
    """It says of which objects there are none."""
    finding = series(dict.fromkeys(KSM_SERIES - {"kube_pod_completion_time"}, 1))
    assert finding.state is State.OK
    assert finding.found.endswith("none yet of pods that ended")


def test_a_series_that_must_be_there_is_named() -> None:
    """Whatever else is there."""
    finding = series(dict.fromkeys(KSM_SERIES - {"kube_pod_labels"}, 1))
    assert (finding.state, finding.found) == (State.MISSING, "these series are not there: kube_pod_labels")


def test_without_any_series_labels_are_not_judged() -> None:
    """One row says that kube-state-metrics is not there."""
    [finding] = kube_state_metrics(prometheus(series={"DCGM_FI_DEV_FB_USED": 4}), cluster())
    assert (finding.state, finding.found) == (State.MISSING, "none of its series is there")


@pytest.mark.parametrize(
    ("needed", "shown", "carried", "state"),
    [
        (NONE, NONE, NONE, State.OK),
        (APP, PRINTED, NONE, State.OK),
        (APP, NONE, APP, State.MISSING),
        (APP, NONE, NONE, State.OK),
        (APP, NONE, Unknown("forbidden"), State.WARN),
        (APP, Unknown("timeout"), APP, State.UNKNOWN),
    ],
)
def test_a_label_is_missing_only_where_a_live_object_proves_it(
    needed: frozenset[str], shown: Fact[frozenset[str]], carried: Fact[frozenset[str]], state: State
) -> None:
    """What no object carries cannot be seen; where nobody could look it is a warning."""
    assert exported("Labels of pods", "pods", needed, shown, carried).state is state


def test_the_remedy_is_the_flag_with_every_label() -> None:
    """By Kubernetes' own keys, also those that are exported already: the flag replaces what it had."""
    finding = exported("Labels of pods", "pods", APP | {"app"}, frozenset({"app"}), APP)
    assert "--metric-labels-allowlist=pods=[app,app.kubernetes.io/name]" in finding.remedy


def test_labels_of_resources_that_could_not_be_read_are_not_judged() -> None:
    """Nothing is selected by what nobody could list: that is not known to be well."""
    unknown = {kind: Unknown("forbidden") for kind in ("AIWorkload", "PriceBook")}
    blind = cluster(declared=declared(Declarations(), unknown=unknown))
    _, pods, nodes = kube_state_metrics(prometheus(), blind)
    assert [(finding.check, finding.state) for finding in (pods, nodes)] == [
        ("Labels of pods", State.UNKNOWN),
        ("Labels of nodes", State.UNKNOWN),
    ]
