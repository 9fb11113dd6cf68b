"""How a shared key's row divides that does not say what it is of: by priced usage, and nobody pays more than the list."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.money import Money
from aicost.core.refining import Billed, Refinement, refinement, refiners_of
from aicost.core.token_prices import Rates, TokenPrice
from aicost.core.usage import UsageRow
from tests.core.test_refining import GW, RANK, SCORING, THE_DAY, parts, seen
from tests.support.builders import dims, usd
from tests.support.tokens import AUDIBLE, LISTED, beyond


def listed(*usage: UsageRow) -> Refinement:
    """The gateway's refinement with list prices of what the provider counted."""
    return refinement(
        {THE_DAY.start: refiners_of((GW,))}, usage, {row: LISTED for row in usage if row.source == "openai"}
    )


def counted(**tokens: int) -> UsageRow:
    return seen(dims(apiKey="key_gw"), "gpt-6-sol", source="openai", **tokens)


def mixed(amount: Money, *usage: UsageRow) -> dict[str, Fraction]:
    """How a row that does not say what it is of divides; empty where it does not."""
    row = Billed("openai", "openai", THE_DAY, dims(apiKey="key_gw"), 0, amount)
    return next((parts(of) for of in listed(*usage).shares([row]).values()), {})


MANY_CHEAP = seen(RANK, "gpt-6-sol", input=1_000_000, requests=100)
FEW_DEAR = seen(SCORING, "gpt-6-sol", output=200_000, requests=100)


def test_a_row_of_no_line_divides_by_priced_usage() -> None:
    """2.00 of input and 2.00 of output weigh alike, whatever is paid of it, though one has five times the tokens."""
    own = counted(input=1_000_000, output=200_000, requests=200)
    assert mixed(usd(2), own, MANY_CHEAP, FEW_DEAR) == {"rank": Fraction(1, 2), "scoring": Fraction(1, 2)}


def test_all_who_were_seen_have_their_parts_of_a_row_of_no_line() -> None:
    """Of one kind of token, too."""
    own, third = counted(input=1_000_000, requests=200), seen(SCORING, "gpt-6-sol", input=300_000, requests=1)
    rank = seen(RANK, "gpt-6-sol", input=600_000, requests=1)
    assert mixed(usd(2), own, rank, third) == {"rank": Fraction(6, 10), "scoring": Fraction(3, 10), "": Fraction(1, 10)}


def test_what_no_gateway_saw_of_a_row_of_no_line_stays() -> None:
    """Other tokens of the key, and all that it costs beyond its tokens at list prices: images, searches."""
    own = counted(input=2_000_000, output=200_000, requests=200)
    assert mixed(usd(3), own, MANY_CHEAP) == {"rank": Fraction(2, 6), "": Fraction(4, 6)}
    assert mixed(usd(20), own, MANY_CHEAP) == {"rank": Fraction(2, 20), "": Fraction(18, 20)}


def test_a_row_of_no_line_stays_whole_where_its_usage_cannot_be_weighed() -> None:
    """Nothing counted by the provider, a model without a list price, or nobody seen."""
    own = counted(input=10, requests=1)
    unpriced = seen(dims(apiKey="key_gw"), "new", source="openai", input=1, requests=1)
    assert mixed(usd(2), MANY_CHEAP) == {}
    assert mixed(usd(2), own, seen(RANK, "other", input=5)) == {}
    refined = refinement({THE_DAY.start: refiners_of((GW,))}, (own, unpriced, MANY_CHEAP), {own: LISTED})
    assert refined.shares([Billed("openai", "openai", THE_DAY, dims(apiKey="key_gw"), 0, usd(2))]) == {}


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**9))
def test_nobody_pays_more_than_the_list_for_a_row_of_no_line(one: int, other: int, nanos: int) -> None:
    """Whatever the row costs: prices are scaled down, never up."""
    own = counted(input=one + other, requests=10**6)
    rank = seen(RANK, "gpt-6-sol", input=one, requests=1)
    part = mixed(usd(0, nanos), own, rank).get("rank", Fraction(0))
    assert part * nanos <= one * 2000


def test_what_nobody_saw_of_a_row_of_no_line_is_never_rounded_away() -> None:
    """A millionth of a nano-unit of output beside whole ones of input stays a part of its own."""
    price = TokenPrice("USD", Rates(input=Fraction(7_000_000), output=Fraction(1)))
    own, rank = counted(input=3, output=1, requests=1), seen(RANK, "gpt-6-sol", input=3, requests=1)
    refined = refinement({THE_DAY.start: refiners_of((GW,))}, (own, rank), {own: price})
    [found] = refined.shares([Billed("openai", "openai", THE_DAY, dims(apiKey="key_gw"), 0, usd(0, 1))]).values()
    assert parts(found) == {"rank": Fraction(21_000_000, 21_000_001), "": Fraction(1, 21_000_001)}


def spoken(of: UsageRow, audio: int) -> UsageRow:
    return replace(of, measured=beyond(audio_input=audio))


def test_audio_of_a_row_of_no_line_divides_by_who_spoke() -> None:
    """800,000 of a million tokens are audio at 32: nobody who only wrote pays any of it, nor does who spoke pay for text."""
    own = spoken(counted(input=1_000_000, requests=100), 800_000)
    wrote = seen(RANK, "gpt-6-sol", input=200_000, requests=50)
    spoke = spoken(seen(SCORING, "gpt-6-sol", input=800_000, requests=50), 800_000)
    found = divided(own, wrote, spoke)
    assert found == {"rank": Fraction(8, 264), "scoring": Fraction(256, 264)}


def test_audio_that_no_gateway_tells_of_stays() -> None:
    """Text is divided by what was seen; who spoke is not known, so that no bystander pays for it."""
    own = spoken(counted(input=1_000_000, requests=100), 800_000)
    both = [seen(of, "gpt-6-sol", input=500_000, requests=50) for of in (RANK, SCORING)]
    assert divided(own, *both) == {"rank": Fraction(4, 264), "scoring": Fraction(4, 264), "": Fraction(256, 264)}


def divided(own: UsageRow, *seen_of: UsageRow) -> dict[str, Fraction]:
    """How a row of 26.40 divides, which is what its usage costs where audio has a price."""
    refined = refinement({THE_DAY.start: refiners_of((GW,))}, (own, *seen_of), {own: AUDIBLE})
    row = Billed("openai", "openai", THE_DAY, dims(apiKey="key_gw"), 0, usd(26, 400_000_000))
    return parts(refined.shares([row])[row])
