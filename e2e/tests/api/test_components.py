"""Components of advice in a real kustomize: before advice, with it, and once following it ended it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from aicost.cli.folders import texts, written
from aicost.cluster.shapes import shape
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.recommendations.advice import Advice, Target
from aicost.core.recommendations.changes import Resize, Scale
from aicost.core.recommendations.chosen import Told
from aicost.core.recommendations.operations import located
from aicost.reports.advice import advice_document
from aicost.reports.advice_files import MARK, Form, advice_files
from aicost.reports.components import NAME, outliving
from tests.reports.test_advice import the_facts
from tests.support.advising import ADVICE
from tests.support.custom_kinds import GPU, an_object, ref_of

if TYPE_CHECKING:
    from e2e.tests.api.conftest import Kubectl

FEWER = replace(ADVICE, target=Target(ObjectRef("apps", "Deployment", "chat")), change=Scale(2))
COMPONENT = f"support/chat/{NAME}"


def advised(folder: Path, *advice: Advice) -> None:
    """As `aicost recommend -o kustomize` writes it."""
    document = advice_document(replace(the_facts(), advice={WorkloadRef("support", "chat"): Told(advice)}))
    files = advice_files(document, Form.KUSTOMIZE)
    there = texts(folder, [COMPONENT])
    written(folder, outliving(files, there, lambda name: (folder / name).is_file(), MARK)[0], MARK, ())


@pytest.mark.parametrize("kind", ["JobSet", "RayService", "InferenceService"])
def test_an_overlay_builds_with_a_json_patch_of_a_custom_kind(kubectl: Kubectl, tmp_path: Path, kind: str) -> None:
    """Which tests the places that it goes by, so that it fails where the manifest's are others."""
    container = "kserve-container" if kind == "InferenceService" else "app"
    fewer = replace(FEWER, target=Target(ref_of(kind), container), change=Resize(container, ((GPU, 2),)))
    advised(tmp_path / "advice", located(fewer, shape("support", ref_of(kind), an_object(kind))))
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay" / "served.yaml").write_text(yaml.safe_dump(an_object(kind)))
    overlay = {"resources": ["served.yaml"], "components": ["../advice/support/chat"]}
    (tmp_path / "overlay" / NAME).write_text(yaml.safe_dump(overlay))
    built = yaml.safe_load(kubectl("kustomize", tmp_path / "overlay"))
    assert yaml.safe_dump(built).replace("gpu: 2", "gpu: 1") == yaml.safe_dump(an_object(kind))


@pytest.mark.parametrize("namespace", [{}, {"namespace": "support"}], ids=["without", "with"])
def test_an_overlay_builds_before_with_and_after_advice(
    kubectl: Kubectl, tmp_path: Path, namespace: dict[str, str]
) -> None:
    """Whether its manifests say their namespace or not; the change that was merged stays when its advice is over."""

    def replicas() -> int:
        built: Any = yaml.safe_load(kubectl("kustomize", tmp_path / "overlay"))
        found: int = built["spec"]["replicas"]
        return found

    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "chat", **namespace},
        "spec": {"replicas": 6},
    }
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay" / "chat.yaml").write_text(yaml.safe_dump(manifest))
    overlay = {"resources": ["chat.yaml"], "components": ["../advice/support/chat"]}
    (tmp_path / "overlay" / NAME).write_text(yaml.safe_dump(overlay))
    found = []
    for told in ((), (FEWER,), ()):
        advised(tmp_path / "advice", *told)
        found.append(replicas())
    assert found == [6, 2, 2]


def test_another_namespace_s_object_of_the_same_name_stays_as_it_is(kubectl: Kubectl, tmp_path: Path) -> None:
    """One overlay may hold the manifests of several namespaces; advice is about one object."""
    advised(tmp_path / "advice", FEWER)
    manifests = [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "chat", "namespace": namespace},
            "spec": {"replicas": 6},
        }
        for namespace in ("search", "support")
    ]
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay" / "chat.yaml").write_text(yaml.safe_dump_all(manifests))
    overlay = {"resources": ["chat.yaml"], "components": ["../advice/support/chat"]}
    (tmp_path / "overlay" / NAME).write_text(yaml.safe_dump(overlay))
    built = {
        each["metadata"]["namespace"]: each for each in yaml.safe_load_all(kubectl("kustomize", tmp_path / "overlay"))
    }
    assert {namespace: each["spec"]["replicas"] for namespace, each in built.items()} == {"search": 6, "support": 2}
