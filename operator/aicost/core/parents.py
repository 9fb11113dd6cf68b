"""Who is beneath whom among units, and whose parents lead back to itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from aicost.core.declarations import Unit


def descendants(units: Iterable[Unit]) -> Mapping[str, frozenset[str]]:
    """All units beneath each unit that has any; a unit beneath itself is in its own set."""
    children: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        if unit.parent:
            children[unit.parent].add(unit.name)
    return {name: _reachable(name, children) for name in list(children)}


def _reachable(name: str, children: Mapping[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    ahead = list(children[name])
    while ahead:
        child = ahead.pop()
        if child not in found:
            found.add(child)
            ahead.extend(children.get(child, ()))
    return frozenset(found)


def circle(name: str, units: Iterable[Unit]) -> tuple[str, ...]:
    """The way from a unit over its parents back to it, itself at both ends; empty where it does not lead back."""
    parents = {unit.name: unit.parent for unit in units}
    way: dict[str, None] = {name: None}
    parent = parents.get(name)
    while parent and parent not in way:
        way[parent] = None
        parent = parents.get(parent)
    return (*way, name) if parent == name else ()
