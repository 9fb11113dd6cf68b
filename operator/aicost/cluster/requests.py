"""Requests to the Kubernetes API as values: which resource, which RBAC verb, where. No HTTP here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import quote

Verb: TypeAlias = Literal["get", "list", "watch", "create", "update", "patch"]
_METHODS: dict[Verb, str] = {
    "get": "GET",
    "list": "GET",
    "watch": "GET",
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of the API; `group` is empty for core, `plural` as in paths and RBAC rules."""

    group: str
    version: str
    plural: str

    @property
    def root(self) -> str:
        """The path up to its version: `/api/v1`, `/apis/apps/v1`."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"


PODS = Resource("", "v1", "pods")
NODES = Resource("", "v1", "nodes")
SECRETS = Resource("", "v1", "secrets")
EVENTS = Resource("events.k8s.io", "v1", "events")
LEASES = Resource("coordination.k8s.io", "v1", "leases")
DEPLOYMENTS = Resource("apps", "v1", "deployments")
REPLICA_SETS = Resource("apps", "v1", "replicasets")
STATEFUL_SETS = Resource("apps", "v1", "statefulsets")
AUTOSCALERS = Resource("autoscaling", "v2", "horizontalpodautoscalers")
JOBS = Resource("batch", "v1", "jobs")
JOB_SETS = Resource("jobset.x-k8s.io", "v1alpha2", "jobsets")
LEADER_WORKER_SETS = Resource("leaderworkerset.x-k8s.io", "v1", "leaderworkersets")
RAY_CLUSTERS = Resource("ray.io", "v1", "rayclusters")
KNATIVE_REVISIONS = Resource("serving.knative.dev", "v1", "revisions")
KNATIVE_CONFIGURATIONS = Resource("serving.knative.dev", "v1", "configurations")
KNATIVE_SERVICES = Resource("serving.knative.dev", "v1", "services")
RESOURCE_SLICES = Resource("resource.k8s.io", "v1", "resourceslices")
RESOURCE_CLAIMS = Resource("resource.k8s.io", "v1", "resourceclaims")


@dataclass(frozen=True, slots=True)
class Request:
    """One request; an empty namespace means all namespaces or a cluster-scoped resource."""

    verb: Verb
    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """The HTTP method."""
        return _METHODS[self.verb]

    @property
    def path(self) -> str:
        """The path, every part quoted."""
        space = ("namespaces", self.namespace) if self.namespace else ()
        parts = (*space, self.resource.plural, self.name, self.subresource)
        return "/".join((self.resource.root, *(quote(part, safe="") for part in parts if part)))

    @property
    def grant(self) -> str:
        """What an RBAC rule must allow for it, in words."""
        resource = f"{self.resource.plural}/{self.subresource}" if self.subresource else self.resource.plural
        where = f' in namespace "{self.namespace}"' if self.namespace else " in the whole cluster"
        return f'"{self.verb}" on "{resource}" of API group "{self.resource.group}"{where}'

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
