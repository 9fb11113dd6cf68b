"""Cases of own servers whose requests are aborted: one file each, with what its pods counted by day, and every answer that is expected."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aicost.core.holdings import Holding
from aicost.core.identity import ObjectRef, PodIdentity
from aicost.core.recommendations.advice import Answer
from aicost.core.recommendations.models.aborted import aborted_requests
from aicost.core.recommendations.models.served import served
from aicost.core.usage import PodTokens, Tokens
from aicost.core.window import DAY, HOUR, Instant, Window
from tests.support.model_corpus import START
from tests.support.model_servers import WEEK, a_server

CORPUS = Path(__file__).parents[1] / "core" / "recommendations" / "corpus" / "aborted"
POD = PodIdentity("llm-1-a", "platform", "llm-1-a", owners=(ObjectRef("apps", "Deployment", "llm"),))


@dataclass(frozen=True, slots=True)
class Case:
    """What the pods of a server counted, and what its workload is told of it."""

    about: str
    counted: tuple[PodTokens, ...]
    expected: list[dict[str, str]]


def case(path: Path) -> Case:
    """The case of a file: of each day so many requests, and so many of these aborted; what has none of the latter does not tell."""
    told: dict[str, Any] = yaml.load(path.read_text(), yaml.CSafeLoader)
    days = [
        counted(day, row["requests"], row.get("aborted"))
        for row in told["evidence"]
        for day in range(row.get("from", 1) - 1, row["until"])
    ]
    return Case(told["about"], tuple(days), told["expected"])


def counted(day: int, requests: int, aborted: int | None) -> PodTokens:
    """What a pod counted in an hour of a day."""
    hour = Window(Instant(START + day * DAY), Instant(START + day * DAY + HOUR))
    return PodTokens(POD.namespace, POD.name, "gpt-oss-20b", hour, Tokens(1, output=1, requests=requests), aborted)


def answers(of: tuple[PodTokens, ...], told: Collection[str] = ()) -> list[Answer]:
    """What its workload is told, where it was told these ids already."""
    held = Holding(POD, "n", "nvidia.com/gpu", 1, WEEK)
    return [answer for each in served([a_server().server], [held], of) for answer in aborted_requests(each, told)]
