"""Where MIG instances lie: read in the background, used from one evaluation on, and kept with what it decides by them.

Nothing is a gap where it cannot be read: a device costs its share of the node's cards together meanwhile.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping

from aicost.core.coverage import Coverage, missing, union
from aicost.core.placements import Placement, needed, not_before, together
from aicost.core.window import DAY, Instant, Period, Window
from aicost.ports import Forbidden, Malformed, PlacementSource, Unavailable

logger = logging.getLogger(__name__)
COVERED = "placements.covered"


class PlacementRecord:
    """What was read waits until an evaluation takes it, and is saved with what that decides: a closed month learns of none."""

    def __init__(self, stored: Iterable[Placement], marks: Mapping[str, str]) -> None:
        self.covered: Coverage = tuple(Window(*pair) for pair in json.loads(marks.get(COVERED, "[]")))
        self._taken_until = self.covered
        self._known = self._saved = together(stored)
        self._waiting: list[Placement] = []
        self._taken: list[Placement] = []

    @property
    def learnt_from(self) -> Instant | None:
        """Where the hours begin of which something was taken that is not saved; None: there is nothing."""
        return min((each.window.start for each in self._taken), default=None)

    async def catch_up(self, source: PlacementSource, hours: Window) -> None:
        """Ask for what is missing of whole hours, oldest first."""
        for chunk in (chunk for hole in missing(hours, self.covered) for chunk in hole.pieces(DAY)):
            try:
                self._waiting.extend(await source.placements(chunk))
            except (Unavailable, Malformed, Forbidden) as problem:
                logger.warning("on which cards MIG instances lay in %s, asked for again: %s", chunk, problem)
                return
            self.covered = union((*self.covered, chunk))

    def take(self, since: Instant) -> None:
        """Let evaluations know what was read of hours since an instant; what is older comes too late and is dropped."""
        read = (*self._taken, *self._waiting)
        self._waiting.clear()
        self._taken_until = self.covered
        if read:
            self._taken = [each for each in read if each.window.start >= since]
            self._known = together((*self._saved, *self._taken))

    def during(self, over: Window) -> tuple[Placement, ...]:
        """What evaluations know of a window, and what of nodes was told last before it."""
        return needed(self._known, over)

    def unsaved(self) -> tuple[tuple[Placement, ...], Mapping[str, str]]:
        """What was taken since it was last saved, and how far that reaches; no hour of an earlier month, which may be forgotten."""
        new: tuple[Placement, ...] = ()
        if (since := self.learnt_from) is not None:
            saved = frozenset(self._saved)
            unknown = (each for each in self._known if each not in saved)
            new = tuple(not_before(Period.of(since).window.start, unknown))
        return new, {COVERED: json.dumps([[part.start, part.end] for part in self._taken_until])}

    def saved(self) -> None:
        """The ledger has what `unsaved` gave; nothing was taken since."""
        self._saved, self._taken = self._known, []
