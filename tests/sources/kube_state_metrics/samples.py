"""Builders of kube-state-metrics' samples, in minutes of one day."""

from __future__ import annotations

from aicost.core.window import Instant, Window, instant
from aicost.sources.prometheus_answers import Sample

DAY = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-02T00:00:00Z"))
INTERVAL = 60
POD = {"namespace": "platform", "pod": "llm-1", "uid": "u-1"}
NODE = {"node": "n1"}
GPU = {"resource": "nvidia_com_gpu", "unit": "integer"}


def minute(count: float) -> Instant:
    """So many minutes into the day; negative ones are of the day before."""
    return Instant(int(DAY.start + 60 * count))


def a_sample(value: float, *labels: dict[str, str], **more: str) -> Sample:
    """A sample as the queries give it, at the end of the day."""
    merged: dict[str, str] = {}
    for each in labels:
        merged |= each
    return Sample({**merged, **more}, DAY.end, value)


def a_request(count: int, container: str = "app", **more: str) -> Sample:
    return a_sample(count, POD, NODE, GPU, container=container, **more)
