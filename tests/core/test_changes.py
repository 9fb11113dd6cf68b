"""What was declared, from when: only what decides owners, never from before it was seen otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.changes import Change, Kind, Name, changed, latest, mattering
from aicost.core.declarations import Declarations, Meter, Series, Source, TransferPrice, Workload
from aicost.core.identity import labels
from tests.support.builders import a_claim, a_grant, a_source, a_unit, a_workload, at

CHAT = a_workload("chat", usage=(a_claim(project="p"),), app="chat")
EVERYTHING = Declarations((CHAT,), (a_unit(),), (a_source(a_grant("p")),))
REFINING = replace(a_source(a_grant("p")), refines=frozenset({("bill", "k")}), created=at(0))
METERING = replace(a_source(a_grant("p")), meter=Meter(CHAT.ref), series=Series("vLLM"))
NOTHING = Declarations()
THE_CHAT = Name(Kind.WORKLOAD, "support", "chat")


def test_what_is_declared_first_is_a_change_of_each_resource() -> None:
    """Each is told with its kind, namespace and name, in a stable order; the same again is no change."""
    first = changed((), EVERYTHING, at(0), at(60))
    assert [(change.since, change.name.kind, change.name.name) for change in first] == [
        (at(60), "AIWorkload", "chat"),
        (at(60), "BusinessUnit", "care"),
        (at(60), "UsageSource", "openai"),
    ]
    assert changed(first, EVERYTHING, at(60), at(120)) == ()


@pytest.mark.parametrize(
    "edited",
    [
        replace(EVERYTHING, workloads=(replace(CHAT, budget_nanos=5, generation=9, changed_at=at(90)),)),
        replace(EVERYTHING, workloads=(replace(CHAT, amortise_months=3, customer="acme"),)),
        replace(EVERYTHING, units=(replace(a_unit(), parent="group", budget_nanos=5, generation=9, currency="EUR"),)),
        replace(
            EVERYTHING, sources=(replace(a_source(a_grant("p")), url="https://x", invoiced=frozenset(("2026-11",))),)
        ),
        replace(EVERYTHING, sources=(replace(a_source(a_grant("p")), series=Series("vLLM")),)),
    ],
    ids=["workload", "training", "unit", "source", "series of no meter"],
)
def test_what_decides_no_owner_is_no_change(edited: Declarations) -> None:
    """A budget, a parent, an address or an invoice moves nothing."""
    assert changed(changed((), EVERYTHING, at(0), at(0)), edited, at(60), at(120)) == ()


@pytest.mark.parametrize(
    ("edited", "kind"),
    [
        (replace(EVERYTHING, workloads=(replace(CHAT, unit="find"),)), Kind.WORKLOAD),
        (replace(EVERYTHING, workloads=(replace(CHAT, usage=()),)), Kind.WORKLOAD),
        (replace(EVERYTHING, workloads=(replace(CHAT, pods=None),)), Kind.WORKLOAD),
        (replace(EVERYTHING, workloads=(replace(CHAT, trained_by=CHAT.ref),)), Kind.WORKLOAD),
        (replace(EVERYTHING, units=(a_unit("care", "support", "search"),)), Kind.UNIT),
        (replace(EVERYTHING, units=(a_unit(default_for=("support",)),)), Kind.UNIT),
        (replace(EVERYTHING, units=(replace(a_unit(), reserved=labels({"pool": "x"})),)), Kind.UNIT),
        (replace(EVERYTHING, sources=(a_source(),)), Kind.SOURCE),
        (replace(EVERYTHING, sources=(REFINING,)), Kind.SOURCE),
        (replace(EVERYTHING, sources=(METERING,)), Kind.SOURCE),
    ],
)
def test_what_decides_owners_is_a_change(edited: Declarations, kind: Kind) -> None:
    """Of that resource alone."""
    (change,) = changed(changed((), EVERYTHING, at(0), at(0)), edited, at(60), at(120))
    assert (change.name.kind, change.since) == (kind, at(120))


@pytest.mark.parametrize(
    ("written", "counts"), [(None, 120), (90, 90), (61, 61), (60, 61), (-9999, 61), (121, 120)], ids=str
)
def test_a_change_counts_from_when_it_was_written(written: int | None, counts: int) -> None:
    """As the API server tells, but after it was last seen otherwise and not after now; else from first sight."""
    moved = replace(CHAT, unit="find", changed_at=None if written is None else at(written))
    known = changed((), EVERYTHING, at(0), at(0))
    (change,) = changed(known, replace(EVERYTHING, workloads=(moved,)), at(60), at(120))
    assert change == Change(at(counts), THE_CHAT, replace(moved, changed_at=None))


def test_how_a_source_divides_is_declared_too() -> None:
    """The keys that it refines, and since when; another price of a meter. Of no use is when a bill was declared."""
    for source, edited in (
        (REFINING, replace(REFINING, refines=frozenset({("bill", "l")}))),
        (REFINING, replace(REFINING, created=at(1))),
        (METERING, replace(METERING, meter=Meter(CHAT.ref, TransferPrice(1, 2)))),
        (METERING, replace(METERING, series=Series("SGLang"))),
    ):
        (change,) = changed(changed((), with_source(source), at(0), at(0)), with_source(edited), at(60), at(120))
        assert change.claimant == replace(edited, type="", role="")
    known = changed((), EVERYTHING, at(0), at(0))
    assert changed(known, with_source(replace(a_source(a_grant("p")), created=at(9))), at(60), at(120)) == ()


def with_source(source: Source) -> Declarations:
    return replace(EVERYTHING, sources=(source,))


def test_what_is_gone_is_gone_from_first_sight() -> None:
    """Nobody tells when it was deleted; declared again it is there again."""
    known = changed((), EVERYTHING, at(0), at(0))
    (gone,) = changed(known, replace(EVERYTHING, workloads=()), at(60), at(120))
    assert gone == Change(at(120), THE_CHAT, None)
    assert THE_CHAT not in latest((*known, gone))
    (back,) = changed((*known, gone), EVERYTHING, at(120), at(180))
    assert latest((*known, gone, back)) == latest(known)


def test_a_clock_that_goes_back_declares_nothing_into_the_past() -> None:
    """What was seen last was so for a second."""
    (change,) = changed((), Declarations(units=(a_unit(),)), at(60), at(30))
    assert change.since == at(61)


def test_a_change_is_of_one_resource() -> None:
    """What one declares is never another's."""
    with pytest.raises(ValueError, match="is not what"):
        Change(at(0), THE_CHAT, a_unit())


