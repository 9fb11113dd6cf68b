"""Which pod a DCGM series is about."""

from __future__ import annotations

import pytest

from aicost.sources.dcgm_holders import Holder, Holders

EXPORTER = {"namespace": "gpu-operator", "pod": "nvidia-dcgm-exporter-wqqqn", "container": "nvidia-dcgm-exporter"}
SCRAPE = {"job": "nvidia-dcgm-exporter", "instance": "10.0.172.246:9400", "service": "nvidia-dcgm-exporter"}
WORKER = {"namespace": "dynamo-workload", "pod": "vllm-agg-0", "container": "main"}


def test_moved_labels_name_the_holder() -> None:
    """Without honor_labels the holder is in exported_pod; a card without it is idle, whatever `pod` says."""
    moved = {f"exported_{name}": value for name, value in WORKER.items()}
    assert Holders().of({**SCRAPE, **EXPORTER, **moved}) == Holder("dynamo-workload", "vllm-agg-0", "")
    assert Holders().of({**SCRAPE, **EXPORTER, "exported_pod": "", "exported_namespace": ""}) is None


def test_honoured_labels_name_the_holder_unless_they_are_the_target_s() -> None:
    """With honor_labels an idle card's series fall back to the exporter's own pod, which is no holder."""
    assert Holders().of({**SCRAPE, **WORKER, "pod_uid": "u-1"}) == Holder("dynamo-workload", "vllm-agg-0", "u-1")
    assert Holders().of({**SCRAPE, **EXPORTER}) is None


@pytest.mark.parametrize("container", ["", "exporter"])
def test_the_scrape_tells_an_exporter_of_any_name(container: str) -> None:
    """The target labels of `up` name the exporter's pod, so that its name does not matter."""
    custom = {
        "job": "gpus",
        "instance": "10.0.0.9:9400",
        "namespace": "infra",
        "pod": "metrics-x1",
        "container": container,
    }
    assert Holders([custom]).of(custom) is None
    assert Holders().of(custom) == Holder("infra", "metrics-x1", "")
    assert Holders([custom]).of({**custom, **WORKER}) == Holder("dynamo-workload", "vllm-agg-0", "")


def test_a_scrape_without_pod_labels_leaves_idle_cards_without_a_pod() -> None:
    """Static targets add no pod: nothing to be mistaken for a holder."""
    assert Holders().of({"job": "dcgm", "instance": "h:9400"}) is None
    assert Holders().of({"job": "dcgm", "pod": "", "namespace": ""}) is None
