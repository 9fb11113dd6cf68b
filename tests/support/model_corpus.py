"""Cases of models' right-sizing: one file each, with what was counted, what was billed, and every answer that is expected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from aicost.core.declarations import LatencyClass
from aicost.core.identity import ObjectRef
from aicost.core.money import parse_nanos, rounded
from aicost.core.recommendations.advice import Advice, Answer, Target
from aicost.core.recommendations.models.catalogue import Catalogue
from aicost.core.recommendations.models.sampled import Sampled, Stratum
from aicost.core.recommendations.models.usage import Counted, ModelUsage, Setting, Sizes, worth
from aicost.core.usage import Tokens
from aicost.core.window import DAY, Instant, Window, instant
from aicost.sources.model_catalogue import parse, shipped
from tests.support.model_market import market

CORPUS = Path(__file__).parents[1] / "core" / "recommendations" / "corpus" / "models"
START = instant("2026-11-02T00:00:00Z")
"""The window of a case begins here."""


@dataclass(frozen=True, slots=True)
class Case:
    """What was used, by which catalogue it is judged, and what is expected: the whole of it, in the levers' order."""

    about: str
    usage: ModelUsage
    catalogue: Catalogue
    expected: list[dict[str, str]]


@cache
def case(path: Path) -> Case:
    """The case of a file."""
    told: dict[str, Any] = yaml.load(path.read_text(), yaml.CSafeLoader)
    catalogue = shipped()
    if rows := told.get("catalogue"):
        catalogue = parse(yaml.safe_dump({"asOf": "2026-11-24", **rows}).encode(), over=catalogue)
    return Case(told["about"], _usage(told["evidence"], catalogue), catalogue, told["expected"])


def described(answer: Answer) -> dict[str, str]:
    """An answer as cases say it."""
    if not isinstance(answer, Advice):
        return {"lever": str(answer.lever), "refused": str(answer.obstacle), "says": answer.message}
    return {
        "lever": str(answer.lever),
        "basis": str(answer.basis),
        "proposed": answer.proposed,
        "saving": f"{rounded(answer.saving.low)} to {rounded(answer.saving.high)} of {rounded(answer.touched.monthly_nanos)}",
        "says": answer.reason,
    }


def _usage(of: dict[str, Any], catalogue: Catalogue) -> ModelUsage:
    counted = tuple(each for row in of["used"] for each in _counted(row))
    setting = Setting("app", "MODEL") if of.get("set") else None
    kind = ObjectRef("apps", "Deployment", "app") if setting else ObjectRef("aicost.dev", "UsageSource", "bill")
    usage = ModelUsage(
        source="bill",
        provider=of["provider"],
        model=of["model"],
        window=Window(START, Instant(START + of.get("days", 14) * DAY)),
        billed_nanos=0,
        currency="USD",
        used=counted,
        target=Target(kind, "app" if setting else "", of["model"]),
        named=of.get("named", of["model"]),
        latency=LatencyClass(of.get("latency", "Interactive")),
        setting=setting,
        unpriced=of.get("unpriced", False),
        gateway=of.get("gateway", ""),
        sizes=Sizes(*of["sizes"]) if "sizes" in of else None,
        sampled=_sampled(of["sampled"], counted) if "sampled" in of else None,
    )
    listed = worth(counted, market(catalogue).of(usage.provider, usage.model)) or 0
    billed = parse_nanos(of["billed"]) if "billed" in of else int(listed * of.get("paidPercent", 100) / 100)
    return replace(usage, billed_nanos=billed)


def _sampled(of: dict[str, Any], counted: tuple[Counted, ...]) -> Sampled:
    """`looked` are requests, those looked at and those that they stand for, short ones and their tokens of each of the last `days`."""
    last = sorted({each.day for each in counted}, key=lambda day: day.start)[-of["days"] :]
    days = tuple((day, Stratum(*of["looked"])) for day in last)
    return Sampled(sum(each.tokens.requests for each in counted), days, (of["by"],))


def _counted(row: dict[str, Any]) -> list[Counted]:
    tokens = Tokens(
        input=row.get("input", 0),
        cached_input=row.get("cached", 0),
        cache_write=row.get("written", 0),
        output=row.get("output", 0),
        requests=row.get("requests", 0),
    )
    first, last = row.get("from", 1), row.get("until", 14)
    days = (Instant(START + day * DAY) for day in range(first - 1, last))
    manner = frozenset(row.get("manner", {}).items())
    return [Counted(Window(start, Instant(start + DAY)), tokens, manner) for start in days]
