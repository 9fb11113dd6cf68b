"""Since when claims count: from when they were first accepted, whenever they were written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.declarations import Declarations, Grant, Source, Unit, UsageClaim, Workload, claim_id, usage_id
from aicost.core.seniority import DENIED, NOTHING_REMEMBERED, Remembered, dated, standing
from aicost.core.window import Instant
from tests.support.builders import a_claim, a_grant, a_source, a_unit, a_workload, at, declarations

CLAIM = a_claim(project="p")
CHAT = a_workload(usage=(CLAIM,), claimed_at=at(-9))
NAMES = claim_id(CHAT), usage_id(CHAT.ref, CLAIM)
CARE = replace(a_unit(), changed_at=at(1))
OPENAI = replace(a_source(a_grant("p")), changed_at=at(3))
WRITTEN = replace(CHAT, changed_at=at(2))


def aged(
    *things: Unit | Source | Workload, known: dict[str, str] | None = None, now: int = 60
) -> tuple[Instant, Instant | None]:
    """Since when all that the one workload claims counts, and since when its one claim of usage."""
    (workload,) = dated(declarations(*things), Remembered(known or {}), at(now)).workloads
    return workload.claimed_at, workload.usage[0].since


def denied(at_second: int, *names: str) -> dict[str, str]:
    """What is remembered of claims that were denied when they were last seen."""
    return dict.fromkeys(names, f"{DENIED}{at(at_second)}")


def test_what_was_never_accepted_has_no_time() -> None:
    """Of a claim without a grant, or a workload that its unit does not list, nothing is as old as it was written."""
    assert aged(CARE, a_source(a_grant("p", "search")), CHAT) == (at(-9), None)
    assert aged(a_unit("care", "search"), OPENAI, CHAT) == (at(-9), None)


@pytest.mark.parametrize(
    ("unit", "source", "workload", "since"),
    [
        (CARE, OPENAI, WRITTEN, 3),
        (replace(CARE, changed_at=at(7)), OPENAI, WRITTEN, 7),
        (CARE, OPENAI, replace(CHAT, changed_at=at(8)), 8),
        (CARE, replace(OPENAI, changed_at=at(99)), WRITTEN, 60),
        (CARE, replace(OPENAI, changed_at=None), WRITTEN, 60),
        (replace(CARE, changed_at=at(-6)), replace(OPENAI, changed_at=at(-7)), replace(CHAT, changed_at=at(-8)), 1),
    ],
    ids=["the grant", "the unit", "the workload", "not in the future", "nobody tells when", "not before it was seen"],
)
def test_a_denied_claim_begins_when_what_accepts_it_was_written(
    unit: Unit, source: Source, workload: Workload, since: int
) -> None:
    """Whatever was written last of unit, grant and workload, as far as that is told and after it was last seen denied."""
    assert aged(unit, source, workload, known=denied(0, *NAMES))[1] == at(since)


def test_a_claim_begins_after_it_was_denied() -> None:
    """Though the clock stood still, or goes wrong: in the second in which it was denied it was not accepted."""
    source = replace(OPENAI, changed_at=at(99))
    assert aged(CARE, source, WRITTEN, known=denied(5, *NAMES), now=5)[1] == at(6)


def test_a_clock_is_needed_only_for_what_was_edited() -> None:
    """Where nothing is remembered, as in a check of manifests, all is as old as its object."""
    (workload,) = dated(declarations(CARE, OPENAI, CHAT), NOTHING_REMEMBERED, None).workloads
    assert (workload.claimed_at, workload.usage[0].since) == (at(-9), at(-9))


def test_a_workload_begins_when_its_unit_accepts_it() -> None:
    """Its pods have no place of the time in which it was denied; a grant of usage is none of theirs."""
    assert aged(CARE, OPENAI, WRITTEN, known=denied(0, *NAMES))[0] == at(2)


def test_what_was_accepted_keeps_its_time() -> None:
    """Also while it is denied again: what becomes of it then, the ledger's memory says."""
    known = dict.fromkeys(NAMES, str(at(5)))
    assert aged(CARE, OPENAI, CHAT, known=known) == aged(CARE, a_source(), CHAT, known=known) == (at(5), at(5))


def _standing(*grants: Grant, usage: UsageClaim) -> tuple[dict[str, Instant], frozenset[str]]:
    return standing(Declarations((replace(CHAT, usage=(usage,)),), (CARE,), (a_source(*grants),)))


def test_the_ledger_remembers_who_is_denied() -> None:
    """So that nothing counts as accepted since it was written."""
    since = replace(CLAIM, since=at(4))
    assert _standing(a_grant("p"), usage=since) == ({NAMES[0]: at(-9), NAMES[1]: at(4)}, frozenset())
    assert _standing(usage=since) == ({NAMES[0]: at(-9)}, frozenset({NAMES[1]}))
    assert standing(declarations(a_unit("care", "search"), OPENAI, CHAT)) == ({}, frozenset(NAMES))


def test_a_customers_grant_keeps_no_place_among_keys() -> None:
    """A claim that only its customer was granted of waits for the key or workspace as one that is denied does."""
    claim = a_claim(customer="acme", workspace="w")
    customer, workspace = a_grant("acme", dimension="customer"), a_grant("w", dimension="workspace")
    accepted, waiting = _standing(customer, usage=claim)
    assert (len(accepted), len(waiting)) == (2, 1)
    assert _standing(customer, workspace, usage=claim)[1] == frozenset()
    known = {name: str(since) for name, since in accepted.items()} | denied(0, *waiting)
    written = replace(WRITTEN, usage=(claim,))

    def since(*grants: Grant) -> Instant | None:
        source: Source = replace(a_source(*grants), changed_at=at(3))
        return aged(CARE, source, written, known=known)[1]

    assert (since(customer), since(customer, workspace)) == (at(-9), at(3))
