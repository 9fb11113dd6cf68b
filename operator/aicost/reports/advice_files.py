"""Advice as files to commit: patches, kustomize components, Helm values, VPA objects. Equal advice gives equal files. Pure.

One folder for each workload. Of several pieces of advice about the same cost the largest is written, for only one may be
followed; a hypothesis only where that is asked for, since its trial comes first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import yaml

from aicost.core.identity import ObjectRef
from aicost.core.money import decimal
from aicost.core.recommendations.kinds import MANIFEST, group_of, is_built_in
from aicost.core.texts import seen
from aicost.ports import Malformed
from aicost.reports.advice import AdviceDocument, Advised, Item
from aicost.reports.advice_tables import render_advice
from aicost.reports.components import NAME as COMPONENT
from aicost.reports.components import component, entry

MARK = "# Written by aicost recommend, each time anew: change what it rests on, not this file.\n"
"""The first line of every file that may be taken away once nothing is advised there any more."""
_PART_OF_A_PATH = re.compile("[a-z0-9][-a-z0-9.]{0,252}")


class Form(StrEnum):
    """What advice is written as."""

    TABLE = "table"
    KUSTOMIZE = "kustomize"
    STRATEGIC = "strategic"
    JSON = "json"
    HELM = "helm"
    VPA = "vpa"
    MARKDOWN = "markdown"


def advice_files(document: AdviceDocument, form: Form, *, hypotheses: bool = False) -> Mapping[str, str]:
    """The files by their path below a folder, sorted. Raises Malformed for names that are no part of a path."""
    if form is Form.JSON:
        return {"advice.json": f"{json.dumps(document.to_json(), indent=2, sort_keys=True)}\n"}
    if form in (Form.TABLE, Form.MARKDOWN):
        name = "advice.md" if form is Form.MARKDOWN else "advice.txt"
        return {name: render_advice(document, "markdown" if form is Form.MARKDOWN else "table") + "\n"}
    files = {
        path: MARK + text for of in document.workloads for path, text in _of_workload(of, form, hypotheses=hypotheses)
    }
    return dict(sorted(files.items()))


def advised_paths(document: AdviceDocument) -> frozenset[str]:
    """Where all that is advised would be written, hypotheses and alternatives, too. Raises Malformed as `advice_files` does."""
    return frozenset(f"{_folder(of)}/{_file(item)}" for of in document.workloads for item in of.advice)


def _of_workload(of: Advised, form: Form, *, hypotheses: bool) -> Iterator[tuple[str, str]]:
    folder = _folder(of)
    written = {}
    for item in _followed(of, form, hypotheses=hypotheses):
        name = _file(item)
        written[name] = entry(name, _ref(item), of.ref.namespace)
        yield f"{folder}/{name}", _comment(of, item, form) + _body(of, item, form)
    if form is Form.KUSTOMIZE:
        yield f"{folder}/{COMPONENT}", component(written[name] for name in sorted(written))


def _folder(of: Advised) -> str:
    return f"{_part(of.ref.namespace)}/{_part(of.ref.name)}"


def _file(item: Item) -> str:
    return f"{_part(item.told.id)}.yaml"


def _followed(of: Advised, form: Form, *, hypotheses: bool) -> Iterator[Item]:
    """What can be written in this form: of advice about the same cost the first, which is the largest."""
    taken: set[str] = set()
    for item in of.advice:
        group = item.alternative_to or item.told.id
        if group not in taken and _is_asked(item, hypotheses=hypotheses) and _can_say(item, form):
            taken.add(group)
            yield item


def _is_asked(item: Item, *, hypotheses: bool) -> bool:
    return hypotheses or item.told.basis == "Actionable"


def left_out(document: AdviceDocument, form: Form, *, hypotheses: bool = False) -> tuple[str, ...]:
    """What has a patch that this form cannot say, as `NAMESPACE/WORKLOAD: ID`.

    Helm replaces a list as a whole, so that one variable would drop all others; a VerticalPodAutoscaler names what
    containers ask for, and neither replicas nor variables nor that a device is no longer asked for; and it follows what makes
    pods, never a Pod.
    """
    if form not in (Form.HELM, Form.VPA):
        return ()
    return tuple(
        f"{of.ref}: {item.told.id}"
        for of in document.workloads
        for item in of.advice
        if item.told.patch is not None and _is_asked(item, hypotheses=hypotheses) and not _can_say(item, form)
    )


def _can_say(item: Item, form: Form) -> bool:
    change = item.change or {}
    if form is Form.VPA:
        # where the version is not known the group alone is told, and a reference to it would follow nothing
        asks = any(count is not None for count in change.get("resources", {}).values())
        versioned = is_built_in(_ref(item)) or "/" in item.told.target.api_version
        return asks and versioned and item.told.target.kind != "Pod"
    return item.told.patch is not None and (form is not Form.HELM or bool(change.keys() & {"replicas", "resources"}))


def _comment(of: Advised, item: Item, form: Form) -> str:
    told = item.told
    saves = f"saves {decimal(item.low)} to {decimal(item.high)} {of.currency} a month ({told.effect}, {told.basis})"
    lines = [f"{told.kind}: {told.current} -> {told.proposed}", saves, *(f"requires: {each}" for each in told.requires)]
    if form is Form.HELM:
        lines.append(
            f"Values of the chart that makes {told.target.kind} {told.target.name}, as helm create names them."
        )
    if form is Form.VPA:
        lines.append("Applied, it says this in annotations. For tools that read its status, once the object is there:")
        patch = f"patch vpa {told.target.name} --subresource status --type merge --patch-file THIS_FILE"
        lines.append(f"kubectl -n {of.ref.namespace} {patch}")
    if form is Form.STRATEGIC:
        lines.append(_tried(of, item))
    return "".join(f"# {seen(line)}\n" for line in lines)


def _tried(of: Advised, item: Item) -> str:
    """What is there, or its manifest where what is there cannot be changed."""
    ref, how = _ref(item), f"--type {_style(item)} --patch-file THIS_FILE"
    if any(each.startswith(MANIFEST) for each in item.told.requires):
        return f"kubectl patch --local -o yaml -f ITS_MANIFEST {how}"
    kind = f"{ref.kind.lower()}.{ref.group}" if ref.group else ref.kind.lower()
    return f"kubectl -n {of.ref.namespace} patch {kind} {ref.name} {how}"


def _style(item: Item) -> str:
    """As kubectl names it; a patch that is a list is a JSON patch."""
    if is_built_in(_ref(item)):
        return "strategic"
    return "json" if (item.told.patch or "").startswith("- ") else "merge"


def _body(of: Advised, item: Item, form: Form) -> str:
    if form is Form.HELM:
        return _yaml(_values(item.change or {}))
    if form is Form.VPA:
        return _yaml(_vpa(of, item))
    return item.told.patch or ""


def _values(change: Mapping[str, Any]) -> Mapping[str, Any]:
    if "replicas" in change:
        return {"replicaCount": change["replicas"]}
    return {"resources": {"limits": change["resources"], "requests": dict(change["resources"])}}


def _vpa(of: Advised, item: Item) -> Mapping[str, Any]:
    """As the VerticalPodAutoscaler's own recommender writes it; mode Off, so that nothing is changed by it.

    What it recommends is in annotations, too: of a status an API server takes nothing when an object is applied.
    """
    told, change = item.told, item.change or {}
    target = {name: str(count) for name, count in sorted(change["resources"].items()) if count is not None}
    conditions = [{"type": "RecommendationProvided", "status": "True"}]
    if told.basis == "Hypothesis":
        conditions.append({"type": "LowConfidence", "status": "True"})
    reference = {"apiVersion": told.target.api_version, "kind": told.target.kind, "name": told.target.name}
    containers = [{"containerName": change["container"], "target": target}]
    return {
        "apiVersion": "autoscaling.k8s.io/v1",
        "kind": "VerticalPodAutoscaler",
        "metadata": {"name": told.target.name, "annotations": _annotations(of, item, target)},
        "spec": {"recommenders": [{"name": "aicost"}], "targetRef": reference, "updatePolicy": {"updateMode": "Off"}},
        "status": {"conditions": conditions, "recommendation": {"containerRecommendations": containers}},
    }


def _annotations(of: Advised, item: Item, target: Mapping[str, str]) -> Mapping[str, str]:
    """For people and tools that look at the object after it was applied."""
    asked = ", ".join(f"{name}: {count}" for name, count in target.items())
    return {
        "aicost.dev/advice": item.told.id,
        "aicost.dev/basis": item.told.basis,
        "aicost.dev/monthly-saving": f"{decimal(item.low)} to {decimal(item.high)} {of.currency}",
        "aicost.dev/target": f"{(item.change or {})['container']}: {asked}",
    }


def _ref(item: Item) -> ObjectRef:
    target = item.told.target
    return ObjectRef(group_of(target.api_version), target.kind, target.name)


def _yaml(of: Mapping[str, Any]) -> str:
    return yaml.safe_dump(of, sort_keys=True, width=120)


def _part(name: str) -> str:
    if not _PART_OF_A_PATH.fullmatch(name):
        raise Malformed(f"{name!r} is no name of Kubernetes: nothing was written; is that the operator's read API?")
    return name
