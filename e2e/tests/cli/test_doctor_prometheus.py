"""Doctor with a Prometheus that lacks one thing at a time: real servers with histories made for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from e2e.scenario.openmetrics import scraped
from e2e.scenario.series import Piece
from e2e.tests.cli.conftest import Patient, Remembered


def without_labels(pieces: Iterable[Piece], metric: str) -> Iterator[Piece]:
    """As a kube-state-metrics that was started without an allow-list."""
    for of in pieces:
        bare = tuple(pair for pair in of.labels if not pair[0].startswith("label_"))
        yield replace(of, labels=bare) if of.name == metric else of


def without_pods(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """As a dcgm-exporter that maps no pods."""
    for of in pieces:
        yield replace(of, labels=tuple(pair for pair in of.labels if not pair[0].startswith("exported_")))


def test_no_address(patient: Patient) -> None:
    """It is missing, with what to set; the cluster is checked all the same."""
    said = patient.doctor(PROMETHEUS_URL="")
    assert said.not_ok() == {"Prometheus": "MISSING"}
    assert said.code == 2


def test_nobody_answers(patient: Patient) -> None:
    """It is missing, and no password of the address is printed."""
    said = patient.doctor(PROMETHEUS_URL="http://user:secret-word@127.0.0.1:9")
    assert said.not_ok() == {"Prometheus": "MISSING"}
    assert "secret-word" not in said.output
    assert "127.0.0.1:9" in said.found("Prometheus")


def test_no_kube_state_metrics(patient: Patient, remembered: Remembered) -> None:
    """None of its series is there: one row, and DCGM's stay."""
    url = remembered(of for of in scraped(patient.scenario) if not of.name.startswith("kube_"))
    said = patient.doctor(PROMETHEUS_URL=url)
    assert said.not_ok() == {"kube-state-metrics": "MISSING"}


def test_a_series_of_kube_state_metrics_that_is_not_collected(patient: Patient, remembered: Remembered) -> None:
    """It is named."""
    url = remembered(of for of in scraped(patient.scenario) if of.name != "kube_pod_owner")
    said = patient.doctor(PROMETHEUS_URL=url)
    assert said.not_ok() == {"kube-state-metrics": "MISSING"}
    assert said.found("kube-state-metrics") == "these series are not there: kube_pod_owner"


def test_no_labels_of_pods(patient: Patient, remembered: Remembered) -> None:
    """The label that workloads select by is named with the flag that exports it."""
    said = patient.doctor(PROMETHEUS_URL=remembered(without_labels(scraped(patient.scenario), "kube_pod_labels")))
    assert said.not_ok() == {"Labels of pods": "MISSING"}
    assert "--metric-labels-allowlist=pods=[app,app.kubernetes.io/part-of]" in said.findings["Labels of pods"]["remedy"]


def test_no_labels_of_nodes(patient: Patient, remembered: Remembered) -> None:
    """Without them no product is known in history."""
    said = patient.doctor(PROMETHEUS_URL=remembered(without_labels(scraped(patient.scenario), "kube_node_labels")))
    assert said.not_ok() == {"Labels of nodes": "MISSING"}
    assert "nvidia.com/gpu.product" in said.found("Labels of nodes")


def test_no_dcgm(patient: Patient, remembered: Remembered) -> None:
    """Its signals are missing, one row."""
    said = patient.doctor(PROMETHEUS_URL=remembered(of for of in scraped(patient.scenario) if "DCGM" not in of.name))
    assert said.not_ok() == {"DCGM's signals": "MISSING"}


def test_only_a_duty_cycle(patient: Patient, remembered: Remembered) -> None:
    """A warning, since it says little."""
    pieces = (of for of in scraped(patient.scenario) if "PROF" not in of.name)
    said = patient.doctor(PROMETHEUS_URL=remembered(pieces))
    assert said.not_ok() == {"DCGM's signals": "WARN"}


def test_dcgm_that_names_no_pods(patient: Patient, remembered: Remembered) -> None:
    """A warning, since running pods hold cards."""
    said = patient.doctor(PROMETHEUS_URL=remembered(without_pods(scraped(patient.scenario))))
    assert said.not_ok() == {"DCGM's pod labels": "WARN"}
    assert said.found("DCGM's pod labels") == "none of 19 cards names a pod, though 6 running pods hold cards"


def test_honoured_labels(patient: Patient, remembered: Remembered) -> None:
    """They are as good, and cards with only the exporter's own pod are not taken for held ones."""
    said = patient.doctor(PROMETHEUS_URL=remembered(scraped(replace(patient.scenario, honor_labels=True))))
    assert said.not_ok() == {}
    expected = (
        "7 of 19 cards name their pod in its own labels (honor_labels: true); 12 carry no pod but the exporter's own"
    )
    assert said.found("DCGM's pod labels") == expected


def test_a_node_that_no_exporter_covers(patient: Patient, remembered: Remembered) -> None:
    """A warning counts the cards."""
    pieces = (of for of in scraped(patient.scenario) if ("Hostname", "h100-b") not in of.labels)
    said = patient.doctor(PROMETHEUS_URL=remembered(pieces))
    assert said.not_ok() == {"Cards that DCGM shows": "WARN"}
    assert said.found("Cards that DCGM shows") == "10 of the 18 cards that nodes have"


def test_whom_to_believe_is_not_set(patient: Patient) -> None:
    """A warning names the job to set, for each exporter."""
    said = patient.doctor(KUBE_STATE_METRICS_MATCHERS="", DCGM_MATCHERS="")
    assert said.not_ok() == {"Trust in kube-state-metrics": "WARN", "Trust in dcgm-exporter": "WARN"}
    assert "{job: kube-state-metrics}" in said.findings["Trust in kube-state-metrics"]["remedy"]
    assert "{job: nvidia-dcgm-exporter}" in said.findings["Trust in dcgm-exporter"]["remedy"]


def test_somebody_else_writes_the_same_series(patient: Patient, remembered: Remembered) -> None:
    """A scraped pod that tells of nodes is found, and harms nothing where the setting names the right job."""
    forged = Piece("kube_node_created", (("job", "kubernetes-pods"), ("namespace", "mallory"), ("node", "h100-a")), 1)
    url = remembered([*scraped(patient.scenario), forged])
    said = patient.doctor(PROMETHEUS_URL=url, KUBE_STATE_METRICS_MATCHERS="")
    assert said.not_ok() == {"Trust in kube-state-metrics": "MISSING"}
    assert "'kubernetes-pods' in mallory namespace" in said.found("Trust in kube-state-metrics")
    assert patient.doctor(PROMETHEUS_URL=url).not_ok() == {}
