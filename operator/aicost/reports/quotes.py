"""Quotes of manifests as a document and as tables. Pure.

Shape: `{"currency", "quotes": [{"namespace", "kind", "name", "unit", "workload", "monthly": {"low", "high"} or null, "now":
{...} or null, "cheaper": [{"name", "resource", "monthly", "memoryMiB"}], "payers": []}], "budgets": [{"unit", "currency",
"budget", "pace", "paceIsWhole", "added": {...} or null, "fits": true, false or null}]}`; amounts are exact decimals for a
month of 730 hours. `payers` may have to pay what nobody claims; a pace that is not whole is at least so much.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aicost.core.money import decimal
from aicost.core.quotes import Between, Quote, Room
from aicost.core.recommendations.advice import HOURS_OF_A_MONTH
from aicost.core.recommendations.gpu.evidence import Offer
from aicost.reports.layout import Style, section

Json = dict[str, Any]
UNKNOWN = "not known"
_HEADERS = ("WORKLOAD", "UNIT", "WHAT", "AT LEAST", "AT MOST", "NOW", "CURRENCY")
_ROOM = ("UNIT", "BUDGET", "PACE", "ADDED", "FITS", "CURRENCY")
_CHEAPER = ("WHAT", "ADVICE", "A MONTH", "MEMORY MiB")


def quotes_to_json(quotes: Iterable[Quote], rooms: Iterable[Room], currency: str) -> Json:
    """The document."""
    return {
        "currency": currency,
        "quotes": [_quote(each) for each in quotes],
        "budgets": [_room(each) for each in rooms],
    }


def is_known(document: Mapping[str, Any]) -> bool:
    """Whether all of it has a price, and whether it fits is known of each budget."""
    priced = all(each["monthly"] is not None for each in document["quotes"])
    return priced and not unknown_budgets(document) and not unclaimed(document)


def unknown_budgets(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The units of which nobody knows whether it fits their budget."""
    return tuple(str(each["unit"]) for each in document["budgets"] if each["fits"] is None)


def unclaimed(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What nobody claims though a unit with a budget may have to pay it: the object, and the units."""
    found = (each for each in document["quotes"] if each["payers"])
    return tuple((f"{each['kind']} {each['namespace']}/{each['name']}", ", ".join(each["payers"])) for each in found)


def breaks_budget(document: Mapping[str, Any]) -> bool:
    """Whether a budget would be exceeded, at the dearest device that may serve it."""
    return any(each["fits"] is False for each in document["budgets"])


def render_quotes(document: Mapping[str, Any], style: Style) -> str:
    """For people. Raises KeyError or TypeError for what is no such document."""
    currency, quotes = document["currency"], document["quotes"]
    if not quotes:
        return "no GPUs are asked for"
    rows = [
        (
            _workload(each),
            each["unit"],
            f"{each['kind']} {each['name']}",
            *_range(each["monthly"]),
            _least(each),
            currency,
        )
        for each in quotes
    ]
    parts = [section("What GPUs will cost in a month of 730 hours", _HEADERS, rows, style=style)]
    rooms = [
        (each["unit"], each["budget"], _pace(each), _added(each["added"]), _fits(each["fits"]), each["currency"])
        for each in document["budgets"]
    ]
    if rooms:
        parts.append(section("Budgets of a month, beside the pace of the last day", _ROOM, rooms, style=style))
    shapes = [
        (f"{each['kind']} {each['name']}", f"{of['resource']} ({of['name']})", of["monthly"], str(of["memoryMiB"]))
        for each in quotes
        for of in each["cheaper"]
    ]
    if shapes:
        parts.append(section("Cheaper devices: try whether one holds it", _CHEAPER, shapes, style=style))
    return "\n\n".join(parts)


def _quote(of: Quote) -> Json:
    ref, owner = of.server.ref, of.owner
    return {
        "namespace": of.server.namespace,
        "kind": ref.kind,
        "name": ref.name,
        "unit": owner.unit,
        "workload": owner.workload.name if owner.workload else "",
        "monthly": _between(of.monthly),
        "now": _between(of.now),
        "cheaper": [_shape(offer, of.server.pods[0].most) for offer in of.cheaper],
        "payers": list(of.payers),
    }


def _shape(offer: Offer, replicas: int) -> Json:
    return {
        "name": offer.name,
        "resource": offer.resource,
        "monthly": decimal(offer.per_hour * HOURS_OF_A_MONTH * replicas),
        "memoryMiB": offer.hardware.memory_mib,
    }


def _room(of: Room) -> Json:
    return {
        "unit": of.unit,
        "currency": of.currency,
        "budget": decimal(of.budget),
        "pace": decimal(of.pace),
        "paceIsWhole": of.whole,
        "added": _between(of.added),
        "fits": of.fits,
    }


def _between(of: Between | None) -> Json | None:
    return None if of is None else {"low": decimal(of.low), "high": decimal(of.high)}


def _workload(of: Mapping[str, Any]) -> str:
    return f"{of['namespace']}/{of['workload']}" if of["workload"] else f"{of['namespace']}: nobody claims it"


def _range(of: Mapping[str, str] | None) -> tuple[str, str]:
    return (UNKNOWN, UNKNOWN) if of is None else (of["low"], of["high"])


def _least(of: Mapping[str, Any]) -> str:
    return UNKNOWN if of["now"] is None else str(of["now"]["low"])


def _pace(of: Mapping[str, Any]) -> str:
    return str(of["pace"]) if of["paceIsWhole"] else f"at least {of['pace']}"


def _added(of: Mapping[str, str] | None) -> str:
    if of is None:
        return UNKNOWN
    return of["high"] if of["low"] == of["high"] else f"{of['low']} to {of['high']}"


def _fits(of: bool | None) -> str:  # JSON's own three values
    return UNKNOWN if of is None else "yes" if of else "no"
