"""What workloads are told of right-sizing, as a document: what the read API serves, and every output of it is made from.

Shape: `{"cluster", "workloads": [{"namespace", "name", "unit", "currency", "saving": {"low", "high"}, "advice": [...],
"refused": [{"kind", "target", "reason", "message"}]}], "history": [{"namespace", "name", "id", "kind", "effect", "since",
"ended", "made", "days", "currency", "promised": {"low", "high"}, "realised", "load": {"unit", "before", "after", "isPaid"} or null}]}`; advice is as in a workload's status, with `change` (`replicas`; or
`container` with `resources` or `env`) and `alternativeTo`, the id of larger advice about the same cost, or null.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aicost.api.publish.recommendations import recommendation, saving
from aicost.api.recommendation import Recommendation
from aicost.core.identity import WorkloadRef
from aicost.core.money import decimal, parse_nanos
from aicost.core.recommendations.advice import Advice, Refused
from aicost.core.recommendations.changes import Change, Resize, Scale, SetVariable
from aicost.core.recommendations.chosen import Told, alternatives
from aicost.core.recommendations.promises import Demand, Promise
from aicost.core.statement import Facts, WorkloadStatement, workload_statements
from aicost.core.window import date, rfc3339

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of advice. Of several about the same cost only one may be followed: the others are alternatives to it."""

    told: Recommendation
    change: Mapping[str, Any] | None = None
    alternative_to: str | None = None

    @property
    def low(self) -> int:
        """Nano-units a month at least."""
        return parse_nanos(self.told.monthly_saving.low)

    @property
    def high(self) -> int:
        """Nano-units a month at most."""
        return parse_nanos(self.told.monthly_saving.high)


@dataclass(frozen=True, slots=True)
class Against:
    """A lever that was looked at and is not advised, and why."""

    kind: str
    target: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Advised:
    """What one workload is told; `low` and `high` are nano-units a month of all of it, never stacked."""

    ref: WorkloadRef
    unit: str
    currency: str
    low: int
    high: int
    advice: tuple[Item, ...] = ()
    refused: tuple[Against, ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """What was told once: since when, until when (empty: still), what it promised, and what came of it.

    `made` is the UTC day that shows the change first, empty where none does; `days` since then are compared, and `realised`
    is what they save a month in nano-units, None while it is not known; `load` is what was asked before and since, a month.
    """

    ref: WorkloadRef
    id: str
    kind: str
    effect: str
    since: str
    ended: str
    made: str
    days: int
    currency: str
    low: int
    high: int
    realised: int | None
    load: Demand | None = None

    @classmethod
    def of(cls, promise: Promise) -> Past:
        """In words."""
        advice, outcome = promise.advice, promise.outcome
        return cls(
            promise.workload,
            advice.id,
            advice.lever.value,
            advice.effect.value,
            rfc3339(promise.since),
            "" if promise.ended is None else rfc3339(promise.ended),
            date(outcome.made) if outcome else "",
            outcome.days if outcome else 0,
            advice.currency,
            advice.saving.low,
            advice.saving.high,
            outcome.realised if outcome else None,
            outcome.demand if outcome else None,
        )


@dataclass(frozen=True, slots=True)
class AdviceDocument:
    """Of every workload that was looked at, by namespace and name; and all that was told ever."""

    cluster: str
    workloads: tuple[Advised, ...] = ()
    history: tuple[Past, ...] = ()

    def to_json(self) -> Json:
        """As JSON data."""
        return {
            "cluster": self.cluster,
            "workloads": [_to_json(each) for each in self.workloads],
            "history": [_past_to_json(each) for each in self.history],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AdviceDocument:
        """From JSON data. Raises KeyError, TypeError, AttributeError or ValueError for anything else."""
        return cls(
            str(data["cluster"]),
            tuple(_from_json(each) for each in data["workloads"]),
            tuple(_past_from_json(each) for each in data["history"]),
        )


def advice_document(facts: Facts, cluster: str = "") -> AdviceDocument:
    """What the last evaluation tells."""
    told = (_advised(each, each.advice) for each in workload_statements(facts) if each.advice)
    history = tuple(map(Past.of, facts.promises))
    return AdviceDocument(cluster, tuple(sorted(told, key=lambda each: each.ref)), history)


def _advised(of: WorkloadStatement, told: Told) -> Advised:
    whole, larger = told.saving, alternatives(told.advice)
    return Advised(
        of.workload.ref,
        of.workload.unit,
        of.currency,
        whole.low,
        whole.high,
        tuple(_item(each, larger.get(each.id)) for each in told.advice),
        tuple(map(_against, told.refused)),
    )


def _item(of: Advice, larger: str | None) -> Item:
    return Item(recommendation(of), _change(of.change) if of.change else None, larger)


def _against(of: Refused) -> Against:
    return Against(of.lever.value, str(of.target), of.obstacle.value, of.message)


def _change(of: Change) -> Json:
    match of:
        case Scale(replicas):
            return {"replicas": replicas}
        case Resize(container, resources):
            return {"container": container, "resources": dict(resources)}
        case SetVariable(container, name, value):
            return {"container": container, "env": {name: value}}


def _to_json(of: Advised) -> Json:
    return {
        "namespace": of.ref.namespace,
        "name": of.ref.name,
        "unit": of.unit,
        "currency": of.currency,
        "saving": saving(of.low, of.high).to_wire(),
        "advice": [
            each.told.to_wire() | {"change": each.change, "alternativeTo": each.alternative_to} for each in of.advice
        ],
        "refused": [{name: getattr(each, name) for name in Against.__slots__} for each in of.refused],
    }


def _from_json(data: Mapping[str, Any]) -> Advised:
    return Advised(
        WorkloadRef(str(data["namespace"]), str(data["name"])),
        str(data["unit"]),
        str(data["currency"]),
        parse_nanos(data["saving"]["low"]),
        parse_nanos(data["saving"]["high"]),
        tuple(_items(data["advice"])),
        tuple(Against(**{name: str(each[name]) for name in Against.__slots__}) for each in data["refused"]),
    )


_WORDS = ("id", "kind", "effect", "since", "ended", "made", "currency")


def _past_to_json(of: Past) -> Json:
    return {
        "namespace": of.ref.namespace,
        "name": of.ref.name,
        **{name: getattr(of, name) for name in (*_WORDS, "days")},
        "promised": saving(of.low, of.high).to_wire(),
        "realised": None if of.realised is None else decimal(of.realised),
        "load": None if of.load is None else _load_to_json(of.load),
    }


def _past_from_json(data: Mapping[str, Any]) -> Past:
    return Past(
        ref=WorkloadRef(str(data["namespace"]), str(data["name"])),
        **{name: str(data[name]) for name in _WORDS},
        days=int(data["days"]),
        low=parse_nanos(data["promised"]["low"]),
        high=parse_nanos(data["promised"]["high"]),
        realised=None if data["realised"] is None else parse_nanos(data["realised"]),
        load=_load_from_json(data["load"]) if data.get("load") else None,
    )


def _load_to_json(of: Demand) -> Json:
    return {"unit": of.unit, "before": of.before, "after": of.after, "isPaid": of.is_paid}


def _load_from_json(data: Mapping[str, Any]) -> Demand:
    return Demand(str(data["unit"]), int(data["before"]), int(data["after"]), bool(data.get("isPaid", True)))


def _items(data: Iterable[Mapping[str, Any]]) -> Iterator[Item]:
    for each in data:
        told = {name: value for name, value in each.items() if name not in ("change", "alternativeTo")}
        yield Item(Recommendation.model_validate(told), each["change"], each["alternativeTo"])
