"""What is to be written into an object, apart from the kind of the object: how a patch says it differs by kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Scale:
    """Run so many replicas."""

    replicas: int


@dataclass(frozen=True, slots=True)
class Resize:
    """A container asks for so many of each extended resource; those with None it no longer asks for."""

    container: str
    resources: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class SetVariable:
    """A container's environment variable gets a value: how `spec.model.setBy` says that the model is chosen."""

    container: str
    name: str
    value: str


Change: TypeAlias = Scale | Resize | SetVariable
