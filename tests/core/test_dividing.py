"""By what days divide: by what stood when they began, so that no edit and no deletion moves what was divided."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.changes import Change, changed
from aicost.core.claims import Claims
from aicost.core.declarations import Source, TransferPrice, Workload
from aicost.core.dividing import Dividing
from aicost.core.identity import WorkloadRef
from aicost.core.meters import meters
from aicost.core.window import DAY, Window
from tests.support.builders import a_claim, a_source, a_workload, at, between
from tests.support.metering import a_caller, a_meter, declared, granted

GW = Source("gw", "", "", refines=frozenset({("openai", "k")}), created=at(0))
OTHER_GW = replace(GW, name="another", created=at(9))
METER = a_meter(granted("chat", "support"))
TUNE = WorkloadRef("support", "tune")
USER = replace(a_workload("serve"), trained_by=TUNE)
PRICED = a_meter(granted("chat", "support"), price=TransferPrice(1, 2))
Things: TypeAlias = tuple[Workload | Source, ...]


def changes(*stages: tuple[int, Things]) -> tuple[Change, ...]:
    """From so many seconds after the first midnight on, these and no others were declared."""
    known: tuple[Change, ...] = ()
    for since, things in stages:
        known += changed(known, declared(*things), at(since - 1), at(since))
    return known


def dividing(*stages: tuple[int, Things]) -> Dividing:
    return Dividing(changes(*stages))


def day(number: int) -> Window:
    return between(number * DAY, (number + 1) * DAY)


def prices(of: Dividing, days: int = 4) -> list[str]:
    """How the server's cost divides, day by day."""
    found = []
    for number in range(days):
        standing = [source.meter for source in of.meters(day(number)) if source.meter]
        found.append("".join("at a price" if meter.price else "in proportion" for meter in standing))
    return found


def test_a_day_divides_by_what_stood_when_it_began() -> None:
    """An edit counts from the next day on, a deletion too, one at midnight at once; what never was, divides nothing."""
    of = dividing((0, (METER,)), (DAY + 60, (PRICED,)), (2 * DAY + 60, ()))
    assert prices(of) == ["in proportion", "in proportion", "at a price", ""]
    assert prices(dividing((0, (METER,)), (2 * DAY, (PRICED,)))) == ["in proportion"] * 2 + ["at a price"] * 2
    assert prices(dividing((0, ()))) == [""] * 4


def test_a_new_meter_divides_what_none_did() -> None:
    """Back to the begin, over a time without any; never what another one divided."""
    of = dividing((0, (METER,)), (DAY + 60, ()), (3 * DAY + 60, (PRICED,)))
    assert prices(of) == ["in proportion", "in proportion", "at a price", "at a price"]


def test_meters_that_are_gone_are_told_with_their_ends() -> None:
    """As each was last; one that is declared again is not gone, and who is something else now is no meter."""
    assert dividing((0, (METER, GW)), (DAY, (PRICED,)), (DAY + 60, ())).gone == ((as_kept(PRICED), at(DAY + 60)),)
    assert dividing((0, (METER,)), (DAY, ()), (DAY + 60, (METER,))).gone == ()
    assert dividing((0, (METER,)), (DAY, (a_source(), replace(METER, meter=None)))).gone == ((as_kept(METER), at(DAY)),)


def as_kept(of: Source) -> Source:
    return replace(of, type="", role="")


def test_a_slip_is_mended_on_the_same_day() -> None:
    """Of two edits of one day the last counts, also for the days before; what is deleted that day has counted."""
    for after in ((PRICED,), ()):
        of = dividing((60, (METER,)), (120, (PRICED,)), (180, after))
        assert prices(of, 1) == ["at a price"]
    assert prices(dividing((60, (METER,)), (DAY + 60, (PRICED,)))) == ["in proportion"] * 2 + ["at a price"] * 2


def test_a_server_and_a_meter_divide_one_thing_at_a_time() -> None:
    """A later meter of a server that had one takes nothing, nor does a later server of a meter that had one."""
    later = a_meter(granted("chat", "support"), name="later")
    of = dividing((0, (METER,)), (DAY + 60, (later,)))
    assert [[source.name for source in of.meters(day(number))] for number in (0, 1, 2)] == [
        ["llm-meter"],
        ["llm-meter"],
        ["later"],
    ]
    moved = a_meter(granted("chat", "support"), server=WorkloadRef("search", "rank"))
    both = a_workload("rank", "search", "find")
    of = dividing((0, (METER, both)), (DAY + 60, (moved, both)))
    assert of.meters(day(0)) == of.meters(day(1))
    assert [source.meter for source in of.meters(day(2))] == [moved.meter]


