"""What stood when: one set of declarations after the other, each told when it changed within what is looked at."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.changes import ALWAYS, Change, Claimant, changed
from aicost.core.declarations import Declarations, Source, Unit, Workload
from aicost.core.reigns import reigning
from tests.support.builders import a_claim, a_source, a_unit, a_workload, at, declarations

FIND, CARE = a_unit("find"), a_unit("care")


def changes(*stages: tuple[Workload | Source | Unit, ...]) -> tuple[Change, ...]:
    """Second by second these and no others were declared."""
    known: tuple[Change, ...] = ()
    for number, things in enumerate(stages):
        known += changed(known, declarations(*things), at(number - 1), at(number))
    return known


def everything(of: Claimant) -> Claimant:
    return of


def units(of: Claimant) -> Claimant | None:
    return of if isinstance(of, Unit) else None


def test_each_set_stands_from_its_instant() -> None:
    """First of all nothing; what came together stands together, sorted by name, and what is gone stands no more."""
    source = a_source()
    stood = list(reigning(changes((FIND, CARE), (CARE, source), ()), everything))
    assert [since for since, _ in stood] == [ALWAYS, at(0), at(1), at(2)]
    assert [declared.units for _, declared in stood] == [(), (CARE, FIND), (CARE,), ()]
    assert [len(declared.sources) for _, declared in stood] == [0, 0, 1, 0]


def test_what_is_not_looked_at_changes_nothing() -> None:
    """A source that comes and goes begins no other time for units."""
    of = reigning(changes((CARE,), (CARE, a_source()), (CARE,), (CARE, FIND)), units)
    assert [(since, declared) for since, declared in of] == [
        (ALWAYS, Declarations()),
        (at(0), Declarations(units=(CARE,))),
        (at(3), Declarations(units=(CARE, FIND))),
    ]


def test_a_claim_that_counts_from_another_time_begins_a_reign() -> None:
    """Also where it says the same as before: who else claims it may be first now."""
    first, again = (a_workload(usage=(replace(a_claim(project="p"), since=at(since)),)) for since in (0, 1))
    stood = list(reigning(changes((first,), (again,), (again,)), everything))
    assert [(since, [of.usage[0].since for of in declared.workloads]) for since, declared in stood] == [
        (ALWAYS, []),
        (at(0), [at(0)]),
        (at(1), [at(1)]),
    ]
