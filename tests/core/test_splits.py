"""A split that a provider refuses takes nothing from the one that it gave before, and its sums stay true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.bills import BillDay, BillRow, bill_entries
from aicost.core.corrections import Restated, corrections
from aicost.core.ledger import Certainty, Entry
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.splits import finest, rows_of
from aicost.core.window import DAY, Period, day_of
from tests.support.builders import a_bill, a_row, at, ownership, usd

LOST = frozenset({"apiKey", "user"})
_KEYS = st.dictionaries(
    st.tuples(st.sampled_from(["p", "q"]), st.sampled_from(["", "k", "l"])), st.integers(-99, 99), max_size=6
)
_SUMS = st.dictionaries(st.sampled_from(["p", "q"]), st.integers(-99, 99), max_size=2)


def told(*rows: BillRow, day: int = 0) -> BillDay:
    return replace(a_bill(*rows, day=day), lost=LOST)


def row_of(amount: Money, project: str, key: str) -> BillRow:
    return a_row(amount, project=project, apiKey=key) if key else a_row(amount, project=project)


def by_project(rows: Iterable[BillRow]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for row in rows:
        sums[dict(row.dimensions)["project"]] += row.amount.nanos
    return dict(sums)


def amounts(rows: Iterable[BillRow]) -> dict[str, tuple[int, int]]:
    return {dict(row.dimensions).get("apiKey", ""): (row.amount.nanos, row.quantity) for row in rows}


@given(_KEYS, _SUMS, _SUMS)
def test_what_is_told_of_a_group_is_its_sum(
    keys: dict[tuple[str, str], int], first: dict[str, int], then: dict[str, int]
) -> None:
    """To the nano-unit, once or twice, by whatever way; who was told apart keeps what he had while his group is told."""
    known = [row_of(usd(0, nanos), of, key) for (of, key), nanos in keys.items()]
    coarse = [told(*(a_row(usd(0, nanos), project=of) for of, nanos in sums.items())) for sums in (first, then)]
    account = finest(coarse[0], known)
    assert account is not None
    assert by_project(account.rows) == by_project(coarse[0].rows)
    kept = {row for row in account.rows if "apiKey" in dict(row.dimensions)}
    assert kept == {row for (of, key), row in zip(keys, known, strict=True) if key and of in first}
    assert finest(coarse[0], account.rows) == account
    again = finest(coarse[1], account.rows)
    assert again is not None
    assert by_project(again.rows) == by_project(coarse[1].rows)


def test_tokens_go_with_their_rows() -> None:
    """What is left of the group's count goes with what is left of its amount, and is never below nothing."""
    known = [a_row(usd(3), 30, project="p", apiKey="k"), a_row(usd(1), 10, project="p")]
    for dollars, count, left in ((5, 50, (2 * 10**9, 20)), (5, 20, (2 * 10**9, 0)), (3, 31, (0, 1)), (3, 30, None)):
        account = finest(told(a_row(usd(dollars), count, project="p")), known)
        assert account is not None
        assert amounts(account.rows) == {"k": (3 * 10**9, 30)} | ({"": left} if left else {})


def test_a_split_that_is_not_refused_is_taken_as_it_is() -> None:
    """A row without a key is one that nobody's key made, unless the provider said that it does not tell keys."""
    day = a_bill(a_row(usd(4), project="p"))
    assert finest(day, [a_row(usd(4), project="p", apiKey="k")]) == day
    assert finest(told(*day.rows), [a_row(usd(9), project="p")]) == told(*day.rows)


OPUS, OTHER = "opus usage", "output_tokens"
"""Lines as the lesser report names them, and as the other does."""


def lesser(*rows: BillRow) -> BillDay:
    return replace(told(*rows), lesser=True)


def test_a_lesser_report_teaches_nothing_of_what_is_known_in_full() -> None:
    """It leaves out a part, so it takes nothing back, also of workspaces that it does not tell; what it told itself it replaces."""
    day = lesser(a_row(usd(4), workspace="w", lineItem=OPUS))
    known, elsewhere = (a_row(usd(5), workspace=of, lineItem=OTHER) for of in ("w", "v"))
    assert finest(day, [known]) is None
    assert finest(lesser(), [known]) is None
    assert finest(day, [elsewhere]) == replace(day, rows=(elsewhere, *day.rows))
    assert finest(day, [a_row(usd(9), workspace="w", lineItem=OPUS)]) == day
    assert finest(day, []) == day


def test_a_workspace_costs_what_either_report_tells_at_least() -> None:
    """The other had not told the whole day: what the lesser tells beyond it is undivided, however often it is told."""
    known = [a_row(usd(6), workspace="w", apiKey=key, lineItem=OTHER) for key in "kl"]
    grown = finest(lesser(a_row(usd(90), workspace="w", lineItem=OPUS), a_row(usd(10), workspace="w")), known)
    assert grown is not None
    assert grown.rows == (*known, a_row(usd(88), workspace="w"))
    shrunk = finest(lesser(a_row(usd(13), workspace="w", lineItem=OPUS)), grown.rows)
    assert shrunk is not None
    assert shrunk.rows == (*known, a_row(usd(1), workspace="w"))
    least = finest(lesser(a_row(usd(12, 1), workspace="w", lineItem=OPUS)), known)
    assert least is not None
    assert least.rows == (*known, a_row(usd(0, 1), workspace="w"))
    assert finest(lesser(a_row(usd(12), workspace="w", lineItem=OPUS)), known) is None
    assert finest(lesser(a_row(Money(99 * 10**9, "EUR"), workspace="w", lineItem=OPUS)), known) is None


def test_rows_are_what_the_ledger_holds_of_the_bill() -> None:
    """With its corrections; without other days, other sources, what is only estimated, and what has or had no amount."""
    day = a_bill(a_row(usd(4), 40, project="p", apiKey="k"), a_row(usd(0), project="q"))
    closed = _entries(day)
    truth = _entries(a_bill(a_row(usd(6), 50, project="p", apiKey="k")))
    period = Period.of(day.day.start)
    booked = corrections(Restated(period, closed, (), truth), day_of(at(40 * DAY)))
    others = [*_entries(replace(day, source="other")), *_entries(replace(day, day=day_of(at(DAY))))]
    guessed = [
        Entry(replace(entry.origin, key=(*entry.origin.key, "x=y"), certainty=Certainty.ESTIMATED), entry.lines)
        for entry in closed
    ]
    worthless = [
        Entry(
            replace(entry.origin, amount=None, gap=GapReason.NO_TOKEN_PRICE),
            tuple(replace(line, amount=None) for line in entry.lines),
        )
        for entry in closed
    ]
    halves = (a_row(usd(1), project="money"), replace(a_row(usd(0), 7, project="count"), unit="images"))
    rows = rows_of(day, (*worthless, *closed, *booked, *others, *guessed, *_entries(a_bill(*halves))))
    assert rows == (a_row(usd(6), 50, project="p", apiKey="k"), *halves)


def _entries(day: BillDay) -> tuple[Entry, ...]:
    return bill_entries([day], ownership())[0]
