"""What one evaluation writes: all that its records learnt since the last one, in one commit; they forget it once it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aicost.core.hosts import HostHour
from aicost.core.loads import Loads
from aicost.core.usage import Observed
from aicost.core.window import Instant
from aicost.ports import Commit
from aicost.reconcile.bills import BillDesk
from aicost.reconcile.callers import Batch, CallerRecord
from aicost.reconcile.decide import Decision, Observation
from aicost.reconcile.devices import DeviceRecord
from aicost.reconcile.hosts import HostRecord
from aicost.reconcile.owners import DeclarationRecord
from aicost.reconcile.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A commit, and what of it the records hold until the ledger has it."""

    addition: Commit
    recorded: Observed
    loads: tuple[Loads, ...]
    batches: tuple[Batch, ...]
    hosts: tuple[HostHour, ...]


@dataclass(frozen=True, slots=True)
class Records:
    """Whatever keeps something for the ledger."""

    record: DeviceRecord
    recorder: Recorder
    desk: BillDesk
    callers: CallerRecord
    hosts: HostRecord
    owners: DeclarationRecord

    def unsaved(self, seen: Observation, decision: Decision, marks: Mapping[str, str], now: Instant) -> Unsaved:
        """What was decided, with what it was decided by; usage of the days that were looked at. `marks` go with it."""
        devices, device_marks = self.record.unsaved()
        recorded, observed_marks = self.recorder.unsaved()
        loads, load_marks = self.recorder.loads.unsaved()
        used_on = frozenset(at for at in seen.due if at >= seen.open.start)
        batches, caller_marks = self.callers.unsaved()
        hosts, host_marks = self.hosts.unsaved()
        changes, owner_marks = self.owners.unsaved(seen.declared, seen.open.start, now)
        kept = {**device_marks, **observed_marks, **caller_marks, **host_marks, **load_marks, **owner_marks}
        addition = Commit(
            decision.entries,
            decision.drafts,
            devices,
            replace(recorded, usage=self.desk.usage(used_on)),
            marks={**kept, **marks},
            drafts_since=seen.open.start,
            usage_days=self.desk.usage_days(used_on),
            callers=tuple(use for batch in batches for use in batch.uses),
            caller_hours=frozenset((batch.source, batch.over) for batch in batches),
            changes=changes,
            hosts=hosts,
            loads=loads,
        )
        return Unsaved(addition, recorded, loads, batches, hosts)

    def saved(self, of: Unsaved) -> None:
        """The ledger has it; what came in meanwhile waits on."""
        self.record.saved()
        self.recorder.saved(of.recorded)
        self.recorder.loads.saved(of.loads)
        self.callers.saved(of.batches)
        self.hosts.saved(of.hosts)
        self.owners.saved()
