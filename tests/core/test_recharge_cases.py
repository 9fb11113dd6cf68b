"""Re-charge, case by case: ties, days, servers that moved, the largest that fits, and what entries say of themselves."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from aicost.core.claims import Claims
from aicost.core.declarations import Declarations, TransferPrice
from aicost.core.ledger import Certainty, Component, Entry, Owner
from aicost.core.meters import meters
from aicost.core.money import MOST_NANOS, Money
from aicost.core.ownership import Ownership
from aicost.core.reasons import GapReason
from aicost.core.recharge import MOST_UNCLAIMED, Incurred, Lack, MeteredDay, Recharge, recharge, server_in
from aicost.core.usage import Served
from aicost.core.window import DAY, HOUR
from tests.support.builders import T0, a_claim, a_unit, an_entry, an_origin, at, between, dims, owned_by, successive
from tests.support.metering import (
    LLM,
    METERED,
    SERVED,
    SERVER,
    UNITS,
    a_caller,
    a_day,
    a_meter,
    costing,
    declared,
    for_seconds,
    for_tokens,
    granted,
)

CHAT, CHATS = a_caller("chat"), owned_by("chat")
METER = a_meter(granted("chat", "support", "platform"))
AT_A_PRICE = replace(METER, meter=replace(METER.meter, price=TransferPrice(10**6, 0)) if METER.meter else None)
OLD = owned_by("llm", "platform", "old")


def divided(of: Declarations, cost: Incurred, *days: MeteredDay) -> Recharge:
    """With the meters that are accepted."""
    return recharge(days, meters(of, Claims(of)).accepted, cost, Ownership.always(of))


def moved(entries: tuple[Entry, ...]) -> dict[Owner, int]:
    """Nano-units that came to each owner, or went."""
    sums: dict[Owner, int] = {}
    for line in (line for entry in entries for line in entry.lines):
        sums[line.owner] = sums.get(line.owner, 0) + (line.amount.nanos if line.amount else 0)
    return {owner: nanos for owner, nanos in sums.items() if nanos}


def test_what_does_not_divide_goes_to_the_first_by_name() -> None:
    """Whatever the order in which callers were read: a hundred among three is 34, 33 and 33; also the lines' order."""
    for price in (None, TransferPrice(10**6, 0)):
        meter = a_meter(granted("chat", "support"), granted("rank", "search"), price=price)
        told = [
            divided(declared(CHAT, a_caller("rank", "search", "find"), meter), costing(100), a_day(*callers)).entries
            for callers in permutations(for_seconds(5, name) for name in ("chat", "rank", "scoring"))
        ]
        assert all(each == told[0] for each in told)
    (entry,) = divided(declared(CHAT, METER), costing(100), a_day(*(for_seconds(5, name) for name in "cab"))).entries
    assert {line.subject: line.amount for line in entry.lines[1:]} == {
        f"customer {name}": Money(nanos, "USD") for name, nanos in (("a", 34), ("b", 33), ("c", 33))
    }


def test_what_a_server_calls_itself_stays_where_its_cost_is() -> None:
    """A server that claims its own calls carries them in the unit that it was in when they cost something."""
    own = replace(SERVED[0], usage=(a_claim(METERED, customer="chat"),))
    told = divided(declared(METER, server=own), costing(100, OLD), a_day(for_seconds(1, "chat"))).entries
    assert (len(told), moved(told)) == (1, {})


def test_what_nobody_else_claims_of_a_day_stays_whole_with_the_server() -> None:
    """Its own claims, in whatever unit, add up to the part of the day that is not another's."""
    own = replace(SERVED[0], usage=(a_claim(METERED, customer="chat"),))
    units = (*UNITS, a_unit("old", "platform"))
    stages = (
        (0, (own, *units, METER)),
        (6 * HOUR, (replace(own, unit="old"), *units, METER)),
        (18 * HOUR, (SERVED[0], CHAT, *units, METER)),
    )
    entries = recharge([a_day(for_seconds(8, "chat"))], (METER,), costing(1000), successive(*stages)).entries
    assert moved(entries) == {SERVER: -250, CHATS: 250}


