"""What the evaluation asks of the store of entries: what a commit adds, who may write, and what can be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

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

ALWAYS_OPEN = Instant(0)
"""No hour is before it: a commit since then settles no draft of an earlier one."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What one evaluation adds to the ledger, all of it or nothing.

    `entries` are settled: they join the history of their keys for good. `drafts` are hours still open: together they
    replace all drafts that were there before, leave no history, and count in every sum, proof and digest like entries.
    A draft whose key has an entry already joins that key's history instead. Hours before `drafts_since` are no longer
    open: drafts of theirs that were there before, and that this commit does not tell again, settle as they are.

    `observed` is added to what was observed. `usage_days` are days whose usage was read whole from a source (by name):
    what `observed` does not have of them is gone. Days that it has usage of count as read whole, too. `callers` are added
    to what metered model servers did, and what was known before of `caller_hours` is gone. `marks` are small facts that
    must survive a restart, by name: how far the watch reached, when a claim began. `changes` of declarations are those
    that the entries were decided by. `hosts` add to what was known of these nodes in these hours.
    `loads` of hours that are older than they are kept for are not stored, and forgotten where they are.
    """

    entries: tuple[Entry, ...] = ()
    drafts: tuple[Entry, ...] = ()
    devices: Devices = field(default_factory=Devices)
    observed: Observed = field(default_factory=Observed)
    marks: Mapping[str, str] = field(default_factory=dict)
    drafts_since: Instant = ALWAYS_OPEN
    usage_days: frozenset[tuple[str, Window]] = frozenset()
    callers: tuple[CallerUse, ...] = ()
    caller_hours: frozenset[tuple[str, Window]] = frozenset()
    changes: tuple[Change, ...] = ()
    hosts: tuple[HostHour, ...] = ()
    loads: tuple[Loads, ...] = ()


@dataclass(frozen=True, slots=True)
class Tenure:
    """Who wants to write the ledger, and by which leadership: `epoch` grows with every change of the Lease's holder.

    `lease` tells one Lease from another that was made anew, whose epochs begin again; empty: there is no Lease.
    """

    lease: str = ""
    epoch: int = 0
    holder: str = ""


CLUSTER = "cluster"
"""The mark that names the cluster whose costs a ledger holds. Who opens the ledger sets it, once and for all."""


class FilesTold(Protocol):
    """Remembers what the files of a bill told, over restarts. Blocking."""

    def tell_files(self, account: str, days: Iterable[ToldDay], before: Instant) -> None:
        """Keep these days in the place of what was told of each; what is older than `before` goes. Raises as a commit does."""
        ...

    def files_told(self, account: str) -> tuple[ToldDay, ...]:
        """What was kept of an account, by day."""
        ...


class Ledger(FilesTold, Protocol):
    """The store of entries: append-only, every entry content-keyed, every commit atomic. Blocking; one caller.

    Where it takes `as_of`, it answers with what had been recorded at or before that instant instead of what counts now.
    Drafts leave no history: they count only now.
    """

    def commit(self, addition: Commit, at: Instant) -> int:
        """Store what differs from what is there, in one transaction; returns how many entries were new.

        Raises TakenOver where another operator opened the ledger since this one did, and Forbidden where an entry would
        change a closed month: then nothing is stored.
        """
        ...

    def totals(self, over: Window, *, by_subject: bool = False, as_of: Instant | None = None) -> tuple[Total, ...]:
        """Sums of the latest lines whose origins begin in the window, in a stable order."""
        ...

    def use(self, over: Window) -> tuple[Use, ...]:
        """What of the latest GPU lines of workloads was used: lines joined with card use by pod (subject) and hour.

        Where a pod held several cards in an hour, the mean of its observed cards counts for all of them; an hour
        without an observation counts on neither side. What was used of hosts is a use of its own, without a signal.
        """
        ...

    def unseen(self, over: Window) -> tuple[Unseen, ...]:
        """Of which latest lines of CPU and memory nobody saw what pods used, by owner and resource, in a stable order."""
        ...

    def proofs(self, period: Period, as_of: Instant | None = None) -> tuple[Proof, ...]:
        """What the month's stored origins and lines sum to, recomputed from the rows, by component and currency."""
        ...

    def entries(
        self, over: Window, component: Component | None = None, as_of: Instant | None = None
    ) -> tuple[Entry, ...]:
        """The latest entry of each key whose origin begins in the window, by key; of one component where asked for."""
        ...

    def drilled(self, over: Window, whose: Whose, most: int, as_of: Instant | None = None) -> Drilled:
        """What is a unit's or a workload's in the window: sums by subject, and the `most` largest parts of origins."""
        ...

    def origin(self, over: Window, named: str, as_of: Instant | None = None) -> Entry | None:
        """The latest entry of the origin with that id (core.drill.origin_id), of those that begin in the window."""
        ...

    def corrections(self, period: Period) -> tuple[Entry, ...]:
        """The latest corrections of a closed month, by key, in whatever months they are booked."""
        ...

    def earliest(self, since: Instant) -> Instant | None:
        """When the first origin begins that begins at or after an instant; None where there is none."""
        ...

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
        """Close a month for good: drafts of hours before its end settle as they are, and its digest is kept.

        `left` is what its check-list still said, `accounts` are those whose bills it holds, `issued`
        is what it charged, `holes` what nobody told of it. A month that is closed already stays as it is: its closing comes back.
        """
        ...

    def closings(self) -> tuple[Closing, ...]:
        """Every closed month, the oldest first."""
        ...

    def verify(self, period: Period | None = None) -> Verification:
        """Prove a month, or the whole ledger, from its rows: sums, hashes, chains, and the digests of closed months."""
        ...

    def back_up(self, period: Period, keep: int, *, again: bool = True) -> Path | None:
        """Copy the ledger, which has closed a month, beside itself, whole or not at all, and keep the newest copies.

        None where it is no file of ours; not `again`: also where the month's copy is there already.

        Raises Unavailable where the copy could not be written: the ledger is as it was.
        """
        ...

    def observed(self, over: Window, *, card_use: bool = True, usage: bool = True) -> Observed:
        """What was observed in windows that begin in this one; without the many records of card use or usage if so asked."""
        ...

    def caller_use(self, over: Window) -> tuple[CallerUse, ...]:
        """What callers had of metered model servers, in hours that begin in the window, in a stable order."""
        ...

    def host_hours(self, over: Window) -> tuple[HostHour, ...]:
        """What nodes had and who took of it, in hours and parts of hours that begin in the window, by time and node."""
        ...

    def loads(self, over: Window) -> Loads:
        """How hard cards and model servers worked, in hours that begin in the window, by hour and pod."""
        ...

    def devices(self, over: Window) -> Devices:
        """Stored card groups, holdings and placements that overlap the window, as stored (not clipped)."""
        ...

    def promise(self, promises: Iterable[Promise]) -> None:
        """Keep what advice promised, in the place of what was kept of each before. Raises as `commit` does."""
        ...

    def promises(self) -> tuple[Promise, ...]:
        """All that advice promised, by workload, advice and time."""
        ...

    def changes(self) -> tuple[Change, ...]:
        """All changes of declarations, in the order of time."""
        ...

    def marks(self) -> dict[str, str]:
        """All marks, by name."""
        ...

    def digest(self, period: Period, as_of: Instant | None = None) -> str:
        """A hash over the latest entries of the month: equal for equal ledgers, whatever the order of commits."""
        ...
