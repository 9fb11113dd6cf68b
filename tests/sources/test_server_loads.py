"""How full KV caches were."""

from __future__ import annotations

import pytest

from aicost.core.loads import ServerLoad
from aicost.core.window import Instant, Window
from aicost.sources.prometheus_answers import Sample
from aicost.sources.server_loads import peaks

END = Instant(1793494800)
HOUR = Window(Instant(END - 3600), END)


def test_a_share_is_told_of_a_pod_and_hour() -> None:
    """By hour and pod."""
    samples = [Sample({"namespace": "support", "pod": pod}, END, share) for pod, share in (("b", 1.0), ("a", 0.25))]
    assert list(peaks(samples)) == [ServerLoad("support", "a", HOUR, 250_000), ServerLoad("support", "b", HOUR, 10**6)]


@pytest.mark.parametrize(("labels", "value"), [({}, 0.5), ({"pod": "a"}, 0.5), ({"namespace": "s", "pod": "a"}, 37.5)])
def test_what_names_no_pod_or_is_no_share_is_not_used(labels: dict[str, str], value: float) -> None:
    """A percentage would be read as a full cache."""
    assert list(peaks([Sample(labels, END, value)])) == []
