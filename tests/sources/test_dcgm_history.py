"""Which scrapes DCGM's series come from."""

from __future__ import annotations

from aicost.core.window import Instant
from aicost.sources.dcgm import UP
from aicost.sources.dcgm_history import FIRST_SEEN, LAST_SEEN, targets
from aicost.sources.prometheus_answers import Sample
from aicost.sources.recorded import filled
from tests.sources.kube_state_metrics.samples import DAY


def a_sample(**labels: str) -> Sample:
    return Sample(labels, Instant(0), 1.0)


def test_the_scrapes_own_labels_tell_their_namespace() -> None:
    """A series of a held card names the pod's namespace, which is no second target."""
    up = [a_sample(job="dcgm", namespace="gpu-operator", pod="e-1"), a_sample(job="dcgm", namespace="gpu-operator")]
    held = [a_sample(job="dcgm", namespace="support", pod="chat-0")]
    assert set(targets(held, up)) == {("dcgm", "gpu-operator")}


def test_another_job_is_another_target() -> None:
    """Whether its scrape is known or not."""
    up = [a_sample(job="dcgm", namespace="gpu-operator")]
    forged = a_sample(job="kubernetes-pods", namespace="mallory")
    assert set(targets([forged], up)) == {("dcgm", "gpu-operator"), ("kubernetes-pods", "")}
    assert set(targets([], [*up, forged])) == {("dcgm", "gpu-operator"), ("kubernetes-pods", "mallory")}


def test_every_query_holds_the_trusted_labels() -> None:
    """Only `up` is asked for by the scrape of a trusted series."""
    for query, series in ((FIRST_SEEN, 2), (LAST_SEEN, 2), (UP, 1)):
        assert filled(query, DAY, 60, frozenset({("job", "dcgm")})).count('{job="dcgm"}') == series
