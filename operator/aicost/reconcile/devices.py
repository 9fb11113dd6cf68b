"""The record of who held which cards: what is known, for which time, and from whom. No I/O; kept through the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from aicost.core.cards import UNTOLD
from aicost.core.coverage import Coverage, missing, union, within
from aicost.core.holdings import FOREVER, CardGroup, Devices, Holding, clipped, merged
from aicost.core.identity import NodeRef
from aicost.core.successors import cut_at_successors
from aicost.core.told_cards import as_told
from aicost.core.window import Instant, Window, window
from aicost.reconcile.placements import PlacementRecord

_COVERED = "devices.covered"
_WATCHED = "devices.watched"
_MISSED = "devices.missed"
_CLAIMS_SINCE = "devices.claims_since"


class DeviceRecord:
    """Accounts of devices merged into one, and the time that they cover. `revision` grows when the past changes.

    The live watch tells of the time since it began; before that, and for the time the operator was away, recorded
    series tell. What still goes on ends at FOREVER in here; evaluations look only at covered time.
    """

    def __init__(self, stored: Devices, marks: Mapping[str, str]) -> None:
        self._devices = merged(replace(stored, placements=()), Devices(), closes=False)
        self.placements = PlacementRecord(stored.placements, marks)
        self._covered: Coverage = tuple(Window(*pair) for pair in json.loads(marks.get(_COVERED, "[]")))
        self._watched_until = Instant(int(marks.get(_WATCHED, 0)))
        self._claims_since = Instant(int(marks.get(_CLAIMS_SINCE, FOREVER)))
        self._watching_since: Instant | None = None
        self._live = Devices()
        missed: list[tuple[str, int, int]] = json.loads(marks.get(_MISSED, "[]"))
        self._missed = {NodeRef(name, Instant(created)): Instant(seen) for name, created, seen in missed}
        self._saved = self._saving = stored
        self.revision = 0

    @property
    def covered(self) -> Coverage:
        """The time that is accounted for."""
        return self._covered

    def needs(self, over: Window) -> Coverage:
        """The time in a window that a history should tell of: not covered, and not the watch's to tell."""
        end = over.end if self._watching_since is None else min(over.end, self._watching_since)
        asked = window(over.start, end)
        return missing(asked, self._covered) if asked else ()

    def watched(self, live: Devices, synced_at: Instant, until: Instant) -> None:
        """Take the live account, complete as of `synced_at`, up to an instant; what ends then goes on."""
        if self._watching_since is None:
            self._watching_since = synced_at
            self._claims_since = min(self._claims_since, synced_at)
            self._end_vanished(live, synced_at)
        before, past = self._devices, window(Instant(0), self._watched_until)
        account = _since(live, self._watching_since, self._watched_until, until)
        self._live, self._watched_until = live, max(self._watched_until, until)
        self._take(_going_on(account, until), closes=True)
        if past and clipped(before, past) != clipped(self._devices, past):
            self.revision += 1
        if seen := window(self._watching_since, until):
            self._cover(seen)

    def unwatched(self) -> None:
        """The watch was lost: what happens until it is complete again is for the history to tell.

        What went on until then is assumed to go on, so that whoever sees its end may tell.
        """
        if self._watching_since is None:
            return
        self._watching_since = None
        since = self._watched_until
        assumed = (h.lasting(h.window, since) if h.window.end == FOREVER else h for h in self._devices.holdings)
        self._devices = replace(self._devices, holdings=tuple(assumed))

    def recorded(self, account: Devices, over: Window) -> None:
        """Take a history's account of a window that was asked for; who is not in it had ended before.

        Of who holds what by claims a history knows nothing, so that it ends nothing of theirs.
        """
        account = self._recognised(clipped(account, over))
        told = {holding.key for holding in account.holdings}
        assumed = (h for h in self._devices.holdings if _assumed_in(h, over.start) and not h.claim)
        gone = [h for h in assumed if h.key not in told]
        self._devices = Devices(
            tuple(self._known_better(group, account, over) for group in self._devices.groups),
            holdings=tuple(_ended(h, over.start, h.assumed_from) if h in gone else h for h in self._devices.holdings),
        )
        self._take(account, closes=False)
        self.bridged(over)

    def bridged(self, over: Window) -> None:
        """Cover a window with what the watch knows of it where nobody else told.

        A pod holds since it was bound, and a card costs from its node's creation on, though no series told of it.
        """
        self._devices = merged(Devices(clipped(self._live, over).groups), self._devices, closes=False)
        self.revision += 1
        self._cover(over)

    def known(self, over: Window) -> tuple[Devices, Coverage]:
        """The account of a window, and which parts of the window it covers."""
        devices = clipped(self._devices, over)
        groups = tuple(part for group in devices.groups for part in _told_of_claims(group, self._claims_since))
        held = cut_at_successors(devices.holdings, groups)
        account = Devices(groups, held, placements=self.placements.during(over))
        return as_told(account), within(self._covered, over)

    def taken(self, over: Window) -> tuple[Devices, Coverage]:
        """The account of the open months, with what was read meanwhile of where MIG instances lie."""
        self.placements.take(over.start)
        return self.known(over)

    def unsaved(self) -> tuple[Devices, Mapping[str, str]]:
        """What changed since it was last saved, for the ledger."""
        old_groups, old_holdings = set(self._saved.groups), set(self._saved.holdings)
        placements, placed = self.placements.unsaved()
        changed = Devices(
            tuple(group for group in self._devices.groups if group not in old_groups),
            tuple(holding for holding in self._devices.holdings if holding not in old_holdings),
            placements=placements,
        )
        self._saving = self._devices
        covered = json.dumps([[known.start, known.end] for known in self._covered])
        missed = json.dumps([[node.name, node.created, seen] for node, seen in sorted(self._still_missed())])
        marks = {_COVERED: covered, _WATCHED: str(self._watched_until), _MISSED: missed, **placed}
        return changed, marks | ({_CLAIMS_SINCE: str(self._claims_since)} if self._claims_since < FOREVER else {})

    def saved(self) -> None:
        """The ledger has what `unsaved` gave."""
        self._saved = self._saving
        self.placements.saved()

    def _end_vanished(self, live: Devices, now: Instant) -> None:
        """What went on when the operator last looked, and is gone now, ended in between, unseen: until now, it seems.

        A pod may be there still, tell when it ended, and only its claim be gone.
        """
        present, told = {holding.key for holding in live.holdings}, dict(live.ended)
        nodes = {group.node for group in live.groups}
        seen = self._watched_until
        groups = [g for g in self._devices.groups if g.window.end == FOREVER and g.node not in nodes]
        held = [h for h in self._devices.holdings if h.window.end == FOREVER and h.key not in present]
        ended = Devices(
            tuple(replace(g, window=Window(g.window.start, max(now, Instant(g.window.start + 1)))) for g in groups),
            tuple(_vanished(h, now, seen, told.get(h.pod.uid)) for h in held),
        )
        self._missed.update({group.node: seen for group in groups})
        self._take(ended, closes=True)
        self.revision += bool(groups or held)

    def _still_missed(self) -> Iterator[tuple[NodeRef, Instant]]:
        """Nodes of which a history may still tell when they ended, each with when it was last seen."""
        for group in self._devices.groups:
            seen = self._missed.get(group.node)
            unseen = window(seen, group.window.end) if seen is not None else None
            if unseen and missing(unseen, self._covered):
                yield group.node, unseen.start

    def _known_better(self, group: CardGroup, account: Devices, over: Window) -> CardGroup:
        """A node that went unseen ended when a history that tells of the time says so, not when it was missed."""
        seen = self._missed.get(group.node)
        if seen is None or group.window.end <= over.start:
            return group
        told = max((g.window.end for g in account.groups if g.node == group.node), default=over.start)
        if told >= over.end:
            return group
        return replace(group, window=Window(group.window.start, max(told, seen, Instant(group.window.start + 1))))

    def _recognised(self, account: Devices) -> Devices:
        """The account with what is known of its pods and nodes.

        A history without UIDs names pods by namespace and name; one without labels does not know what a node's cards
        are, which do not change while the node lives. Of cards that slices publish it knows that their node was there.
        """
        pods = {(str(h.pod), h.node): h for h in (*self._devices.holdings, *self._live.holdings)}
        known = [group for group in (*self._devices.groups, *self._live.groups) if group.product]
        cards = {(group.node, group.resource): group for group in known}
        claimable = [group for group in cards.values() if group.claimable]
        published = {group.node for group in claimable}
        there = ((node, union(g.window for g in account.groups if g.node == node)) for node in sorted(published))
        return Devices(
            (
                *(_described(g, cards.get((g.node, g.resource))) for g in account.groups if g.node not in published),
                *(
                    replace(g, window=w)
                    for node, windows in there
                    for w in windows
                    for g in claimable
                    if g.node == node
                ),
            ),
            tuple(_named(held, pods.get((str(held.pod), held.node))) for held in account.holdings),
        )

    def _take(self, account: Devices, *, closes: bool) -> None:
        self._devices = merged(self._devices, account, closes=closes)
        if not closes:
            self.revision += 1

    def _cover(self, over: Window) -> None:
        self._covered = union((*self._covered, over))


