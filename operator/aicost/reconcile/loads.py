"""Loads of cards and of model servers: read in the background, of the time for which they are kept, and kept in the ledger.

No cost and no total rests on them: where they cannot be read advice says that it has too little data, and nothing is a gap.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from aicost.core.coverage import Coverage, missing, union
from aicost.core.loads import KEPT, Loads
from aicost.core.window import DAY, HOUR, Instant, Window, floor, window
from aicost.ports import Forbidden, LoadSource, Malformed, Unavailable

logger = logging.getLogger(__name__)
COVERED = "loads.covered"
MOST_WAITING = 100_000
"""So many loads wait for the ledger at most, before a pass stops and goes on after the next commit: memory is bounded."""


class LoadRecord:
    """`catch_up` makes one pass over the hours that are missing, oldest first."""

    def __init__(self, source: LoadSource | None, marks: Mapping[str, str]) -> None:
        self._source = source
        self.covered: Coverage = tuple(Window(*pair) for pair in json.loads(marks.get(COVERED, "[]")))
        self._waiting: list[Loads] = []

    async def catch_up(self, hours: Window, untold: Coverage = ()) -> None:
        """Ask for what is missing of whole hours, as far back as it would be kept, but for time of which no series tells."""
        kept = window(max(hours.start, floor(Instant(hours.end - KEPT + HOUR), HOUR)), hours.end)
        if self._source is None or kept is None:
            return
        self.covered = tuple(part for part in self.covered if part.end > kept.start)
        for chunk in (chunk for hole in missing(kept, union((*self.covered, *untold))) for chunk in hole.pieces(DAY)):
            if sum(len(each.cards) + len(each.servers) for each in self._waiting) >= MOST_WAITING:
                return
            try:
                told = await self._source.loads(chunk)
            except (Unavailable, Malformed, Forbidden) as problem:
                logger.warning(
                    "how hard cards worked in %s could not be read, it is asked for again: %s", chunk, problem
                )
                return
            self._waiting.append(told)
            self.covered = union((*self.covered, chunk))

    def unsaved(self) -> tuple[tuple[Loads, ...], Mapping[str, str]]:
        """What waits for the ledger, and how far it reaches."""
        return tuple(self._waiting), {COVERED: json.dumps([[part.start, part.end] for part in self.covered])}

    def saved(self, batches: tuple[Loads, ...]) -> None:
        """The ledger has these."""
        del self._waiting[: len(batches)]
