"""Which pod a DCGM series is about, if any. Pure.

Two ways of scraping dcgm-exporter mislead (facts seen on real clusters): without `honor_labels` the exporter's own
labels arrive as `exported_…` and `pod` is the exporter's pod; with it `pod` is the workload's, but the series of a
card that no pod holds still get the target's labels, and so name the exporter's pod.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

_PLACE = ("namespace", "pod")
Target: TypeAlias = tuple[str, str]
"""Job and instance of a scrape."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A pod as DCGM's labels name it; `uid` is empty where the exporter does not tell it."""

    namespace: str
    pod: str
    uid: str


class Holders:
    """Tells the holder of a series, knowing the exporters' own pods from the `up` series of their scrapes."""

    def __init__(self, up: Iterable[Mapping[str, str]] = ()) -> None:
        self._exporters = {(_target(labels), _place(labels)) for labels in up}

    def of(self, labels: Mapping[str, str]) -> Holder | None:
        """The pod that holds the card, or None for a card that no pod holds."""
        moved = {name: labels.get(f"exported_{name}", "") for name in _PLACE}
        named = moved if any(f"exported_{name}" in labels for name in _PLACE) else labels
        if not named.get("pod") or not named.get("namespace"):
            return None
        if named is labels and self._is_exporter(labels):
            return None
        return Holder(named["namespace"], named["pod"], labels.get("pod_uid", ""))

    def _is_exporter(self, labels: Mapping[str, str]) -> bool:
        """By its scrape; where that is not kept, by its container, which bears the name of its job or service."""
        if (_target(labels), _place(labels)) in self._exporters:
            return True
        container = labels.get("container", "")
        return bool(container) and (
            "dcgm-exporter" in container or container in (labels.get("job"), labels.get("service"))
        )


def _target(labels: Mapping[str, str]) -> Target:
    return labels.get("job", ""), labels.get("instance", "")


def _place(labels: Mapping[str, str]) -> tuple[str, str]:
    return labels.get("namespace", ""), labels.get("pod", "")
