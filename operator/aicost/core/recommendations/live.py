"""What advice needs to know of the live cluster: which container asks for devices, and who sets the number of replicas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicost.core.identity import ObjectRef
from aicost.core.recommendations.shapes import Shape


@dataclass(frozen=True, slots=True, order=True)
class Asking:
    """A container of a live pod, and the extended resources that it asks for; `owners` are the pod's, nearest first."""

    namespace: str
    pod: str
    container: str
    devices: tuple[tuple[str, int], ...]
    owners: tuple[ObjectRef, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Scaler:
    """Who sets an object's replicas, from `least` to `most`: `by` is in words, as `HorizontalPodAutoscaler chat`."""

    namespace: str
    target: ObjectRef
    least: int
    most: int
    by: str


@dataclass(frozen=True, slots=True)
class Live:
    """The live cluster. `scalers` is None while nobody could list them: then anything may be scaled.

    `shapes` are of objects that were asked for, as far as they were read by now.
    """

    asking: tuple[Asking, ...] = ()
    scalers: tuple[Scaler, ...] | None = None
    shapes: tuple[Shape, ...] = ()

    def containers(self, namespace: str, owner: ObjectRef) -> tuple[str, ...]:
        """The containers that ask for devices in pods of an owner at any height, by name."""
        mine = (each for each in self.asking if each.namespace == namespace and owner in each.owners)
        return tuple(sorted({each.container for each in mine}))

    def shape(self, namespace: str, ref: ObjectRef) -> Shape | None:
        """How an object looks; None while nobody read it."""
        return next((each for each in self.shapes if (each.namespace, each.ref) == (namespace, ref)), None)

    def scaler(self, namespace: str, owners: Sequence[ObjectRef]) -> Scaler | None:
        """Who scales one of these objects, if anybody does that is known."""
        mine = (each for each in self.scalers or () if each.namespace == namespace and each.target in owners)
        return next(mine, None)


NOTHING_LIVE = Live()
