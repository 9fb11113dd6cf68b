"""Pods of an object as a template says them: what all kinds are read by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from aicost.core.recommendations.shapes import Check, Pointer

Json: TypeAlias = Mapping[str, Any]
Numbers: TypeAlias = tuple[int, int | None]
"""At least and at most; None: as many as it takes, or nobody knows."""
UNKNOWN: Numbers = (0, None)


@dataclass(frozen=True, slots=True)
class Template:
    """Pods of an object: `spec` lies at `at`, behind `checks`; `numbers` of them run, each with `labels`.

    `group` is what has fields for their number beside other groups; empty where the whole object has it. `only` is the
    one container that stands there in place of a pod's spec, `selector` what the pod says of its nodes then. `count` is what
    says, as text or as a number, how many GPUs the container at place `counted` has; empty where nothing does. `resources` is
    where a container that stands alone has its limits and requests.
    """

    at: Pointer
    spec: Json
    labels: Json
    numbers: Numbers
    checks: tuple[Check, ...] = ()
    group: Pointer = ()
    only: str = ""
    selector: Json | None = None
    count: Pointer = ()
    counted: int = 0
    in_words: bool = True
    resources: str = "resources"

    @property
    def pod(self) -> Json:
        """The pod's spec, as far as it is written."""
        if not self.only:
            return self.spec
        container = {**self.spec, "resources": self.spec.get(self.resources)}
        return {"containers": [container], "nodeSelector": self.selector}


def at(of: Any, path: Pointer) -> Any:
    """What lies there; None where nothing does."""
    for step in path:
        if of is None:
            return None
        of = of[step] if isinstance(step, int) else of.get(step)
    return of


def number(of: Json, path: Pointer, otherwise: int = 1) -> int:
    """What lies there, as a whole number."""
    found = at(of, path)
    return otherwise if found is None else int(found)


def templated(
    of: Json, template: Pointer, numbers: Numbers, checks: tuple[Check, ...] = (), group: Pointer = ()
) -> Iterator[Template]:
    """A pod template, which has metadata and a spec; nothing where there is none."""
    if (found := at(of, template)) is not None and found.get("spec") is not None:
        yield Template(
            (*template, "spec"), found["spec"], at(found, ("metadata", "labels")) or {}, numbers, checks, group
        )


def one(template: Pointer, count: Pointer = (), *, needed: bool = True) -> Callable[[Json], Iterator[Template]]:
    """A kind with one pod template, and a number that is 1 where nothing says."""

    def found(of: Json) -> Iterator[Template]:
        if needed and at(of, (*template, "spec")) is None:
            raise KeyError("spec")
        count_of = number(of, count) if count else 1
        yield from templated(of, template, (count_of, count_of))

    return found
