"""Who held cards of nodes in an hour, and whether anybody told of the CPU and memory that they took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from aicost.core.holdings import Devices, Holding
from aicost.core.hosts import BRIEF, Amounts, HostHour, Taker
from aicost.core.window import Window


def recognised(account: HostHour, holders: Devices) -> HostHour:
    """With what is known of the holders among its pods: labels and controllers, which few series tell, and when they were there.

    A holder of whom the series do not tell took nothing that is known, and nobody saw what he used.
    """
    known = {holding.pod.uid: holding for holding in holders.holdings if holding.node == account.node}
    takers = (_known(taker, known.get(taker.pod.uid), account.over) for taker in account.takers)
    untold = (
        HostHour(account.node, account.over, account.capacity, (Taker(holding.pod, there, Amounts()),))
        for holding, there in _untold(holders.holdings, (account,), account.over)
        if holding.node == account.node
    )
    whole = replace(account, takers=tuple(takers))
    for each in untold:
        whole = whole.together(each)
    return whole


def _known(taker: Taker, holding: Holding | None, over: Window) -> Taker:
    """By a claim a pod may hold for less than it is there."""
    if holding is None:
        return taker
    held = None if holding.claim else holding.window.overlap(over)
    return replace(taker, pod=holding.pod, there=held or taker.there)


def is_whole(hour: Window, told: Sequence[HostHour], holders: Devices) -> bool:
    """Whether somebody told of every node that had cards in an hour, and of every pod that held any."""
    nodes = {
        group.node.name: there
        for group in holders.groups
        if (there := group.window.overlap(hour)) and there.seconds >= BRIEF
    }
    told_of = all(any(of.node == node and of.over.meets(there) for of in told) for node, there in nodes.items())
    return told_of and not any(_untold(holders.holdings, told, hour))


def _untold(holdings: Iterable[Holding], told: Sequence[HostHour], over: Window) -> Iterator[tuple[Holding, Window]]:
    """Pods that were there for long enough to be seen, and of which no account of their node tells."""
    pods = {(of.node, name) for of in told for taker in of.takers for name in (taker.pod.uid, str(taker.pod))}
    for holding in holdings:
        there = holding.window.overlap(over)
        names = {(holding.node, holding.pod.uid), (holding.node, str(holding.pod))}
        is_pod = not holding.is_unreserved
        if is_pod and there and there.seconds >= BRIEF and not names & pods:
            yield holding, there
