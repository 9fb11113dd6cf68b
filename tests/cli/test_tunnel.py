"""The way to the operator, with a program in kubectl's place that a test writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aicost.cli.tunnel import Place, operator_url
from aicost.ports import Forbidden, Unavailable

PLACE = Place("aicost")
FORWARDS = 'echo "Forwarding from 127.0.0.1:4711 -> 8081"; exec sleep 60'


def kubectl(folder: Path, monkeypatch: pytest.MonkeyPatch, *, get: str, forward: str = FORWARDS) -> None:
    """A kubectl that writes down its arguments and runs one script for `get`, another for `port-forward`."""
    program = folder / "kubectl"
    body = f'echo "$@" >> {folder}/arguments\nif [ "$1" = get ]; then {get}; else {forward}; fi\n'
    program.write_text(f"#!/bin/sh\n{body}")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_a_given_url_needs_no_kubectl(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last slash goes."""
    monkeypatch.setenv("PATH", "")
    with operator_url("http://localhost:1/", PLACE) as url:
        assert url == "http://localhost:1"


def test_the_deployment_is_found_by_its_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the release is called; the port is what kubectl says, and both calls get namespace, context and file."""
    kubectl(tmp_path, monkeypatch, get="echo deployment.apps/costs-aicost")
    with operator_url("", Place("costs", "", "prod", "file.yaml")) as url:
        assert url == "http://127.0.0.1:4711"
    options = "-n costs --context prod --kubeconfig file.yaml"
    assert (tmp_path / "arguments").read_text().splitlines() == [
        f"get deployments.apps -l app.kubernetes.io/name=aicost -o name {options}",
        f"port-forward deployment.apps/costs-aicost :8081 --address 127.0.0.1 --pod-running-timeout 10s {options}",
    ]


def test_a_named_deployment_is_not_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody needs the right to list Deployments then."""
    kubectl(tmp_path, monkeypatch, get="exit 1")
    with operator_url("", Place("aicost", "mine")):
        pass
    assert "port-forward deployment.apps/mine " in (tmp_path / "arguments").read_text()


@pytest.mark.parametrize(("found", "many"), [(":", 0), ("echo a b", 2)])
def test_none_or_several_deployments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: str, many: int) -> None:
    """Are counted, with every way to choose."""
    kubectl(tmp_path, monkeypatch, get=found)
    words = f"{many} Deployments in namespace aicost .*: give -n NAMESPACE, --deployment NAME or --server URL"
    with pytest.raises(Unavailable, match=words), operator_url("", PLACE):
        pass


@pytest.mark.parametrize(
    ("said", "shown"), [("error: no such file", "error: no such file."), ("the right port?", "the right port?")]
)
def test_kubectl_s_own_words_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, shown: str) -> None:
    """As a sentence, with what else can be done, whichever call fails."""
    fails = f"echo '{said}' >&2; exit 1"
    kubectl(tmp_path, monkeypatch, get=fails, forward=fails)
    for place in (PLACE, Place("aicost", "mine")):
        with (
            pytest.raises(Unavailable, match=f": {re.escape(shown)} Or give --server URL$"),
            operator_url("", place),
        ):
            pass


@pytest.mark.parametrize(
    ("replicas", "advice"),
    [
        ("0/", "deployment.apps/mine is scaled to 0, so that no pod of it runs: kubectl scale deployment.apps/mine "),
        (
            "2/",
            "None of the 2 pods of deployment.apps/mine is ready: kubectl get pods -l app.kubernetes.io/name=aicost -n",
        ),
        ("1/1", ""),
        ("", ""),
    ],
)
def test_a_deployment_without_a_ready_pod(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replicas: str, advice: str
) -> None:
    """Is told as that, with what to do: kubectl says only that its time is up."""
    timed_out = "echo 'error: timed out waiting for the condition' >&2; exit 1"
    kubectl(tmp_path, monkeypatch, get=f"echo '{replicas}'", forward=timed_out)
    with pytest.raises(Unavailable) as caught, operator_url("", Place("aicost", "mine")):
        pass
    said = str(caught.value).removeprefix(
        "no port-forward to the operator: error: timed out waiting for the condition."
    )
    assert said.removesuffix(" Or give --server URL").strip().startswith(advice)
    assert bool(advice) is ("ready" in said or "scaled" in said)


def test_a_kubectl_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is told to have said nothing."""
    kubectl(tmp_path, monkeypatch, get="exit 1")
    with pytest.raises(Unavailable, match="kubectl said nothing"), operator_url("", PLACE):
        pass


def test_no_kubectl(monkeypatch: pytest.MonkeyPatch) -> None:
    """Says what to do."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Forbidden, match="install it, or give --server URL"), operator_url("", PLACE):
        pass
