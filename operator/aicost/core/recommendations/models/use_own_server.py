"""UseOwnServer: usage of an API that a server of this cluster has room for, at what that server was measured to cost.

Never by quoted throughput: no server, no advice; and no more than it has served in its best hour, to all callers together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import TypeAlias

from aicost.core.identity import WorkloadRef
from aicost.core.money import rounded
from aicost.core.recommendations.advice import Advice, Answer, Lever, Obstacle, Target
from aicost.core.recommendations.models.looked import Look, Proposal
from aicost.core.recommendations.models.market import Market
from aicost.core.recommendations.models.served import Served
from aicost.core.recommendations.models.trial import shadowed
from aicost.core.recommendations.models.usage import ModelUsage
from aicost.core.window import HOUR

Given: TypeAlias = dict[tuple[WorkloadRef, Target], int]
"""Tokens of the window's worth of room that callers were advised to use, by server."""


def use_own_server(
    usage: ModelUsage, found: Iterable[Served], market: Market, given: Given, hears: Callable[[Answer], bool]
) -> Iterator[Answer]:
    """One answer where the workload may call a server of the cluster: about the one that is best of those.

    `given` is the room that others were advised to use; what this one is advised to use is added, if it `hears` of it.
    """
    known = market.catalogue.model(usage.provider, usage.model)
    servers = sorted((each for each in found if each.all_tokens), key=lambda each: (each.nanos_per_million, each.model))
    look = Look(Lever.USE_OWN_SERVER, usage, market)
    listed = look.listed
    if known is None or not servers or not listed or not (usage.tokens.input + usage.tokens.output):
        return
    answers: list[Answer] = []
    for server in servers:
        own = market.catalogue.served(server.model)
        if own is None or known.quality - own.quality > market.policy.quality_gap:
            message = f"{server.model or 'a server without a named model'} is no match for {known.name} that the catalogue knows of"
            answers.append(look.refused(Obstacle.QUALITY_GAP, message))
        elif server.leaves or server.takes_over:
            message = f"{server.server.target.object_ref.name} is itself advised to have less, to go or to take over others' calls"
            answers.append(look.refused(Obstacle.NOT_OFFERED, message))
        elif not _has_room(usage, server, market, given):
            message = f"{server.server.target.object_ref.name} never served so much in an hour as it would have to"
            answers.append(look.refused(Obstacle.BUSY, message))
        else:
            answer = look.answer(_proposal(server, listed, look, known.capabilities - own.capabilities))
            if isinstance(answer, Advice) and hears(answer):
                given[_of(server)] = given.get(_of(server), 0) + _busy(usage, market)
            yield answer
            return
    yield answers[0]


def _has_room(usage: ModelUsage, server: Served, market: Market, given: Given) -> bool:
    """Whether its mean hour and the busy ones of all who are sent there fit into the best hour that was measured."""
    hours = usage.window.seconds // HOUR
    more = given.get(_of(server), 0) + _busy(usage, market)
    served = server.all_tokens * server.uncounted * usage.window.seconds / server.server.window.seconds
    return served + more <= server.peak_tokens * hours


def _busy(usage: ModelUsage, market: Market) -> int:
    return (usage.tokens.input + usage.tokens.output) * market.policy.peak_over_mean


def _of(server: Served) -> tuple[WorkloadRef, Target]:
    return server.server.workload, server.server.target


def _proposal(server: Served, listed: Fraction, look: Look, lacks: frozenset[str]) -> Proposal:
    """At its measured cost by all tokens and by output alone: the dearer reading at least, the cheaper one at most.

    What it costs a month is told in the money that is paid, so that it is held against list prices by what is paid of them.
    """
    cost = Fraction(server.server.part.monthly_nanos) / server.pace
    usage = look.usage
    tokens = usage.tokens
    readings = [Fraction(tokens.input + tokens.output, server.all_tokens)]
    if server.tokens.output:
        readings.append(Fraction(tokens.output, server.tokens.output))
    paid = look.paid(listed)
    owns = [cost * reading / paid if paid else listed for reading in readings]
    name = server.server.target.object_ref.name
    return Proposal(
        f"{server.model} of {name}",
        listed - max(owns),
        listed - min(owns),
        f"{name} has room for it, and its tokens were measured to cost less than those of {usage.model}",
        requires=(
            *shadowed(server.model, look.market.policy),
            f"{name} keeps its replicas: what it serves besides is no longer idle time",
            *((f"Nobody sends what it does not take: {', '.join(sorted(lacks))}",) if lacks else ()),
        ),
        numbers={
            "ownCostPerMillion": rounded(server.nanos_per_million),
            "ownPeakTokensPerHour": str(server.peak_tokens),
        },
    )
