"""What is to be written into an object, apart from the kind of the object: how a patch says it differs by kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Scale:
    """Run so many replicas."""

    replicas: int

    def __post_init__(self) -> None:
        if self.replicas < 0:
            raise ValueError(f"nobody can run {self.replicas} replicas")


@dataclass(frozen=True, slots=True)
class Resize:
    """A container asks for so many of each extended resource; those with None it no longer asks for."""

    container: str
    resources: tuple[tuple[str, int | None], ...]

    def __post_init__(self) -> None:
        names = [name for name, _ in self.resources]
        if not names or names != sorted(set(names)):
            raise ValueError(f"name each resource of {self.container} once, in order: {names}")
        if any(count is not None and count < 1 for _, count in self.resources):
            raise ValueError(f"{self.container} asks for none of a resource by None")


@dataclass(frozen=True, slots=True)
class SetVariable:
    """A container's environment variable gets a value: how `spec.model.setBy` says that the model is chosen."""

    container: str
    name: str
    value: str


Change: TypeAlias = Scale | Resize | SetVariable


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a JSON patch (RFC 6902); `path` is a pointer (RFC 6901), `value` None of what is removed."""

    op: Literal["test", "add", "remove"]
    path: str
    value: str | int | None = None

    def __post_init__(self) -> None:
        if (self.value is None) != (self.op == "remove"):
            raise ValueError(f"{self.op} of {self.path} has a value, or none, against its nature")
