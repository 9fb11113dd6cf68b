"""Doctor in a healthy cluster: as the operator, as an administrator, and as somebody who may do nothing."""

from __future__ import annotations

import yaml

from aicost.cli.doctor.gathering.rights import needed
from e2e.demonstration import stage
from e2e.demonstration.providers import KEY
from e2e.tests.cli.conftest import Patient

CHART = stage.ROOT / "charts" / "aicost"


def test_a_healthy_cluster_is_all_ok_for_the_operator(patient: Patient) -> None:
    """Every check is OK under the release's own account, the exit code is 0, and no credential is printed."""
    said = patient.doctor()
    assert said.not_ok() == {}, said.output
    assert said.code == 0
    assert KEY not in said.output
    assert f"system:serviceaccount:{stage.NAMESPACE}:aicost" in said.found("Kubernetes API")


def test_a_healthy_cluster_is_all_ok_for_an_administrator(patient: Patient) -> None:
    """From a laptop, with a kubeconfig and the address of Prometheus as options."""
    options = ("--kubeconfig", str(patient.plane.kubeconfig), "--prometheus", patient.prometheus)
    said = patient.doctor(*options, PROMETHEUS_URL="http://127.0.0.1:9")
    assert said.not_ok() == {}, said.output
    assert said.code == 0


def test_the_command_prints_a_row_for_each_check(patient: Patient) -> None:
    """As a process of its own: the table has the same checks as the JSON, and the exit code says that all is well."""
    printed = patient.process()
    assert printed.returncode == 0, printed.stderr
    assert printed.stdout.splitlines()[0].split() == ["CHECK", "STATE", "FOUND", "WHAT", "TO", "DO"]
    for finding in patient.doctor().findings.values():
        assert finding["check"].split()[0] in printed.stdout


def test_somebody_without_rights_is_told_what_could_not_be_told(patient: Patient) -> None:
    """Nothing is called missing that is merely hidden; the CRDs are seen by everybody; the exit code says that it is not all."""
    patient.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "guest", "namespace": "default"}})
    guest = patient.plane.service_account_kubeconfig("default", "guest")
    said = patient.doctor(kubeconfig=guest)
    assert said.code == 1, said.output
    assert said.state("CRD AIWorkload") == "OK"
    assert said.state("Right to list nodes") == "WARN"
    assert said.state("PriceBook default") == "UNKNOWN"
    assert "is not allowed to" not in said.found("kube-state-metrics")
    assert said.state("DCGM's signals") == "OK"


def test_doctor_asks_for_exactly_the_rights_that_the_chart_grants(patient: Patient) -> None:
    """A right that the operator uses and the chart does not grant, or the other way round, is a fault of one of them."""
    rendered = patient.plane.helm(
        "template", "aicost", CHART, "-n", stage.NAMESPACE, "--set", f"credentials.secretNames[0]={stage.SECRET}"
    )
    roles = [each for each in yaml.safe_load_all(rendered) if each and each["kind"] in ("Role", "ClusterRole")]
    granted = {
        (group, resource, name, verb)
        for role in roles
        if "rbac.authorization.k8s.io/aggregate-to-view" not in role["metadata"]["labels"]
        and "rbac.authorization.k8s.io/aggregate-to-edit" not in role["metadata"]["labels"]
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
        for verb in rule["verbs"]
    }
    asked = {
        (of.resource.group, "/".join(filter(None, (of.resource.plural, of.subresource))), of.name, of.verb)
        for of, _ in needed(stage.NAMESPACE, stage.NAMESPACE, [stage.SECRET])
    }
    assert asked == granted
