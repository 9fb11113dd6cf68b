"""The four kinds on the real API server, and objects that are gone when their test ends."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from e2e.controlplane.errors import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.controlplane import ControlPlane

PUBLISHED_WITHIN_S = 30
CRDS = Path(__file__).parents[3] / "crds"
NAMESPACE = "aicost-api"


class Kubectl(Protocol):
    """Runs kubectl and returns what it prints."""

    def __call__(self, *args: str | Path, stdin: str | None = None) -> str: ...


class Apply(Protocol):
    """Applies an object, its status too if it has one; it is deleted when the test ends."""

    def __call__(self, manifest: dict[str, Any]) -> None: ...


@pytest.fixture(scope="session")
def kubectl(control_plane: ControlPlane) -> Kubectl:
    """For an administrator of an API server that knows the kinds, in the namespace of these tests."""
    control_plane.kubectl("apply", "-f", CRDS)
    control_plane.kubectl("wait", "--for=condition=Established", "-f", CRDS, "--timeout=30s")
    _wait_until_explained(control_plane)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    control_plane.kubectl("apply", "-f", "-", stdin=json.dumps(namespace))
    return control_plane.kubectl


@pytest.fixture
def apply(kubectl: Kubectl) -> Iterator[Apply]:
    """With strict validation, so that a field that the schema does not know is an error."""
    with ExitStack() as stack:

        def apply_one(manifest: dict[str, Any]) -> None:
            text = json.dumps(manifest)
            kubectl("apply", "--validate=strict", "-f", "-", stdin=text)
            stack.callback(kubectl, "delete", "--ignore-not-found", "-f", "-", stdin=text)
            if "status" in manifest:
                kubectl("replace", "--subresource=status", "--validate=strict", "-f", "-", stdin=text)

        yield apply_one


def _wait_until_explained(control_plane: ControlPlane) -> None:
    """Names and documentation are published moments after a CRD is established, and kubectl keeps what it saw before."""
    deadline = time.monotonic() + PUBLISHED_WITHIN_S
    while True:
        try:
            for short in ("aicost", "bu", "usrc", "pb"):
                control_plane.kubectl("get", short, "--all-namespaces")
                control_plane.kubectl("explain", f"{short}.spec")
        except CommandFailedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
