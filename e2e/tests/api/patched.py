"""What the corpora of advice would patch: each patch once, and an object that it would be applied to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from aicost.cluster.shapes import shape
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.recommendations.advice import Advice, Target
from aicost.core.recommendations.changes import Change, Resize, Scale, SetVariable
from aicost.core.recommendations.gpu.ladder import all_judged
from aicost.core.recommendations.kinds import api_version, is_built_in, kind_of
from aicost.core.recommendations.models.table import looked_at
from aicost.core.recommendations.operations import located, needs_shape
from aicost.core.recommendations.patches import Operations, Patch, patch_of
from e2e.tests.api import schemas
from tests.support import gpu_cases, model_corpus
from tests.support.advising import ADVICE
from tests.support.custom_kinds import GPU, SPECS, an_object, container_of, ref_of
from tests.support.model_market import market

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Patched:
    """A target, the change that is advised, and the patch that says it; `version` where it is not the newest that is served."""

    target: Target
    change: Change
    patch: Patch | Operations
    version: str = ""

    @property
    def is_of_manifest(self) -> bool:
        """Whether the API server is said to refuse it of what is there."""
        return bool(kind_of(self.target.object_ref).fixed) and not isinstance(self.change, Scale)

    @property
    def name(self) -> str:
        """Of a test."""
        return f"{self.target.object_ref.kind}{self.version}-{self.target.object_ref.name}-{self.change}"


def of_the_corpora() -> list[Patched]:
    """Every patch of them, by target and change. Raises ValueError for a change that none says, which would drop out unseen."""
    found: dict[str, Patched] = {}
    for advice in (*_about_gpus(), *_about_models()):
        if advice.change is not None:
            each = Patched(advice.target, advice.change, _patch(advice))
            found[each.name] = each
    return [found[name] for name in sorted(found)]


def _patch(advice: Advice) -> Patch | Operations:
    ref = advice.target.object_ref
    seen = located(advice, shape("support", ref, _served(ref.kind))) if needs_shape(advice) else advice
    if (patch := patch_of(seen)) is None:
        raise ValueError(f"{advice.id} has a change and no patch: {seen.requires}")
    return patch


def of_custom_kinds() -> list[Patched]:
    """Of each custom kind what stops it, takes a card away, cuts one, sets another model or a secret's variable, where there is such a patch."""
    return [of for _, kind in sorted(SPECS) for of in _of_kind(kind)]


def _of_kind(kind: str) -> Iterator[Patched]:
    ref, container = ref_of(kind), container_of(kind)
    cut = Resize(container, ((GPU, None), ("nvidia.com/mig-3g.40gb", 1)))
    model, secret = (SetVariable(container, name, "new") for name in ("MODEL", "TOKEN"))
    changes: tuple[Change, ...] = (Scale(0), Resize(container, ((GPU, 2),)), cut, model, secret)
    for version in ("", *kind_of(ref).versions[1:]):
        seen = shape("support", ref, _served(kind, version))
        for change in changes:
            if patch := patch_of(located(_advised(ref, change), seen)):
                yield Patched(Target(ref, container), change, patch, version)


def manifest(of: Patched) -> JSON:
    """The least that its kind takes: two containers, of which the target's asks for a card and has a variable."""
    ref = of.target.object_ref
    app: JSON = {
        "name": of.target.container or "app",
        "image": "example.com/app",
        "env": [{"name": "KEPT", "value": "1"}, *_referring(of.change)],
    }
    app["resources"] = {part: dict.fromkeys(_asked(of.change), "1") for part in ("limits", "requests")}
    pod: JSON = {"containers": [app, {"name": "sidecar", "image": "example.com/sidecar"}]}
    body = {"kind": ref.kind, "metadata": {"name": ref.name, "labels": {"app": "kept"}}}
    if is_built_in(ref):
        return body | {"apiVersion": api_version(ref), "spec": _spec(ref.kind, pod)}
    return body | {each: of for each, of in _served(ref.kind, of.version).items() if each in ("apiVersion", "spec")}


def _served(kind: str, version: str = "") -> JSON:
    """As its example, and Ray is told of its GPUs, which stand in its first container."""
    found = an_object(kind)
    if version:
        found["apiVersion"] = f"{ref_of(kind).group}/{version}"
    if kind == "RayJob":
        group = found["spec"]["rayClusterSpec"]["workerGroupSpecs"][1]
        group["rayStartParams"] = {"num-gpus": "1"}
        group["template"]["spec"]["containers"].reverse()
    return found


def crd(ref: ObjectRef) -> JSON:
    """Of a custom kind, with the structural schema of its spec, which all its versions have."""
    plural = f"{ref.kind.lower()}s"
    schema = {"openAPIV3Schema": schemas.an_object(spec=schemas.SCHEMAS[ref.kind])}
    of = kind_of(ref)
    names = of.versions or (of.version,)
    versions = [{"name": each, "served": True, "storage": each == names[0], "schema": schema} for each in names]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{ref.group}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, of a test"},
        },
        "spec": {
            "group": ref.group,
            "names": {"kind": ref.kind, "plural": plural, "singular": ref.kind.lower()},
            "scope": "Namespaced",
            "versions": versions,
        },
    }


def _spec(kind: str, pod: JSON) -> JSON:
    if kind == "Pod":
        return pod
    template = {"metadata": {"labels": {"app": "kept"}}, "spec": pod}
    if kind in ("Job", "CronJob"):
        job = {"template": {**template, "spec": {**pod, "restartPolicy": "Never"}}}
        return job if kind == "Job" else {"schedule": "0 0 * * *", "jobTemplate": {"spec": job}}
    replicas = {} if kind == "DaemonSet" else {"replicas": 6}
    service = {"serviceName": "kept"} if kind == "StatefulSet" else {}
    return {"selector": {"matchLabels": {"app": "kept"}}, "template": template, **replicas, **service}


def _asked(change: Change) -> Iterator[str]:
    """The devices that the change takes away or changes in number; a card where it is about none."""
    match change:
        case Resize(_, resources):
            named = [name for name, count in resources if count is None] or [name for name, _ in resources]
            yield from named
        case Scale() | SetVariable():
            yield GPU


def _referring(change: Change) -> Iterator[JSON]:
    """The variable that is to be set takes its value from elsewhere as yet."""
    if isinstance(change, SetVariable):
        yield {"name": change.name, "valueFrom": {"configMapKeyRef": {"name": "models", "key": "model"}}}


def _advised(ref: ObjectRef, change: Change) -> Advice:
    return replace(ADVICE, target=Target(ref), change=change)


def _about_gpus() -> Iterator[Advice]:
    for path in gpu_cases.cases():
        found: list[tuple[WorkloadRef, Any]] = list(all_judged(gpu_cases.servers(gpu_cases.read(path))))
        yield from (answer for _, answer in found if isinstance(answer, Advice))


def _about_models() -> Iterator[Advice]:
    for path in sorted(model_corpus.CORPUS.glob("*.yaml")):
        case = model_corpus.case(path)
        found = looked_at(case.usage, market(case.catalogue))
        yield from (answer for answer in found if isinstance(answer, Advice))
