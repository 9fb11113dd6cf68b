"""What the demonstration must come to, worked out from the scenario and the example resources alone.

A day is small enough for plain arithmetic: cards x price x hours, and the rows of the bill. Amounts are exact, by what
they are of: `workload fraud/train`, `unit search`, `idle`, `unclaimed`, `gpu` and `tokens`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from aicost.core.money import NANOS_PER_UNIT
from aicost.reports.document import Document
from e2e.scenario.model import Node, Pod, Scenario

HOUR = 3600
UNALLOCATED = "unallocated"
MODELS = {"NVIDIA H100 80GB HBM3": "H100-80GB", "NVIDIA A100-SXM4-80GB": "A100-80GB", "NVIDIA L4": "L4-24GB"}
"""The cards of the demonstration, from the names that DCGM gives them to those that the examples price."""
CENTS = {"OpenAI": 1, "Anthropic": 100}
"""How many of the units that a provider's bill is written in make one of the currency."""
_GATEWAYS = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
"""What a gateway calls the kinds of tokens; none of the demonstration's prompts was cached."""
Amounts = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Month:
    """From the first of the month until now, in seconds since 1970."""

    since: int
    until: int

    @classmethod
    def to_date(cls, now: str) -> Month:
        """The month that ends, for now, at a time such as 2026-11-02T00:00:00Z."""
        until = datetime.fromisoformat(now)
        return cls(int(until.replace(day=1, hour=0, minute=0, second=0).timestamp()), int(until.timestamp()))

    def hours(self, since: int, until: int | None) -> Fraction:
        """How much of it lies between two instants."""
        end = self.until if until is None else min(until, self.until)
        return Fraction(max(0, end - max(since, self.since)), HOUR)

    def has(self, day: str) -> bool:
        """Whether a day, such as 2026-11-01, begins in it."""
        return self.since <= datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() < self.until


def expected(scenario: Scenario, resources: Iterable[Mapping[str, Any]], month: Month) -> Amounts:
    """Every amount that the report must show. What one card is cut into is alike, so each device is an equal share."""
    of = list(resources)
    amounts: defaultdict[str, Fraction] = defaultdict(Fraction)
    perhour = {node.name: _per_device_hour(node, of) for node in scenario.nodes}
    for node in scenario.nodes:
        amounts["gpu"] += len(node.cards) * month.hours(node.created, node.gone) * perhour[node.name]
    for type_ in CENTS:
        amounts["tokens"] += sum(amount for _, amount in _bill(scenario, type_, month))
    amounts["idle"], amounts["unclaimed"] = amounts["gpu"], amounts["tokens"]
    for workload in (each for each in of if each["kind"] == "AIWorkload"):
        held = sum(
            len(pod.cards) * month.hours(pod.scheduled, pod.ended or pod.gone) * perhour[pod.node]
            for pod in claimed(scenario, workload)
        )
        tokens = sum((amount for _, amount in billed(scenario, of, workload, month)), Fraction(0))
        amounts["idle"] -= held
        amounts["unclaimed"] -= tokens
        amounts[f"workload {name_of(workload)}"] += held + tokens
        amounts[f"unit {workload['spec']['businessUnit']}"] += held + tokens
    _recharge(scenario, of, amounts)
    amounts[f"unit {UNALLOCATED}"] = amounts["idle"] + amounts["unclaimed"]
    return dict(amounts)


def _recharge(scenario: Scenario, resources: list[Mapping[str, Any]], amounts: dict[str, Fraction]) -> None:
    """Each metered server's cost, by its callers' seconds an hour: the scenario's calls are the same in every hour."""
    workloads = {name_of(each): each for each in resources if each["kind"] == "AIWorkload"}
    for source in (each for each in resources if each["spec"].get("role") == "Meter"):
        amounts["recharge"] = Fraction(0)
        of = source["spec"]["costOf"]
        server = f"{of['namespace']}/{of['name']}"
        seconds, cost = _seconds(scenario, source), amounts[f"workload {server}"]
        for name, workload in workloads.items():
            for usage in workload["spec"].get("usage", ()):
                if usage["source"] == source["metadata"]["name"]:
                    share = cost * seconds[usage["match"]["customer"]] / sum(seconds.values())
                    for owner, sign in ((name, 1), (server, -1)):
                        amounts[f"workload {owner}"] += sign * share
                        amounts[f"unit {workloads[owner]['spec']['businessUnit']}"] += sign * share


def _seconds(scenario: Scenario, source: Mapping[str, Any]) -> Mapping[str, Fraction]:
    """The seconds of prefill and decode by the value of the caller's label."""
    found: defaultdict[str, Fraction] = defaultdict(Fraction)
    label = source["spec"]["prometheus"]["dimensions"]["customer"]
    for server in scenario.servers:
        for name, per_hour in server.per_hour.items():
            if "_time_seconds_sum{" in name and f'{label}="' in name:
                found[name.partition(f'{label}="')[2].partition('"')[0]] += per_hour
    return found


