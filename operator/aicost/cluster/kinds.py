"""Our four kinds as resources of the API."""

from __future__ import annotations

from aicost.cluster.requests import Request, Resource, Verb
from aicost.ports import ResourceRef

GROUP = "aicost.dev"
VERSION = "v1alpha1"
KINDS = {
    "AIWorkload": Resource(GROUP, VERSION, "aiworkloads"),
    "BusinessUnit": Resource(GROUP, VERSION, "businessunits"),
    "UsageSource": Resource(GROUP, VERSION, "usagesources"),
    "PriceBook": Resource(GROUP, VERSION, "pricebooks"),
}


def request(verb: Verb, ref: ResourceRef, subresource: str = "") -> Request:
    """A request for one of our objects."""
    return Request(verb, KINDS[ref.kind], ref.namespace, ref.name, subresource)


def shown(ref: ResourceRef) -> str:
    """The object as people write it: `AIWorkload support/chat`."""
    return f"{ref.kind} {ref.namespace}/{ref.name}" if ref.namespace else f"{ref.kind} {ref.name}"
