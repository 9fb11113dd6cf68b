"""Cases of requests that fail: one file each, with what a gateway counted by key and model, and every answer that is expected."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aicost.core.counting import Failure
from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Answer
from aicost.core.recommendations.models.failed import failed_requests
from aicost.core.recommendations.models.failing import failing_keys
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, Window
from tests.support.builders import a_claim, a_grant, a_source, a_unit, a_workload, at, dims, ownership

CORPUS = Path(__file__).parents[1] / "core" / "recommendations" / "corpus" / "failed"
OWNERS = ownership(
    a_unit(),
    a_source(a_grant("search"), name="gw"),
    a_workload(usage=(a_claim("gw", project="search"),)),
)
"""Chat claims all keys of the team `search`."""
CHAT = WorkloadRef("support", "chat")


@dataclass(frozen=True, slots=True)
class Case:
    """What a gateway counted, over how many days, and what chat is told of it."""

    about: str
    days: int
    usage: tuple[UsageRow, ...]
    expected: list[dict[str, str]]


def case(path: Path) -> Case:
    """The case of a file."""
    told: dict[str, Any] = yaml.load(path.read_text(), yaml.CSafeLoader)
    evidence = told["evidence"]
    return Case(told["about"], evidence["days"], tuple(_rows(evidence["used"])), told["expected"])


def answers(usage: tuple[UsageRow, ...], days: int, told: Collection[str] = ()) -> list[Answer]:
    """What chat is told of the first days, where it was told these ids already."""
    found = failing_keys(usage, OWNERS, Window(at(0), at(days * DAY)), ())
    return [answer for workload, of in found if workload == CHAT for answer in failed_requests(of, "USD", told)]


def counted(day: int, requests: int, failed: int, refused: int = 0, **of: str) -> UsageRow:
    """What the gateway counted on a day."""
    told = frozenset((str(of), count) for of, count in zip(Failure, (failed, refused), strict=True) if count)
    return UsageRow("gw", Window(at(day * DAY), at((day + 1) * DAY)), dims(**of), Tokens(requests=requests), told)


def _rows(used: list[dict[str, Any]]) -> Iterator[UsageRow]:
    """A row of a case is of each day `from` one `until` another: so many requests that were answered, and that failed."""
    for row in used:
        of: dict[str, str] = {name: row[name] for name in ("model", "customer") if name in row}
        of |= {"apiKey": row["key"]} if "key" in row else {}
        for day in range(row.get("from", 1) - 1, row["until"]):
            answered, failed, refused = (row.get(name, 0) for name in ("answered", "failed", "refused"))
            yield counted(day, answered, failed, refused, project=row.get("team", "search"), **of)
