"""`python -m bench`: prints one row for each measurement, in seconds of processor time of this process."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tabulate import tabulate

from aicost.core.allocation import allocate
from aicost.core.declarations import Declarations, PodClaim, Unit, Workload
from aicost.core.holdings import CardGroup, Devices, Holding, merged
from aicost.core.identity import NodeRef, PodIdentity, WorkloadRef, labels
from aicost.core.ledger import Entry
from aicost.core.ownership import Ownership
from aicost.core.payments import settled
from aicost.core.prices import DatedRate, GpuPrice, PriceBook
from aicost.core.window import HOUR, Instant, Window, instant
from aicost.ports import Commit
from aicost.store.ledger import open_ledger
from bench import billed_files
from bench.providers import evaluations, readings
from tests.support.payments import just_enough

START = instant("2026-11-01T00:00:00Z")
NODES, PODS_PER_NODE, CARDS, HOURS, WORKLOADS = 1000, 4, 8, 24, 500
DAY = Window(START, Instant(START + HOURS * HOUR))


def main() -> None:
    """Measure everything once."""
    rows: list[tuple[str, str, str]] = []

    def measured(what: str, run: Callable[[], object]) -> object:
        began = time.process_time()
        result = run()
        rows.append((what, f"{time.process_time() - began:.2f}", _size(result)))
        return result

    devices, claims = _devices(), Ownership.always(_declarations())
    entries: tuple[Entry, ...] = ()

    def allocated() -> tuple[Entry, ...]:
        nonlocal entries
        entries = allocate(devices, _book(), claims, (DAY,)).entries
        return entries

    measured(f"allocate {NODES} nodes x {HOURS} h, {NODES * PODS_PER_NODE} pods, {WORKLOADS} workloads", allocated)
    measured(f"merge an account of {NODES * PODS_PER_NODE} pods", lambda: merged(devices, devices, closes=False))
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(f"sqlite:///{Path(folder) / 'bench.db'}")
        measured("commit them to a new ledger", lambda: ledger.commit(Commit(entries, devices=devices), START))
        measured("commit the same again: nothing new", lambda: ledger.commit(Commit(entries), START))
        measured("totals of the day", lambda: ledger.totals(DAY))
        measured("totals of the day by pod", lambda: ledger.totals(DAY, by_subject=True))
        ledger.close()
    payments, owed = just_enough(keys=2000, models=60)
    measured(
        f"settle {len(owed)} debts by rows without a key or a model, which just suffice",
        lambda: f"{sum(settled(payments, owed)[1].values())} left",
    )
    rows += readings()
    rows += billed_files.readings()
    rows += evaluations()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(tabulate(rows, headers=("WHAT", "CPU SECONDS", "RESULT"), tablefmt="plain", disable_numparse=True))  # noqa: T201 # its purpose
    print(f"\npeak memory {peak} MiB")  # noqa: T201 # same


def _size(result: object) -> str:
    if isinstance(result, Devices):
        return f"{len(result.holdings)} holdings"
    return f"{len(result)} items" if isinstance(result, tuple) else str(result)


def _devices() -> Devices:
    names = [f"node-{n:04d}" for n in range(NODES)]
    groups = tuple(
        CardGroup(NodeRef(name, START), "nvidia.com/gpu", "NVIDIA-H100-80GB-HBM3", CARDS, DAY) for name in names
    )
    pods = tuple(
        Holding(
            PodIdentity(f"{name}-{p}", f"team-{n % 50}", f"{name}-{p}", labels({"app": f"app-{n % WORKLOADS}"})),
            name,
            "nvidia.com/gpu",
            CARDS // PODS_PER_NODE,
            Window(Instant(START + p * 600), DAY.end),
        )
        for n, name in enumerate(names)
        for p in range(PODS_PER_NODE)
    )
    return Devices(groups, pods)


def _declarations() -> Declarations:
    unit = Unit("unit", namespaces=frozenset(f"team-{n}" for n in range(50)))
    workloads = tuple(
        Workload(WorkloadRef(f"team-{n % 50}", f"app-{n}"), "unit", START, PodClaim(labels({"app": f"app-{n}"})))
        for n in range(WORKLOADS)
    )
    return Declarations(workloads=workloads, units=(unit,))


def _book() -> PriceBook:
    return PriceBook("USD", (GpuPrice("H100-80GB", (DatedRate(Instant(0), 4 * 10**9),)),))


if __name__ == "__main__":
    main()
