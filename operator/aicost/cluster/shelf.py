"""Objects of one kind by namespace and name, of which the newest version wins, in whatever order versions arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Body: TypeAlias = Mapping[str, Any]
Key: TypeAlias = tuple[str, str]


class Shelf:
    """Methods tell whether a declaration came, changed (its generation did) or went.

    Versions are compared as the numbers that they are (Kubernetes guarantees it since 1.35, etcd always did).
    """

    def __init__(self) -> None:
        self._bodies: dict[Key, Body] = {}
        self._gone: dict[str, int] = {}

    def put(self, body: Body) -> bool:
        """An object that is there."""
        key, before = _key(body), self._bodies.get(_key(body))
        if _version(body) <= self._gone.get(_uid(body), -1) or (before and _version(body) < _version(before)):
            return False
        self._bodies[key] = body
        return before is None or _declared(before) != _declared(body)

    def drop(self, body: Body) -> bool:
        """An object that was deleted; another one of the same name stays."""
        key, before = _key(body), self._bodies.get(_key(body))
        self._gone[_uid(body)] = _version(body)
        if before is None or _uid(before) != _uid(body):
            return False
        del self._bodies[key]
        return True

    def replace(self, bodies: Sequence[Body], version: str) -> bool:
        """All objects at a version. Those seen later than it stay; those known to be deleted later stay away."""
        at = int(version)
        listed = {_uid(body) for body in bodies}
        lost = [body for body in self._bodies.values() if _uid(body) not in listed and _version(body) <= at]
        for body in lost:
            del self._bodies[_key(body)]
        news = [self.put(body) for body in bodies]
        self._gone = {uid: gone for uid, gone in self._gone.items() if gone > at}
        return bool(lost) or any(news)

    def get(self, namespace: str, name: str) -> Body | None:
        """The object of that name."""
        return self._bodies.get((namespace, name))

    def bodies(self) -> tuple[Body, ...]:
        """All, by namespace and name."""
        return tuple(self._bodies[key] for key in sorted(self._bodies))


def _key(body: Body) -> Key:
    return body["metadata"].get("namespace", ""), body["metadata"]["name"]


def _uid(body: Body) -> str:
    return str(body["metadata"]["uid"])


def _version(body: Body) -> int:
    return int(body["metadata"]["resourceVersion"])


def _declared(body: Body) -> tuple[str, Any]:
    return _uid(body), body["metadata"].get("generation")
