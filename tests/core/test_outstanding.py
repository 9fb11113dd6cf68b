"""What is outstanding: every dollar that is billed is taken off once, of what its line can be of."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.appraisal import NOTHING_PAID, Appraised
from aicost.core.bills import BillRow
from aicost.core.counting import Measure
from aicost.core.money import Money
from aicost.core.outstanding import outstanding
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY
from tests.support.builders import a_row, between, dims, usd
from tests.support.tokens import counted, used

TOKENS = used(Tokens(1_000_000, requests=100))
"""Worth 2.00."""
SEARCHES = counted(Measure.WEB_SEARCH_CALLS, 100, "0.01")
"""Of the same model, worth 1.00."""
IMAGES = counted(Measure.IMAGES, 10, "0.04", model="dall-e-3")
SESSIONS = replace(
    counted(Measure.CODE_INTERPRETER_SESSIONS, 100, "0.03"),
    row=UsageRow(
        "openai",
        between(0, DAY),
        dims(project="p"),
        Tokens(),
        frozenset({(Measure.CODE_INTERPRETER_SESSIONS.value, 100)}),
    ),
)
"""Worth 3.00, and counted by project alone."""
CALLS = "web search tool calls"


def billed(cents: int, line_item: str) -> BillRow:
    return a_row(usd(0, cents * 10**7), project="p", apiKey="k", lineItem=line_item)


def left(*of: Appraised, billed: tuple[BillRow, ...] = ()) -> dict[str, int | None]:
    """Cents by measure."""
    found = outstanding(of, billed, NOTHING_PAID)
    return {each.measure: amount.nanos // 10**7 if amount else None for each, amount in found}


def test_searches_without_a_price_are_left_beside_billed_tokens_of_their_model() -> None:
    """Lines of its tokens tell nothing of them, nor does a line of the model whose kind nobody knows."""
    for line in ("gpt-6-sol, input_tokens", "gpt-6-sol, input"):
        searches = replace(SEARCHES, price=None)
        assert left(TOKENS, searches, billed=(billed(150, line),)) == {"": 50, "webSearchCalls": None}


def test_nothing_is_left_of_a_model_that_is_billed_whole() -> None:
    """Its tokens in a line of any kind, its searches in one without the model; or all of it in one row."""
    for line in ("gpt-6-sol, input_tokens", "gpt-6-sol, input"):
        assert left(TOKENS, SEARCHES, billed=(billed(200, line), billed(100, CALLS))) == {}
    by_key = a_row(usd(2, 500_000_000), project="p", apiKey="k")
    assert left(TOKENS, SEARCHES, billed=(by_key,)) == {"webSearchCalls": 50}


def test_what_lines_of_tokens_have_beyond_the_list_is_of_nothing_else() -> None:
    """Searches of the model are left whole, also where a line of it follows whose kind nobody knows."""
    lines = billed(250, "gpt-6-sol, input_tokens"), billed(30, "gpt-6-sol, standard")
    assert left(TOKENS, SEARCHES, billed=lines[:1]) == {"webSearchCalls": 100}
    assert left(TOKENS, SEARCHES, billed=lines) == {"webSearchCalls": 70}


def test_lines_of_tokens_are_of_one_measure_where_no_tokens_are_counted() -> None:
    """What they have beyond images of a model is of no seconds of it."""
    images, seconds = counted(Measure.IMAGES, 10, "0.04", model="m"), counted(Measure.SECONDS, 100, "0.01", model="m")
    assert left(images, seconds, billed=(billed(50, "m, input_tokens"),)) == {"seconds": 100}


def test_what_is_counted_by_project_alone_is_in_the_bill_of_its_keys() -> None:
    """Whatever else was used that day by a key, priced or not; images of a key have its lines first."""
    calls = billed(300, "code interpreter sessions")
    unpriced = replace(IMAGES, price=None)
    assert left(SESSIONS, billed=(calls,)) == {}
    assert left(SESSIONS, IMAGES, billed=(calls,)) == {"images": 40}
    assert left(SESSIONS, IMAGES, billed=(billed(300, "standard"),)) == {"codeInterpreterSessions": 40}
    assert left(SESSIONS, unpriced, billed=(calls,)) == {"images": None}
    assert left(SESSIONS, IMAGES, billed=(calls, billed(40, "dall-e-3, standard"))) == {}
    assert left(SESSIONS, IMAGES, billed=(a_row(usd(3, 400_000_000), project="p", apiKey="k"),)) == {}


def test_lines_of_tokens_are_of_no_sessions() -> None:
    """Sessions name no model: neither where its tokens were counted nor where nobody counted them yet."""
    of_sol, of_luna = billed(150, "gpt-6-sol, input_tokens"), billed(150, "gpt-6-luna, input_tokens")
    assert left(SESSIONS, TOKENS, billed=(of_sol,)) == {"": 50, "codeInterpreterSessions": 300}
    assert left(SESSIONS, billed=(of_luna,)) == {"codeInterpreterSessions": 300}


def nanos(*of: Appraised, billed: tuple[BillRow, ...] = ()) -> dict[str, int]:
    """What is left to the nano-unit, by measure and key."""
    found = outstanding(of, billed, NOTHING_PAID)
    return {
        each.measure or dict(each.row.dimensions)["apiKey"]: amount.nanos
        for each, amount in found
        if amount is not None
    }


def test_a_line_that_names_a_model_is_of_no_other() -> None:
    """Images of one model of a key, and what another counts, whichever is compared first: the bill of one leaves the other's."""
    for measure in (Measure.SECONDS, Measure.CHARACTERS):
        other = counted(measure, 100, "0.01", model="another")
        assert left(other, IMAGES, billed=(billed(30, "dall-e-3, standard"),)) == {measure: 100, "images": 10}


