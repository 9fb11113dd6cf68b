"""What the pod watch has shown so far: who holds devices, and who held them. Keeps time by what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aicost.cluster.claims import Claimed
from aicost.cluster.pods import BoundPod, bound_pod
from aicost.cluster.watches import Change
from aicost.core.holdings import Holding
from aicost.core.identity import ObjectRef
from aicost.core.recommendations.live import Asking
from aicost.core.window import Instant, Window, window


@dataclass(slots=True)
class _Held:
    """A pod as it was first seen, and its end: none yet; known; or known not to be before `alive_at`."""

    pod: BoundPod
    end: Instant | None = None
    alive_at: Instant | None = None

    def span(self, until: Instant) -> Window | None:
        """Since its binding, up to an instant."""
        return window(self.pod.bound_at, until if self.end is None else min(self.end, until))

    def assumed(self, span: Window) -> Instant | None:
        """From where on in its time it is assumed to hold."""
        return None if self.end is None else _within(self.alive_at, span)

    def by_claim(self, own: Holding, until: Instant) -> Iterator[Holding]:
        """What it holds in place of a claim, which only pods of the claim's namespace can."""
        if own.pod.namespace == self.pod.identity.namespace and (span := self.span(until)):
            yield replace(own, pod=self.pod.identity, window=span, assumed_from=self.assumed(span))

    def ends(self, pod: BoundPod, at: Instant, since: Instant) -> None:
        """It is over, as the pod tells; else at some moment from `since` to `at`."""
        if pod.ended_at is None:
            self.end, self.alive_at = at, since
        else:
            self.end = pod.ended_at


class Holders:
    """Follows pods. A pod's labels are those of its first sight; once ended it stays ended.

    The end is when the last container ended, where the pod tells; else, for a pod that was deleted before it told, when
    the watch saw it go. Not the deletion's timestamp, which is when a deletion is due: a pod may go sooner (nothing
    ran) or hold its device longer (the node does not answer). A watch may tell late, or miss it: the end lies between
    the last moment that the pod was known alive and the event, or the list that lacks it. The holding goes on to the
    latter (of a list: or to when the deletion was due) and is marked as assumed from the former, so that a known
    successor on the card cuts it.
    """

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self.on_new: Callable[[BoundPod], None] = lambda _: None

    def project(self, item: Mapping[str, Any]) -> BoundPod | None:
        return bound_pod(item)

    def on_list(self, items: Sequence[BoundPod], at: Instant, since: Instant | None) -> None:
        for pod in items:
            self._see(pod, at, at if since is None else since)
        listed = {pod.identity.uid for pod in items}
        for uid, held in self._held.items():
            if held.end is None and uid not in listed:
                held.alive_at = at if since is None else since
                due = held.pod.gone_by
                held.end = max(min(at, due), held.alive_at) if due is not None else at

    def on_event(self, change: Change, item: BoundPod, at: Instant, since: Instant) -> None:
        self._see(item, at, since)
        held = self._held[item.identity.uid]
        if change == "DELETED" and held.end is None:
            held.ends(item, at, since)

    def holdings(self, until: Instant, claimed: Iterable[Claimed] = ()) -> Iterator[Holding]:
        """Of every pod seen and not forgotten, by name and by claims; what still runs, or ends later, ends at `until`."""
        for held in self._held.values():
            if span := held.span(until):
                for resource, count in held.pod.devices:
                    yield Holding(held.pod.identity, held.pod.node, resource, count, span, held.assumed(span))
        for of in claimed:
            for uid in sorted(of.pods & self._held.keys()):
                yield from self._held[uid].by_claim(of.own, until)

    def asking(self) -> Iterator[Asking]:
        """The containers of pods that live, with the devices that they ask for."""
        for held in self._held.values():
            if held.end is None:
                pod = held.pod.identity
                for container, devices in held.pod.asking:
                    yield Asking(pod.namespace, pod.name, container, devices, pod.owners)

    def ended(self, until: Instant) -> Iterator[tuple[str, Instant]]:
        """UIDs of pods that told when they ended, up to an instant."""
        for uid, held in self._held.items():
            if held.end is not None and held.alive_at is None and held.end <= until:
                yield uid, held.end

    def named(self, uid: str, owners: tuple[ObjectRef, ...]) -> None:
        """Set the owner chain of a pod."""
        if held := self._held.get(uid):
            held.pod = replace(held.pod, identity=replace(held.pod.identity, owners=owners))

    def controllers(self) -> frozenset[str]:
        """UIDs of the direct controllers of all pods kept."""
        return frozenset(held.pod.controller.uid for held in self._held.values() if held.pod.controller)

    def forget(self, before: Instant) -> None:
        """Drop pods that ended before."""
        self._held = {uid: held for uid, held in self._held.items() if held.end is None or held.end >= before}

    def _see(self, pod: BoundPod, at: Instant, since: Instant) -> None:
        held = self._held.get(pod.identity.uid)
        if held is None:
            held = self._held[pod.identity.uid] = _Held(pod)
            at = since = pod.bound_at  # first seen when it was over: without a time it proves no holding
            self.on_new(pod)
        if held.end is None and pod.finished:
            held.ends(pod, at, since)
        held.pod = replace(held.pod, gone_by=pod.gone_by)


def _within(alive_at: Instant | None, span: Window) -> Instant | None:
    return max(alive_at, span.start) if alive_at is not None and alive_at < span.end else None
