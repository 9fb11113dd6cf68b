"""Card groups from kube-state-metrics' facts about nodes. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from aicost.core.cards import (
    COUNT,
    LAYOUT,
    LAYOUT_STATE,
    PRODUCT,
    REPLICAS,
    STRATEGY,
    believed,
    cards_of,
    labels_of_instances,
)
from aicost.core.holdings import CardGroup
from aicost.core.identity import NodeRef, labels
from aicost.core.window import Instant, Window, window
from aicost.sources.exposition import resource_name, sanitised
from aicost.sources.kube_state_metrics.facts import Answers, Samples, by, facts, node_key
from aicost.sources.kube_state_metrics.labelled import stretches, told_labels

_READ = (PRODUCT, COUNT, REPLICAS, STRATEGY, LAYOUT, LAYOUT_STATE)


def card_groups(answers: Answers, over: Window, interval: int) -> tuple[CardGroup, ...]:
    """The cards of every node while it was there, in the window and up to one interval after its last sample.

    A node that was there before anything watched counts from the window's first sample: what pods held before that is
    not known, so that nobody may say that its cards were idle. Other labels, which choose prices, begin another group.
    """
    capacity, named = _capacity(answers.capacity), told_labels(answers, interval)
    watched = _watched(answers, over, interval)
    groups = [
        group
        for node, last in sorted(_nodes(answers, interval))
        if (there := window(max(node.created, watched), last))
        for carried, part in stretches(named[node.name], there)
        for group in _groups(node, carried, capacity.get(node.name, {}), part)
    ]
    return tuple(groups)


def seen(answers: Answers) -> tuple[Instant, Instant]:
    """The first and the last sample of any node in the window; only where there is one."""
    first, last = by(node_key, answers.nodes_first_seen, min), by(node_key, answers.nodes_last_seen, max)
    return Instant(int(min(first.values(), default=0))), Instant(int(max(last.values())))


def _nodes(answers: Answers, interval: int) -> Iterator[tuple[NodeRef, Instant]]:
    """Each node with the end of its time; a name that was given again in the window is two nodes."""
    created, last = by(node_key, answers.nodes_created, max), by(node_key, answers.nodes_last_seen, max)
    earlier_last = by(node_key, answers.earlier_nodes_last_seen, max)
    for name, at in by(node_key, answers.earlier_nodes_created, min).items():
        end = min(earlier_last.get(name, at) + interval, created.get(name, at))
        yield NodeRef(name, Instant(int(at))), Instant(int(end))
    for name, at in created.items():
        if name in last:
            yield NodeRef(name, Instant(int(at))), Instant(int(last[name]) + interval)


def _watched(answers: Answers, over: Window, interval: int) -> Instant:
    """Since when the series tell of the window: a sample speaks for the interval before it, too."""
    first = min(by(node_key, answers.nodes_first_seen, min).values(), default=over.end)
    return max(over.start, Instant(int(first) - interval))


def _groups(node: NodeRef, named: Mapping[str, str], capacity: Mapping[str, int], there: Window) -> Iterator[CardGroup]:
    read = (*_READ, *labels_of_instances(capacity))
    known = {key: named[sanitised(key)] for key in read if sanitised(key) in named}
    for of in cards_of(known, capacity):
        yield CardGroup(node, of.resource, of.product, of.count, there, labels(named), of.sharing, of.slots)


def _capacity(samples: Samples) -> dict[str, dict[str, int]]:
    """Devices by node and resource: the most that the window saw, for a plugin that restarts reports fewer."""
    capacity: dict[str, dict[str, int]] = defaultdict(dict)
    for of, value in facts(samples):
        devices, resource = capacity[node_key(of)], resource_name(of.get("resource", ""))
        devices[resource] = max(devices.get(resource, 0), believed(int(value)))
    return capacity