def test_what_a_line_has_beyond_its_usage_is_taken_off_once() -> None:
    """Of two lines without a model what is beyond the searches, and no more, may be of sessions: to the nano-unit."""
    calls, previews = billed(80, "tool calls"), billed(70, "preview")
    assert nanos(SEARCHES, SESSIONS, billed=(calls, previews)) == {SESSIONS.measure: 2_500_000_000}
    short = nanos(SEARCHES, SESSIONS, billed=(billed(50, "tool calls"),))
    assert short == {SEARCHES.measure: 500_000_000, SESSIONS.measure: 3_000_000_000}
    for of_tokens in (200, 230):
        beyond = billed(of_tokens, "gpt-6-sol, input_tokens"), billed(30, "gpt-6-sol, standard")
        assert nanos(TOKENS, SEARCHES, billed=beyond) == {SEARCHES.measure: 700_000_000}


def test_a_line_that_says_what_it_is_of_is_of_nothing_else() -> None:
    """Of web searches are no file searches, and neither are tokens, where the bill names no model or just theirs."""
    files = counted(Measure.FILE_SEARCH_CALLS, 100, "0.01")
    assert left(SEARCHES, files, billed=(billed(100, CALLS),)) == {"fileSearchCalls": 100}
    assert left(SEARCHES, files, billed=(billed(70, CALLS), billed(80, "file-search"))) == {
        "webSearchCalls": 30,
        "fileSearchCalls": 20,
    }
    assert left(TOKENS, SESSIONS, billed=(billed(400, CALLS),)) == {"": 200, "codeInterpreterSessions": 300}
    by_model = a_row(usd(5), project="p", apiKey="k", model="gpt-6-sol", lineItem="web_search")
    assert left(TOKENS, SEARCHES, files, billed=(by_model,)) == {"": 200, "fileSearchCalls": 100}


def test_what_says_it_is_paid_before_what_may_be_of_anything() -> None:
    """So that the latter is there for what no line says: whichever has fewer dimensions, and in any order."""
    files = counted(Measure.FILE_SEARCH_CALLS, 100, "0.01")
    for anything in (billed(100, "standard"), billed(100, "zero"), a_row(usd(1), project="p", lineItem="standard")):
        assert left(SEARCHES, files, billed=(anything, billed(100, CALLS))) == {}
        assert left(SEARCHES, files, billed=(anything, billed(100, "file search"))) == {}


def test_money_of_no_usage_pays_for_none() -> None:
    """A subscription of the whole account, or of a project, in a bill that names no models; nor does a credit take back."""
    for of in ({}, {"project": "p"}, {"project": "p", "apiKey": "k"}):
        tier = BillRow(dims(lineItem="Scale tier", **of), usd(100))
        assert left(TOKENS, SEARCHES, billed=(tier,)) == {"": 200, "webSearchCalls": 100}
    credit = a_row(usd(-2), project="p", apiKey="k", lineItem="Credit grant")
    assert left(TOKENS, billed=(billed(200, "standard"), credit)) == {}


def test_a_line_of_nothing_is_of_nobody() -> None:
    """Beside one of another key that has more than was counted without a key."""
    nothing = a_row(usd(0), project="p", apiKey="a", lineItem="tool calls")
    tokens = used(Tokens(1_000_000, requests=100), apiKey="a")
    assert nanos(SESSIONS, tokens, billed=(nothing, billed(350, "tool calls"))) == {"a": 2_000_000_000}


def test_a_bill_in_another_currency_is_of_what_it_names() -> None:
    """What is beyond it nobody can tell: nothing of what else was used is taken off."""
    calls = a_row(Money(10**9, "EUR"), project="p", apiKey="k", lineItem=CALLS)
    price = replace(SESSIONS.price, currency="EUR") if SESSIONS.price else None
    assert nanos(SEARCHES, replace(SESSIONS, price=price), billed=(calls,)) == {SESSIONS.measure: 3_000_000_000}
