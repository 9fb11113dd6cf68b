"""What is paid of list prices, as bills show it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from aicost.core.appraisal import Appraised, paid_of_list
from aicost.core.bills import BillRow
from aicost.core.usage import Tokens
from tests.support.builders import a_bill, a_row, usd
from tests.support.tokens import AUDIBLE, LISTED, beyond, used

A_MILLION = Tokens(1_000_000, requests=100)
"""Worth 2.00 at the list."""


def input_row(cents: int, listed: int | None = None, model: str = "gpt-6-sol", kind: str = "input_tokens") -> BillRow:
    row = a_row(usd(0, cents * 10**7), lineItem=f"{model}, {kind}")
    return replace(row, listed=None if listed is None else usd(0, listed * 10**7))


def paid(*rows: BillRow, of: tuple[Appraised, ...] = (used(A_MILLION),)) -> dict[tuple[str, str], Fraction]:
    return dict(paid_of_list([(a_bill(*rows), of)]))


def test_a_bill_shows_what_is_off() -> None:
    """1.76 billed of what the list says is 2.00: 88 percent, of the model and of the source."""
    assert paid(input_row(176)) == {("openai", "gpt-6-sol"): Fraction(88, 100), ("openai", ""): Fraction(88, 100)}


def test_the_providers_own_list_amount_is_believed_first() -> None:
    """Anthropic tells it: usage is not asked."""
    assert paid(input_row(90, 100), of=())["openai", "gpt-6-sol"] == Fraction(9, 10)


def test_a_list_amount_of_batches_is_not_believed() -> None:
    """Nobody says whether it is half already: usage says 2.00 and 1.00 for the batch, of which 2.70 were paid."""
    half = used(A_MILLION, LISTED.times(Fraction(1, 2)), batch="true")
    for at_list in (300, 400):
        shown = paid(input_row(270, at_list), of=(used(A_MILLION), half))
        assert shown["openai", "gpt-6-sol"] == Fraction(9, 10)


def test_a_manner_without_a_price_shows_nothing() -> None:
    """What a tier costs that the list does not know is none of a discount."""
    unknown = used(A_MILLION, replace(LISTED, doubtful=True), tier="ultrafast")
    assert paid(input_row(900, 400), of=(used(A_MILLION), unknown)) == {}


def test_a_model_that_speaks_shows_nothing() -> None:
    """Which lines of its bill are of audio nobody says; what images at the price of text cost is told."""
    for price in (LISTED, AUDIBLE):
        assert paid(input_row(100), of=(used(A_MILLION, price, measured=beyond(audio_input=5)),)) == {}
    seen = used(A_MILLION, measured=beyond(image_input=5))
    assert paid(input_row(100), of=(seen,))["openai", "gpt-6-sol"] == Fraction(1, 2)


def test_days_and_rows_are_taken_together() -> None:
    """1.76 and 1.00 billed of three millions of tokens: 46 percent of 6.00; a row that counted nothing adds nothing."""
    first = a_bill(input_row(100), input_row(76, kind="output_tokens")), (used(A_MILLION), used(Tokens(requests=1)))
    second = a_bill(input_row(100), day=1), (used(A_MILLION, day=1), used(A_MILLION, day=1, apiKey="other"))
    assert paid_of_list([first, second]) == {
        ("openai", "gpt-6-sol"): Fraction(46, 100),
        ("openai", ""): Fraction(46, 100),
    }


def test_list_amounts_of_some_rows_are_no_list_amount() -> None:
    """Where one row does not tell it, usage is asked for all: 1.50 of what the list says is 2.00."""
    assert paid(input_row(100, 160), input_row(50, kind="output_tokens"))["openai", "gpt-6-sol"] == Fraction(3, 4)


def test_the_smallest_amount_shows_something_and_none_shows_nothing() -> None:
    """A bill of zero proves no discount: what it is of may come in yet."""
    smallest = replace(input_row(0), amount=usd(0, 1), listed=usd(0, 1))
    assert paid(smallest, of=())["openai", "gpt-6-sol"] == 1
    assert paid(input_row(0)) == {}


def test_nothing_shows_nothing() -> None:
    """Credits, unpriced models, what is not paid by token, and usage with a declared price make no ratio."""
    declared = replace(LISTED, declared=True)
    assert paid(input_row(-5)) == {}
    assert paid(input_row(5, model="other")) == {}
    assert paid(a_row(usd(5), lineItem="web search calls")) == {}
    assert paid(input_row(5), of=(used(A_MILLION, declared),)) == {}


def test_a_list_price_is_paid_as_its_own_model_then_as_the_source() -> None:
    """And a declared price or discount is not taken off again."""
    off = {("openai", "gpt-6-sol"): Fraction(1, 2), ("openai", ""): Fraction(3, 4)}
    whole = usd(2).nanos
    assert used(A_MILLION).worth(off) == whole / 2
    assert used(A_MILLION, model="gpt-6-sol-2026-09-01").worth(off) == whole / 2
    assert used(A_MILLION, model="gpt-6-luna").worth(off) == Fraction(whole * 3, 4)
    assert used(A_MILLION, source="other").worth(off) == whole
    for price in (replace(LISTED, declared=True), replace(LISTED, discounted=True)):
        assert used(A_MILLION, price).worth(off) == whole
    assert used(A_MILLION, None).worth(off) is None


def test_usage_that_names_no_model_is_paid_as_the_source() -> None:
    """No model's discount is its own."""
    nameless = used(A_MILLION)
    row = replace(nameless.row, dimensions=frozenset())
    assert replace(nameless, row=row).model == ""
    assert replace(nameless, row=row).worth({("openai", ""): Fraction(1, 2)}) == usd(1).nanos


def test_audio_without_a_price_is_none_of_the_tokens_that_have_one() -> None:
    """It is counted apart, so that each token counts once; without any price all tokens are one."""
    tokens, told = Tokens(1_000_000, output=100_000, requests=10), beyond(audio_input=600_000, audio_output=50_000)
    of_text = used(tokens, measured=told)
    assert of_text.counted == 450_000
    assert of_text.worth() == usd(1, 300_000_000).nanos
    assert of_text.unpriced == {"audioInputTokens", "audioOutputTokens"}
    apart = replace(of_text, price=None, measure="audioInputTokens")
    assert (apart.counted, apart.unit, apart.worth(), apart.unpriced) == (
        600_000,
        "audio tokens of input",
        None,
        frozenset(),
    )
    assert used(tokens, None, measured=told).counted == 1_100_000
    assert (used(tokens, AUDIBLE, measured=told).counted, used(tokens).unit) == (1_100_000, "tokens")