def test_a_later_meter_makes_no_circle() -> None:
    """With one that stood it would carry a part of what its own callers cost: what stood divides, it does not."""
    chat = a_caller("chat")
    back = a_meter(granted("llm", "platform"), name="back", server=chat.ref)
    calling = a_workload("llm", "platform", "platform", usage=(a_claim("back", customer="llm"),))
    first = changes((0, (METER, chat)))
    second = changed(first, declared(back, chat, server=calling), at(DAY), at(DAY + 60))
    of = Dividing((*first, *second))
    assert [source.name for source in of.meters(day(0))] == ["llm-meter"]
    assert [source.name for source in of.meters(day(2))] == ["back"]


def test_who_called_a_meter_later_is_on_its_circles() -> None:
    """What it divided is his by his first claim, though another meter of its server counted by then."""
    chat = a_caller("chat")
    back = a_meter(granted("llm", "platform"), name="back", server=chat.ref)
    calling = a_workload("llm", "platform", "platform", usage=(a_claim("back", customer="llm"),))
    known = changes((0, (METER, a_workload("chat"))), (DAY + 60, (METER, a_meter(name="a-meter"), chat)))
    of = Dividing((*known, *changed(known, declared(back, chat, server=calling), at(2 * DAY), at(2 * DAY + 60))))
    assert [[source.name for source in of.meters(day(number))] for number in (1, 2, 3)] == [
        ["llm-meter"],
        ["a-meter", "back"],
        ["back"],
    ]


def test_a_key_divides_by_who_refined_it_when_the_day_began() -> None:
    """Before anybody did by the first; who comes beside an elder takes nothing."""
    of = dividing((60, (GW,)), (DAY + 60, (GW, OTHER_GW)), (2 * DAY + 60, (OTHER_GW,)), (3 * DAY + 60, ()))
    assert [of.refiners(day(number)).get(("openai", "k")) for number in range(5)] == ["gw"] * 3 + ["another", None]


def test_a_training_is_used_up_by_who_named_it_when_the_day_began() -> None:
    """Before anybody did by the first; who comes beside an elder has a part from the next day on, who is gone none."""
    bot = replace(USER, ref=WorkloadRef("support", "bot"))
    of = dividing((60, (USER,)), (DAY + 60, (USER, bot)), (3 * DAY + 60, (bot,)))
    one, both, last = ((USER.ref, "care"),), ((bot.ref, "care"), (USER.ref, "care")), ((bot.ref, "care"),)
    assert of.users(between(0, 5 * DAY)) == tuple(
        (at(begin * DAY), {TUNE: named}) for begin, named in ((0, one), (2, both), (4, last))
    )
    assert of.users(between(3 * DAY, 4 * DAY)) == ((at(3 * DAY), {TUNE: both}),)
    assert dividing((0, (a_caller("chat"),))).users(day(0)) == ((at(0), {}),)


_THINGS = (METER, PRICED, GW, OTHER_GW, a_source(), a_caller("chat"), USER, replace(USER, unit="find"))
_STAGES = st.lists(st.sets(st.sampled_from(_THINGS)), max_size=6)


@given(_STAGES, st.integers(0, 6 * DAY), st.randoms(use_true_random=False))
def test_a_deletion_moves_no_day_that_was_divided(
    stages: list[set[Workload | Source]], at_: int, random: Random
) -> None:
    """Whatever was declared before: what stood when a day began divides it, though all goes; in any order of changes."""
    known: tuple[Change, ...] = ()
    for number, things in enumerate(stages):
        mine = {
            str(thing.name if isinstance(thing, Source) else thing.ref): thing for thing in sorted(things, key=repr)
        }
        known += changed(known, declared(*mine.values()), at(0), at(number * DAY // 2))
    before, gone = Dividing(known), (*known, *changed(known, declared(), at(3 * DAY), at(3 * DAY + at_)))
    after = Dividing(random.sample(gone, len(gone)))
    for number in range(5):
        if at(number * DAY) <= at(3 * DAY + at_):
            assert after.meters(day(number)) == before.meters(day(number))
            assert after.refiners(day(number)) == before.refiners(day(number))
            assert after.users(day(number)) == before.users(day(number))
        else:
            assert not after.refiners(day(number))


@given(st.sets(st.sampled_from([METER, PRICED, a_meter(name="b"), a_caller("chat"), a_caller("llm", "platform")])))
def test_what_never_changed_is_judged_as_it_stands(things: set[Workload | Source]) -> None:
    """As the conditions of the sources tell."""
    mine = {thing.name if isinstance(thing, Source) else str(thing.ref): thing for thing in sorted(things, key=repr)}
    of = declared(*mine.values())
    standing = {source.name for source in meters(of, Claims(of)).accepted}
    assert {source.name for source in Dividing(changed((), of, at(0), at(0))).meters(day(0))} == standing
