"""Pods as the API server shows them, projected to what holds a device: pure functions over JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aicost.cluster.quantities import asking, pod_devices
from aicost.core.identity import ObjectRef, PodIdentity, labels
from aicost.core.window import Instant, instant

_TERMINAL = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class OwnerReference:
    """The controller of an object, as its metadata names it."""

    ref: ObjectRef
    uid: str


@dataclass(frozen=True, slots=True)
class BoundPod:
    """A pod that holds devices on a node, by name or by claims: since when, and until when if it is terminal.

    `devices` are those of device plugins; what it holds by ResourceClaims these tell.
    `finished` is whether its phase is terminal; `ended_at` when its last container ended, as far as the pod tells;
    `gone_by` when a deletion in progress is due.
    """

    identity: PodIdentity
    controller: OwnerReference | None
    node: str
    devices: tuple[tuple[str, int], ...]
    bound_at: Instant
    finished: bool
    ended_at: Instant | None
    gone_by: Instant | None
    asking: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()
    """The containers that ask for devices, with these, by name."""


def bound_pod(pod: Mapping[str, Any]) -> BoundPod | None:
    """The pod if it is bound and asks for devices, else None. Raises KeyError, TypeError, ValueError if malformed."""
    spec, status, metadata = pod["spec"], pod.get("status") or {}, pod["metadata"]
    claimed = _claimed_by_name(status)
    devices = {name: count for name, count in pod_devices(spec).items() if name not in claimed}
    bound_at = _bound_at(status)
    if not spec.get("nodeName") or bound_at is None or not (devices or claimed or spec.get("resourceClaims")):
        return None
    controller = controller_of(metadata)
    owners = () if controller is None else (controller.ref,)
    named = labels(metadata.get("labels") or {})
    deletion = metadata.get("deletionTimestamp")
    return BoundPod(
        identity=PodIdentity(metadata["uid"], metadata["namespace"], metadata["name"], named, owners),
        controller=controller,
        node=spec["nodeName"],
        devices=tuple(sorted(devices.items())),
        bound_at=bound_at,
        finished=status.get("phase") in _TERMINAL,
        ended_at=_ended_at(status),
        gone_by=instant(deletion) if deletion else None,
        asking=tuple(sorted((name, tuple(sorted(asked.items()))) for name, asked in asking(spec))),
    )


def controller_of(metadata: Mapping[str, Any]) -> OwnerReference | None:
    """The owner that controls the object, if it has one."""
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller"):
            group, _, _ = owner["apiVersion"].rpartition("/")
            return OwnerReference(ObjectRef(group, owner["kind"], owner["name"]), owner["uid"])
    return None


def _claimed_by_name(status: Mapping[str, Any]) -> frozenset[str]:
    """Extended resources that the scheduler handed out by a ResourceClaim of its own: the claim tells who holds them."""
    claim = status.get("extendedResourceClaimStatus") or {}
    return frozenset(mapping["resourceName"] for mapping in claim.get("requestMappings") or ())


def _bound_at(status: Mapping[str, Any]) -> Instant | None:
    """The binding sets PodScheduled in the same write; of static pods and others without a scheduler the kubelet tells.

    Where neither does, somebody wrote a node's name into the pod and no kubelet took it: else whoever may create pods
    could have more held on a node than it has.
    """
    for condition in status.get("conditions") or ():
        scheduled = condition.get("type") == "PodScheduled" and condition.get("status") == "True"
        if scheduled and condition.get("lastTransitionTime"):
            return instant(condition["lastTransitionTime"])
    started = status.get("startTime")
    return instant(started) if started else None


def _ended_at(status: Mapping[str, Any]) -> Instant | None:
    """When the last container ended, if none runs any more.

    Where that is not told of every container (evicted, refused by the kubelet, node lost) the last transition of the
    pod's conditions counts: a pod that the kubelet refused was only ever scheduled, and so held nothing.
    """
    terminated = list(_terminated(status))
    times = [instant(state["finishedAt"]) for state in terminated if state and state.get("finishedAt")]
    if terminated and len(times) == len(terminated):
        return max(times)
    if status.get("phase") not in _TERMINAL:
        return None
    moved = (condition.get("lastTransitionTime") for condition in status.get("conditions") or ())
    return max((*times, *(instant(moment) for moment in moved if moment)), default=None)


def _terminated(status: Mapping[str, Any]) -> Iterator[Mapping[str, Any] | None]:
    for field in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(field) or ():
            yield (container.get("state") or {}).get("terminated")
