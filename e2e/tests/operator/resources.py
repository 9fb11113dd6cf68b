"""aicost's resources as an administrator sees and declares them on the real API server, with patience."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

import pytest

from e2e.controlplane import ControlPlane

T = TypeVar("T")
Body: TypeAlias = dict[str, Any]
KINDS = ("aiworkloads", "businessunits", "usagesources", "pricebooks")


def until(holds: Callable[[], T], what: str, seconds: float = 30) -> T:
    """The first truthy answer; fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := holds():
            return answer
        time.sleep(0.1)
    pytest.fail(f"not within {seconds:.0f} s: {what}")


@dataclass(frozen=True, slots=True)
class Resources:
    """Objects are named as kubectl names them: `aicost`, `search/notebook` for namespaced ones, else `bu`, `search`."""

    control_plane: ControlPlane

    def get(self, kind: str, name: str) -> Body:
        found: Body = json.loads(self.kubectl("get", kind, *_placed(name), "-o", "json"))
        return found

    def status(self, kind: str, name: str) -> Body:
        """Its status; empty where it has none."""
        status: Body = self.get(kind, name).get("status", {})
        return status

    def all(self) -> list[Body]:
        """Every object of the four kinds."""
        items: list[Body] = json.loads(self.kubectl("get", ",".join(KINDS), "-A", "-o", "json"))["items"]
        return items

    def versions(self) -> dict[str, str]:
        """The resource version of each object: moves with any write."""
        return {shown(of): of["metadata"]["resourceVersion"] for of in self.all()}

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})
        self.kubectl("apply", "-f", "-", stdin=text)

    def patch(self, kind: str, name: str, spec: Mapping[str, Any]) -> int:
        """Merge into the spec; the generation that this makes."""
        text = json.dumps({"spec": spec})
        changed = self.kubectl("patch", kind, *_placed(name), "--type=merge", "-p", text, "-o", "json")
        return int(json.loads(changed)["metadata"]["generation"])

    def delete(self, kind: str, name: str) -> None:
        self.kubectl("delete", kind, *_placed(name), "--ignore-not-found")

    def kubectl(self, *args: str, stdin: str | None = None) -> str:
        return self.control_plane.kubectl(*args, stdin=stdin)

    def answered(self, kind: str, name: str, generation: int) -> Body:
        """The status, once it is about this generation of the spec."""
        return until(
            lambda: (status := self.status(kind, name)).get("observedGeneration") == generation and status,
            f"{kind} {name} observes generation {generation}",
        ) or {}  # fmt: skip


def shown(body: Body) -> str:
    """Kind, namespace and name."""
    meta = body["metadata"]
    return "/".join([body["kind"], *filter(None, [meta.get("namespace"), meta["name"]])])


def condition(status: Body, kind: str) -> Body:
    """The condition of a type; empty where there is none."""
    return next((each for each in status.get("conditions", ()) if each["type"] == kind), {})


def charged(status: Body) -> Decimal:
    """What an AIWorkload is charged."""
    return Decimal(status["cost"]["charged"])


def _placed(name: str) -> list[str]:
    namespace, _, own = name.rpartition("/")
    return [own, "-n", namespace] if namespace else [own]
