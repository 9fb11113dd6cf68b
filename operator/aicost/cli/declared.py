"""What people declared in the cluster, as kubectl reads it with the user's own access."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from typing import Any

from aicost.cli.tunnel import Place
from aicost.ports import Forbidden, Malformed, Unavailable

_KINDS = ("businessunits", "usagesources", "aiworkloads")
KUBECTL_GET = ("get", ",".join(f"{kind}.aicost.dev" for kind in _KINDS), "-o", "json")


def declared(place: Place, namespace: str) -> list[dict[str, Any]]:
    """Units, sources, and the workloads of a namespace. Raises Forbidden or Unavailable, with kubectl's own words."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise Forbidden("kubectl is not on PATH, so what is declared is not known: install it, or give --onto FILE")
    command = [kubectl, *KUBECTL_GET, *replace(place, namespace=namespace).options()]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # kubectl, with arguments of our own
    if answer.returncode:
        said = answer.stderr.strip().rpartition("\n")[2] or "kubectl said nothing"
        raise Unavailable(f"what is declared was not read: {said}; or give --onto FILE")
    return objects(answer.stdout)


def objects(text: str) -> list[dict[str, Any]]:
    """Those of a list as `kubectl get -o json` prints it. Raises Malformed for anything else."""
    try:
        found: list[dict[str, Any]] = [
            each for each in json.loads(text)["items"] if each["metadata"]["name"] and each["spec"] is not None
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(f"this is no list of objects as `kubectl get -o json` prints it ({error})") from error
    return found
