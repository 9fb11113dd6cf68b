"""Manifests as files: which pods they run, and which devices these ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from aicost.api.definition import API_VERSION
from aicost.api.workload import AIWorkload
from aicost.cli.completing import RUN_NOTHING, completed, scaled_down
from aicost.cli.elsewhere import Elsewhere, Fetch, Named, nowhere
from aicost.cli.scaling import scalers
from aicost.cli.uncounted import NotCountedError, refuse_completed, refuse_strange, refuse_unlisted
from aicost.cluster.pod_templates import Template
from aicost.cluster.quantities import GPU, pod_devices
from aicost.cluster.templates import templates
from aicost.core.cards import PRODUCT
from aicost.core.quotes import SCALED
from aicost.ports import Malformed

Json: TypeAlias = Mapping[str, Any]
_CLASS = "gpu.nvidia.com"
_RESOURCES = "resource.k8s.io"


@dataclass(frozen=True, slots=True)
class Manifests:
    """Servers, workloads and autoscalers as the read API takes them, and of what else asks for GPUs why nothing is said of it."""

    servers: tuple[Json, ...]
    beyond: tuple[str, ...]
    workloads: tuple[Json, ...] = ()
    scalers: tuple[Json, ...] = ()


def read(texts: Iterable[tuple[str, str]], namespace: str, fetch: Fetch = nowhere) -> Manifests:
    """All documents of files by name; `namespace` is that of objects that name none. Raises Malformed for what is no manifest.

    ResourceClaimTemplates are known to all objects of their namespace, whichever file they are in; `fetch` gets from the
    cluster what others take their pods from and no file has.
    """
    found = [each for name, text in texts for each in _documents(name, text)]
    elsewhere = Elsewhere({_key(of, namespace): of for _, of in found}, fetch)
    claims = {_named(of, namespace): of for _, of in found if _is_claim_template(of)}
    servers, beyond, workloads, scaling = [], [], [], []
    gone = {scaled_down(of, _named(of, namespace)[0]) for _, of in found}
    for name, of in found:
        if _key(of, namespace) in gone:
            continue
        try:
            workloads += _workloads(of, namespace)
            scaling += scalers(of, *_named(of, namespace))
            server = _server(of, namespace, elsewhere, claims)
        except NotCountedError as why:
            beyond.append(f"{of['kind']} {_named(of, namespace)[1]}: {why}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _no_manifest(name, error) from error
        else:
            if server["pods"]:
                servers.append(server)
    return Manifests(tuple(servers), tuple(beyond), tuple(workloads), tuple(scaling))


def _documents(name: str, text: str) -> Iterator[tuple[str, Json]]:
    """Each object with the name of its file."""
    try:
        for each in _objects(yaml.safe_load_all(text)):
            _ = each["kind"].strip(), _named(each, ""), each["apiVersion"].strip()
            yield name, each
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise _no_manifest(name, error) from error


def _no_manifest(name: str, error: Exception) -> Malformed:
    return Malformed(f"{name} is no manifest of Kubernetes: {_why(error)}")


def _why(error: Exception) -> str:
    """What is wrong with it, in words and where that is known."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    if isinstance(error, yaml.YAMLError):
        return " ".join(str(error).split())
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]}, which every object and pod there needs"
    return f"a part of it is of the wrong type: {error}"


def _objects(documents: Iterator[Any]) -> Iterator[Json]:
    """Each object, those of lists too: of a PodList these are Pods, whether they say so or not."""
    for each in documents:
        if each is None:
            continue
        of, is_list, _ = str(each["kind"]).rpartition("List")
        if is_list and "items" in each:
            kind = {"apiVersion": each["apiVersion"], "kind": of} if of else {}
            yield from ({**kind, **item} for item in each["items"])
        else:
            yield each


def _named(of: Json, namespace: str) -> tuple[str, str]:
    """Its namespace, and its name or what its name will begin with."""
    metadata = of["metadata"]
    prefixed = not metadata.get("name") and "generateName" in metadata
    return metadata.get("namespace") or namespace, metadata["generateName" if prefixed else "name"]


def _key(of: Json, namespace: str) -> Named:
    space, name = _named(of, namespace)
    return Named(_group(of), of["kind"], "" if of["kind"].startswith("Cluster") else space, name)


def _group(of: Json) -> str:
    group: str = of["apiVersion"].rpartition("/")[0]
    return group


