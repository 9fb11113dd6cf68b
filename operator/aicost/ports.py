"""What the evaluation asks of the outside world: small protocols in the core's words, and the errors they may raise.

Adapters implement these; nothing here knows HTTP, SQL or Kubernetes. Instants are whole seconds UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aicost.api.declared import Translated
from aicost.core.bills import BillDay
from aicost.core.closing import Closing
from aicost.core.coverage import Coverage
from aicost.core.declarations import Source
from aicost.core.gaps import Gap
from aicost.core.holdings import Devices
from aicost.core.ledger import Component, Entry, Proof, Total, Use, Verification
from aicost.core.usage import CardUse, Observed, PodTokens, UsageRow
from aicost.core.window import Instant, Period, Window


class Unavailable(Exception):  # noqa: N818 # a state of the outside world, said as one
    """The outside world did not answer in time or refused for now: ask again later. The message names who and why."""


class Malformed(Exception):  # noqa: N818 # same
    """The outside world answered with something that cannot be understood: nothing of it may be used."""


class Forbidden(Exception):  # noqa: N818 # same
    """The outside world refused who we are: asking again will not help until somebody acts."""


class Clock(Protocol):
    """Tells the time; pinned in the demonstration and in tests."""

    def now(self) -> Instant:
        """The current instant."""
        ...


class Inventory(Protocol):
    """The live cluster, as the pod and node watches see it."""

    @property
    def synced_at(self) -> Instant | None:
        """When pods and nodes were last known to be complete; None before the first list or while a watch is lost."""
        ...

    def devices(self, until: Instant) -> Devices:
        """Everything seen since the watch began, ended pods included; what still runs ends at `until`."""
        ...

    def forget(self, before: Instant) -> None:
        """Drop what ended before: the ledger has it."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """Who held which cards, and the time that this tells of: outside of it nothing is known."""

    devices: Devices
    covered: Coverage


class DeviceHistory(Protocol):
    """Who held which cards in the past, from recorded series."""

    async def devices(self, over: Window) -> Account | None:
        """The account of the window; None when no series covers any of it. Raises Unavailable or Malformed."""
        ...


class UtilisationSource(Protocol):
    """How busy cards were."""

    async def card_use(self, over: Window) -> tuple[CardUse, ...]:
        """By card, pod and hour, for whole hours of the window. Raises Unavailable or Malformed."""
        ...


class TokenMeter(Protocol):
    """What model servers counted."""

    async def pod_tokens(self, over: Window) -> tuple[PodTokens, ...]:
        """By pod, model and hour, for whole hours of the window. Raises Unavailable or Malformed."""
        ...


@dataclass(frozen=True, slots=True)
class BillReading:
    """One poll of a bill: the complete days that were read, what was used, and what could not be read.

    `usage` is all that was used on each of `usage_days`, also where that is nothing.
    """

    days: tuple[BillDay, ...] = ()
    usage: tuple[UsageRow, ...] = ()
    gaps: tuple[Gap, ...] = ()
    usage_days: tuple[Window, ...] = ()


class BillReader(Protocol):
    """Reads a provider's bill. Never raises for the provider's faults: each spoils its day and becomes a gap."""

    async def read(self, source: Source, over: Window) -> BillReading:
        """All UTC days of the window, each complete or a gap."""
        ...


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
    what `observed` does not have of them is gone. Days that it has usage of count as read whole, too. `marks` are small
    facts that must survive a restart, by name: how far the watch reached, when a claim began.
    """

    entries: tuple[Entry, ...] = ()
    drafts: tuple[Entry, ...] = ()
    devices: Devices = field(default_factory=Devices)
    observed: Observed = field(default_factory=Observed)
    marks: Mapping[str, str] = field(default_factory=dict)
    drafts_since: Instant = ALWAYS_OPEN
    usage_days: frozenset[tuple[str, Window]] = frozenset()


CLUSTER = "cluster"
"""The mark that names the cluster whose costs a ledger holds. Who opens the ledger sets it, once and for all."""


