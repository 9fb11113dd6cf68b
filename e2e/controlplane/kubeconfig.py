"""Kubeconfig files: one cluster, one user, everything inside the file."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.controlplane.certificates import Certificates


def admin_kubeconfig(path: Path, server: str, certificates: Certificates) -> Path:
    """Write the file of the administrator, who authenticates with a certificate."""
    user = {
        "client-certificate-data": _encoded(certificates.admin),
        "client-key-data": _encoded(certificates.admin_key),
    }
    return _write(path, server, certificates.authority, user, "default")


def token_kubeconfig(path: Path, server: str, authority: Path, token: str, namespace: str) -> Path:
    """Write the file of someone who authenticates with a bearer token."""
    return _write(path, server, authority, {"token": token}, namespace)


def _write(path: Path, server: str, authority: Path, user: dict[str, str], namespace: str) -> Path:
    context = {"cluster": "local", "user": "local", "namespace": namespace}
    cluster = {"server": server, "certificate-authority-data": _encoded(authority)}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": cluster}],
        "users": [{"name": "local", "user": user}],
        "contexts": [{"name": "local", "context": context}],
        "current-context": "local",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=1))  # JSON is YAML
    return path


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
