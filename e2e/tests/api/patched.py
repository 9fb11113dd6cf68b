"""What the corpora of advice would patch: each patch once, and an object that it would be applied to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.recommendations.advice import Advice, Basis, Effect, Evidence, Lever, Part, Saving, Target
from aicost.core.recommendations.changes import Change, Resize, Scale, SetVariable
from aicost.core.recommendations.gpu.ladder import all_judged
from aicost.core.recommendations.kinds import KINDS, api_version, is_built_in, kind_of
from aicost.core.recommendations.models.table import looked_at
from aicost.core.recommendations.patches import patch_of
from aicost.core.window import Instant, Window
from tests.support import gpu_cases, model_corpus
from tests.support.model_market import market

GPU = "nvidia.com/gpu"
JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Patched:
    """A target, the change that is advised, and the patch that says it."""

    target: Target
    change: Change
    patch: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Of a test."""
        return f"{self.target.object_ref.kind}-{self.target.object_ref.name}-{self.change}"


def of_the_corpora() -> list[Patched]:
    """Every patch of them, by target and change."""
    found: dict[str, Patched] = {}
    for advice in (*_about_gpus(), *_about_models()):
        if advice.change is not None and (patch := patch_of(advice)):
            each = Patched(advice.target, advice.change, patch)
            found[each.name] = each
    return [found[name] for name in sorted(found)]


def of_custom_kinds() -> list[Patched]:
    """Of each custom kind that can rest or has replicas the patch that stops it."""
    refs = (ObjectRef(group, kind, "served") for group, kind in sorted(KINDS) if "." in group)
    stopped = ((_stopped(ref), ref) for ref in refs)
    return [Patched(Target(ref), Scale(0), patch) for advice, ref in stopped if (patch := patch_of(advice))]


def manifest(of: Patched) -> JSON:
    """The least that its kind takes: two containers, of which the target's asks for a card and has a variable."""
    ref = of.target.object_ref
    app: JSON = {
        "name": of.target.container or "app",
        "image": "example.com/app",
        "env": [{"name": "KEPT", "value": "1"}],
    }
    app["resources"] = {part: dict.fromkeys(_asked(of.change), "1") for part in ("limits", "requests")}
    pod: JSON = {"containers": [app, {"name": "sidecar", "image": "example.com/sidecar"}]}
    body = {"apiVersion": api_version(ref), "kind": ref.kind, "metadata": {"name": ref.name, "labels": {"app": "kept"}}}
    return body | {"spec": _spec(ref.kind, pod) if is_built_in(ref) else _custom(pod)}


def crd(ref: ObjectRef) -> JSON:
    """The least of a custom kind."""
    plural = f"{ref.kind.lower()}s"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": kind_of(ref).version, "served": True, "storage": True, "schema": schema}
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
            "versions": [version],
        },
    }


def _spec(kind: str, pod: JSON) -> JSON:
    template = {"metadata": {"labels": {"app": "kept"}}, "spec": pod}
    if kind in ("Job", "CronJob"):
        job = {"template": {**template, "spec": {**pod, "restartPolicy": "Never"}}}
        return job if kind == "Job" else {"schedule": "0 0 * * *", "jobTemplate": {"spec": job}}
    replicas = {} if kind == "DaemonSet" else {"replicas": 6}
    service = {"serviceName": "kept"} if kind == "StatefulSet" else {}
    return {"selector": {"matchLabels": {"app": "kept"}}, "template": template, **replicas, **service}


def _custom(pod: JSON) -> JSON:
    return {"replicas": 6, "suspend": False, "runPolicy": {"suspend": False}, "predictor": {"minReplicas": 6, **pod}}


def _asked(change: Change) -> Iterator[str]:
    """The devices that the change takes away or changes in number; a card where it is about none."""
    match change:
        case Resize(_, resources):
            named = [name for name, count in resources if count is None] or [name for name, _ in resources]
            yield from named
        case Scale() | SetVariable():
            yield GPU


def _stopped(ref: ObjectRef) -> Advice:
    window = Window(Instant(0), Instant(1))
    return Advice(
        *(Lever.SCALE_TO_ZERO, Effect.FREED_CAPACITY, Basis.ACTIONABLE, Target(ref), "", ""),
        *(Saving(0, 0), "USD", Part(("gpu",), 0), "", Evidence(window, 1)),
        change=Scale(0),
    )


def _about_gpus() -> Iterator[Advice]:
    for path in gpu_cases.cases():
        found: list[tuple[WorkloadRef, Any]] = list(all_judged(gpu_cases.servers(gpu_cases.read(path))))
        yield from (answer for _, answer in found if isinstance(answer, Advice))


def _about_models() -> Iterator[Advice]:
    for path in sorted(model_corpus.CORPUS.glob("*.yaml")):
        case = model_corpus.case(path)
        found = looked_at(case.usage, market(case.catalogue))
        yield from (answer for answer in found if isinstance(answer, Advice))
