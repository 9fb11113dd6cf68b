"""Owners that follow each other, at the instant that a real API server tells, also where nobody looked then."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from decimal import Decimal

from aicost.core.window import Instant, instant
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.live.conftest import API, NAMESPACE, PER_SECOND, Live, known_until
from e2e.tests.operator.live.test_seconds import assert_nothing_lost
from e2e.tests.operator.resources import Body, until

CARDS = 2


def written(scene: Live, name: str) -> Instant:
    """When the spec was written last, by the API server's own account of it."""
    shown = scene.resources.kubectl("get", "aicost", name, "-n", NAMESPACE, "-o", "json", "--show-managed-fields")
    fields: list[Body] = json.loads(shown)["metadata"]["managedFields"]
    return max(instant(of["time"]) for of in fields if "f:spec" in of["fieldsV1"] and "subresource" not in of)


def by_unit(operator: OperatorProcess, workload: str) -> dict[str, Decimal]:
    """What the lines of a workload sum to, by the unit that it was of."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in operator.report().json()["rows"]:
        if row["workload"] == workload:
            found[row["unit"]] += Decimal(row["amount"])
    return dict(found)


def test_a_workload_that_moved_while_nobody_looked_splits_at_that_second(
    scene: Live, operator: OperatorProcess
) -> None:
    """The unit before pays to the second in which the spec was written; the operator learns of it on its return."""
    meta = {"name": "others"}
    scene.resources.apply(
        {"apiVersion": API, "kind": "BusinessUnit", "metadata": meta, "spec": {"namespaces": [{"name": NAMESPACE}]}}
    )
    scene.declare("moving")
    bound = scene.run("moving", "moving", CARDS)
    operator.start()
    operator.ready()
    seen = known_until(scene.reaching("moving", bound + 2))
    assert operator.stop() == 0
    until(lambda: time.time() > seen + 3, "some seconds pass unseen")
    scene.resources.patch("aicost", f"{NAMESPACE}/moving", {"businessUnit": "others"})
    moved = written(scene, "moving")
    until(lambda: time.time() > moved + 3, "some more seconds pass unseen")
    operator.start()
    operator.ready()
    scene.reaching("moving", moved + 2)
    paid = by_unit(operator, f"{NAMESPACE}/moving")
    assert paid["team"] == (moved - bound) * CARDS * PER_SECOND
    assert paid["others"] >= 2 * CARDS * PER_SECOND
    assert_nothing_lost(operator)
