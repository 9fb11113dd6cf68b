"""Which models were estimated, and by what."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.reasons import GapReason
from aicost.core.token_uses import doubted, doubtful, together, token_uses
from aicost.core.usage import Tokens
from tests.support.builders import T0
from tests.support.tokens import LISTED, used


def test_a_use_for_each_model() -> None:
    """By its name without a date, with its latest price, and with all its tokens that have none."""
    first, last = used(Tokens(1, output=2)), used(Tokens(5), day=1, model="gpt-6-sol-2026-09-01")
    unknown = (used(Tokens(7, output=1), None, model="m"), used(Tokens(4), None, model="openai/m"))
    uses = token_uses((last, *unknown, first))
    assert [(use.name, use.latest, use.unpriced) for use in uses] == [
        ("openai/gpt-6-sol", last, 0),
        ("openai/m", unknown[1], 12),
    ]


def test_uses_of_days_are_those_of_the_month() -> None:
    """However the month is cut."""
    every = [used(Tokens(n, output=1), None if n % 2 else LISTED, day=n, model=f"m{n % 3}") for n in range(7)]
    for cut in range(8):
        assert together((token_uses(every[cut:]), token_uses(every[:cut]))) == token_uses(every)


def test_doubts_are_a_notice_of_the_source() -> None:
    """They name a model, and hide no cost."""
    unsure = replace(LISTED, doubtful=True)
    found = doubted((used(Tokens(5), unsure), used(Tokens(5), unsure, model="b"), used(Tokens(5), source="x")))
    [gap] = doubtful(found, T0)
    assert (gap.reason, gap.source, gap.hides_cost) == (GapReason.TIER_UNCERTAIN, "openai", False)
    assert gap.message.startswith("openai: what b and 1 more costs")
