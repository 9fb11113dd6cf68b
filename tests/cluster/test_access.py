"""Access is read from kubeconfigs and from a pod's service account; what is wrong is said by file."""

from __future__ import annotations

import json
import os
import traceback
from pathlib import Path

import pytest

from aicost.cluster import access
from aicost.ports import Forbidden


def a_kubeconfig(path: Path, **user: str) -> Path:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443", "tls-server-name": "kubernetes"}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(json.dumps(content))
    return path


def test_a_token_of_a_kubeconfig(tmp_path: Path) -> None:
    """Server, TLS name and token are taken from the current context."""
    read = access.load(a_kubeconfig(tmp_path / "config", token="canary"))
    assert read.url == "https://127.0.0.1:6443"
    assert read.authorization() == "Bearer canary"
    assert read.server_name == "kubernetes"
    assert read.tls.check_hostname


def test_the_variable_names_a_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As kubectl does, without a pod around it."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(a_kubeconfig(tmp_path / "config", token="canary")))
    assert access.load().authorization() == "Bearer canary"


@pytest.mark.parametrize("content", [None, "", "{}", "nonsense", "current-context: x", "[]", "users: {u: 1}"])
def test_a_file_that_is_no_kubeconfig_is_named(tmp_path: Path, content: str | None) -> None:
    """Missing, empty or without a context: one error, with the path in it."""
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Forbidden, match=str(path)):
        access.load(path)


def test_a_kubeconfig_that_is_no_yaml_keeps_its_secrets(tmp_path: Path) -> None:
    """The line that is wrong is told by its number, never by its text."""
    path = tmp_path / "config"
    path.write_text("users:\n- user: {token: canary\n")
    with pytest.raises(Forbidden, match=r"kubeconfig .*/config: it is not YAML \(line 3\)$") as refused:
        access.load(path)
    assert "canary" not in "".join(traceback.format_exception(refused.value))


def test_a_kubeconfig_that_is_not_there_is_said_not_to_be(tmp_path: Path) -> None:
    """Which is another thing than a file that says nothing."""
    with pytest.raises(Forbidden, match=r"kubeconfig .*/gone: no such file; give --kubeconfig PATH"):
        access.load(tmp_path / "gone")


def test_one_of_several_files_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KUBECONFIG may list some that are not there, as for kubectl."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    there = a_kubeconfig(tmp_path / "config", token="canary")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'gone'}{os.pathsep}{there}")
    assert access.load().authorization() == "Bearer canary"


def test_a_pod_without_its_account_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pod the service account counts, and nothing else is tried silently."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    with pytest.raises(Forbidden, match="service account"):
        access.load()


def test_the_environments_proxy_counts_unless_excepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A company's proxy for the outside must not get what is for the API server, if NO_PROXY says so."""
    path = a_kubeconfig(tmp_path / "config", token="canary")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "")
    assert access.load(path).proxy == "http://proxy:3128"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert access.load(path).proxy is None
