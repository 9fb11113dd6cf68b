"""The resources that would claim what nobody claims, each whole: what is there, with what is added to it. Pure.

Whole, because whoever applies a part of an object to what he applied before deletes the rest of it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from aicost.core.bills import SEEN_BY, SUBJECTS
from aicost.core.caller_names import read
from aicost.core.texts import is_seen, seen
from aicost.reports.backlog import Unclaimed

Resource: TypeAlias = dict[str, Any]
_Ref: TypeAlias = tuple[str, str, str]
_API = "aicost.dev/v1alpha1"
_KEPT = ("name", "namespace", "labels", "annotations", "finalizers", "ownerReferences")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_LONGEST = 128
_NOT_A_NAME = re.compile("[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who should claim: the unit that pays, and the namespace of the workload that a bill's rows would belong to."""

    unit: str
    namespace: str


@dataclass(frozen=True, slots=True)
class _Subject:
    """One dimension of a source's usage, which a workload can claim."""

    source: str
    dimension: str
    value: str

    @property
    def name(self) -> str:
        """What its workload is called unless another one is called so."""
        return _NOT_A_NAME.sub("-", self.value.lower()).strip("-")[:63].strip("-") or self.dimension.lower()

    @property
    def own_name(self) -> str:
        """A name that no other subject has."""
        digest = hashlib.sha256(f"{self.source}\n{self.dimension}\n{self.value}".encode()).hexdigest()[:8]
        return f"{self.name[:54].strip('-')}-{digest}"

    @property
    def claim(self) -> Mapping[str, Any]:
        """As it stands in a workload's `usage`."""
        return {"name": self.source, "source": self.source, "match": {self.dimension: self.value}}


@dataclass(slots=True)
class _Printed:
    """Objects by kind, namespace and name, in the order of printing, with the comments above each."""

    there: Mapping[_Ref, Resource]
    objects: dict[_Ref, Resource] = field(default_factory=dict)
    comments: dict[_Ref, str] = field(default_factory=dict)

    def spec(self, kind: str, name: str, namespace: str = "") -> dict[str, Any]:
        """To be added to: of the object as it is there, or of a new one."""
        ref = kind, namespace, name
        if ref not in self.objects:
            metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
            new = {"apiVersion": _API, "kind": kind, "metadata": metadata, "spec": {}}
            self.objects[ref] = deepcopy(self.there.get(ref, new))
        spec: dict[str, Any] = self.objects[ref].setdefault("spec", {})
        return spec

    def texts(self) -> Iterator[str]:
        """The documents."""
        for ref in {**self.objects, **self.comments}:
            object_ = self.objects.get(ref)
            text = yaml.safe_dump(object_, sort_keys=False, width=120) if object_ else ""
            yield self.comments.get(ref, "") + text


def manifests(items: Iterable[Unclaimed], by: Claimant, there: Iterable[Resource] = ()) -> str:
    """YAML documents that claim what can be claimed, each object once and whole, under comments with the amounts.

    `there` are the units, sources and workloads of the cluster, as the API server gives them.
    """
    found = {_ref(each): _declared(each) for each in there}
    printed, told = _Printed(found), tuple(items)
    names = _names({subject for each in told if (subject := _subject(each))}, by, found)
    for place, each in enumerate(told):
        amount = " ".join(part for part in (each.amount, each.currency) if part)
        why_not = _why_not(each, found)
        ref = ("", "", str(place)) if why_not else _claim(each, by, printed, names)
        comment = f"# {amount}: {seen(each.what)}\n" + (f"# Nothing can claim it: {why_not}.\n" if why_not else "")
        printed.comments[ref] = printed.comments.get(ref, "") + comment
    return "---\n".join(printed.texts())


def _claim(item: Unclaimed, by: Claimant, printed: _Printed, names: Mapping[_Subject, str]) -> _Ref:
    """The object that claims it, after it was added to what is printed."""
    subject = _subject(item)
    if not subject:
        namespaces = printed.spec("BusinessUnit", by.unit).setdefault("namespaces", [])
        _entry(namespaces, {"name": item.namespace})["default"] = True
        return "BusinessUnit", "", by.unit
    grants = printed.spec("UsageSource", subject.source).setdefault("grants", [])
    grant = _entry(grants, {"dimension": subject.dimension, "value": subject.value})
    grant["namespaces"] = list(dict.fromkeys([*grant.get("namespaces", ()), by.namespace]))
    name = names[subject]
    spec = printed.spec("AIWorkload", name, by.namespace)
    spec.setdefault("businessUnit", by.unit)
    _entry(spec.setdefault("usage", []), subject.claim)
    return "AIWorkload", by.namespace, name


def _entry(entries: list[dict[str, Any]], like: Mapping[str, Any]) -> dict[str, Any]:
    """The one of a list that has these fields, or a new one at its end."""
    if found := _found(entries, like):
        return found
    entries.append(dict(like))
    return entries[-1]


def _found(entries: Iterable[dict[str, Any]], like: Mapping[str, Any]) -> dict[str, Any] | None:
    return next((of for of in entries if all(of.get(name) == value for name, value in like.items())), None)


def _names(subjects: Iterable[_Subject], by: Claimant, there: Mapping[_Ref, Resource]) -> Mapping[_Subject, str]:
    """What each subject's workload is called: by what it claims, with a digest where two would be called the same."""
    some = tuple(subjects)
    called = Counter(subject.name for subject in some)
    return {of: of.name if called[of.name] == 1 and _is_free(of, by, there) else of.own_name for of in some}


def _is_free(subject: _Subject, by: Claimant, there: Mapping[_Ref, Resource]) -> bool:
    """Whether no workload is called so, or the one that has this claim already."""
    found = there.get(("AIWorkload", by.namespace, subject.name))
    return not found or _found(found["spec"].get("usage", ()), subject.claim) is not None


def _subject(item: Unclaimed) -> _Subject | None:
    """What of a bill a workload can claim: a caller from the source that saw him, if he has but one dimension."""
    caller, _, refiner = item.subject.rpartition(SEEN_BY)
    told = sorted(read(caller)) if caller else [item.subject.partition(" ")[::2]]
    (dimension, value), *others = told or [("", "")]
    if not item.source or others or dimension not in SUBJECTS or not value:
        return None
    return _Subject(refiner if caller else item.source, dimension, value)


def _why_not(item: Unclaimed, there: Mapping[_Ref, Resource]) -> str:
    subject = _subject(item)
    if not is_seen(item.subject) or (subject and not is_seen(subject.value)):
        return "its name has characters that are not seen"
    if not item.source:
        return "" if item.namespace else "nobody is known to have held it"
    if not subject:
        named = SEEN_BY in item.subject
        return (
            "a caller is claimed by hand, by what tells him apart"
            if named
            else "the provider names neither project nor key"
        )
    if len(subject.value) > _LONGEST:
        return f"a grant takes {_LONGEST} characters at most"
    return "" if ("UsageSource", "", subject.source) in there else f"there is no UsageSource {seen(subject.source)}"


def _ref(of: Resource) -> _Ref:
    metadata = of["metadata"]
    return str(of["kind"]), str(metadata.get("namespace", "")), str(metadata["name"])


def _declared(of: Resource) -> Resource:
    """What people declared of an object: without its status and what the API server and kubectl keep in it."""
    metadata = {name: deepcopy(of["metadata"][name]) for name in _KEPT if of["metadata"].get(name)}
    if _APPLIED in metadata.get("annotations", {}):
        del metadata["annotations"][_APPLIED]
    return {"apiVersion": of["apiVersion"], "kind": of["kind"], "metadata": metadata, "spec": deepcopy(of["spec"])}
