"""Patches of advice on the real API server: each is taken, changes what it says and nothing else, and twice is as once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from aicost.api.publish.recommendations import patch_text
from aicost.core.recommendations.changes import Resize, Scale, SetVariable
from aicost.core.recommendations.kinds import is_built_in, kind_of
from e2e.controlplane.errors import CommandFailedError
from e2e.tests.api.conftest import NAMESPACE, Apply, Kubectl
from e2e.tests.api.patched import JSON, Patched, crd, manifest, of_custom_kinds, of_the_corpora
from tests.support.custom_kinds import GPU, SPECS


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
    served = f"{of.version}.{ref.group}" if of.version else ref.group
    name = f"{ref.kind.lower()}{'s.' + served if '.' in ref.group else ''}"
    text = kubectl("patch", name, ref.name, f"--type={style(of)}", "-o", "json", *flags, "-p", patch_text(of.patch))
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


PATCHES = [*of_the_corpora(), *of_custom_kinds()]


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize("of", [of for of in PATCHES if not of.is_of_manifest], ids=lambda of: of.name)
def test_a_patch_is_taken_and_twice_is_as_once(kubectl: Kubectl, apply: Apply, of: Patched) -> None:
    """In a server-side dry run twice, then for real, then once more: four times the same object."""
    before = manifest(of)
    apply({**before, "metadata": {**before["metadata"], "namespace": NAMESPACE}})
    there = patched(kubectl, of, "-n", NAMESPACE, "--dry-run=server")
    again = [patched(kubectl, of, "-n", NAMESPACE, *flags) for flags in (("--dry-run=server",), (), ())]
    assert again == [there] * 3
    _has_changed(of, there)


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize("of", [of for of in PATCHES if of.is_of_manifest], ids=lambda of: of.name)
def test_a_patch_of_a_manifest_is_refused_of_what_is_there_and_makes_the_next_one(
    kubectl: Kubectl, apply: Apply, tmp_path: Path, of: Patched
) -> None:
    """As `requires` says; what it makes of the manifest the API server takes anew, and twice is as once."""
    before = {**manifest(of), "metadata": {**manifest(of)["metadata"], "namespace": NAMESPACE}}
    apply(before)
    with pytest.raises(CommandFailedError, match=r"immutable|may not change fields|may not be changed"):
        patched(kubectl, of, "-n", NAMESPACE)
    file = tmp_path / "manifest.json"
    found = [before]
    for _ in range(2):
        file.write_text(json.dumps(found[-1]))
        how = ("--local", f"--type={style(of)}", "-o", "json", "-p", patch_text(of.patch))
        found.append(json.loads(kubectl("patch", "-f", file, *how)))
    assert found[1] == found[2]
    kubectl("delete", "-f", file, "--now")
    taken = json.loads(kubectl("create", "--dry-run=server", "--validate=strict", "-o", "json", "-f", file))
    _has_changed(of, taken)


def style(of: Patched) -> str:
    """Of the patch, as kubectl names it."""
    return "strategic" if is_built_in(of.target.object_ref) else "json" if isinstance(of.patch, list) else "merge"


def _has_changed(of: Patched, found: JSON) -> None:
    """What was to change did, and what the patch does not name is there."""
    kind = kind_of(of.target.object_ref)
    if "." in of.target.object_ref.group:
        assert found["spec"] == _changed(of, manifest(of)["spec"])
        stopped = isinstance(of.change, Scale) and not of.change.replicas and kind.rest
        assert not stopped or at(found, kind.rest) == kind.at_rest
        return
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


def _changed(of: Patched, spec: JSON) -> JSON:
    """The spec of a custom kind with the change wherever a container has a card, or the kind its number, and nothing else."""
    kind = kind_of(of.target.object_ref)
    match of.change:
        case Scale(replicas) if kind.replicas or kind.rest:
            path = kind.replicas or kind.rest
            if path[0] == "spec":
                at({"spec": spec}, path[:-1])[path[-1]] = replicas if kind.replicas else kind.at_rest
        case Scale(replicas):
            workers = spec["rayClusterConfig"]["workerGroupSpecs"][1]
            workers |= {"replicas": replicas, "minReplicas": replicas}
        case Resize(_, resources):
            _resize(of.target.object_ref.kind, spec, resources)
        case SetVariable(_, name, value):
            for app in _with_a_card(spec):
                variable = next(each for each in app["env"] if each["name"] == name)
                variable.clear()
                variable |= {"name": name, "value": value}
    return spec


def _resize(kind: str, spec: JSON, resources: tuple[tuple[str, int | None], ...]) -> None:
    for app in _with_a_card(spec):
        limits = _asking(app)["limits"]
        limits |= {name: count for name, count in resources if count is not None}
        for name, count in resources:
            if count is None:
                del limits[name]
    asked = sum(count or 0 for _, count in resources)
    if kind == "RayJob":
        spec["rayClusterSpec"]["workerGroupSpecs"][1]["rayStartParams"] = {"num-gpus": str(asked)}
    if kind == "MPIJob":
        spec["slotsPerWorker"] = asked
    if kind == "PyTorchJob":
        spec["nprocPerNode"] = str(asked)
    if kind == "TrainJob":
        spec["trainer"]["numProcPerNode"] = asked


def _with_a_card(of: object) -> Iterator[JSON]:
    """Every container that asks for one, wherever it is."""
    for each in of.values() if isinstance(of, dict) else of if isinstance(of, list) else ():
        yield from _with_a_card(each)
    if isinstance(of, dict) and GPU in _asking(of).get("limits", {}):
        yield of


def _asking(app: JSON) -> JSON:
    """What a container asks for; of a TrainJob what its trainer does."""
    asking: JSON = app.get("resources") or app.get("resourcesPerNode") or {}
    return asking


OF_LISTS = [of for of in of_custom_kinds() if isinstance(of.patch, list)]


def test_each_custom_kind_has_its_patches() -> None:
    """Of another device, fewer of them, another model and that it rests; which MPIJob a cluster has nobody says, and Volcano's rests by a command."""
    whole = {(kind, change) for _, kind in SPECS for change in (Scale, Resize, SetVariable)}
    has = {(of.target.object_ref.kind, type(of.change)) for of in of_custom_kinds()}
    assert whole - has == {("MPIJob", Scale), ("Job", Scale)}


