"""What callers had of model servers, stored by hour: what is read anew takes the place of what was there."""

from __future__ import annotations

from aicost.core.usage import CallerUse, Served
from aicost.core.window import DAY, HOUR
from aicost.ports import Commit
from aicost.store import SqlLedger
from tests.support.builders import T0, between, dims
from tests.support.metering import a_use


def test_uses_come_back_as_they_were(ledger: SqlLedger) -> None:
    """In the order of hours, sources and callers; told again, each counts once."""
    uses = (a_use(0, 5), a_use(0, 3, "acme"), a_use(0, 9, "acme", "other"), a_use(1, 7, "z\u00fcrich"))
    several = CallerUse("s", between(0, HOUR), dims(customer="a", model="m"), Served(1, 2, 3, 4))
    for _ in range(2):
        ledger.commit(Commit(callers=(several, *reversed(uses))), T0)
        assert ledger.caller_use(between(0, DAY)) == (uses[1], uses[0], uses[2], several, uses[3])
    assert ledger.caller_use(between(HOUR, DAY)) == uses[3:]


def test_hours_that_are_read_anew_lose_what_they_had(ledger: SqlLedger) -> None:
    """Of that source and of those hours only; what is told with it stays."""
    first, later, other = a_use(0, 1, "gone"), a_use(2, 2, "stays"), a_use(0, 3, "stays", "other")
    ledger.commit(Commit(callers=(first, later, other)), T0)
    anew = a_use(1, 4, "new")
    hours = frozenset({("llm-meter", between(0, 2 * HOUR))})
    ledger.commit(Commit(callers=(anew,), caller_hours=hours), T0)
    assert set(ledger.caller_use(between(0, DAY))) == {anew, later, other}
