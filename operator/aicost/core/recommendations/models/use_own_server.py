"""UseOwnServer: usage of an API that a server of this cluster has room for, at what that server was measured to cost.

Never by quoted throughput: no server, no advice; and no more than it has served in its best hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from aicost.core.recommendations.advice import Answer, Lever, Obstacle
from aicost.core.recommendations.models.looked import Look, Proposal
from aicost.core.recommendations.models.market import Market
from aicost.core.recommendations.models.served import Served
from aicost.core.recommendations.models.trial import shadowed
from aicost.core.recommendations.models.usage import ModelUsage
from aicost.core.window import HOUR


def use_own_server(usage: ModelUsage, found: Iterable[Served], market: Market) -> Iterator[Answer]:
    """One answer where the workload may call a server of the cluster: about the one that is best of those."""
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
        elif not _has_room(usage, server, market):
            message = f"{server.server.target.object_ref.name} never served so much in an hour as it would have to"
            answers.append(look.refused(Obstacle.BUSY, message))
        else:
            yield look.answer(_proposal(server, listed, look, known.capabilities - own.capabilities))
            return
    yield answers[0]


def _has_room(usage: ModelUsage, server: Served, market: Market) -> bool:
    """Whether its mean hour and the workload's busy ones fit into the best hour that was measured."""
    hours = usage.window.seconds // HOUR
    more = (usage.tokens.input + usage.tokens.output) * market.policy.peak_over_mean
    return server.all_tokens + more <= server.peak_tokens * hours


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
        numbers={"ownCostPerMillion": str(server.nanos_per_million), "ownPeakTokensPerHour": str(server.peak_tokens)},
    )
