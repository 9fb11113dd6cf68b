"""A change of what lies in lists of a custom kind, as the operations of a JSON patch (RFC 6902).

Each begins with tests of what stands at the places that it goes by: where the object has changed since, the whole patch fails
instead of changing something else. Applied twice it is as once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from aicost.core.recommendations.advice import Advice, Answer, Refused
from aicost.core.recommendations.changes import Change, Operation, Resize, Scale, SetVariable
from aicost.core.recommendations.kinds import KindOfObject, kind_of
from aicost.core.recommendations.live import Live
from aicost.core.recommendations.patches import body
from aicost.core.recommendations.shapes import Check, Place, Pointer, Shape

BY_HAND = "by hand, for no patch says it: "
NEXT_RUN = "what runs keeps the pods that it has: apply it before the next run"
SAME_NAME = "the next run has the same name, for of another what it saves is not followed"


def needs_shape(answer: Answer) -> bool:
    """Whether its patch depends on how the object looks."""
    if isinstance(answer, Refused) or answer.change is None:
        return False
    kind = kind_of(answer.target.object_ref)
    return kind.listed and body(kind, answer.change) is None


def placed(answers: Iterable[Answer], namespace: str, live: Live, told: Iterable[Advice] = ()) -> Iterator[Answer]:
    """All answers about objects of a namespace, as the live cluster shows these; `told` is what was told last."""
    before = {each.id: each for each in told}
    for each in answers:
        if isinstance(each, Advice):
            yield located(each, live.shape(namespace, each.target.object_ref), before.get(each.id))
        else:
            yield each


def located(advice: Advice, shape: Shape | None, told: Advice | None = None) -> Advice:
    """With its operations, or with the reason why it has none; before the object was read as it was told last."""
    ref, change = advice.target.object_ref, advice.change
    kind = kind_of(ref)
    if change is None:
        return advice
    if body(kind, change) is not None:
        return replace(advice, requires=(*advice.requires, *_of_the_manifest(kind, change)))
    if needs_shape(advice) and shape is None:
        return _as_told(advice, told)
    found = _operations(advice, shape)
    if isinstance(found, str):
        return replace(advice, requires=(*advice.requires, f"{BY_HAND}{found}"))
    return replace(advice, operations=found, requires=(*advice.requires, *_needs(kind, change)))


def _needs(kind: KindOfObject, change: Change) -> Iterator[str]:
    """What must be true first of the patch itself."""
    yield from _of_the_manifest(kind, change)
    if kind.runs_once:
        yield NEXT_RUN
    if kind.runs_once and isinstance(change, Resize):
        yield SAME_NAME
    if kind.beside and isinstance(change, Resize):
        yield kind.beside


def _of_the_manifest(kind: KindOfObject, change: Change) -> tuple[str, ...]:
    """Whether what is there goes on as it is: how many run, or none, can always be changed.

    What cards save is followed by the name of what holds them, what a model saves by the bill.
    """
    if not kind.fixed or isinstance(change, Scale):
        return ()
    return (kind.fixed, SAME_NAME) if isinstance(change, Resize) else (kind.fixed,)


def _as_told(advice: Advice, told: Advice | None) -> Advice:
    if told is None or (told.id, told.change) != (advice.id, advice.change):
        return advice
    kind = kind_of(advice.target.object_ref)
    added = (
        each
        for each in told.requires
        if each.startswith(BY_HAND) or each in (NEXT_RUN, SAME_NAME, kind.fixed, kind.beside)
    )
    return replace(advice, operations=told.operations, requires=(*advice.requires, *added))


def _operations(advice: Advice, shape: Shape | None) -> tuple[Operation, ...] | str:
    ref = advice.target.object_ref
    against = f"where kind {ref.kind} keeps it is not known" if shape is None else shape.missing
    if against or shape is None:
        return against
    match advice.change:
        case Resize(container, resources):
            return _resized(shape, container, resources)
        case SetVariable(container, name, value):
            return _set(shape, container, name, value)
        case Scale(0) if shape.groups:
            return _stopped(shape)
        case _:
            return f"{ref.kind} {ref.name} has no number of replicas as a whole"


def _resized(shape: Shape, container: str, resources: Sequence[tuple[str, int | None]]) -> tuple[Operation, ...] | str:
    now = {name for name, count in resources if count is None} or {name for name, _ in resources}
    places = [each for each in shape.places if each.container == container and now & each.asked.keys()]
    what = f"container {container} of {shape.ref.kind} {shape.ref.name}"
    if not places:
        return f"no {what} asks for {', '.join(sorted(now))} itself: what adds it is elsewhere"
    if len({tuple(sorted(each.asked.items())) for each in places}) > 1:
        return f"each {what} asks for other numbers"
    found: list[Operation] = []
    for place in places:
        found += _tests(place.checks)
        for part, asked in (("limits", place.limits), ("requests", place.requests)):
            if now & dict(asked).keys():
                found += _asks((*place.at, place.resources, part), resources)
        found += _counted(place, sum(count or 0 for _, count in resources))
    return tuple(found)


def _counted(place: Place, devices: int) -> Iterator[Operation]:
    if place.count:
        yield Operation("add", _path(place.count), str(devices) if place.in_words else devices)


def _asks(at: Pointer, resources: Sequence[tuple[str, int | None]]) -> Iterator[Operation]:
    for name, count in resources:
        if count is None:
            yield from _removed((*at, name), 0)
        else:
            yield Operation("add", _path((*at, name)), count)


def _removed(at: Pointer, anything: str | int) -> Iterator[Operation]:
    """It is set first: to remove what is not there would fail."""
    yield Operation("add", _path(at), anything)
    yield Operation("remove", _path(at))


def _set(shape: Shape, container: str, name: str, value: str) -> tuple[Operation, ...] | str:
    places = [each for each in shape.places if each.container == container and name in dict(each.variables)]
    if not places:
        return f"no container {container} of {shape.ref.kind} {shape.ref.name} sets variable {name} itself"
    found: list[Operation] = []
    for place in places:
        at = (*place.at, "env", dict(place.variables)[name])
        found += _tests((*place.checks, ((*at, "name"), name)))
        if name in place.referring:
            found += _removed((*at, "valueFrom"), "")
        found.append(Operation("add", _path((*at, "value")), value))
    return tuple(found)


def _stopped(shape: Shape) -> tuple[Operation, ...] | str:
    """All groups of pods that ask for devices; a pod in no group would go on."""
    grouped = tuple(group.at for group in shape.groups)
    asking = [place.at for place in shape.places if place.asked]
    if any(not any(at[: len(group)] == group for group in grouped) for at in asking):
        return f"not all pods of {shape.ref.kind} {shape.ref.name} that ask for GPUs have a number"
    found: list[Operation] = []
    for group in shape.groups:
        if any(at[: len(group.at)] == group.at for at in asking):
            found += _tests(group.checks)
            found += (Operation("add", _path((*group.at, name)), 0) for name in group.numbers)
    return tuple(found) or f"no group of pods of {shape.ref.kind} {shape.ref.name} asks for GPUs itself"


def _tests(checks: Sequence[Check]) -> Iterator[Operation]:
    return (Operation("test", _path(at), name) for at, name in checks)


def _path(at: Pointer) -> str:
    """RFC 6901."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in at)
