"""The chart, rendered and installed. Modules that install it have a control plane of their own: CRDs belong to one release."""

from __future__ import annotations

import json
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
import yaml

from e2e.controlplane import CommandFailedError, ControlPlane, Tools

ROOT = Path(__file__).parents[3]
CHART = ROOT / "charts" / "aicost"
NAMESPACE = "aicost"
NODE = "chart"
SECRET = "openai-admin"

Manifest = dict[str, Any]


class Render(Protocol):
    """What `helm template` makes of the chart with these values, by kind and name; CRDs only if asked for."""

    def __call__(self, **values: object) -> dict[tuple[str, str], Manifest]: ...


@dataclass(frozen=True)
class Helm:
    """Helm without a cluster."""

    program: Path

    def run(self, *args: str | Path, values: object = None) -> str:
        """What it prints; raises CommandFailedError."""
        command = [self.program, *args, "--values", "-"] if values is not None else [self.program, *args]
        done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)
        if done.returncode:
            raise CommandFailedError(command, done.returncode, done.stdout, done.stderr)
        return done.stdout


@pytest.fixture(scope="session")
def helm(tools: Tools) -> Helm:
    """The pinned Helm."""
    return Helm(tools.require("helm"))


@pytest.fixture(scope="session")
def render(helm: Helm) -> Render:
    """As release `aicost` in the namespace `aicost`."""

    def rendered(**values: object) -> dict[tuple[str, str], Manifest]:
        wanted = {"crds": {"enabled": False}, **values}
        output = helm.run("template", "aicost", CHART, "--namespace", NAMESPACE, values=wanted)
        manifests: list[Manifest] = [m for m in yaml.safe_load_all(output) if m]
        return {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in manifests}

    return rendered


@pytest.fixture(scope="module")
def plane(tools: Tools) -> Iterator[ControlPlane]:
    """A control plane with one GPU node, and a namespace that admits only what the strictest Pod Security standard allows."""
    with ControlPlane(tools) as running:
        capacity = {"cpu": "8", "memory": "32Gi", "pods": "110", "nvidia.com/gpu": "8"}
        apply(
            running,
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}, "status": {"capacity": capacity}},
            a_namespace(NAMESPACE, **{"pod-security.kubernetes.io/enforce": "restricted"}),
        )
        yield running


def a_namespace(name: str, **labels: str) -> Manifest:
    """As kubectl takes it."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def apply(plane: ControlPlane, *manifests: Manifest) -> None:
    """As the administrator."""
    plane.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)}))


def get(plane: ControlPlane, *args: str) -> Manifest:
    """What `kubectl get ARGS` finds."""
    found: Manifest = json.loads(plane.kubectl("get", *args, "-o", "json"))
    return found


def install(plane: ControlPlane, **values: object) -> None:
    """Install or upgrade the release `aicost`, and wait until everything of it is ready."""
    flags = ("--namespace", NAMESPACE, "--wait", "--timeout", "90s", "--values", "-")
    plane.helm("upgrade", "--install", "aicost", CHART, *flags, stdin=json.dumps(values))


@dataclass(frozen=True)
class Release:
    """The release `aicost`, whose operator may read `SECRET` in the namespace `credentials`, and its ServiceAccount."""

    plane: ControlPlane
    kubeconfig: Path
    credentials: str

    def send(self, method: str, path: str, body: object = None) -> httpx.Response:
        """One request as the operator's ServiceAccount, exactly this one: kubectl would read before it writes."""
        token = json.loads(self.kubeconfig.read_text())["users"][0]["user"]["token"]
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        return httpx.request(
            method,
            f"{self.plane.server}{path}",
            content=None if body is None else json.dumps(body),
            headers={"Authorization": f"Bearer {token}", "Content-Type": kind},
            verify=ssl.create_default_context(cafile=str(self.plane.certificate_authority)),
            trust_env=False,
        )


@pytest.fixture(scope="module")
def release(plane: ControlPlane) -> Release:
    """Installed with credentials in a namespace of their own."""
    apply(plane, a_namespace("vault"))
    install(plane, persistence={"enabled": False}, credentials={"namespace": "vault", "secretNames": [SECRET]})
    return Release(plane, plane.service_account_kubeconfig(NAMESPACE, "aicost"), "vault")
