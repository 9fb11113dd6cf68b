"""How an object of a custom kind looks as far as a patch must know it: where its containers are, and what they ask for.

A merge patch replaces lists whole, so that what lies in a list is changed by a JSON patch (RFC 6902), which names it by its
place. No value of a variable is here: it may be a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.identity import ObjectRef

Pointer: TypeAlias = tuple[str | int, ...]
"""The way to a value: names and places in lists."""
Check: TypeAlias = tuple[Pointer, str]
"""What stands at a place, so that a patch fails where the object has changed since."""
Devices: TypeAlias = tuple[tuple[str, int], ...]
Sought: TypeAlias = frozenset[tuple[str, ObjectRef]]
"""Objects by namespace, of which a shape is asked for."""
NOTHING_SOUGHT: Sought = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """A container at `at`; `limits` and `requests` are the devices in these, `variables` the places of its variables."""

    container: str
    at: Pointer
    checks: tuple[Check, ...] = ()
    limits: Devices = ()
    requests: Devices = ()
    variables: tuple[tuple[str, int], ...] = ()
    count: Pointer = ()
    """What says beside it how many devices it has; empty where nothing does."""
    in_words: bool = True
    """Whether it says so as text, not as a number."""
    referring: frozenset[str] = frozenset()
    """Variables that take their value from elsewhere."""
    resources: str = "resources"
    """Where `limits` and `requests` are."""

    @property
    def asked(self) -> dict[str, int]:
        """Its devices by name."""
        return {**dict(self.requests), **dict(self.limits)}


@dataclass(frozen=True, slots=True)
class Group:
    """Pods at `at` that have a number of their own, in each of the fields `numbers`."""

    at: Pointer
    checks: tuple[Check, ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """An object as it was read. `missing` says why nothing is known of it; empty where it was read."""

    namespace: str
    ref: ObjectRef
    places: tuple[Place, ...] = ()
    groups: tuple[Group, ...] = ()
    missing: str = ""