_STAGES = st.lists(st.sampled_from([NOTHING, EVERYTHING, replace(EVERYTHING, units=())]), max_size=6)


@given(_STAGES, st.integers(-1, 7))
def test_what_no_longer_matters_may_be_left_out(stages: list[Declarations], start: int) -> None:
    """From an instant on, the last change of each resource before it tells as much as all of them."""
    known: tuple[Change, ...] = ()
    for number, declared in enumerate(stages):
        known += changed(known, declared, at(number - 1), at(number))
    for end in range(max(start, 0), 8):
        until = [change for change in known if change.since <= at(end)]
        assert latest(mattering(until, at(start))) == latest(until)
    assert len({change.name for change in mattering(known, at(9))}) == len(mattering(known, at(9)))
    first = changed((), EVERYTHING, at(-9), at(-9))
    gone = changed(first, NOTHING, at(0), at(5))
    assert mattering((*first, *gone), at(5)) == gone


def test_a_workload_keeps_when_it_claimed() -> None:
    """Rivals are told apart by it, so it decides owners."""
    older: Workload = replace(CHAT, claimed_at=at(-5))
    assert changed(changed((), EVERYTHING, at(0), at(0)), replace(EVERYTHING, workloads=(older,)), at(0), at(9))


def test_a_claim_that_is_accepted_later_is_told_anew() -> None:
    """What it says is the same, but since when it counts was not known while it was denied, nor is once it is forgotten."""
    claims = [
        replace(CHAT, usage=tuple(replace(claim, since=since) for claim in CHAT.usage)) for since in (None, at(70))
    ]
    waiting, accepted = (replace(EVERYTHING, workloads=(claim,)) for claim in claims)
    known = changed((), waiting, at(0), at(60))
    (told,) = changed(known, accepted, at(60), at(120))
    assert (told.name, [claim.since for claim in getattr(told.claimant, "usage", ())]) == (THE_CHAT, [at(70)])
    assert changed((*known, told), accepted, at(120), at(180)) == ()
    (forgotten,) = changed((*known, told), waiting, at(120), at(180))
    assert forgotten == Change(at(180), THE_CHAT, latest(known)[THE_CHAT])
