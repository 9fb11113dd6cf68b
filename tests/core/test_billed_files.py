"""What is remembered of a bill's files."""

from __future__ import annotations

import pytest

from aicost.core.billed_files import Charge, Told, ToldDay, last_used
from aicost.core.window import DAY, Instant

DAY_1, DAY_2 = Instant(DAY), Instant(2 * DAY)


def of(service: str, category: str = "", account: str = "1", file: str = "a.csv") -> Told:
    return Told(Charge(service, account, category, "USD"), "1.5", frozenset({file}))


@pytest.mark.parametrize(
    ("files", "charges", "said"),
    [
        ({"a.csv": "1"}, (of("x"), of("x")), "a charge of 1970-01-02 is told twice"),
        ({"b.csv": "1"}, (of("x"),), "a.csv tells of 1970-01-02"),
    ],
)
def test_a_day_is_one_account(files: dict[str, str], charges: tuple[Told, ...], said: str) -> None:
    """Of each charge one sum, by files that are known."""
    with pytest.raises(ValueError, match=said):
        ToldDay(DAY_1, files, charges)


def test_a_service_was_used_until_its_last_day() -> None:
    """Taxes, fees and credits are no usage."""
    files = {"a.csv": "1", "b.csv": "1"}
    second = ToldDay(DAY_2, files, (of("y"), of("y", account="2", file="b.csv"), of("x", "Tax")))
    first = ToldDay(DAY_1, files, (of("x"), of("y", file="b.csv")))
    wanted = {"x": (DAY_2, frozenset({"a.csv"})), "y": (DAY_2 + DAY, frozenset(files))}
    assert last_used((second, first)) == last_used((first, second)) == wanted