def _told_of_claims(group: CardGroup, since: Instant) -> tuple[CardGroup, ...]:
    """The group, as cards of which nobody knows who held them for the time before claims were watched."""
    if not group.claimable or group.window.start >= since:
        return (group,)
    before = replace(group, window=Window(group.window.start, min(since, group.window.end)), sharing=UNTOLD)
    told = window(since, group.window.end)
    return (replace(before, slots=group.devices), *((replace(group, window=told),) if told else ()))


def _described(group: CardGroup, known: CardGroup | None) -> CardGroup:
    if group.product or known is None:
        return group
    return replace(known, window=group.window)


def _named(holding: Holding, known: Holding | None) -> Holding:
    if holding.pod.uid != str(holding.pod) or known is None or not known.window.overlap(holding.window):
        return holding
    return replace(holding, pod=known.pod)


def _assumed_in(holding: Holding, at: Instant) -> bool:
    return holding.assumed_from is not None and holding.assumed_from <= at < holding.window.end


def _ended(holding: Holding, end: Instant, assumed_from: Instant | None) -> Holding:
    later = max(end, Instant(holding.window.start + 1))
    return holding.lasting(Window(holding.window.start, later), assumed_from)


def _vanished(holding: Holding, now: Instant, seen: Instant, ended: Instant | None) -> Holding:
    """It as it ended: when its pod tells, else unseen since it was seen last."""
    if ended is not None:
        return _ended(holding, min(ended, now), None)
    return _ended(holding, now, seen if holding.assumed_from is None else holding.assumed_from)