class Ledger(Protocol):
    """The store of entries: append-only, every entry content-keyed, every commit atomic. Blocking; one caller.

    Where it takes `as_of`, it answers with what had been recorded at or before that instant instead of what counts now.
    Drafts leave no history: they count only now.
    """

    def commit(self, addition: Commit, at: Instant) -> int:
        """Store what differs from what is there, in one transaction; returns how many entries were new.

        Raises Forbidden, and stores nothing, where an entry would change a closed month.
        """
        ...

    def totals(self, over: Window, *, by_subject: bool = False, as_of: Instant | None = None) -> tuple[Total, ...]:
        """Sums of the latest lines whose origins begin in the window, in a stable order."""
        ...

    def use(self, over: Window) -> tuple[Use, ...]:
        """What of the latest GPU lines of workloads was used: lines joined with card use by pod (subject) and hour.

        Where a pod held several cards in an hour, the mean of its observed cards counts for all of them; an hour
        without an observation counts on neither side.
        """
        ...

    def proofs(self, period: Period, as_of: Instant | None = None) -> tuple[Proof, ...]:
        """What the month's stored origins and lines sum to, recomputed from the rows, by component and currency."""
        ...

    def entries(
        self, over: Window, component: Component | None = None, as_of: Instant | None = None
    ) -> tuple[Entry, ...]:
        """The latest entry of each key whose origin begins in the window, by key; of one component where asked for."""
        ...

    def corrections(self, period: Period) -> tuple[Entry, ...]:
        """The latest corrections of a closed month, by key, in whatever months they are booked."""
        ...

    def earliest(self, since: Instant) -> Instant | None:
        """When the first origin begins that begins at or after an instant; None where there is none."""
        ...

    def close_month(
        self, period: Period, at: Instant, by: str, left: tuple[str, ...], accounts: tuple[str, ...] = ()
    ) -> Closing:
        """Close a month for good: drafts of hours before its end settle as they are, and its digest is kept.

        `left` is what its check-list still said, `accounts` are those whose bills it holds. A month that is closed already stays as it is: its closing comes back.
        """
        ...

    def closings(self) -> tuple[Closing, ...]:
        """Every closed month, the oldest first."""
        ...

    def verify(self, period: Period | None = None) -> Verification:
        """Prove a month, or the whole ledger, from its rows: sums, hashes, chains, and the digests of closed months."""
        ...

    def back_up(self, period: Period, keep: int) -> Path | None:
        """Copy the ledger, which has closed a month, beside itself, whole or not at all, and keep the newest copies; None: it is no file of ours.

        Raises Unavailable where the copy could not be written: the ledger is as it was.
        """
        ...

    def observed(self, over: Window, *, card_use: bool = True) -> Observed:
        """What was observed in windows that begin in this one; without the many records of card use if so asked."""
        ...

    def devices(self, over: Window) -> Devices:
        """Stored card groups and holdings that overlap the window, as stored (not clipped)."""
        ...

    def marks(self) -> dict[str, str]:
        """All marks, by name."""
        ...

    def digest(self, period: Period, as_of: Instant | None = None) -> str:
        """A hash over the latest entries of the month: equal for equal ledgers, whatever the order of commits."""
        ...


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """A custom resource of ours; `namespace` is empty for cluster-scoped kinds."""

    kind: str
    namespace: str
    name: str


class DeclarationStore(Protocol):
    """The custom resources, as last seen."""

    @property
    def synced(self) -> bool:
        """Whether every kind was listed at least once."""
        ...

    def declarations(self) -> Translated:
        """What they declare, translated, and which of them cannot be."""
        ...

    def resource(self, ref: ResourceRef) -> Mapping[str, Any] | None:
        """One resource as last seen, its status with it; None if there is none."""
        ...


class StatusWriter(Protocol):
    """Writes status, only where it differs; bounded in rate and in flight."""

    async def write(self, statuses: Sequence[tuple[ResourceRef, Mapping[str, Any]]]) -> int:
        """Write each status that differs from what the resource shows; returns how many were written."""
        ...


class Announcer(Protocol):
    """Tells people of transitions, as Kubernetes Events."""

    async def announce(self, about: ResourceRef, reason: str, message: str, *, warning: bool) -> None:
        """Post one Event; losing one is not an error."""
        ...


class Credentials(Protocol):
    """Secrets of the operator's credential namespace."""

    async def token(self, name: str, key: str, host: str) -> str:
        """The credential, read anew; raises Forbidden when it is missing, of the wrong type or not for that host."""
        ...
