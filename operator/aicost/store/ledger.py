"""The ledger port on a SQL database: one transaction per call, and nothing but delegation here.

A ledger that a newer version wrote can be read, as far as its tables still have what is asked; it is never written. Nor
is one on a file system where that is unsafe.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, Engine

from aicost.core.billed_files import ToldDay
from aicost.core.changes import Change
from aicost.core.closing import Closing
from aicost.core.drill import Drilled, Whose
from aicost.core.holdings import Devices
from aicost.core.holes import Holes
from aicost.core.hosts import HostHour
from aicost.core.issued import Issued
from aicost.core.ledger import Component, Entry, Proof, Total, Unseen, Use, Verification
from aicost.core.loads import Loads
from aicost.core.recommendations.promises import Promise
from aicost.core.usage import CallerUse, Observed
from aicost.core.window import Instant, Period, Window
from aicost.ports import CLUSTER, Commit, Forbidden, Tenure
from aicost.store import (
    backups,
    billed_files,
    callers,
    changes,
    closings,
    drafts,
    entries,
    fence,
    hosts,
    loads,
    observations,
    parts,
    promises,
    sums,
    uses,
    verification,
)
from aicost.store.engine import engine, make_room, place
from aicost.store.entries import Sheet
from aicost.store.filesystem import refused
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
    unsafe = refused(opened)
    try:
        with opened.begin() as connection:
            if unsafe:
                connection.exec_driver_sql("PRAGMA query_only=ON")
            make_room(connection)
            newer = bring_up_to_date(connection)
            read_only = unsafe or (_of_newer(newer) if newer else "")
            if cluster and not read_only:
                _belong(connection, cluster, place(opened))
            term = 0 if read_only else fence.take(connection, tenure)
    except BaseException:
        opened.dispose()
        raise
    return SqlLedger(opened, term, read_only)


def _of_newer(revision: str) -> str:
    return (
        f"was written by a newer aicost (revision {revision}): nothing was stored; run that version again, or restore a"
        " back-up from before it"
    )


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

    def __init__(self, opened: Engine, term: int, read_only: str = "") -> None:
        self._engine = opened
        self._term = term
        self._read_only = read_only
        """Why it is never written, in words that follow its name; empty: it may be."""

    def close(self) -> None:
        """Let go of the database, so that another process may open it."""
        self._engine.dispose()

    def commit(self, addition: Commit, at: Instant) -> int:
        self._may_be_written()
        settled = [Sheet.of(entry) for entry in addition.entries]
        still_open = [Sheet.of(entry) for entry in addition.drafts]
        with self._engine.begin() as connection:
            fence.check(connection, self._term)
            closings.refuse(connection, (*settled, *still_open))
            appended = drafts.replace(connection, settled, still_open, addition.drafts_since, at)
            observations.put(connection, addition)
            callers.put(connection, addition.callers, addition.caller_hours)
            changes.put(connection, addition.changes)
            hosts.put(connection, addition.hosts)
            loads.put(connection, addition.loads, at)
        return appended

    def _may_be_written(self) -> None:
        if self._read_only:
            raise Forbidden(f"ledger {place(self._engine)} {self._read_only}")

    def totals(self, over: Window, *, by_subject: bool = False, as_of: Instant | None = None) -> tuple[Total, ...]:
        with self._engine.connect() as connection:
            return sums.totals(connection, over, as_of, by_subject=by_subject)

    def use(self, over: Window) -> tuple[Use, ...]:
        with self._engine.connect() as connection:
            return uses.uses(connection, over)

    def unseen(self, over: Window) -> tuple[Unseen, ...]:
        with self._engine.connect() as connection:
            return uses.unseen(connection, over)

    def proofs(self, period: Period, as_of: Instant | None = None) -> tuple[Proof, ...]:
        with self._engine.connect() as connection:
            return sums.proofs(connection, period, as_of)

    def entries(
        self, over: Window, component: Component | None = None, as_of: Instant | None = None
    ) -> tuple[Entry, ...]:
        with self._engine.connect() as connection:
            return entries.latest(connection, over, component, as_of)

    def drilled(self, over: Window, whose: Whose, most: int, as_of: Instant | None = None) -> Drilled:
        with self._engine.connect() as connection:
            return parts.drilled(connection, over, whose, most, as_of)

    def origin(self, over: Window, named: str, as_of: Instant | None = None) -> Entry | None:
        with self._engine.connect() as connection:
            return parts.origin(connection, over, named, as_of)

    def corrections(self, period: Period) -> tuple[Entry, ...]:
        with self._engine.connect() as connection:
            return entries.corrections_of(connection, period)

    def earliest(self, since: Instant) -> Instant | None:
        with self._engine.connect() as connection:
            return entries.earliest(connection, since)

    def close_month(
        self,
        period: Period,
        at: Instant,
        by: str,
        left: tuple[str, ...],
        accounts: tuple[str, ...] = (),
        issued: Issued | None = None,
        holes: Holes | None = None,
    ) -> Closing:
        self._may_be_written()
        with self._engine.begin() as connection:
            fence.check(connection, self._term)
            return closings.close(connection, Closing(period, at, by, "", left, accounts, issued, holes))

    def closings(self) -> tuple[Closing, ...]:
        with self._engine.connect() as connection:
            return closings.all_closings(connection)

    def verify(self, period: Period | None = None) -> Verification:
        return verification.verify(self._engine, period)

    def back_up(self, period: Period, keep: int, *, again: bool = True) -> Path | None:
        return backups.back_up(self._engine, period, keep, again=again)

    def observed(self, over: Window, *, card_use: bool = True, usage: bool = True) -> Observed:
        with self._engine.connect() as connection:
            return observations.observed_in(connection, over, with_card_use=card_use, with_usage=usage)

    def caller_use(self, over: Window) -> tuple[CallerUse, ...]:
        with self._engine.connect() as connection:
            return callers.used_in(connection, over)

    def host_hours(self, over: Window) -> tuple[HostHour, ...]:
        with self._engine.connect() as connection:
            return hosts.told_in(connection, over)

    def loads(self, over: Window) -> Loads:
        with self._engine.connect() as connection:
            return loads.told_in(connection, over)

    def devices(self, over: Window) -> Devices:
        with self._engine.connect() as connection:
            return observations.devices_overlapping(connection, over)

    def promise(self, told: Iterable[Promise]) -> None:
        self._may_be_written()
        with self._engine.begin() as connection:
            fence.check(connection, self._term)
            promises.put(connection, told)

    def promises(self) -> tuple[Promise, ...]:
        with self._engine.connect() as connection:
            return promises.all_promises(connection)

    def tell_files(self, account: str, days: Iterable[ToldDay], before: Instant) -> None:
        self._may_be_written()
        with self._engine.begin() as connection:
            fence.check(connection, self._term)
            billed_files.put(connection, account, days, before)

    def files_told(self, account: str) -> tuple[ToldDay, ...]:
        with self._engine.connect() as connection:
            return billed_files.told(connection, account)

    def changes(self) -> tuple[Change, ...]:
        with self._engine.connect() as connection:
            return changes.all_changes(connection)

    def marks(self) -> dict[str, str]:
        with self._engine.connect() as connection:
            return observations.all_marks(connection)

    def digest(self, period: Period, as_of: Instant | None = None) -> str:
        with self._engine.connect() as connection:
            return sums.digest(connection, period, as_of)
