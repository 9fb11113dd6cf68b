"""Patches of advice on the real API server: each is taken, changes what it says and nothing else, and twice is as once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from aicost.api.publish.recommendations import patch_text
from aicost.core.recommendations.changes import Resize, Scale, SetVariable
from aicost.core.recommendations.kinds import is_built_in, kind_of
from e2e.tests.api.conftest import NAMESPACE, Apply, Kubectl
from e2e.tests.api.patched import JSON, Patched, crd, manifest, of_custom_kinds, of_the_corpora


@pytest.fixture(scope="module")
def kinds(kubectl: Kubectl) -> Iterator[None]:
    """The custom kinds, while these tests run."""
    made = {
        ref.kind: crd(ref)
        for each in (*of_the_corpora(), *of_custom_kinds())
        if "." in (ref := each.target.object_ref).group
    }
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(made.values())})
    with ExitStack() as stack:
        stack.callback(kubectl, "delete", "--ignore-not-found", "-f", "-", stdin=text)
        kubectl("create", "-f", "-", stdin=text)
        kubectl("wait", "--for=condition=Established", "-f", "-", "--timeout=30s", stdin=text)
        yield


def patched(kubectl: Kubectl, of: Patched, *flags: str) -> JSON:
    """The object as the API server answers it, without what controllers write of it."""
    ref = of.target.object_ref
    how = "strategic" if is_built_in(ref) else "merge"
    name = f"{ref.kind.lower()}{'s.' + ref.group if '.' in ref.group else ''}"
    text = kubectl("patch", name, ref.name, f"--type={how}", "-o", "json", *flags, "-p", patch_text(dict(of.patch)))
    found: JSON = json.loads(text)
    metadata = found["metadata"]
    annotations = {name: text for name, text in metadata.get("annotations", {}).items() if "kubernetes.io/" not in name}
    return {"metadata": {"labels": metadata["labels"], "annotations": annotations}, "spec": found["spec"]}


def at(found: JSON, path: tuple[str, ...]) -> Any:
    """What lies at a path."""
    value: Any = found
    for name in path:
        value = value[name]
    return value


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize("of", [*of_the_corpora(), *of_custom_kinds()], ids=lambda of: of.name)
def test_a_patch_is_taken_and_twice_is_as_once(kubectl: Kubectl, apply: Apply, of: Patched) -> None:
    """In a server-side dry run twice, then for real, then once more: four times the same object."""
    before = manifest(of)
    apply({**before, "metadata": {**before["metadata"], "namespace": NAMESPACE}})
    there = patched(kubectl, of, "-n", NAMESPACE, "--dry-run=server")
    again = [patched(kubectl, of, "-n", NAMESPACE, *flags) for flags in (("--dry-run=server",), (), ())]
    assert again == [there] * 3
    _has_changed(of, there)


def _has_changed(of: Patched, found: JSON) -> None:
    """What was to change did, and what the patch does not name is there."""
    kind = kind_of(of.target.object_ref)
    match of.change:
        case Scale(replicas):
            assert at(found, kind.replicas or kind.rest) == (replicas if kind.replicas else kind.at_rest)
            assert found["metadata"]["labels"] == {"app": "kept"}
            assert "sidecar" in json.dumps(found["spec"])
        case Resize(container, resources):
            app, sidecar = at(found, (*kind.pod, "containers"))
            asked = {name: str(count) for name, count in resources if count is not None}
            assert (app["name"], app["image"], sidecar["name"]) == (container, "example.com/app", "sidecar")
            assert [app["resources"].get(part, {}) for part in ("limits", "requests")] == [asked, asked]
        case SetVariable(container, name, value):
            app, sidecar = at(found, (*kind.pod, "containers"))
            assert (app["name"], sidecar["name"]) == (container, "sidecar")
            assert {each["name"]: each["value"] for each in app["env"]} == {"KEPT": "1", name: value}


def test_the_corpora_patch_replicas_resources_and_variables() -> None:
    """Of each kind of change there is a patch."""
    assert {type(of.change) for of in of_the_corpora()} == {Scale, Resize, SetVariable}