def reported(document: Document) -> Amounts:
    """The same amounts, as a report has them."""
    amounts: defaultdict[str, Fraction] = defaultdict(Fraction)
    for row in document.rows:
        amount = Fraction(row.nanos or 0, NANOS_PER_UNIT)
        for name in (row.component, row.kind, f"workload {row.workload}", f"unit {row.unit}"):
            amounts[name] += amount
    return {name: amount for name, amount in amounts.items() if name not in ("workload", "workload ", "unit")}


def stated(objects: Iterable[Mapping[str, Any]]) -> Amounts:
    """What the statuses of workloads and units state, as far as they do."""
    amounts = {}
    for of in objects:
        if cost := of.get("status", {}).get("summary", {}).get("cost"):
            kind = {"AIWorkload": "workload", "BusinessUnit": "unit"}[of["kind"]]
            amounts[f"{kind} {name_of(of)}"] = Fraction(cost)
    return amounts


def cents(amount: Fraction) -> Fraction:
    """As summaries round it."""
    return Fraction(round(amount * 100), 100)


def deviations(wanted: Amounts, found: Amounts) -> list[str]:
    """One sentence for every amount that is another, or not there, or not wanted."""
    return [
        f"{name}: {_shown(found.get(name))} instead of {_shown(wanted.get(name))}"
        for name in sorted({*wanted, *found})
        if found.get(name) != wanted.get(name)
    ]


def unproven(document: Document) -> list[str]:
    """One sentence for every component whose lines are not their origins, to the last digit."""
    return [
        f"{component}: lines of {lines} nano-units for origins of {origins}, {broken} of them broken"
        for component, _, _, origins, lines, broken in document.proofs
        if origins != lines or broken
    ]


def _shown(amount: Fraction | None) -> str:
    return "nothing" if amount is None else f"{float(amount):.9f}"


def _per_device_hour(node: Node, resources: list[Mapping[str, Any]]) -> Fraction:
    """The price of the node's model, over the devices of one card: DCGM gives all of them the card's UUID."""
    (book,) = (each for each in resources if each["kind"] == "PriceBook")
    (price,) = (each for each in book["spec"]["gpus"] if each["model"] == MODELS[node.cards[0].model])
    (rate,) = price["rates"]
    cards = len({card.uuid for card in node.cards})
    return Fraction(rate["perHour"]) * cards / len(node.cards)


def claimed(scenario: Scenario, workload: Mapping[str, Any]) -> Iterator[Pod]:
    """The pods that a workload claims."""
    meta, of = workload["metadata"], workload["spec"].get("pods", {})
    for pod in scenario.pods:
        if pod.namespace != meta["namespace"]:
            continue
        if "selector" in of and of["selector"]["matchLabels"].items() <= pod.labels.items():
            yield pod
        if "targetRef" in of and any(
            (of["targetRef"]["kind"], of["targetRef"]["name"]) == (o.kind, o.name) for o in pod.owners
        ):
            yield pod


def billed(
    scenario: Scenario, resources: list[Mapping[str, Any]], workload: Mapping[str, Any], month: Month
) -> Iterator[tuple[Mapping[str, Any], Fraction]]:
    """What a workload claims of bills, row by row, and of a shared key's by what the gateway saw of it."""
    sources = {each["metadata"]["name"]: each["spec"] for each in resources if each["kind"] == "UsageSource"}
    for usage in workload["spec"].get("usage", ()):
        source = sources[usage["source"]]
        for row, amount in _bill(scenario, source["type"], month):
            if usage["match"].items() <= row.items():
                yield row, amount
        for refined in source.get("refines", ()):
            yield from _seen(scenario, sources[refined["source"]]["type"], refined["apiKeys"], usage["match"], month)


def _bill(scenario: Scenario, type_: str, month: Month) -> Iterator[tuple[Mapping[str, Any], Fraction]]:
    """Each row of a provider's bill in the month, and what it is in whole units of the currency."""
    for row in scenario.providers[type_.lower()]["costs"] if type_ in CENTS else ():
        if month.has(str(row["day"])):
            yield row, Fraction(row["amount"]) / CENTS[type_]


def _seen(
    scenario: Scenario, type_: str, keys: list[str], match: Mapping[str, str], month: Month
) -> Iterator[tuple[Mapping[str, Any], Fraction]]:
    """A caller's part of each line of the keys: his tokens of its kind and model, at the line's price."""
    for use in scenario.providers["litellm"]["usage"]:
        for row, amount in _bill(scenario, type_, month) if use["alias"] == match["apiKey"] else ():
            model, _, kind = row.get("line_item", "").partition(", ")
            if row.get("api_key") in keys and use["model"].endswith(f"/{model}") and use["day"] == row["day"]:
                yield row, amount * Fraction(use[_GATEWAYS[kind]]) / Fraction(row["quantity"])


def name_of(of: Mapping[str, Any]) -> str:
    """`namespace/name`, of what lies in no namespace its name."""
    meta = of["metadata"]
    return f"{meta['namespace']}/{meta['name']}" if "namespace" in meta else str(meta["name"])
