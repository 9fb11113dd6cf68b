"""Closed months stay, and what is restated later is a correction: over evaluations, restarts and edits."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.ledger import UNCLAIMED, Component, Line, Owner
from aicost.core.window import DAY, Period
from aicost.ports import ResourceRef
from tests.reconcile.october import BEGIN, NOVEMBER, NOW, OCTOBER, THE_29TH, a_world, close, restate
from tests.reconcile.world import CHAT, CHAT_SPEC, OPENAI, UNALLOCATED, World, a_book_of, bill_of
from tests.support.builders import a_row, at, owned_by, usd


def corrected(world: World, month: Period = NOVEMBER) -> list[tuple[Owner, int]]:
    """Owners and amounts of the correction lines that a month holds."""
    entries = world.ledger.entries(month.window, Component.CORRECTION)
    return [(line.owner, line.amount.nanos) for entry in entries for line in entry.lines if line.amount]


def lines_of(world: World, subject: str, month: Period) -> list[Line]:
    """What a month's entries have of a subject, one line for each owner."""
    found: dict[Owner, Line] = {}
    for line in (
        line for entry in world.ledger.entries(month.window) for line in entry.lines if line.subject == subject
    ):
        before = found.get(line.owner, replace(line, amount=usd(0), quantity=0))
        assert before.amount
        assert line.amount
        found[line.owner] = replace(line, amount=before.amount + line.amount, quantity=before.quantity + line.quantity)
    return list(found.values())


async def test_a_closed_month_and_its_late_restatement() -> None:
    """October closed, the 29th restated by +12.34: October is what it was, November has one line more, and says so."""
    world = await a_world()
    outcome = await close(world)
    october, november = world.digest("2026-10"), world.billed()
    assert outcome.closing == world.months.closing(OCTOBER)
    assert outcome.closing is not None
    assert (outcome.closing.by, outcome.closing.digest) == ("jane", october)
    restate(world, bill_of(THE_29TH, a_row(usd(26, 340_000_000), project="p"), a_row(usd(2), project="q")))
    await world.cycle(3600)
    assert (world.digest("2026-10"), world.billed("2026-10")) == (october, (3 * 24 * 8 * 4 + 48) * 10**9)
    assert corrected(world) == [(owned_by(), 12_340_000_000)]
    gpu = 8 * 4 * 10**9
    assert world.billed() == november + 12_340_000_000 + gpu
    shown = world.store.status(CHAT)
    assert shown["cost"]["incurred"]["corrections"] == "12.34"
    assert shown["previousMonth"]["state"] == "Closed"
    assert world.store.status(OPENAI)["billed"] == "32.00"
    assert all(proof.difference == proof.broken == 0 for proof in world.ledger.proofs(NOVEMBER))
    assert world.ledger.verify().broken == ()


async def test_evaluating_again_corrects_nothing_twice() -> None:
    """Nor after a restart; and what the provider takes back again leaves nothing."""
    world = await a_world()
    await close(world)
    restate(world, bill_of(THE_29TH, a_row(usd(20), project="p")))
    await world.cycle(3600)
    digest = world.digest()
    world.ledger.new.clear()
    await world.cycle()
    world.restart()
    await world.cycle()
    assert (world.digest(), world.ledger.new) == (digest, [0, 0])
    restate(world, bill_of(THE_29TH))
    await world.cycle(3600)
    assert corrected(world) == []


async def test_an_issued_report_is_read_again() -> None:
    """As of the close, both months are what they were, whatever was restated since."""
    world = await a_world()
    await close(world)
    issued, at_close = world.ledger.totals(NOVEMBER.window, as_of=world.clock.now()), world.clock.now()
    october = world.ledger.totals(OCTOBER.window)
    restate(world, bill_of(THE_29TH, a_row(usd(99), project="p")), bill_of(0, a_row(usd(7), project="p")))
    await world.cycle(3600)
    assert world.ledger.totals(NOVEMBER.window, as_of=at_close) == issued
    assert world.ledger.totals(OCTOBER.window, as_of=at_close) == world.ledger.totals(OCTOBER.window) == october
    assert world.ledger.totals(NOVEMBER.window) != issued


async def test_closed_lines_keep_their_owner_and_new_rows_go_by_the_claims() -> None:
    """A claim made after the close takes nothing of the closed rows' corrections, and a row that was not there."""
    world = await a_world()
    await close(world)
    grants = [{"dimension": "project", "value": value, "namespaces": ["support"]} for value in ("p", "q", "new")]
    secret = {"name": "openai-admin", "key": "token"}
    world.store.apply("UsageSource", "openai", {"type": "OpenAI", "secretRef": secret, "grants": grants})
    usage = [{"name": value, "source": "openai", "match": {"project": value}} for value in ("q", "new")]
    world.store.apply("AIWorkload", "late", {"businessUnit": "care", "usage": usage}, namespace="support")
    rows = a_row(usd(14), project="p"), a_row(usd(5), project="q"), a_row(usd(1), project="new")
    restate(world, bill_of(THE_29TH, *rows))
    await world.cycle(3600)
    assert sorted(corrected(world), key=lambda each: each[1]) == [(owned_by("late"), 10**9), (UNCLAIMED, 3 * 10**9)]
    assert world.store.status(UNALLOCATED)["pools"]["unclaimed"] == "3.00"


