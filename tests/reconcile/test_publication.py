"""Publication: every resource that is there gets its status, others none; people are told of what was really shown."""

from __future__ import annotations

from aicost.core.declarations import Declarations
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.statement import Facts
from aicost.ports import ResourceRef
from aicost.reconcile.publication import Publication
from tests.reconcile.world import BOOK, CARE, CHAT, FIND, OPENAI, RANK, STATUS_INTERVAL, UNALLOCATED, World
from tests.support.builders import T0, a_total, facts, owned_by, usd

MISSING = Gap(GapReason.NO_POD_HISTORY, Feed.GPU, T0, "nobody knows")


class Published:
    """Resources, and a publication to them."""

    def __init__(self) -> None:
        self.world = World()
        self.world.declare()
        self.publication: Publication = self.world.evaluation.publication

    async def publish(self, *totals: int, gaps: tuple[Gap, ...] = (), later: int = 0) -> list[ResourceRef]:
        """Publish that chat cost so many dollars; who was written."""
        self.world.clock.advance(later)
        self.world.writer.written.clear()
        of = tuple(a_total(owned_by(), usd(dollars)) for dollars in totals)
        await self.publication.publish(self._facts(of, gaps), (), self.world.clock.now())
        return [ref for _, ref in self.world.writer.written]

    def _facts(self, totals: tuple[object, ...], gaps: tuple[Gap, ...]) -> Facts:
        declared: Declarations = self.world.store.declarations().declared
        return facts(*totals, declared=declared, gaps=gaps)  # type: ignore[arg-type] # totals, made above

    def told(self) -> list[tuple[ResourceRef, str, bool]]:
        told = [(ref, reason, bad) for ref, reason, _, bad in self.world.announcer.told]
        self.world.announcer.told.clear()
        return told


async def test_every_resource_gets_its_status() -> None:
    """All four kinds are written; the reserved unit only where somebody made a resource of that name."""
    published = Published()
    assert await published.publish(4) == [RANK, CHAT, CARE, FIND, OPENAI, BOOK]
    published.world.store.apply("BusinessUnit", "unallocated", {})
    assert await published.publish(4) == [UNALLOCATED]


async def test_the_reserved_unit_comes_back_with_its_status() -> None:
    """Missing or deleted, it is created before statuses are written, so that its own is among them."""
    published = Published()
    published.world.reserver.allowed = True
    assert UNALLOCATED in await published.publish(4)
    published.world.store.delete(UNALLOCATED)
    assert await published.publish(4) == [UNALLOCATED]


async def test_a_unit_that_is_gone_is_not_written() -> None:
    """A unit that owns lines but has no resource any more has a statement, and nothing to write it to."""
    published = Published()
    published.world.store.delete(CARE)
    assert CARE not in await published.publish(4)


async def test_without_a_price_book_none_is_written() -> None:
    """The book's status needs a book."""
    published = Published()
    published.world.store.delete(BOOK)
    assert BOOK not in await published.publish(4)


async def test_numbers_of_each_resource_have_their_own_turn() -> None:
    """The interval counts from a resource's own last write, not from anybody's."""
    published = Published()
    await published.publish(4)
    assert await published.publish(5, later=STATUS_INTERVAL - 1) == []
    published.world.store.apply("AIWorkload", "chat", {"businessUnit": "care", "pods": {
        "selector": {"matchLabels": {"app": "other"}}}}, namespace="support")  # fmt: skip
    assert await published.publish(5) == [CHAT]
    assert await published.publish(6, later=1) == [CARE]
    assert await published.publish(6, later=STATUS_INTERVAL - 1) == [CHAT]


async def test_after_a_start_numbers_wait_for_an_interval() -> None:
    """Nobody knows when the process before wrote last, so changed numbers wait from the start on."""
    published = Published()
    await published.publish(4)
    published.world.restart()
    published.publication = published.world.evaluation.publication
    assert await published.publish(5, later=STATUS_INTERVAL - 1) == []
    assert await published.publish(5, later=1) == [CHAT, CARE]


async def test_transition_times_stay_while_a_condition_stands() -> None:
    """Writing other numbers does not touch since when a condition holds; its turn does."""
    published = Published()
    await published.publish(4)
    since = published.world.condition(CHAT, "DataAvailable")["lastTransitionTime"]
    await published.publish(5, later=STATUS_INTERVAL)
    assert published.world.condition(CHAT, "DataAvailable")["lastTransitionTime"] == since
    await published.publish(5, gaps=(MISSING,), later=60)
    assert published.world.condition(CHAT, "DataAvailable")["lastTransitionTime"] != since
    assert published.world.condition(CHAT, "Ready")["lastTransitionTime"] == since


async def test_people_are_told_once_of_each_transition() -> None:
    """Data that goes missing is announced as a warning, its return as good news, and nothing in between."""
    published = Published()
    await published.publish(4)
    assert published.told() == []
    await published.publish(4, gaps=(MISSING,))
    assert (CHAT, "NoPodHistory", True) in published.told()
    await published.publish(4, gaps=(MISSING,), later=STATUS_INTERVAL)
    assert published.told() == []
    await published.publish(4)
    assert (CHAT, "Complete", False) in published.told()