def _since(live: Devices, since: Instant, told: Instant, until: Instant) -> Devices:
    """The watch's account up to an instant: holdings whole, cards since it watches them.

    Cards that ended while it was lost are told of since an earlier watch told last (0: never). What cards a node had
    before is not the watch's to tell where a history does, nor where it told already: prices go by their labels.
    """
    account = clipped(live, Window(Instant(0), until))
    lost = min(since, told) if told else since
    groups = (_from(group, since if group.window.end == until else lost) for group in account.groups)
    return replace(account, groups=tuple(group for group in groups if group))


def _from(group: CardGroup, since: Instant) -> CardGroup | None:
    """Cards that ended in the very second since which they are told of are told by their last second: they did end."""
    begin = Instant(since - 1) if group.window.end == since else since
    later = window(max(group.window.start, begin), group.window.end)
    return replace(group, window=later) if later else None


def _going_on(account: Devices, until: Instant) -> Devices:
    """What ends at the end of the account goes on, unless it is only assumed to last so long."""
    return Devices(
        tuple(replace(g, window=_open(g.window, until)) for g in account.groups),
        tuple(replace(h, window=_open(h.window, until)) if h.assumed_from is None else h for h in account.holdings),
    )


def _open(seen: Window, until: Instant) -> Window:
    return Window(seen.start, FOREVER) if seen.end == until else seen