@pytest.mark.parametrize(
    ("meter", "unit", "how"), [(METER, "microseconds", "by time"), (AT_A_PRICE, "tokens", "at a price")]
)
def test_an_entry_says_what_it_is_of(meter: object, unit: str, how: str) -> None:
    """Its day, in what use is counted, and how it was divided."""
    used = dims(customer="chat"), Served(decode=5, input=7)
    (entry,) = divided(declared(CHAT, meter), costing(100), a_day(used)).entries  # type: ignore[arg-type] # a source
    origin = entry.origin
    assert (origin.window, origin.unit, origin.quantity) == (between(0, DAY), unit, 5 if unit == "microseconds" else 7)
    assert origin.description == f"cost of platform/llm {how}"


def test_the_largest_that_a_ledger_holds_is_moved() -> None:
    """64 bits of nano-units, and of use; one more is told (test_recharge)."""
    priced = a_meter(granted("chat", "support"), price=TransferPrice(MOST_NANOS, 0))
    for meter, use in ((priced, for_tokens(10**6, "chat")), (METER, for_tokens(MOST_NANOS, "chat"))):
        told = divided(declared(CHAT, meter), costing(100), a_day(use))
        assert len(told.entries) == 1
        assert GapReason.AMOUNT_TOO_LARGE not in {lack.reason for lack in told.lacks}


def test_others_than_the_largest_stay_with_the_server() -> None:
    """Their one line is the server's, so that nobody else pays for made-up names."""
    many = [for_seconds(10 + n, f"made-up-{n}") for n in range(MOST_UNCLAIMED + 2)]
    (entry,) = divided(declared(METER), costing(10**9), a_day(*many)).entries
    assert {line.owner for line in entry.lines} == {SERVER}


@pytest.mark.parametrize("name", ['say "x"', "a, b", "a\nb"])
def test_a_strange_name_is_quoted(name: str) -> None:
    """It is told whole, so that one can find out who that is."""
    (entry,) = divided(declared(METER), costing(100), a_day(for_seconds(1, name))).entries
    assert entry.lines[1].subject == "customer " + '"' + name.replace('"', '\\"').replace("\n", "\\n") + '"'


def test_each_day_is_divided_by_itself() -> None:
    """Days in any order, among them one of another source and one on which the server cost nothing: no other is lost."""
    use = for_tokens(1, "chat")
    days = [a_day(use, day=2), a_day(use, source="another"), a_day(use, day=1), a_day(use)]
    cost = {**costing(100), (at(2 * DAY), LLM): {(SERVER, Certainty.RATED, "USD"): 7}}
    told = divided(declared(CHAT, METER), cost, *days)
    assert [(entry.origin.key[2], entry.lines[0].amount) for entry in told.entries] == [
        ("2026-11-01", Money(-100, "USD")),
        ("2026-11-03", Money(-7, "USD")),
    ]
    assert told.lacks == {Lack(between(n * DAY, (n + 1) * DAY), METERED, GapReason.NO_SERVING_TIME) for n in (0, 2)}
    assert divided(declared(CHAT, METER), {}, *days) == Recharge()


def test_a_price_is_paid_to_the_largest_part_of_the_cost() -> None:
    """A server that moved between units on a day is credited where most of its cost is, in that currency."""
    for large in (SERVER, OLD):
        parts = {(owner, Certainty.RATED, "USD"): 9 if owner == large else 3 for owner in (SERVER, OLD)}
        (entry,) = divided(declared(CHAT, AT_A_PRICE), {(T0, LLM): parts}, a_day(for_tokens(5, "chat"))).entries
        assert moved((entry,)) == {large: -5, CHATS: 5}


def test_what_moves_nothing_is_of_no_server() -> None:
    """A re-charge that was withdrawn may have no lines."""
    origin = replace(an_origin(), component=Component.RECHARGE)
    assert server_in(replace(an_entry(), origin=origin)) is None
