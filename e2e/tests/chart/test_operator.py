"""The operator with the rights of its release: they are enough."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from e2e.controlplane import Run
from e2e.operator_process import OperatorProcess
from e2e.tests.chart.conftest import NAMESPACE, Release, a_namespace, apply, get

RESOURCES = [
    {"apiVersion": "aicost.dev/v1alpha1", **resource}
    for resource in (
        {"kind": "PriceBook", "metadata": {"name": "default"}, "spec": {"currency": "USD"}},
        {"kind": "BusinessUnit", "metadata": {"name": "search"}, "spec": {"namespaces": [{"name": "search"}]}},
        {
            "kind": "UsageSource",
            "metadata": {"name": "openai"},
            "spec": {"type": "OpenAI", "role": "Bill", "secretRef": {"name": "absent", "key": "token"}},
        },
        {
            "kind": "AIWorkload",
            "metadata": {"name": "rank", "namespace": "search"},
            "spec": {"businessUnit": "search", "pods": {"selector": {"matchLabels": {"app": "rank"}}}},
        },
    )
]


@pytest.fixture
def operator(release: Release) -> Iterator[OperatorProcess]:
    """`aicost run`, as the release's ServiceAccount."""
    with Run() as run:
        process = OperatorProcess(run, release.kubeconfig, {"NAMESPACE": NAMESPACE, "CYCLE": "1", "RESYNC": "1"})
        process.start()
        yield process


def test_the_release_gives_the_operator_all_it_needs(release: Release, operator: OperatorProcess) -> None:
    """It gets ready, answers an object of every kind, tells of it by an Event, and no request of it is ever refused."""
    apply(release.plane, a_namespace("search"), *RESOURCES)
    operator.ready()
    kinds = "pricebooks,businessunits,usagesources,aiworkloads"
    operator.until(
        lambda: all("observedGeneration" in of.get("status", {}) for of in get(release.plane, kinds, "-A")["items"]),
        "done with every status",
    )
    log = operator.process.log.read_text(encoding="utf-8")
    refused = [json.loads(line)["message"] for line in log.splitlines() if re.search("(?i)forbid|permission|403", line)]
    assert refused == []
    assert operator.stop() == 0
