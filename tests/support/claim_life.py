"""A life of claims in the core: declared, looked at, remembered, given up, made again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from aicost.core.changes import Change, changed, in_order
from aicost.core.claim_memory import following
from aicost.core.declarations import Declarations, Source, Unit, Workload
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Owner
from aicost.core.ownership import Ownership
from aicost.core.seniority import NOTHING_REMEMBERED, Remembered, dated
from aicost.core.window import Instant
from tests.support.builders import a_claim, a_grant, a_source, a_unit, a_workload, at, between, dims

ROW = dims(project="p", user="u", apiKey="k")
MINE = a_workload("mine", "support", usage=(a_claim(project="p"),), app="chat")
RIVAL = a_workload("rival", "search", usage=(a_claim(user="u"),), app="chat")
THIRD = a_workload("third", "lab", usage=(a_claim(apiKey="k"),), app="chat")
GRANTS = {
    "support": a_grant("p"),
    "search": a_grant("u", "search", dimension="user"),
    "lab": a_grant("k", "lab", dimension="apiKey"),
}
CARE = a_unit("care", *GRANTS)


@dataclass
class Life:
    """What is declared from look to look, all that is remembered of it, and who owns what in the end."""

    there: dict[WorkloadRef, Workload] = field(default_factory=dict)
    source: Source = field(default_factory=lambda: replace(a_source(*GRANTS.values()), changed_at=at(0)))
    units: tuple[Unit, ...] = (replace(CARE, changed_at=at(0)),)
    memory: Remembered = NOTHING_REMEMBERED
    changes: tuple[Change, ...] = ()

    def make(self, second: int, of: Workload) -> None:
        """Create an AIWorkload, or edit the one that is there."""
        old = self.there.get(of.ref)
        new = replace(of, claimed_at=old.claimed_at if old else at(second), generation=old.generation + 1 if old else 1)
        self.there[of.ref] = replace(new, changed_at=at(second))

    def give_up(self, of: Workload) -> None:
        """Delete it."""
        del self.there[of.ref]

    def grant(self, second: int, *namespaces: str) -> None:
        """Grant the row to these namespaces, and to no others."""
        self.source = replace(a_source(*map(GRANTS.__getitem__, namespaces)), changed_at=at(second))

    def look(self, second: int, start: int = 0) -> Declarations:
        """What is declared then, with its times."""
        everything = Declarations(tuple(of for _, of in sorted(self.there.items())), self.units, (self.source,))
        declared = dated(everything, self.memory, at(second))
        self.changes = in_order((*self.changes, *changed(self.changes, declared, self.memory.seen, at(second))))
        self.memory = following(self.memory, declared, self.changes, at(start), at(second))
        return declared

    def since(self, second: int, of: Workload) -> Instant | None:
        """Since when its claim of usage counts, by a look then."""
        return next(each.usage[0].since for each in self.look(second).workloads if each.ref == of.ref)

    def owner(self, second: int) -> Owner:
        """Who has the row's cost of a second."""
        over = Ownership(self.changes).usage("openai", ROW, "row").over(between(second, second + 1))
        return next(owner for _, owner in over)


def begun(*first: Workload) -> Life:
    """A life in which these were there first, one after the other."""
    life = Life()
    for second, of in enumerate(first):
        life.make(second, of)
    life.look(10)
    return life


def given_up(*waiting: Workload) -> Life:
    """The same, with whoever waited, after the first gave it up at a second of 20."""
    life = begun(MINE, *waiting)
    life.give_up(MINE)
    life.look(20)
    return life
