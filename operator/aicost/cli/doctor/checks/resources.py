"""The resources that must exist, those that cannot be read, and workloads whose namespace no unit lists. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from aicost.cli.doctor.checks.unknown import untold
from aicost.cli.doctor.facts import Declared
from aicost.cli.doctor.findings import Finding, missing, ok, warn
from aicost.core.identity import UNALLOCATED

_BOOK = "default"
_RESERVED = (
    (
        "PriceBook",
        _BOOK,
        missing,
        "Create the PriceBook `default`: nothing has a price without it (examples/price-book.yaml).",
    ),
    (
        "BusinessUnit",
        UNALLOCATED,
        warn,
        "See that the operator runs and may create businessunits: it makes the one that shows what nobody owns.",
    ),
)
_SHOWN = 5


def resources(declared: Declared) -> Iterator[Finding]:
    """PriceBook and reserved unit, then what is wrong with the others."""
    for kind, name, verdict, remedy in _RESERVED:
        yield _reserved(declared, kind, name, verdict, remedy)
    yield from _invalid(declared)
    yield from owners(declared)


def _reserved(
    declared: Declared, kind: str, name: str, verdict: Callable[[str, str, str], Finding], remedy: str
) -> Finding:
    check = f"{kind} {name}"
    if kind in declared.unknown:
        return untold(check, declared.unknown[kind])
    if name not in declared.names.get(kind, ()):
        return verdict(check, "is not there", remedy)
    return ok(check, "is there")


def _invalid(declared: Declared) -> Iterator[Finding]:
    for resource in declared.translated.invalid:
        name = f"{resource.namespace}/{resource.name}" if resource.namespace else resource.name
        found = f"cannot be used as it stands: {resource.message}"
        yield missing(f"{resource.kind} {name}", found, "Correct it: it was accepted under an older schema.")


def owners(declared: Declared) -> Iterator[Finding]:
    """Namespaces with workloads that no unit lists: their claims are refused."""
    for kind in ("AIWorkload", "BusinessUnit"):
        if kind in declared.unknown:
            yield untold("Owners of namespaces", declared.unknown[kind])
            return
    of = declared.translated.declared
    listed = frozenset(namespace for unit in of.units for namespace in unit.namespaces)
    used = {workload.ref.namespace for workload in of.workloads}
    strays = sorted(used - listed)
    if strays:
        shown = ", ".join(strays[:_SHOWN]) + (f" and {len(strays) - _SHOWN} more" if len(strays) > _SHOWN else "")
        remedy = (
            "Add them to `namespaces` of the BusinessUnits that pay for them; until then their cost stays unclaimed."
        )
        yield warn("Owners of namespaces", f"no BusinessUnit lists {shown}, where AIWorkloads are", remedy)
    else:
        yield ok("Owners of namespaces", f"{len(used)} with AIWorkloads, all listed by a BusinessUnit")
