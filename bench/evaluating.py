"""`python -m bench.evaluating PROJECTS KEYS MODELS`: what evaluations of both providers' five weeks take; prints a line of JSON for each.

One real Evaluation over a ledger in a file; the bills are told by a reader that makes no request, which `reading.py` measures.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from aicost.core.bills import TOKENS, BillDay, BillRow
from aicost.core.declarations import BILL, Source
from aicost.core.money import Money
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, Window
from aicost.ports import BillReading
from aicost.store.ledger import open_ledger
from e2e.emulators.everyday import KINDS, Size
from tests.reconcile.world import World
from tests.support.builders import at
from tests.support.fakes import FakeBillReader

NOW = 20 * DAY + DAY // 2
FIVE_WEEKS = Window(at(-14 * DAY), at(21 * DAY))
UNITS = 20
CENTS_101 = Money(1_010_000_000, "USD")
PROVIDERS = ("openai", "other")


@dataclass
class Everyday(FakeBillReader):
    """A provider's reader: every day the same; `extra` cents were spent today beside it."""

    size: Size = field(default_factory=Size)
    extra: int = 0
    _rows: dict[str, tuple[BillRow, ...]] = field(default_factory=dict)

    async def read(self, source: Source, over: Window) -> BillReading:
        rows = self._rows.setdefault(source.name, tuple(_billed(self.size)))
        days = [BillDay(source.name, "OpenAI", day, rows) for day in over.pieces(DAY)]
        usage = tuple(
            UsageRow(source.name, day.day, dims, Tokens(100, 10, 0, 20, 3)) for day in days for dims in _used(self.size)
        )
        if self.extra:
            more = replace(rows[0], amount=Money(rows[0].amount.nanos + self.extra * 10**7, "USD"))
            days[-1] = replace(days[-1], rows=(more, *rows[1:]))
        return BillReading(tuple(days), usage, usage_days=tuple(day.day for day in days))


def _billed(size: Size) -> list[BillRow]:
    return [
        BillRow(frozenset((*who, ("lineItem", f"{model}, {kind}"))), CENTS_101, 100, TOKENS)
        for *who, (_, model) in map(sorted, _used(size))
        for kind in KINDS
    ]


def _used(size: Size) -> list[frozenset[tuple[str, str]]]:
    return [frozenset({("apiKey", key), ("project", project), ("model", model)}) for project, key, model in size.used]


def _declare(world: World, size: Size) -> None:
    """A workload in a namespace of its own for each project but the last, which nobody claims."""
    names = [f"p{n:04}" for n in range(size.projects - 1)]
    for unit in range(UNITS):
        namespaces = [{"name": f"ns-{name}"} for n, name in enumerate(names) if n % UNITS == unit]
        world.store.apply("BusinessUnit", f"unit-{unit}", {"namespaces": namespaces})
    for n, name in enumerate(names):
        claims = [{"name": source, "source": source, "match": {"project": name}} for source in PROVIDERS]
        world.store.apply("AIWorkload", "app", _spec(f"unit-{n % UNITS}", claims), namespace=f"ns-{name}")
    grants = [{"dimension": "project", "value": name, "namespaces": [f"ns-{name}"]} for name in names]
    for source in PROVIDERS:
        secret = {"name": source, "key": "token"}
        world.store.apply("UsageSource", source, {"type": "OpenAI", "secretRef": secret, "grants": grants})
    world.store.apply("PriceBook", "default", {"currency": "USD"})


def _spec(unit: str, claims: Sequence[Mapping[str, object]]) -> dict[str, object]:
    return {"businessUnit": unit, "pods": {"selector": {"matchLabels": {"app": "app"}}}, "usage": claims}


def main() -> None:
    """Evaluate."""
    projects, keys, models = map(int, sys.argv[1:])
    asyncio.run(_measure(Size(projects, keys, models)))


async def _measure(size: Size) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(f"sqlite:///{Path(folder) / 'bench.db'}")
        world, reader = World(NOW, ledger), Everyday(size=size)
        world.bills = reader
        world.restart()
        _declare(world, size)
        rows = sum(len(day.rows) for day in (await reader.read(Source("openai", "OpenAI", BILL), FIVE_WEEKS)).days)
        await _polled(world)
        await _told(f"decide 2 x {rows} rows of bills for the first time", world.evaluation.run())
        await _told("evaluate five minutes later, nothing new", world.cycle(300))
        reader.extra = 1
        world.clock.advance(3600)
        await _polled(world)
        await _told("decide them after today changed", world.evaluation.run())
        claim = {"name": "more", "source": "other", "match": {"project": "p0000"}}
        world.store.apply("AIWorkload", "app", _spec("unit-0", [claim]), namespace="ns-p0000")
        await _told("decide them after a claim changed", world.cycle(300))
        world.restart()
        await _polled(world)
        await _told("decide them after a restart", world.evaluation.run())
        ledger.close()


async def _polled(world: World) -> None:
    world.evaluation.watch()
    world.evaluation.attend(float(world.clock.now()))
    await world.desk.settle()


async def _told(what: str, doing: Awaitable[object]) -> None:
    _forget_peak()
    before = _memory("VmRSS")
    began, processed = time.monotonic(), time.process_time()
    await doing
    told = {
        "what": what,
        "cpu": round(time.process_time() - processed, 1),
        "seconds": round(time.monotonic() - began, 1),
        "before": before,
        "peak": _memory("VmHWM"),
    }
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _forget_peak() -> None:
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _memory(of: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith(of)).split()[1]) // 1024


if __name__ == "__main__":
    main()
