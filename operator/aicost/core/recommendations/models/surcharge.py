"""DropSurcharge: what is paid on top for priority, for speed, or to stay in a region."""

from __future__ import annotations

from collections.abc import Iterator

from aicost.core.declarations import LatencyClass
from aicost.core.recommendations.advice import Answer, Basis, Lever
from aicost.core.recommendations.models.looked import Look, Proposal
from aicost.core.recommendations.models.market import Market
from aicost.core.recommendations.models.usage import ModelUsage, worth
from aicost.core.token_prices import Manner

_FASTER = frozenset({("tier", "priority"), ("tier", "fast"), ("speed", "fast")})
_DIMENSIONS = ("tier", "speed", "region")
_CHEAPER = frozenset({("tier", "batch"), ("tier", "flex")})


def drop_surcharge(usage: ModelUsage, market: Market) -> Iterator[Answer]:
    """One answer about all surcharges of a model together, where their price is known."""
    extras = frozenset(pair for each in usage.used for pair in _extras(each.manner))
    asked = tuple(each for each in usage.used if _extras(each.manner))
    before = worth(asked, market.of(usage.provider, usage.model))
    after = worth(asked, market.changed(usage.provider, usage.model, lambda manner: manner - _extras(manner)))
    if before is None or after is None or before <= after:
        return
    named = ", ".join(f"{name} {value}" for name, value in sorted(extras))
    waited_for = usage.latency is LatencyClass.INTERACTIVE and bool(extras & _FASTER)
    trial = (
        f"Trial: ask one day without {named}",
        "Compare: the 95th percentile of latency with and without it",
        "Go back: set it again",
    )
    residence = (f"No law, contract or promise asks for {named}",)
    yield Look(Lever.DROP_SURCHARGE, usage, market).answer(
        Proposal(
            f"without {named}",
            before - after,
            before - after,
            f"{named} is paid on top of the standard price",
            requires=(*trial, *residence) if waited_for else residence,
            basis=Basis.HYPOTHESIS if waited_for else Basis.ACTIONABLE,
            current=named,
        )
    )


def _extras(manner: Manner) -> Manner:
    return frozenset(pair for pair in manner if pair[0] in _DIMENSIONS and pair not in _CHEAPER)
