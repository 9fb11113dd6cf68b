"""Batch work at hours in which cards that are paid for anyway are idle: rates have days and no hours, so no other hour is cheaper.

What nobody waits for may run at night, on cards that were bought or that its unit reserved; the cards that it rents can go.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator

from aicost.core.recommendations.advice import Answer, Lever, Obstacle, Saving
from aicost.core.recommendations.gpu.answers import advised, refused
from aicost.core.recommendations.gpu.evidence import Device, ServerEvidence
from aicost.core.recommendations.gpu.policy import Policy
from aicost.core.recommendations.gpu.room import HOURS, Given, Room
from aicost.core.recommendations.gpu.schedule import Shift
from aicost.core.window import DAY, HOUR

_LEVER = Lever.USE_IDLE_HOURS
_EVERY_DAY = tuple(range(7))


def idle_hours(e: ServerEvidence, policy: Policy, given: Given) -> Iterator[Answer]:
    """One answer about batch work on whole cards. Always a hypothesis: nobody knows whether it can wait, or who comes next.

    `given` is what other work was told of.
    """
    device, room = e.device, e.room
    if not e.comes_again or device is None or not device.is_whole or not e.part.monthly_nanos:
        return
    if room is None or e.window.seconds < policy.idle_hours * HOUR:
        unknown = f"of a week of {policy.idle_hours} hours it is not known at which of them cards are idle"
        yield refused(_LEVER, e, Obstacle.TOO_LITTLE_DATA, unknown)
        return
    left, hours = room.after(given), _needed(e, device, room)
    shift = _longest(left)
    if against := _against(device, room, shift, hours):
        yield refused(_LEVER, e, *against)
    elif shift is not None:
        yield _then(e, device, left, shift, hours)


def given_to(e: ServerEvidence, given: Given) -> Given:
    """What it was told of, together with what others were told of before: what it leaves of a night is the next one's."""
    if e.room is None or e.device is None:
        return given
    left, hours = e.room.after(given), _needed(e, e.device, e.room)
    idle = _longest(left)
    mine = _taken(left, idle, hours) if idle else {}
    return {place: given.get(place, 0) + mine.get(place, 0) for place in given.keys() | mine.keys()}


def _against(device: Device, room: Room, shift: Shift | None, hours: int) -> tuple[Obstacle, str] | None:
    if room.is_paid:
        return Obstacle.NOT_CHEAPER, "its cards are paid for at every hour of the day, whether it uses them then or not"
    if not room.nodes:
        nowhere = (
            f"rates have days and no hours, and no {device.model} was bought or reserved for it that idles by hours"
        )
        return Obstacle.NOT_OFFERED, nowhere
    needed = min(hours, HOURS)  # cards that idle at all hours hold what runs for days
    if _length(shift) >= needed:
        return None
    if _length(alone := _longest(room)) >= needed:
        return Obstacle.BUSY, "other batch work, that costs more, is told to use the idle hours of these cards"
    found = f"cards that are paid for have room for {_length(alone)} on the same nodes"
    return Obstacle.BUSY, f"{room.at_once} of its pods need {hours} hours a day, and {found}"


def _length(shift: Shift | None) -> int:
    return shift.hours if shift else 0


def _then(e: ServerEvidence, device: Device, room: Room, idle: Shift, hours: int) -> Answer:
    """At the begin of the hours that are idle; on the nodes whose cards it is given, and on no other."""
    when = _when(_begin(idle, hours))
    nodes = sorted({node for node, _ in _taken(room, idle, hours)})
    count = len(nodes)
    return advised(
        _LEVER,
        e,
        f"{device} on cards that are paid for anyway, {when}",
        Saving(0, e.part.monthly_nanos * (room.held - room.paid) // room.held),
        f"Nobody waits for it, and {device.model} on {count} node{'s' if count > 1 else ''} idled {_when(idle)} on every day.",
        trial=f"trial: start it there for a week, {when}, and see that it ends in time and keeps nobody from these cards",
        requires=(f"found: {', '.join(nodes[:_SHOWN])}{f' and {count - _SHOWN} more' if count > _SHOWN else ''}",),
        frees_nodes=True,
        idleHoursOfADay=idle.hours,
        neededHoursOfADay=hours,
        podsAtOnce=room.at_once,
    )


def _when(shift: Shift) -> str:
    return "at any hour" if shift.hours == HOURS else f"from {shift.span}"


_SHOWN = 3


def _needed(e: ServerEvidence, device: Device, room: Room) -> int:
    """Hours a day: as long as its longest pod ran, and long enough for all that it did in the window."""
    share = device.count * room.at_once * (e.window.seconds // DAY)
    return max(room.longest_hours, -(-e.device_hours // share))


def _longest(room: Room) -> Shift | None:
    """The longest span of hours, also over midnight, in which all pods that ran at once had room; the earliest of equal ones."""
    spans = [(_free_from(first, room), -first) for first in range(HOURS)]
    hours, first = max(spans)
    return _shift(-first, hours) if hours else None


def _begin(shift: Shift, hours: int) -> Shift:
    """So many hours of it, the first ones: who comes next finds the rest in one piece. What runs for days has all of them."""
    return _shift(shift.first, min(hours, shift.hours))


def _taken(room: Room, idle: Shift, hours: int) -> Given:
    """Of cards that idle at all of the hours, also where others would do for the first ones: what runs late may stay."""
    clocks = _begin(idle, hours).clocks
    return {place: cards for place, cards in room.taken(idle.clocks).items() if place[1] in clocks}


def _shift(first: int, hours: int) -> Shift:
    return Shift(first, (first + hours - 1) % HOURS + 1, _EVERY_DAY)


def _free_from(first: int, room: Room) -> int:
    """Hours from the first one on until one of the pods would have to move."""
    clocks = _shift(first, HOURS).clocks
    return bisect(range(1, HOURS + 1), 0, key=lambda hours: room.pods(clocks[:hours]) < room.at_once)
