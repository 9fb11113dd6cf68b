"""The way to the operator's API: a given URL, or a port-forward by kubectl, which brings the user's own access."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from aicost.ports import Forbidden, Unavailable

PORT = 8081
LABEL = "app.kubernetes.io/name=aicost"
_PATIENCE = ("--pod-running-timeout", "10s")
_FORWARDING = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the operator is: its namespace, and what else the user said; empty is for kubectl and the label to tell."""

    namespace: str
    deployment: str = ""
    context: str = ""
    kubeconfig: str = ""

    def options(self) -> list[str]:
        """As kubectl takes it."""
        given = {"-n": self.namespace, "--context": self.context, "--kubeconfig": self.kubeconfig}
        return [word for name, value in given.items() if value for word in (name, value)]


@contextmanager
def operator_url(server: str, place: Place) -> Iterator[str]:
    """The base URL while inside. Raises Unavailable or Forbidden, with kubectl's own words."""
    if server:
        yield server.rstrip("/")
        return
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise Forbidden("kubectl is not on PATH: install it, or give --server URL")
    target = f"deployment.apps/{place.deployment}" if place.deployment else _found(kubectl, place)
    command = [kubectl, "port-forward", target, f":{PORT}", "--address", "127.0.0.1", *_PATIENCE, *place.options()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 # kubectl, with arguments of our own
        try:
            yield f"http://127.0.0.1:{_port(process, target, place)}"
        finally:
            process.terminate()


def whoami(place: Place) -> str:
    """The name of the kubeconfig's current user, as it stands there; empty where kubectl or the kubeconfig tells none."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return ""
    command = [
        kubectl,
        "config",
        "view",
        "--minify",
        "-o",
        "jsonpath={.contexts[0].context.user}",
        *replace(place, namespace="").options(),
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # kubectl, with arguments of our own
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _found(kubectl: str, place: Place) -> str:
    """The one Deployment with the chart's label: the release chooses its name."""
    command = [kubectl, "get", "deployments.apps", "-l", LABEL, "-o", "name", *place.options()]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # kubectl, with arguments of our own
    if answer.returncode:
        raise Unavailable(
            f"the operator's Deployment could not be looked for: {_last(answer.stderr)} Or give --server URL"
        )
    found = answer.stdout.split()
    if len(found) != 1:
        said = f"{len(found)} Deployments in namespace {place.namespace} have the label {LABEL}"
        raise Unavailable(f"{said}: give -n NAMESPACE, --deployment NAME or --server URL")
    return found[0]


def _port(process: subprocess.Popen[str], target: str, place: Place) -> str:
    for line in process.stdout or ():
        if found := _FORWARDING.search(line):
            return found.group(1)
    said = _last(process.stderr.read() if process.stderr else "")
    raise Unavailable(f"no port-forward to the operator: {said}{_resting(target, place)} Or give --server URL")


def _resting(target: str, place: Place) -> str:
    """What to do where no pod of the Deployment is ready: a port-forward says only that it waited."""
    options = " ".join(place.options())
    replicas = ["-o", "jsonpath={.spec.replicas}/{.status.readyReplicas}"]
    command = [shutil.which("kubectl") or "", "get", target, *replicas, *place.options()]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # kubectl, with arguments of our own
    wanted, _, ready = answer.stdout.strip().partition("/")
    if answer.returncode or not wanted or ready not in ("", "0"):
        return ""
    if wanted == "0":
        return f" {target} is scaled to 0, so that no pod of it runs: kubectl scale {target} --replicas 1 {options}."
    return f" None of the {wanted} pods of {target} is ready: kubectl get pods -l {LABEL} {options} tells more."


def _last(said: str) -> str:
    """Kubectl's last line as a whole sentence."""
    line = said.strip().rpartition("\n")[2] or "kubectl said nothing"
    return line if line[-1] in ".?!" else f"{line}."
