"""What must be declared, what cannot be read, and who has no owner."""

from __future__ import annotations

from dataclasses import replace

from aicost.api.declared import Invalid, Translated
from aicost.cli.doctor.checks.resources import resources
from aicost.cli.doctor.facts import Declared, Unknown
from aicost.cli.doctor.findings import Finding, State
from tests.cli.doctor.literal import DECLARED, NAMES, declared
from tests.support.builders import a_unit, a_workload


def found(of: Declared) -> dict[str, Finding]:
    return {finding.check: finding for finding in resources(of)}


def test_the_reserved_names_must_be_there() -> None:
    """Another PriceBook or unit does not count; the unit is the operator's to create, so that it is only a warning."""
    others = {**NAMES, "PriceBook": frozenset({"other"}), "BusinessUnit": frozenset({"care"})}
    of = found(declared(names=others))
    assert of["PriceBook default"].state is State.MISSING
    assert of["BusinessUnit unallocated"].state is State.WARN


def test_a_kind_that_could_not_be_listed_is_not_called_missing() -> None:
    """It could not be told."""
    of = found(declared(names={}, unknown=dict.fromkeys(NAMES, Unknown("forbidden"))))
    assert {finding.state for finding in of.values()} == {State.UNKNOWN}


def test_a_resource_that_cannot_be_read_is_named() -> None:
    """With its namespace and what is wrong."""
    broken = Invalid("AIWorkload", "support", "chat", 1, "spec.pods: too many")
    finding = found(declared(translated=Translated(DECLARED, (broken,))))["AIWorkload support/chat"]
    assert finding.state is State.MISSING
    assert "spec.pods: too many" in finding.found


def test_namespaces_that_no_unit_lists_are_named() -> None:
    """Each once, a few of many, however many workloads are there."""
    names = [f"team-{number}" for number in range(7)]
    strays = tuple(a_workload(name, namespace) for namespace in names for name in ("a", "b"))
    finding = found(declared(replace(DECLARED, workloads=strays, units=(a_unit("care", "support"),))))
    expected = "no BusinessUnit lists team-0, team-1, team-2, team-3, team-4 and 2 more, where AIWorkloads are"
    assert finding["Owners of namespaces"].found == expected
    assert finding["Owners of namespaces"].state is State.WARN