def _workloads(of: Json, namespace: str) -> list[Json]:
    """An AIWorkload that claims pods: its unit and that claim, for the rest is nothing that a quote asks for."""
    if (of["apiVersion"], of["kind"]) != (API_VERSION, AIWorkload.definition.kind) or not of["spec"].get("pods"):
        return []
    space, name = _named(of, namespace)
    spec = {"businessUnit": of["spec"]["businessUnit"], "pods": of["spec"]["pods"]}
    metadata = {"namespace": space, "name": name}
    return [{"apiVersion": of["apiVersion"], "kind": of["kind"], "metadata": metadata, "spec": spec}]


def _server(of: Json, namespace: str, elsewhere: Elsewhere, claims: Mapping[tuple[str, str], Json]) -> Json:
    """As the read API takes it. Raises NotCountedError where it asks for GPUs in a way that cannot be counted."""
    space, name = _named(of, namespace)
    whole = completed(of, space, elsewhere)
    try:
        pods, labels = _asked(whole, space, claims)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if whole is of:
            raise
        raise NotCountedError(f"what it takes from elsewhere cannot be read: {_why(error)}") from error
    gone = scaled_down(of, space)
    replaces = {"replaces": {"group": gone.group, "kind": gone.kind, "name": gone.name}} if gone else {}
    ref = {"namespace": space, "group": _group(of), "kind": of["kind"], "name": name}
    return {**ref, "labels": labels, "pods": pods, **replaces}


def _asked(of: Json, namespace: str, claims: Mapping[tuple[str, str], Json]) -> tuple[list[Json], Json]:
    """The pods that ask for devices, and the labels of the first of them."""
    found = templates(of)
    if found is not None:
        refuse_completed(of, found)
    elif not _is_claim_template(of) and (_group(of), of["kind"]) not in RUN_NOTHING:
        refuse_unlisted(of)
    told = (_group(of), of["kind"]) not in SCALED or of["spec"].get("replicas") is not None
    asking = [(template, _pods(of["kind"], template, namespace, claims)) for template in found or ()]
    pods: list[Json] = [each | ({} if told else {"told": False}) for _, each in asking if each["devices"]]
    return pods, next((dict(template.labels) for template, each in asking if each["devices"]), {})


def _pods(kind: str, of: Template, namespace: str, claims: Mapping[tuple[str, str], Json]) -> dict[str, Any]:
    refuse_strange(of.pod)
    devices = pod_devices(of.pod)
    for claim in of.pod.get("resourceClaims") or ():
        devices[GPU] += _claimed(claim, namespace, claims)
    selector = of.pod.get("nodeSelector") or {}
    return {"devices": dict(+devices), "product": selector.get(PRODUCT, "")} | (
        _numbers(kind, of, selector) if +devices else {}
    )


def _numbers(kind: str, of: Template, selector: Json) -> dict[str, Any]:
    """How many pods there are, or on which nodes there is one each."""
    least, most = of.numbers
    if kind == "DaemonSet":
        if (of.pod.get("affinity") or {}).get("nodeAffinity"):
            raise NotCountedError("its affinity decides on which nodes it runs, and is not understood")
        return {"least": 0, "most": 0, "nodes": dict(selector)}
    if most is None:
        raise NotCountedError("nothing says how many pods it may have at most")
    return {"least": least, "most": most}


def _is_claim_template(of: Json) -> bool:
    return bool(of["apiVersion"].startswith(f"{_RESOURCES}/")) and of["kind"] == "ResourceClaimTemplate"


def _claimed(claim: Json, namespace: str, claims: Mapping[tuple[str, str], Json]) -> int:
    """Whole cards that a pod claims for itself: so many of any, which is what cards by name are, too."""
    if not (name := claim.get("resourceClaimTemplateName")):
        raise NotCountedError(f"claim {claim.get('name')} may be shared with other pods, so that its cost is not known")
    if (template := claims.get((namespace, name))) is None:
        raise NotCountedError(f"ResourceClaimTemplate {name} is in none of the files, so what it claims is not known")
    devices = template["spec"]["spec"].get("devices") or {}
    return sum(_requested(request, name) for request in devices.get("requests") or ())


def _requested(request: Json, name: str) -> int:
    """Of resource.k8s.io/v1 what stands in `exactly`, of its betas beside the name."""
    exactly = request.get("exactly") or request
    driver = exactly.get("deviceClassName")
    plain = driver == _CLASS and exactly.get("allocationMode", "ExactCount") == "ExactCount"
    if not plain or exactly.get("selectors") or exactly.get("adminAccess") or request.get("firstAvailable"):
        asked = f"ResourceClaimTemplate {name} claims by class {driver or 'of several'}"
        raise NotCountedError(f"{asked}, a choice or selectors what only the scheduler can tell")
    return int(exactly.get("count", 1))
