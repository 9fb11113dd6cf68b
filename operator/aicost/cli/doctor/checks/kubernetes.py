"""The API server, the kinds in it, and what we may do there. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from aicost.cli.doctor.checks.schemas import crds
from aicost.cli.doctor.checks.unknown import IN_POD, untold
from aicost.cli.doctor.facts import ClusterFacts, Fact, Reader, Right, Unknown
from aicost.cli.doctor.findings import Finding, missing, ok, warn

_CONNECT = "Check --kubeconfig, KUBECONFIG and that the API server can be reached from here."
_CHART = "Install the chart's roles (rbac.create), and list credentials.secretNames."
_READER = f"Ask for this right, or {IN_POD}"
_OPERATOR = "Nothing, unless this user runs the operator: the chart grants it to its ServiceAccount."


def kubernetes(cluster: ClusterFacts) -> Iterator[Finding]:
    """Reachable and as whom, the four CRDs, the rights."""
    yield api(cluster.reader)
    if isinstance(cluster.schemas, Unknown):
        yield untold("CRDs", cluster.schemas)
    else:
        yield from crds(cluster.schemas)
    yield from rights(cluster.rights, cluster.reader)


def api(reader: Fact[Reader]) -> Finding:
    """Who we are to the API server."""
    if isinstance(reader, Unknown):
        return missing("Kubernetes API", reader.why, _CONNECT)
    return ok("Kubernetes API", f"{reader.server} answers to {reader.name}")


def rights(found: Fact[tuple[Right, ...]], reader: Fact[Reader]) -> Iterator[Finding]:
    """A finding for each right that lacks, or one for all. To the operator all matter, to others none is vital."""
    if isinstance(found, Unknown):
        yield untold("Rights", found)
        return
    lacking = [right for right in found if not right.allowed]
    operator = not isinstance(reader, Unknown) and reader.is_operator
    for right in lacking:
        check = f"Right to {right.request.verb} {_plural(right)}"
        lack = f"not allowed: {right.request.grant}"
        if operator:
            yield missing(check, lack, _CHART)
        else:
            yield warn(check, lack, _READER if right.doctor else _OPERATOR)
    if not lacking:
        yield ok("Rights", f"all {len(found)} that the operator uses")


def _plural(right: Right) -> str:
    request = right.request
    return "/".join(part for part in (request.resource.plural, request.name, request.subresource) if part)
