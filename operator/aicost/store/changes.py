"""What was declared, from when: a row for each change, added and never altered.

Rows of versions that did not keep how sources divide, or whose training a workload uses up, lack that, as if there were
nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from aicost.core.changes import Change, Claimant, Kind, Name
from aicost.core.declarations import Grant, Meter, PodClaim, Series, Source, TransferPrice, Unit, UsageClaim, Workload
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.window import Instant
from aicost.store.encoding import Values, canonical
from aicost.store.schema import declaration


def put(connection: Connection, changes: Iterable[Change]) -> None:
    """Store them; each is later than all changes of its resource before it."""
    if rows := [_values(change) for change in changes]:
        connection.execute(insert(declaration), rows)


def all_changes(connection: Connection) -> tuple[Change, ...]:
    """All of them, in the order of time."""
    order = declaration.c.since, declaration.c.kind, declaration.c.namespace, declaration.c.name
    return tuple(map(_read, connection.execute(select(declaration).order_by(*order)).mappings()))


def _values(change: Change) -> Values:
    return {
        "since": change.since,
        "kind": change.name.kind.value,
        "namespace": change.name.namespace,
        "name": change.name.name,
        "declared": None if change.claimant is None else canonical(_told(change.claimant)),
    }


def _told(of: Claimant) -> dict[str, Any]:
    """What the declaration says, by name; sets sorted, so that equal declarations have equal text."""
    if isinstance(of, Workload):
        pods = of.pods
        return {
            "unit": of.unit,
            "claimed_at": of.claimed_at,
            "selector": sorted(pods.selector) if pods and pods.selector else None,
            "target": [pods.target.group, pods.target.kind, pods.target.name] if pods and pods.target else None,
            "usage": [[claim.source, sorted(claim.match), claim.since] for claim in of.usage],
            "trained_by": [of.trained_by.namespace, of.trained_by.name] if of.trained_by else None,
        }
    if isinstance(of, Unit):
        listed = sorted(of.namespaces), sorted(of.default_for), sorted(of.reserved)
        return dict(zip(("namespaces", "default_for", "reserved"), listed, strict=True))
    return {
        "grants": [[grant.dimension, grant.value, sorted(grant.namespaces)] for grant in of.grants],
        "refines": sorted(of.refines),
        "created": of.created,
        "meter": _metered(of.meter) if of.meter else None,
        "series": _read_as(of.series) if of.series else None,
    }


def _metered(of: Meter) -> dict[str, Any]:
    return {
        "server": [of.server.namespace, of.server.name],
        "price": [of.price.input_nanos, of.price.output_nanos] if of.price else None,
    }


def _read_as(of: Series) -> dict[str, Any]:
    return {"preset": of.preset, "matchers": sorted(of.matchers), "labels": sorted(of.labels)}


def _read(row: RowMapping) -> Change:
    name = Name(Kind(row["kind"]), row["namespace"], row["name"])
    declared = row["declared"]
    return Change(Instant(row["since"]), name, None if declared is None else _claimant(name, json.loads(declared)))


def _claimant(name: Name, told: dict[str, Any]) -> Claimant:
    match name.kind:
        case Kind.WORKLOAD:
            usage = tuple(_usage(*claimed) for claimed in told["usage"])
            ref, claimed_at = WorkloadRef(name.namespace, name.name), Instant(told["claimed_at"])
            pods, trained_by = _pods(told["selector"], told["target"]), told.get("trained_by")
            of = Workload(ref, told["unit"], claimed_at, pods, usage)
            return replace(of, trained_by=WorkloadRef(*trained_by)) if trained_by else of
        case Kind.UNIT:
            namespaces, default_for = frozenset(told["namespaces"]), frozenset(told["default_for"])
            return Unit(name.name, namespaces=namespaces, default_for=default_for, reserved=_pairs(told["reserved"]))
        case Kind.SOURCE:
            grants = tuple(Grant(dimension, value, frozenset(to)) for dimension, value, to in told["grants"])
            refines, created = _pairs(told.get("refines", ())), Instant(told.get("created", 0))
            meter = _meter(told["meter"]) if told.get("meter") else None
            series = _series(told["series"]) if told.get("series") else None
            return Source(name.name, "", "", grants, refines=refines, created=created, meter=meter, series=series)


def _usage(source: str, match: list[list[str]], since: int | None = None) -> UsageClaim:
    """A claim; versions before this one did not say since when each was."""
    return UsageClaim(source, _pairs(match), None if since is None else Instant(since))


def _meter(told: dict[str, Any]) -> Meter:
    return Meter(WorkloadRef(*told["server"]), TransferPrice(*told["price"]) if told["price"] else None)


def _series(told: dict[str, Any]) -> Series:
    return Series(told["preset"], _pairs(told["matchers"]), _pairs(told["labels"]))


def _pods(selector: list[list[str]] | None, target: list[str] | None) -> PodClaim | None:
    if selector is None and target is None:
        return None
    return PodClaim(_pairs(selector) if selector else None, ObjectRef(*target) if target else None)


def _pairs(of: Iterable[Iterable[str]]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in of)