async def test_a_row_that_was_divided_stays_divided() -> None:
    """Its corrections go to the owners of its day in their parts, whoever claims what nobody claimed by then."""
    world = await a_world(BEGIN + DAY // 4)
    without = {key: value for key, value in CHAT_SPEC.items() if key != "usage"}
    world.store.apply("AIWorkload", "chat", without, namespace="support")
    await world.cycle()
    world.clock.at = at(NOW)
    world.bills.days = tuple(bill_of(day) for day in range(THE_29TH, 2))
    await world.cycle(3600)
    await close(world)
    closed = {line.owner: line.amount for line in lines_of(world, "project p", OCTOBER) if line.amount}
    second = 14 * 10**9 // DAY
    assert closed == {owned_by(): usd(3, 500_000_000 + second), UNCLAIMED: usd(38, 500_000_000 - second)}
    late = {"businessUnit": "care", "usage": CHAT_SPEC["usage"]}
    world.store.apply("AIWorkload", "late", late, namespace="support")
    restate(world, bill_of(THE_29TH, a_row(usd(18), project="p"), a_row(usd(2), project="q")))
    await world.cycle(3600)
    unclaimed, mine = sorted(corrected(world))
    assert (unclaimed[0], mine[0], unclaimed[1] + mine[1]) == (UNCLAIMED, owned_by(), 4 * 10**9)
    assert 10**9 < mine[1] < 10**9 + 10**5, "a quarter of the day and a second"


async def test_a_price_that_is_edited_never_moves_a_closed_month() -> None:
    """Neither itself nor by a correction."""
    world = await a_world()
    await close(world)
    october = world.digest("2026-10")
    world.store.apply("PriceBook", "default", a_book_of("8"))
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "businessUnit": "find"}, namespace="support")
    await world.cycle(3600)
    assert world.digest("2026-10") == october
    assert corrected(world) == []


async def test_cost_that_moves_between_projects_is_corrected() -> None:
    """The day's sum is what it was: one owner gets what another loses, and the digest of November tells."""
    world = await a_world()
    await close(world)
    restate(world, bill_of(THE_29TH, a_row(usd(2), project="p"), a_row(usd(14), project="q")))
    await world.cycle(3600)
    assert sorted(nanos for _, nanos in corrected(world)) == [-12 * 10**9, 12 * 10**9]


async def test_a_split_that_is_refused_is_no_news() -> None:
    """The same amounts told for less than was known correct nothing: a grouping that the provider refuses, after a start."""
    world = await a_world()
    await close(world)
    world.restart()
    restate(world, bill_of(THE_29TH, a_row(usd(16))))
    await world.cycle(3600)
    assert corrected(world) == []


async def test_another_account_is_no_correction() -> None:
    """A source that is renamed, narrowed or new tells days of a closed month that were never in it: they stay out."""
    world = await a_world()
    await close(world)
    source = dict((world.store.resource(OPENAI) or {})["spec"])
    world.store.apply("UsageSource", "openai", {**source, "include": {"projects": ["p"]}})
    restate(world, bill_of(THE_29TH, a_row(usd(14), project="p")))
    await world.cycle(3600)
    world.store.delete(OPENAI)
    world.store.apply("UsageSource", "openai-2", source)
    world.bills.days = tuple(replace(day, source="openai-2") for day in world.bills.days)
    await world.cycle(3600)
    assert corrected(world) == []
    world.store.delete(ResourceRef("UsageSource", "", "openai-2"))
    world.store.apply("UsageSource", "openai", source)
    world.bills.days = tuple(replace(day, source="openai") for day in world.bills.days)
    await world.cycle(3600)
    assert corrected(world) == [(UNCLAIMED, -2 * 10**9)]


_AMOUNTS = st.dictionaries(st.sampled_from(["p", "q", "r"]), st.integers(-99, 99), max_size=3)


@settings(max_examples=6)
@given(st.lists(st.tuples(st.integers(THE_29TH, 0), _AMOUNTS), min_size=1, max_size=2))
async def test_any_restatement_is_tied_to_what_was_closed(learnt: list[tuple[int, dict[str, int]]]) -> None:
    """Closed October stays to the digest; with its corrections it is what the provider says now, to the nano-unit."""
    world = await a_world()
    await close(world)
    october, tokens = world.digest("2026-10"), Component.TOKENS
    for day, amounts in learnt:
        rows = [a_row(usd(0, nanos), project=project) for project, nanos in amounts.items()] or [a_row(usd(0))]
        restate(world, bill_of(day, *rows))
        await world.cycle(3600)
        assert world.digest("2026-10") == october
        booked = sum(nanos for _, nanos in corrected(world))
        closed = sum(t.nanos for t in world.ledger.totals(OCTOBER.window) if t.component is tokens)
        truth = sum(row.amount.nanos for told in world.bills.days if told.day.start < at(0) for row in told.rows)
        assert closed + booked == truth
