"""What no bill tells is told to whom it concerns: estimates as notices, usage without a price as a gap."""

from __future__ import annotations

from aicost.core.bills import TOKENS
from aicost.core.gaps import Feed, Gap
from aicost.core.ledger import UNCLAIMED, Certainty, Component, Total
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.unbilled import unbilled, unbilled_of
from tests.support.builders import T0, a_total, at, owned_by, usd

CHAT = owned_by()


def tokens(
    owner: object,
    amount: Money | None,
    quantity: int = 0,
    gap: GapReason | None = None,
    pool: str = "openai",
    unit: str = TOKENS,
) -> Total:
    return a_total(
        owner,  # type: ignore[arg-type] # an Owner, as the builders make it
        amount,
        quantity=quantity,
        component=Component.TOKENS,
        certainty=Certainty.ESTIMATED,
        pool=pool,
        gap=gap,
        unit=unit if gap else "",
    )


MONTH = (
    a_total(CHAT, usd(100), quantity=5),
    tokens(UNCLAIMED, None, 0, GapReason.NO_TOKEN_PRICE),
    tokens(CHAT, usd(0), pool="another"),
    tokens(CHAT, usd(2), 1000),
    tokens(UNCLAIMED, usd(3), 1500),
    tokens(CHAT, None, 60, GapReason.NO_TOKEN_PRICE),
    tokens(CHAT, None, 10, GapReason.NO_TOKEN_PRICE),
    tokens(CHAT, None, 12, GapReason.NO_USAGE_PRICE, pool="other", unit="images"),
    tokens(CHAT, None, 2**40, GapReason.NO_USAGE_PRICE, pool="other", unit="byte days"),
    tokens(CHAT, None, 3, GapReason.NO_USAGE_PRICE, pool="other", unit="images"),
    tokens(CHAT, None, 9, GapReason.NO_AUDIO_PRICE, pool="other", unit="audio tokens of input"),
    tokens(CHAT, usd(4), 10, pool="other"),
    a_total(CHAT, usd(100), quantity=5, component=Component.TOKENS, certainty=Certainty.BILLED, pool="openai"),
)


def test_each_owner_is_told_of_each_source() -> None:
    """Amounts, tokens and images of his own only, each by itself; nothing of what is billed."""
    told = {(gap.workload or gap.unit, gap.source, gap.reason, gap.quantity) for gap in unbilled(MONTH, T0)}
    assert told == {
        (CHAT.workload, "openai", GapReason.USAGE_ESTIMATED, "2.00 USD"),
        (CHAT.workload, "openai", GapReason.NO_TOKEN_PRICE, "70 tokens"),
        (CHAT.workload, "other", GapReason.USAGE_ESTIMATED, "4.00 USD"),
        (CHAT.workload, "other", GapReason.NO_USAGE_PRICE, "15 images"),
        (CHAT.workload, "other", GapReason.NO_USAGE_PRICE, "1099511627776 byte days"),
        (CHAT.workload, "other", GapReason.NO_AUDIO_PRICE, "9 audio tokens of input"),
        ("unallocated", "openai", GapReason.USAGE_ESTIMATED, "3.00 USD"),
    }
    assert {gap.since for gap in unbilled(MONTH, at(5))} == {at(5)}
    assert {gap.reason for gap in unbilled(MONTH, T0) if gap.hides_cost} == {
        GapReason.NO_TOKEN_PRICE,
        GapReason.NO_USAGE_PRICE,
        GapReason.NO_AUDIO_PRICE,
    }


def test_a_source_is_told_of_all_owners() -> None:
    """Once for each reason."""
    told = {
        (GapReason.USAGE_ESTIMATED, "5.00 USD", "are estimated by usage"),
        (GapReason.NO_TOKEN_PRICE, "70 tokens", "have no amount"),
    }
    assert set(unbilled_of("openai", MONTH, T0)) == {
        Gap(reason, Feed.BILLS, T0, f"{number} of openai {words}: its bill is not in", number, source="openai")
        for reason, number, words in told
    }


def test_what_was_taken_back_is_not_told() -> None:
    """A withdrawn estimate leaves totals of nothing."""
    assert unbilled((tokens(CHAT, usd(0)), tokens(CHAT, None, 0, GapReason.NO_TOKEN_PRICE)), T0) == ()
