"""The ledger port on a SQL database: one transaction per call, and nothing but delegation here.

A ledger that a newer version wrote can be read, as far as its tables still have what is asked; it is never written.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from aicost.core.holdings import Devices
from aicost.core.ledger import Component, Entry, Proof, Total, Use
from aicost.core.usage import CallerUse, Observed
from aicost.core.window import Instant, Period, Window
from aicost.ports import CLUSTER, Commit, Forbidden, Tenure
from aicost.store import callers, drafts, entries, fence, observations, sums, uses
from aicost.store.engine import engine, make_room, place
from aicost.store.entries import Sheet
from aicost.store.revisions import bring_up_to_date

_NO_TENURE = Tenure()


def open_ledger(url: str, cluster: str = "", tenure: Tenure = _NO_TENURE) -> SqlLedger:
    """Open the ledger to write it, made anew where there is none; who opened it before can write it no longer.

    At `sqlite:///PATH`; at `:memory:`, for one that dies with it; or at `postgresql://USER:PASSWORD@HOST/DATABASE`, in
    the cluster's own schema. A ledger holds the costs of one cluster and remembers its name from the first time that
    one is given; empty: open it whosever it is. Raises Unavailable (in use, no room, not reached), Forbidden (may not be
    opened or written, or is another cluster's), TakenOver (the tenure is over) or Malformed (not a ledger, damaged).
    """
    opened = engine(url, cluster)
    try:
        with opened.begin() as connection:
            make_room(connection)
            newer = bring_up_to_date(connection)
            if cluster and newer is None:
                _belong(connection, cluster, place(opened))
            term = fence.take(connection, tenure) if newer is None else 0
    except BaseException:
        opened.dispose()
        raise
    return SqlLedger(opened, term, newer)


def _belong(connection: Connection, cluster: str, where: str) -> None:
    marks = observations.all_marks(connection)
    if CLUSTER not in marks:
        observations.put(connection, Commit(marks={CLUSTER: cluster}))
    elif marks[CLUSTER] != cluster:
        raise Forbidden(
            f"ledger {where} holds the costs of cluster {marks[CLUSTER]}, and this aicost was started for cluster"
            f" {cluster}: nothing was changed in it; set AICOST_CLUSTER (clusterName in the chart) to {marks[CLUSTER]},"
            " or give it a ledger of its own"
        )


class SqlLedger:
    """The store of entries. Any thread may call; calls wait for each other."""

    def __init__(self, opened: Engine, term: int, newer: str | None = None) -> None:
        self._engine = opened
        self._term = term
        self._newer = newer

    def close(self) -> None:
        """Let go of the database, so that another process may open it."""
        self._engine.dispose()

    def commit(self, addition: Commit, at: Instant) -> int:
        if self._newer is not None:
            raise Forbidden(
                f"ledger {place(self._engine)} was written by a newer aicost (revision {self._newer}):"
                " nothing was stored; run that version again, or restore a back-up from before it"
            )
        settled = [Sheet.of(entry) for entry in addition.entries]
        still_open = [Sheet.of(entry) for entry in addition.drafts]
        with self._engine.begin() as connection:
            fence.check(connection, self._term)
            appended = drafts.replace(connection, settled, still_open, addition.drafts_since, at)
            observations.put(connection, addition)
            callers.put(connection, addition.callers, addition.caller_hours)
        return appended

    def totals(self, over: Window, *, by_subject: bool = False) -> tuple[Total, ...]:
        with self._engine.connect() as connection:
            return sums.totals(connection, over, by_subject=by_subject)

    def use(self, over: Window) -> tuple[Use, ...]:
        with self._engine.connect() as connection:
            return uses.uses(connection, over)

    def proofs(self, period: Period) -> tuple[Proof, ...]:
        with self._engine.connect() as connection:
            return sums.proofs(connection, period)

    def entries(self, over: Window, component: Component | None = None) -> tuple[Entry, ...]:
        with self._engine.connect() as connection:
            return entries.latest(connection, over, component)

    def observed(self, over: Window, *, card_use: bool = True) -> Observed:
        with self._engine.connect() as connection:
            return observations.observed_in(connection, over, with_card_use=card_use)

    def caller_use(self, over: Window) -> tuple[CallerUse, ...]:
        with self._engine.connect() as connection:
            return callers.used_in(connection, over)

    def devices(self, over: Window) -> Devices:
        with self._engine.connect() as connection:
            return observations.devices_overlapping(connection, over)

    def marks(self) -> dict[str, str]:
        with self._engine.connect() as connection:
            return observations.all_marks(connection)

    def digest(self, period: Period) -> str:
        with self._engine.connect() as connection:
            return sums.digest(connection, period)
