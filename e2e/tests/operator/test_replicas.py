"""Two replicas: one works, the other waits for the Lease and touches nothing; without a Lease the ledger itself refuses."""

from __future__ import annotations

import httpx

from e2e.demonstration.stage import NAMESPACE
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.conftest import Operators, forget
from e2e.tests.operator.resources import Resources, shown, until

EXPIRES_WITHIN_S = 40


def readiness(operator: OperatorProcess) -> str:
    try:
        return operator.get("readyz").text
    except httpx.HTTPError:
        return ""


def test_a_second_replica_waits_and_takes_over(operators: Operators, resources: Resources) -> None:
    """It says why it is not ready and writes nothing; when the first is killed, it leads as soon as the Lease expires."""
    forget(resources)
    resources.kubectl("delete", "lease", "aicost", "-n", NAMESPACE, "--ignore-not-found")
    first = operators(LEASE="true")
    first.start()
    first.ready()
    second = operators(LEASE="true", LEDGER_URL=first.settings["LEDGER_URL"])
    second.start()
    second.until(lambda: readiness(second) == "waits for the Lease\n", "waiting")
    assert second.get("healthz").is_success
    assert "aicost_leader 0.0" in second.get("metrics").text
    first.kill()
    second.until(lambda: second.get("readyz").is_success, "leading", EXPIRES_WITHIN_S)
    assert "aicost_leader 1.0" in second.get("metrics").text
    holder = resources.kubectl("get", "lease", "aicost", "-n", NAMESPACE, "-o", "jsonpath={.spec.holderIdentity}")
    assert holder.endswith(f"_{second.process.pid}")
    assert second.stop() == 0
    assert resources.kubectl("get", "lease", "aicost", "-n", NAMESPACE, "-o", "jsonpath={.spec.holderIdentity}") == ""


def test_one_ledger_has_one_writer(operators: Operators, resources: Resources) -> None:
    """Whoever opens the ledger of a running operator is refused in words, and the running one goes on."""
    forget(resources)
    first = operators()
    first.start()
    first.ready()
    second = operators(LEDGER_URL=first.settings["LEDGER_URL"])
    second.start()
    code = until(lambda: second.process.exit_code is not None and [second.process.exit_code], "the second ends")
    assert code == [1]
    assert "is in use by another aicost" in second.process.log.read_text()
    assert first.get("readyz").is_success


def test_an_empty_cluster_is_no_fault(operators: Operators, resources: Resources) -> None:
    """No node, no resource, no Prometheus: ready, an empty report and no failure; only the reserved unit is made."""
    forget(resources)
    operator = operators()
    operator.start()
    operator.ready()
    metrics = operator.get("metrics").text
    assert "aicost_evaluation_failures_total 0.0" in metrics
    report = operator.report().json()
    assert (report["rows"], report["proofs"]) == ([], [])
    assert [shown(of) for of in resources.all()] == ["BusinessUnit/unallocated"]
    assert "ERROR" not in operator.process.log.read_text()
