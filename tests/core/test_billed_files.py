"""What is remembered of a bill's files."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aicost.core.billed_files import Charge, Told, ToldDay, last_used, total
from aicost.core.window import DAY, Instant

DAY_1, DAY_2 = Instant(DAY), Instant(2 * DAY)


def of(service: str, category: str = "", account: str = "1", file: str = "a.csv") -> Told:
    return Told(Charge(service, account, category, "USD"), {file: Decimal("1.5")})


@pytest.mark.parametrize(
    ("files", "charges", "said"),
    [
        ({"a.csv": "1"}, (of("x"), of("x")), "a charge of 1970-01-02 is told twice"),
        ({"b.csv": "1"}, (of("x"),), "a.csv tells of 1970-01-02"),
        (
            {"a.csv": "1"},
            (Told(of("x").charge, {"a.csv": Decimal(0)}),),
            "a file has no share of a charge of 1970-01-02",
        ),
        ({"a.csv": "1"}, (Told(of("x").charge, {}),), "a file has no share of a charge of 1970-01-02"),
    ],
)
def test_a_day_is_one_account(files: dict[str, str], charges: tuple[Told, ...], said: str) -> None:
    """Of each charge the shares of files that are known, none of which is nothing."""
    with pytest.raises(ValueError, match=said):
        ToldDay(DAY_1, files, charges)


def test_a_service_was_used_until_its_last_day() -> None:
    """Taxes, fees and credits are no usage."""
    files = {"a.csv": "1", "b.csv": "1"}
    second = ToldDay(DAY_2, files, (of("y"), of("y", account="2", file="b.csv"), of("x", "Tax")))
    first = ToldDay(DAY_1, files, (of("x"), of("y", file="b.csv")))
    wanted = {"x": (DAY_2, frozenset({"a.csv"})), "y": (DAY_2 + DAY, frozenset(files))}
    assert last_used((second, first)) == last_used((first, second)) == wanted


def test_files_may_be_called_otherwise() -> None:
    """What they told stays."""
    day = ToldDay(DAY_1, {"a.csv": "1", "b.csv": "2"}, (of("x"), of("y", file="b.csv")))
    named = ToldDay(DAY_1, {"c.csv": "1", "b.csv": "2"}, (of("x", file="c.csv"), of("y", file="b.csv")))
    assert day.renamed({"a.csv": "c.csv"}) == named
    assert named.shares[of("x").charge] == {"c.csv": Decimal("1.5")}


def test_sums_are_exact() -> None:
    """Of the largest and the smallest amounts that are believed."""
    assert total((Decimal(999999999999), Decimal("1e-30"), Decimal(-999999999999))) == Decimal("1e-30")
    assert total(()) == 0
