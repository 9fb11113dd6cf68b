"""What kubectl gets of the cluster, with a program in its place that a test writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aicost.cli.elsewhere import Named, in_cluster
from aicost.cli.tunnel import Place
from aicost.cli.uncounted import NotCountedError
from tests.cli.test_tunnel import kubectl

RUNTIME = Named("trainer.kubeflow.org", "ClusterTrainingRuntime", "", "torch")
DEPLOYMENT = Named("apps", "Deployment", "support", "base")
TEMPLATE = Named("", "PodTemplate", "support", "base")


def test_an_object_is_got_once_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of its own namespace, not the operator's, and by the context and the kubeconfig that lead to the operator."""
    kubectl(tmp_path, monkeypatch, get="""echo '{"spec": {}}'""")
    fetch = in_cluster(Place("aicost", "", "prod", "file.yaml"))
    assert [fetch(of) for of in (RUNTIME, DEPLOYMENT, TEMPLATE, RUNTIME)] == [{"spec": {}}] * 4
    begin, options = "get -o json --ignore-not-found", "--context prod --kubeconfig file.yaml"
    assert (tmp_path / "arguments").read_text().splitlines() == [
        f"{begin} {options} -- clustertrainingruntimes.trainer.kubeflow.org torch",
        f"{begin} -n support {options} -- deployments.apps base",
        f"{begin} -n support {options} -- podtemplates base",
    ]


def test_a_name_in_a_manifest_is_no_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who writes a manifest that is checked must not tell kubectl what to do."""
    kubectl(tmp_path, monkeypatch, get=":")
    in_cluster(Place("aicost"))(replace(DEPLOYMENT, name="--raw=/api/v1/secrets"))
    (words,) = (tmp_path / "arguments").read_text().splitlines()
    assert words.endswith(" -- deployments.apps --raw=/api/v1/secrets")


def test_what_is_not_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubectl says nothing of it then."""
    kubectl(tmp_path, monkeypatch, get=":")
    assert in_cluster(Place("aicost"))(RUNTIME) is None


@pytest.mark.parametrize(
    ("get", "why"),
    [
        ("echo 'error: not allowed' >&2; exit 1", "error: not allowed"),
        ("exit 1", "kubectl said nothing"),
        ("echo no JSON", "kubectl answered no JSON"),
    ],
)
def test_what_was_not_read_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, get: str, why: str) -> None:
    """In kubectl's own words."""
    kubectl(tmp_path, monkeypatch, get=get)
    with pytest.raises(NotCountedError, match=f"is in none of the files and was not read: {why}$"):
        in_cluster(Place("aicost"))(RUNTIME)


def test_without_kubectl_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is said."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotCountedError, match="kubectl is not on PATH"):
        in_cluster(Place("aicost"))(RUNTIME)
