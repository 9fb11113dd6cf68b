"""Which labels a node carried when, from the first and last samples of each set of them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.cards import PRODUCT, lasting
from aicost.core.window import Instant, Window
from aicost.sources.exposition import object_labels, sanitised
from aicost.sources.kube_state_metrics.facts import Answers, Samples, facts, node_key

Carried: TypeAlias = Mapping[str, str]
"""A node's labels by their printed keys."""
_Set: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
_PRODUCT = sanitised(PRODUCT)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A set of labels and when it was seen: from its first sample to one interval after its last."""

    labels: Carried
    seen: Window


def told_labels(answers: Answers, interval: int) -> defaultdict[str, list[Labelled]]:
    """All sets of labels of each node, by its name."""
    first, last = _by_set(answers.node_labels_first_seen, min), _by_set(answers.node_labels_last_seen, max)
    named: defaultdict[str, list[Labelled]] = defaultdict(list)
    for (node, pairs), ended in sorted(last.items()):
        seen = Window(Instant(first.get((node, pairs), ended)), Instant(ended + interval))
        named[node].append(Labelled(dict(pairs), seen))
    return named


def stretches(told: Sequence[Labelled], there: Window) -> Iterator[tuple[Carried, Window]]:
    """The labels over the time that the node was there, each from its first sample on: a change never rewrites the past.

    Only while the product is unknown, and so without a price, the labels that come with it count from before.
    """
    bounds = (moment for each in told for moment in (each.seen.start, each.seen.end))
    moments = sorted({there.start, *(moment for moment in bounds if moment in there)})
    carried = [_carried(told, moment) for moment in moments]
    for index in range(len(carried) - 2, -1, -1):
        if _PRODUCT not in carried[index] and _PRODUCT in carried[index + 1]:
            carried[index] = carried[index + 1]
    changes = [index for index in range(len(carried)) if index == 0 or carried[index] != carried[index - 1]]
    ends = [*(moments[index] for index in changes[1:]), there.end]
    for index, end in zip(changes, ends, strict=True):
        yield carried[index], Window(moments[index], end)


def _carried(told: Sequence[Labelled], moment: Instant) -> Carried:
    """The set that was seen then and began last; else the one before; before all of them the first."""
    if seen := [each for each in told if moment in each.seen]:
        return max(seen, key=lambda each: each.seen.start).labels
    if before := [each for each in told if each.seen.end <= moment]:
        return max(before, key=lambda each: each.seen.end).labels
    return min(told, key=lambda each: each.seen.start).labels if told else {}


def _by_set(samples: Samples, choose: Callable[[Iterable[int]], int]) -> dict[_Set, int]:
    """One time for each node and set of labels: two kube-state-metrics tell each twice."""
    found: dict[_Set, list[int]] = defaultdict(list)
    for labels, value in facts(samples):
        pairs = sorted(lasting(frozenset(object_labels(labels).items())))
        found[node_key(labels), tuple(pairs)].append(int(value))
    return {key: choose(times) for key, times in found.items()}
