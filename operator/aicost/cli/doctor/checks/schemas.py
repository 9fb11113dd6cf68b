"""Compares the schema that the API server publishes with the one that this version's models make. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aicost.api.crd import KINDS, schema
from aicost.cli.doctor.findings import Finding, missing, ok, warn

_APPLY = "Apply this version's CRDs: kubectl apply -f crds/, or helm upgrade with crds.enabled."
_SHOWN = 3


def crds(published: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """One finding for each kind."""
    for kind in KINDS:
        yield _crd(kind.definition.kind, schema(kind), published.get(kind.definition.kind))


def _crd(kind: str, ours: Mapping[str, Any], theirs: Mapping[str, Any] | None) -> Finding:
    check = f"CRD {kind}"
    if theirs is None:
        return missing(check, "the API server does not know the kind", _APPLY)
    wanted, found = set(fields(ours)), set(fields(theirs))
    if lacking := wanted - found:
        return warn(check, f"older than this aicost: it drops {_few(lacking)}", _APPLY)
    if found - wanted:
        return warn(check, f"newer than this aicost: it also has {_few(found - wanted)}", "Use the matching aicost.")
    if any(ours["properties"].get(part) != theirs["properties"].get(part) for part in ("spec", "status")):
        return warn(check, "has the same fields, but other limits or rules than this aicost", _APPLY)
    return ok(check, "of this version")


def fields(of: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The paths of all fields in spec and status: `spec.usage[].source`."""
    for name, inner in of.get("properties", {}).items():
        if path or name in ("spec", "status"):
            where = f"{path}.{name}" if path else name
            yield where
            yield from fields(inner, where)
    if items := of.get("items"):
        yield from fields(items, f"{path}[]")


def _few(paths: set[str]) -> str:
    """The outermost few, without what lies below them."""
    outer = sorted(path for path in paths if not any(path.startswith((f"{up}.", f"{up}[")) for up in paths))
    more = f" and {len(outer) - _SHOWN} more" if len(outer) > _SHOWN else ""
    return ", ".join(outer[:_SHOWN]) + more
