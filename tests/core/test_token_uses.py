"""Which models were estimated, and by what."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.counting import Measure
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.token_uses import TokenUse, doubted, doubtful, together, token_uses
from aicost.core.usage import Tokens
from tests.support.builders import at
from tests.support.tokens import LISTED, beyond, counted, used


def test_a_use_for_each_model() -> None:
    """By its name without a date, with its latest price, and with all its tokens that have none."""
    first, last = used(Tokens(1, output=2)), used(Tokens(5), day=1, model="gpt-6-sol-2026-09-01")
    unknown = (used(Tokens(7, output=1), None, model="m"), used(Tokens(4), None, model="openai/m"))
    uses = token_uses((last, *unknown, first))
    assert [(use.name, use.latest, use.unpriced) for use in uses] == [
        ("openai/gpt-6-sol", last, 0),
        ("openai/m", unknown[1], 12),
    ]
    assert TokenUse("", "m", first).name == "m"


def test_what_is_not_paid_by_token_is_a_use_for_each_measure() -> None:
    """Named with what is counted; a doubt about tokens is none about it."""
    row = (
        counted(Measure.IMAGES, 5, model="m"),
        counted(Measure.SECONDS, 9, model="m"),
        used(Tokens(7), None, model="m"),
    )
    uses = token_uses((*row, counted(Measure.SECONDS, 60, "1", model="m")))
    assert [(use.name, use.unpriced) for use in uses] == [
        ("openai/m", 7),
        ("openai/m: images", 5),
        ("openai/m: seconds", 9),
    ]
    assert together((uses, uses))[1].unpriced == 10
    assert doubted(row) == frozenset()


def test_images_are_a_use_for_each_size() -> None:
    """With the price of that size; what names none, or no size that there is, is a use of its own."""
    sizes = ("1024x1024", "512x512", "auto", "1024x1024")
    images = [counted(Measure.IMAGES, 5, model="m", size=size) for size in sizes]
    priced = counted(Measure.IMAGES, 1, "0.04", model="m")
    uses = token_uses((*images, priced))
    assert [(use.name, use.unpriced) for use in uses] == [
        ("openai/m: images", 5),
        ("openai/m: images of 1024x1024", 10),
        ("openai/m: images of 512x512", 5),
    ]
    assert together((uses, uses))[1].unpriced == 20
    searches = counted(Measure.WEB_SEARCH_CALLS, 5, model="m", size="512x512")
    assert (searches.size, searches.unit) == ("", "web searches")


def test_images_at_the_price_of_text_are_doubted() -> None:
    """And what its source does not tell apart; what has no price at all is a gap, and no doubt."""
    for told in (beyond(image_input=5), frozenset({("tokensBeyondText", 5)})):
        priced, unpriced = used(Tokens(9), measured=told), used(Tokens(9), None, measured=told, model="b")
        assert doubted((priced, unpriced)) == {("openai", "gpt-6-sol")}
    assert doubted((used(Tokens(9)), used(Tokens(9), measured=beyond(audio_input=5)))) == frozenset()


def test_audio_without_a_price_is_a_use_of_its_own() -> None:
    """Beside the text of the model, each kind of it with how much it is."""
    spoken = used(Tokens(9, output=4), measured=beyond(audio_input=5, audio_output=4))
    apart = (replace(spoken, price=None, measure=measure) for measure in ("audioInputTokens", "audioOutputTokens"))
    assert [(use.name, use.unpriced) for use in token_uses((*apart, spoken))] == [
        ("openai/gpt-6-sol", 0),
        ("openai/gpt-6-sol: audio tokens of input", 5),
        ("openai/gpt-6-sol: audio tokens of output", 4),
    ]


def test_uses_of_days_are_those_of_the_month() -> None:
    """However the month is cut."""
    every = [used(Tokens(n, output=1), None if n % 2 else LISTED, day=n, model=f"m{n % 3}") for n in range(7)]
    for cut in range(8):
        assert together((token_uses(every[cut:]), token_uses(every[:cut]))) == token_uses(every)


def test_doubts_are_a_notice_of_the_source() -> None:
    """They name a model, and hide no cost."""
    unsure = replace(LISTED, doubtful=True)
    doubts = (
        used(Tokens(5), unsure),
        used(Tokens(5), unsure, model="b"),
        used(Tokens(5), unsure, source="y", model=""),
    )
    what = "costs depends on what usage does not tell, or the list does not"
    told = doubtful(doubted((*doubts, used(Tokens(5), source="x"))), at(5))
    assert told == tuple(
        Gap(GapReason.TIER_UNCERTAIN, Feed.BILLS, at(5), f"{source}: what {models} {what}", source=source)
        for source, models in (("openai", "b and 1 more"), ("y", "a model without a name"))
    )
    assert not any(gap.hides_cost for gap in told)
