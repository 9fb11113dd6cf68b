"""Doctor in a cluster that lacks one thing at a time: the row says which, and the others stay as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aicost.cluster.reserved import MANIFEST
from e2e.demonstration import stage
from e2e.tests.cli.conftest import Patient, Said

SOURCES = "usagesources.aicost.dev"
WORKLOADS = "aiworkloads.aicost.dev"


@contextmanager
def without(patient: Patient, kind: str, name: str, *, again: str) -> Iterator[None]:
    """The object is gone inside; a file brings it back."""
    patient.plane.kubectl("delete", kind, name)
    try:
        yield
    finally:
        patient.plane.kubectl("apply", "-f", stage.ROOT / again)


@contextmanager
def node(patient: Patient, product: str, labels: Mapping[str, str] | None = None, *, cards: int = 4) -> Iterator[None]:
    """A node with cards of a product; without one it has no label that tells."""
    named = {"nvidia.com/gpu.product": product} if product else {}
    resources = {"nvidia.com/gpu": str(cards), "pods": "1"}
    patient.apply(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": "extra",
                "labels": {**named, **(labels or {})},
                "annotations": {"kwok.x-k8s.io/node": "fake"},
            },
        }
    )
    status = json.dumps({"status": {"capacity": resources, "allocatable": resources}})
    patient.plane.kubectl("patch", "node", "extra", "--subresource=status", "--type=merge", "-p", status)
    try:
        yield
    finally:
        patient.plane.kubectl("delete", "node", "extra")


def expect_only(said: Said, **states: str) -> None:
    """Nothing but this is not OK, and the exit code follows."""
    expected = {check.replace("_", " "): state for check, state in states.items()}
    assert said.not_ok() == expected, said.output
    assert said.code == (2 if "MISSING" in expected.values() else int("UNKNOWN" in expected.values()))


def test_a_kind_that_is_not_installed(patient: Patient) -> None:
    """Its CRD is missing, its objects cannot be told, and the others are checked as before."""
    try:
        patient.plane.kubectl("delete", "crd", SOURCES)
        said = patient.until(lambda said: said.state("CRD UsageSource") != "OK")
        expect_only(said, CRD_UsageSource="MISSING", UsageSources="UNKNOWN")
        assert "kubectl apply -f crds/" in said.findings["CRD UsageSource"]["remedy"]
    finally:
        patient.plane.kubectl("apply", "-f", stage.ROOT / "crds")
        patient.plane.kubectl("wait", "--for=condition=Established", "-f", stage.ROOT / "crds", "--timeout=30s")
        stage.declare(patient.plane, patient.providers)
        patient.until(lambda said: not said.not_ok())


def test_a_crd_of_an_older_version(patient: Patient) -> None:
    """The fields that it drops are named."""
    crd: dict[str, Any] = json.loads(patient.plane.kubectl("get", "crd", WORKLOADS, "-o", "json"))
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    del spec["feature"], spec["customer"]
    try:
        patient.plane.kubectl("replace", "-f", "-", stdin=json.dumps(crd))
        said = patient.until(lambda said: said.state("CRD AIWorkload") != "OK")
        expect_only(said, CRD_AIWorkload="WARN")
        assert "it drops spec.customer, spec.feature" in said.found("CRD AIWorkload")
    finally:
        patient.plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", stage.ROOT / "crds")
        patient.until(lambda said: not said.not_ok())


def test_no_price_book(patient: Patient) -> None:
    """It is missing, and so is the price of every product, each with the lines to add."""
    with without(patient, "pricebook", "default", again="examples/price-book.yaml"):
        said = patient.doctor()
        products = ("NVIDIA-H100-80GB-HBM3", "NVIDIA-A100-SXM4-80GB", "NVIDIA-L4")
        expect_only(said, PriceBook_default="MISSING", **{f"Price of {product}": "MISSING" for product in products})
        assert "model: H100-80GB" in said.findings["Price of NVIDIA-H100-80GB-HBM3"]["remedy"]


def test_no_unallocated_unit(patient: Patient) -> None:
    """The reserved unit is missing: a warning that the operator does not do its part."""
    patient.plane.kubectl("delete", "businessunit", "unallocated")
    try:
        expect_only(patient.doctor(), BusinessUnit_unallocated="WARN")
    finally:
        patient.apply(MANIFEST)


def test_a_namespace_that_no_unit_lists(patient: Patient) -> None:
    """A warning names the namespace."""
    with without(patient, "businessunit", "search", again="examples/business-units.yaml"):
        said = patient.doctor()
        expect_only(said, Owners_of_namespaces="WARN")
        assert "no BusinessUnit lists search" in said.found("Owners of namespaces")


def test_a_product_without_a_price(patient: Patient) -> None:
    """It is named with its model, its cards and its node; DCGM is seen not to cover the node."""
    with node(patient, "NVIDIA-B200"):
        said = patient.doctor()
        expect_only(said, **{"Price of NVIDIA-B200": "MISSING", "Cards that DCGM shows": "WARN"})
        assert said.found("Price of NVIDIA-B200") == "model B200-180GB: no price today for 4 cards on extra"


def test_cards_that_only_slices_publish(patient: Patient) -> None:
    """A node without labels and without a device plugin has the cards that claims can be given."""
    told = {"type": "gpu", "uuid": "GPU-extra", "productName": "NVIDIA B200"}
    device = {"name": "gpu-0", "attributes": {name: {"string": value} for name, value in told.items()}}
    pool = {"name": "extra", "generation": 1, "resourceSliceCount": 1}
    spec = {"driver": "gpu.nvidia.com", "nodeName": "extra", "pool": pool, "devices": [device]}
    kind = {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": "extra"}}
    with node(patient, "", cards=0):
        patient.apply({**kind, "spec": spec})
        try:
            said = patient.doctor()
            assert said.found("Price of NVIDIA-B200") == "model B200-180GB: no price today for 1 cards on extra"
        finally:
            patient.plane.kubectl("delete", "resourceslice", "extra")


def test_a_product_that_the_table_does_not_name(patient: Patient) -> None:
    """It says that the product is priced by its own name."""
    with node(patient, "NVIDIA-Z9"):
        assert "no model in the table" in patient.doctor().found("Price of NVIDIA-Z9")


def test_a_node_without_a_product_label(patient: Patient) -> None:
    """The node is named."""
    with node(patient, ""):
        said = patient.doctor()
        expect_only(said, **{"GPU nodes without a product": "MISSING", "Cards that DCGM shows": "WARN"})
        assert "extra" in said.found("GPU nodes without a product")


def test_a_node_that_shares_its_cards(patient: Patient) -> None:
    """It is named with how it does that, and its card counts once."""
    labels = {"nvidia.com/gpu.sharing-strategy": "time-slicing", "nvidia.com/gpu.count": "1"}
    with node(patient, "NVIDIA-H100-80GB-HBM3", labels):
        said = patient.doctor()
        assert said.state("GPU nodes that share cards") == "OK"
        assert "a100-a, extra, l4-a (mig, time-slicing)" in said.found("GPU nodes that share cards")
        assert said.found("GPU nodes") == "5 of 5 nodes, 19 cards"


def test_a_node_whose_labels_contradict_it(patient: Patient) -> None:
    """Six devices by its labels, four by its device plugin: the node is named, and what to compare."""
    labels = {"nvidia.com/gpu.replicas": "2", "nvidia.com/gpu.count": "3"}
    with node(patient, "NVIDIA-H100-80GB-HBM3", labels):
        said = patient.doctor()
        assert said.state("GPU nodes that share cards") == "MISSING"
        assert "extra: " in said.found("GPU nodes that share cards")


def test_a_right_that_the_operator_lacks(patient: Patient) -> None:
    """It is missing, as the RBAC rule needs it, and what follows from it is told."""
    role = json.loads(patient.plane.kubectl("get", "clusterrole", "aicost", "-o", "json"))
    less = {**role, "rules": [rule for rule in role["rules"] if "nodes" not in rule["resources"]]}
    less["metadata"].pop("resourceVersion")
    less["metadata"].pop("managedFields", None)
    try:
        patient.plane.kubectl("replace", "-f", "-", stdin=json.dumps(less))
        said = patient.until(lambda said: "Rights" not in said.findings)
        assert said.state("Right to list nodes") == "MISSING"
        assert '"list" on "nodes" of API group ""' in said.found("Right to list nodes")
        assert said.state("GPU nodes") == "UNKNOWN"
        assert said.state("UsageSource openai-prod") == "OK"
        assert said.code == 2
    finally:
        patient.plane.kubectl("replace", "-f", "-", stdin=json.dumps({**less, "rules": role["rules"]}))
        patient.until(lambda said: not said.not_ok())


def test_an_api_server_that_does_not_answer(patient: Patient, tmp_path: Path) -> None:
    """The row says so, Prometheus is checked all the same, and nothing waits for ever."""
    lost = tmp_path / "kubeconfig.json"
    lost.write_text(patient.account.read_text().replace(patient.plane.server, "https://127.0.0.1:9"))
    said = patient.doctor(kubeconfig=lost)
    assert said.state("Kubernetes API") == "MISSING"
    assert said.state("Prometheus") == said.state("kube-state-metrics") == "OK"
    assert said.code == 2


def test_a_kubeconfig_that_is_not_there(patient: Patient, tmp_path: Path) -> None:
    """Its path is named."""
    said = patient.doctor(kubeconfig=tmp_path / "none")
    assert str(tmp_path / "none") in said.found("Kubernetes API")
    assert said.state("Kubernetes API") == "MISSING"
    assert said.state("DCGM's signals") == "OK"
