"""FOCUS files for tests: rows as CSV by hand, or as Parquet with the types that providers use."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

Charge = Mapping[str, str]
PARQUET = (
    "CAST(BilledCost AS DECIMAL(38, 12)) AS BilledCost, BillingCurrency, "
    "CAST(ChargePeriodStart AS TIMESTAMPTZ) AS ChargePeriodStart, CAST(ChargePeriodEnd AS TIMESTAMP) AS ChargePeriodEnd, "
    "ServiceName, SubAccountId, ChargeCategory, CAST(ConsumedQuantity AS DOUBLE) AS ConsumedQuantity, ConsumedUnit, "
    "CAST(CAST(Tags AS JSON) AS MAP(VARCHAR, VARCHAR)) AS Tags"
)


def a_charge(cost: str, day: str = "2026-11-01", **more: str) -> dict[str, str]:
    """A row of a day; tags are given as JSON, or by `team`."""
    tags = {"Tags": json.dumps({"team": team})} if (team := more.pop("team", "")) else {}
    ends = f"{day[:8]}{int(day[8:]) + 1:02}"
    return {
        "BilledCost": cost,
        "BillingCurrency": "USD",
        "ChargePeriodStart": f"{day}T00:00:00Z",
        "ChargePeriodEnd": f"{ends}T00:00:00Z",
        "ServiceName": "Amazon Bedrock",
        "SubAccountId": "4711",
        "ChargeCategory": "Usage",
        "ConsumedQuantity": "",
        "ConsumedUnit": "",
        "Tags": "",
        **tags,
        **more,
    }


def write_csv(path: Path, charges: Iterable[Charge]) -> Path:
    rows = list(charges)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0] if rows else a_charge("0")))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_parquet(path: Path, charges: Iterable[Charge]) -> Path:
    """The same, typed: decimals, times with and without an offset, quantities as floats, tags as a map."""
    as_csv = write_csv(path.with_suffix(".tmp"), charges)
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"COPY (SELECT {PARQUET} FROM read_csv('{as_csv}', all_varchar=true)) TO '{path}'")  # noqa: S608 # a test's own file
    as_csv.unlink()
    return path