def test_a_reference_that_a_patch_leaves_beside_a_value_is_refused(kubectl: Kubectl, apply: Apply) -> None:
    """So that what the patches say of it is needed."""
    of = next(of for of in of_the_corpora() if isinstance(of.change, SetVariable))
    leaving = replace(of, patch=yaml.safe_load(patch_text(of.patch).replace("valueFrom: null", "")))
    apply({**manifest(of), "metadata": {**manifest(of)["metadata"], "namespace": NAMESPACE}})
    with pytest.raises(CommandFailedError, match="may not be specified when"):
        patched(kubectl, leaving, "-n", NAMESPACE)


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize("kind", ["LeaderWorkerSet", "RayService", "JobSet"])
def test_a_patch_of_a_list_fails_where_the_object_has_changed(kubectl: Kubectl, apply: Apply, kind: str) -> None:
    """A container that was put before the others moves these: nothing is changed then, least of all another container."""
    of = next(of for of in OF_LISTS if of.target.object_ref.kind == kind and isinstance(of.change, Resize))
    before = manifest(of)
    for pods in list(_pods(before)):
        pods["containers"].insert(0, {"name": "new", "image": "example.com/new"})
    apply({**before, "metadata": {**before["metadata"], "namespace": NAMESPACE}})
    with pytest.raises(CommandFailedError, match=r"[Tt]est"):
        patched(kubectl, of, "-n", NAMESPACE)


def _pods(of: object) -> Iterator[JSON]:
    for each in of.values() if isinstance(of, dict) else of if isinstance(of, list) else ():
        yield from _pods(each)
    if isinstance(of, dict) and "containers" in of:
        yield of


def test_the_corpora_patch_replicas_resources_and_variables() -> None:
    """Of each kind of change there is a patch, also where it depends on how the object looks."""
    assert {type(of.change) for of in of_the_corpora()} == {Scale, Resize, SetVariable}
    assert {of.target.object_ref.kind for of in of_the_corpora()} >= {"MPIJob", "TrainJob"}
    assert "batch.volcano.sh" in {of.target.object_ref.group for of in of_the_corpora()}


def test_each_version_of_a_kind_is_patched() -> None:
    """Two operators serve MPIJobs, and clusters have the one or the other."""
    assert {of.version for of in of_custom_kinds() if of.target.object_ref.kind == "MPIJob"} == {"", "v1"}
