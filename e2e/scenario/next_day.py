"""The day after a scenario ends, under what the cluster says by then: the same demand, met by the pods and models of then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from e2e.scenario.model import Identity, Pod, Scenario, named

DAY, HOUR = 86_400, 3_600
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a workspace of Anthropic's calls now, in the place of what it called before."""

    workspace: str
    before: str
    now: str


def next_day(scenario: Scenario, live: Mapping[str, Identity], models: tuple[Replaced, ...]) -> Scenario:
    """The scenario, gone on for a day; its sampling is of that day alone.

    `live` are the pods that there are, by key: who is not among them ended with the day before, who is another began then.
    Every row of the last day comes again, except that what is called in another's place is billed at its own price.
    """
    since, end = scenario.sampling.end, scenario.sampling.end + DAY
    return replace(
        scenario,
        sampling=replace(scenario.sampling, start=since, end=end, fine_since=end - HOUR),
        pods=tuple(each for pod in scenario.pods for each in _from_then_on(pod, live.get(pod.key), since)),
        providers={name: _again(scenario, of, models) for name, of in scenario.providers.items()},
    )


def _from_then_on(pod: Pod, live: Identity | None, since: int) -> Iterator[Pod]:
    """Itself, and who took its place."""
    stays = pod.ended is not None or (live is not None and live.uid == pod.uid)
    yield pod if stays else replace(pod, gone=since)
    if live is not None and not stays:
        yield replace(named(pod, live), scheduled=since)


def _again(scenario: Scenario, of: Mapping[str, Any], models: tuple[Replaced, ...]) -> Mapping[str, Any]:
    """A provider's data with the rows of one more day; emulators that have a clock are told what time it is."""
    end = scenario.sampling.end
    last, day = _date(end - DAY), _date(end)
    more = {
        name: [dict(row, day=day) for row in rows if str(row["day"]) == last]
        for name, rows in of.items()
        if isinstance(rows, list) and rows and "day" in rows[0]
    }
    for replaced in models:
        more = {
            name: [_replaced(scenario, row, more["usage"], replaced) for row in rows] for name, rows in more.items()
        }
    clock = {"now": datetime.fromtimestamp(end + DAY, UTC).isoformat()} if "now" in of else {}
    return {**of, **clock, **{name: [*of[name], *rows] for name, rows in more.items()}}


def _replaced(scenario: Scenario, row: Row, usage: list[dict[str, Any]], of: Replaced) -> dict[str, Any]:
    """The row with the new model; one of costs with what its tokens cost then, in cents."""
    if (row.get("workspace"), row.get("model")) != (of.workspace, of.before):
        return dict(row)
    new = {**row, "model": of.now}
    if "amount" not in row:
        return new
    tokens = sum(use[row["token_type"]] for use in usage if _same(use, row))
    return {**new, "amount": str(Decimal(scenario.prices[of.now][row["token_type"]]) * tokens / 10_000)}


def _same(use: Row, cost: Row) -> bool:
    return all(use.get(name) == cost.get(name) for name in ("workspace", "api_key", "user_profile", "model"))


def _date(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
