"""How objects look that advice would change, where a patch depends on it: each is read by name, now and then.

Read are only objects of which there is advice, and kept of them only names and numbers: what variables hold may be secret.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from aicost.cluster.connection import Connection
from aicost.cluster.failures import NotFoundError
from aicost.cluster.pod_templates import Template
from aicost.cluster.quantities import devices
from aicost.cluster.requests import Request, Resource
from aicost.cluster.templates import templates
from aicost.core.identity import ObjectRef
from aicost.core.recommendations.kinds import KINDS
from aicost.core.recommendations.shapes import NOTHING_SOUGHT, Devices, Group, Place, Shape, Sought
from aicost.ports import Forbidden, Malformed, Unavailable

logger = logging.getLogger(__name__)
_NUMBERS = ("replicas", "minReplicas")


class Shapes:
    """Reads what is `sought` every `every` seconds while `run` runs, and what is sought anew at once."""

    def __init__(self, connection: Connection, *, every: float = 300) -> None:
        self._connection = connection
        self._every = every
        self._sought = NOTHING_SOUGHT
        self._found: dict[tuple[str, ObjectRef], Shape] = {}
        self._new = asyncio.Event()

    def seek(self, sought: Sought) -> tuple[Shape, ...]:
        """What is known by now of these objects, which are read from now on, and of no others."""
        if sought - self._sought:
            self._new.set()
        self._sought = sought
        self._found = {key: shape for key, shape in self._found.items() if key in sought}
        return tuple(self._found[key] for key in sorted(self._found))

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            self._new.clear()
            for namespace, ref in sorted(self._sought):
                await self._look(namespace, ref)
            try:
                await asyncio.wait_for(self._new.wait(), self._every)
            except TimeoutError:
                continue

    async def _look(self, namespace: str, ref: ObjectRef) -> None:
        """What was read stands while it cannot be read again."""
        try:
            self._found[namespace, ref] = await self._read(namespace, ref)
        except (Unavailable, Malformed) as problem:
            logger.warning("%s %s in namespace %s was not read: %s", ref.kind, ref.name, namespace, problem)

    async def _read(self, namespace: str, ref: ObjectRef) -> Shape:
        """In the newest version that the cluster serves."""
        resources = _resources(ref.group, ref.kind)
        for resource in resources:
            request = Request("get", resource, namespace, ref.name)
            try:
                return shape(namespace, ref, await self._connection.send(request))
            except NotFoundError:
                continue
            except Forbidden:
                return Shape(namespace, ref, missing=f"the operator may not read it: its role needs {request.grant}")
        roots = " or ".join(resource.root for resource in resources)
        return Shape(namespace, ref, missing=f"there is no {ref.kind} {ref.name} as {roots}")


def _resources(group: str, kind: str) -> tuple[Resource, ...]:
    """By version; of these kinds each plural is the kind with an s."""
    of = KINDS[group, kind]
    return tuple(Resource(group, version, f"{kind.lower()}s") for version in of.versions or (of.version,))


LISTED = frozenset(_resources(*name)[0] for name, kind in KINDS.items() if kind.listed)
"""What may be sought."""


def shape(namespace: str, ref: ObjectRef, item: Mapping[str, Any]) -> Shape:
    """An object as JSON. Raises Malformed."""
    try:
        found = templates(item) or ()
        groups = (Group(each.group, each.checks, _NUMBERS) for each in found if each.group)
        return Shape(namespace, ref, tuple(place for each in found for place in _places(each)), tuple(groups))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Malformed(f"{ref.kind} {ref.name} cannot be read: {error!r}") from error


def _places(of: Template) -> Iterator[Place]:
    if of.only:
        yield _place(of.spec, of.only, of, ())
        return
    for place, container in enumerate(of.spec.get("containers") or ()):
        yield _place(container, container["name"], of, ("containers", place))


def _place(container: Mapping[str, Any], name: str, of: Template, below: tuple[str | int, ...]) -> Place:
    at = (*of.at, *below)
    resources = container.get(of.resources) or {}
    variables = container.get("env") or ()
    return Place(
        name,
        at,
        (*of.checks, *([((*at, "name"), name)] if below else [])),
        _devices(resources.get("limits")),
        _devices(resources.get("requests")),
        tuple((each["name"], index) for index, each in enumerate(variables)),
        of.count if below[-1:] in ((), (of.counted,)) else (),
        of.in_words,
        frozenset(each["name"] for each in variables if "valueFrom" in each),
        of.resources,
    )


def _devices(quantities: Mapping[str, Any] | None) -> Devices:
    return tuple(sorted(devices(quantities).items()))
