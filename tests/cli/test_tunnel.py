"""The way to the operator, with a program in kubectl's place that a test writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicost.cli.tunnel import operator_url
from aicost.ports import Forbidden, Unavailable


def kubectl(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "kubectl"
    program.write_text(f'#!/bin/sh\necho "$@" > {folder}/arguments\n{script}\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_a_given_url_needs_no_kubectl(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last slash goes."""
    monkeypatch.setenv("PATH", "")
    with operator_url("http://localhost:1/", "aicost", "", None) as url:
        assert url == "http://localhost:1"


def test_the_port_is_what_kubectl_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And kubectl gets the namespace, the context and the kubeconfig; it is ended afterwards."""
    kubectl(tmp_path, monkeypatch, 'echo "Forwarding from 127.0.0.1:4711 -> 8081"; exec sleep 60')
    with operator_url("", "costs", "prod", "file.yaml") as url:
        assert url == "http://127.0.0.1:4711"
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[:5] == ["port-forward", "-n", "costs", "deployment/aicost", ":8081"]
    assert arguments[-4:] == ["--context", "prod", "--kubeconfig", "file.yaml"]


def test_kubectl_s_own_words_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what else can be done."""
    kubectl(tmp_path, monkeypatch, "echo 'deployments.apps \"aicost\" not found' >&2; exit 1")
    with (
        pytest.raises(Unavailable, match=r'(?i)"aicost" not found.*or give --server URL'),
        operator_url("", "aicost", "", None),
    ):
        pass


def test_no_kubectl(monkeypatch: pytest.MonkeyPatch) -> None:
    """Says what to do."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Forbidden, match="install it, or give --server URL"), operator_url("", "aicost", "", None):
        pass
