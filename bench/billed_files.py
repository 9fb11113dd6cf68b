"""`python -m bench.billed_files FILE`: the first reading of a FOCUS file as the operator makes it; prints rows, seconds and memory."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from aicost.core.declarations import BILL, FocusFiles, Source
from aicost.core.window import DAY, Instant, Window, rfc3339
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.focus import FocusBill
from bench.reading import DAYS, END, EmulatedKey

KEYS, KINDS = 2000, 8
ROWS = DAYS * KEYS * KINDS
TAGS = frozenset({("project", "team"), ("apiKey", "key"), ("model", "model")})
FORMATS = {"csv": "(HEADER)", "parquet": "(FORMAT parquet)"}
BEGIN = rfc3339(Instant(END - DAYS * DAY))
_TIME = "'%Y-%m-%dT%H:%M:%SZ'"
_CHARGES = f"""SELECT
    (1 + number % 997)::DECIMAL(12, 0) * 0.000123456789 AS BilledCost, 'USD' AS BillingCurrency,
    strftime(day, {_TIME}) AS ChargePeriodStart, strftime(day + INTERVAL 1 DAY, {_TIME}) AS ChargePeriodEnd,
    'Amazon Bedrock' AS ServiceName, 4711 + caller % 200 AS SubAccountId, 'Usage' AS ChargeCategory,
    1000 + number % 9973 AS ConsumedQuantity, 'Tokens' AS ConsumedUnit,
    '{{"team": "t' || caller % 200 || '", "key": "key-' || caller || '", "model": "model-' || kind || '"}}' AS Tags,
    'payer' AS BillingAccountId, strftime(date_trunc('month', day), {_TIME}) AS BillingPeriodStart,
    'eu-central-1' AS RegionId, 'arn:aws:bedrock:eu-central-1:4711:key/' || caller AS ResourceId, 'sku-' || kind AS SkuId
    FROM (SELECT number, number % {KEYS} AS caller, number // {KEYS} % {KINDS} AS kind,
        TIMESTAMP '{BEGIN[:10]}' + to_days((number // {KEYS * KINDS})::INTEGER) AS day FROM range({ROWS}) AS of(number))"""  # noqa: S608 # all of it is written here


def readings() -> list[tuple[str, str, str]]:
    """A row for each format, in the columns of the other measurements."""
    return [_reading(of) for of in FORMATS]


def _reading(of: str) -> tuple[str, str, str]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"bill.{of}"
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"COPY ({_CHARGES}) TO '{file}' {FORMATS[of]}")  # all of it is written here
        command = [sys.executable, "-m", "bench.billed_files", str(file)]
        told = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)  # noqa: S603 # our own module
    what = f"read a FOCUS file ({of}): {DAYS} days, {ROWS} charges of {KEYS} keys"
    return what, str(told["cpu"]), f"{told['rows']} rows, {told['MiB']} MiB in all, {told['gaps']} gaps"


def main() -> None:
    """Read it once."""
    sys.stdout.write(json.dumps(asyncio.run(_told(Path(sys.argv[1])))))


async def _told(file: Path) -> dict[str, float]:
    """Within one task: a reading that asyncio.run returns would be written out by it, as the result of its task."""
    bill = FocusBill(Access(EmulatedKey(""), bill_files=file.parent))
    source = Source("bench", "FocusFile", BILL, focus=FocusFiles(str(file), TAGS))
    began = time.process_time()
    reading = await bill.read(source, Window(Instant(END - DAYS * DAY), END))
    return {
        "rows": sum(len(day.rows) for day in reading.days),
        "nanos": sum(row.amount.nanos for day in reading.days for row in day.rows),
        "gaps": len(reading.gaps),
        "cpu": round(time.process_time() - began, 1),
        "MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


if __name__ == "__main__":
    main()
