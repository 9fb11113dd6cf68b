"""The way to the operator's read API: a given URL, or a port-forward by kubectl, which brings the user's own access."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from aicost.ports import Forbidden, Unavailable

PORT = 8081
_FORWARDING = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")


@contextmanager
def operator_url(server: str, namespace: str, context: str, kubeconfig: str | None) -> Iterator[str]:
    """The base URL while inside. Raises Unavailable or Forbidden, with kubectl's own words."""
    if server:
        yield server.rstrip("/")
        return
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise Forbidden("kubectl is not on PATH: install it, or give --server URL")
    command = [kubectl, "port-forward", "-n", namespace, "deployment/aicost", f":{PORT}", "--address", "127.0.0.1"]
    command += ["--context", context] if context else []
    command += ["--kubeconfig", kubeconfig] if kubeconfig else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 # kubectl, with arguments of our own
        try:
            yield f"http://127.0.0.1:{_port(process)}"
        finally:
            process.terminate()


def _port(process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        if found := _FORWARDING.search(line):
            return found.group(1)
    said = process.stderr.read().strip().rpartition("\n")[2] if process.stderr else ""
    raise Unavailable(f"no port-forward to the operator: {said or 'kubectl said nothing'} Or give --server URL.")
