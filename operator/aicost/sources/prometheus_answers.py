"""Prometheus' answers as typed samples: everything that can be wrong with one is judged here, and nothing is fetched."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aicost.core.window import Instant
from aicost.ports import Forbidden, Malformed, Unavailable

_SHOWN = 300
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_NOT_FINITE = frozenset({"NaN", "Inf", "+Inf", "-Inf"})
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_REFUSED = frozenset({401, 403})
_TOO_LARGE = re.compile("too many samples|too many points|exceeded maximum resolution|too many (unique )?series|limit")


class TooLarge(Unavailable):
    """The server would load more for this query than it may: ask about a shorter window."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One finite value of one series; `at` is cut to whole seconds."""

    labels: Mapping[str, str]
    at: Instant
    value: float


def samples(name: str, status: int, body: bytes, kind: str) -> tuple[Sample, ...]:
    """All finite samples of an answer of the given result type (`vector` or `matrix`); `name` is for messages.

    Raises Unavailable, TooLarge, Forbidden or Malformed. Warnings mean that a part is missing, so that nothing of the
    answer may be used; infos are remarks about the query.
    """
    series = _result(name, status, body, kind)
    points = [[each.get("value")] if kind == "vector" else each.get("values") for each in series]
    return tuple(sample for each, of in zip(series, points, strict=True) for sample in _samples(name, each, of))


def _result(name: str, status: int, body: bytes, kind: str) -> list[dict[str, Any]]:
    """The series of an answer, judged as strictly as it can be."""
    answer = _parsed(body)
    if status != HTTPStatus.OK:
        raise _refusal(name, status, answer)
    data = answer.get("data")
    if answer.get("status") != "success" or not isinstance(data, dict) or not isinstance(data.get("result"), list):
        raise Malformed(f"{name} answered with something else than a result: is it Prometheus' address?")
    if data.get("resultType") != kind:
        raise Malformed(f"{name} answered with a {data.get('resultType')} where a {kind} was asked for")
    if answer.get("warnings"):
        raise Unavailable(f"{name} gave an incomplete answer: {_shown(answer['warnings'][0])}")
    series = data["result"]
    if not all(isinstance(each, dict) and isinstance(each.get("metric"), dict) for each in series):
        raise Malformed(f"{name} answered with series without labels")
    return list(series)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _refusal(name: str, status: int, answer: Mapping[str, Any]) -> Exception:
    reason = _shown(answer.get("error", "no reason given"))
    if status in _REFUSED:
        return Forbidden(f"{name} refused the operator ({status}): check the credential that it is given")
    if status in _BUSY:
        return Unavailable(f"{name} is not able to answer now ({status}): {reason}")
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and _TOO_LARGE.search(reason):
        return TooLarge(f"{name} finds the query too large: {reason}")
    return Malformed(f"{name} does not understand the query ({status}): {reason}")


def _samples(name: str, series: Mapping[str, Any], points: Any) -> list[Sample]:
    """Finite samples; what is not finite means nothing and is left out, what is not a number spoils the answer."""
    try:
        read = [(Instant(int(at)), text) for at, text in points]
    except (TypeError, ValueError, OverflowError) as error:
        raise Malformed(f"{name} answered with samples that are not pairs of time and value") from error
    values = [(at, _number(name, text)) for at, text in read]
    labels = series["metric"]
    return [Sample(labels, at, value) for at, value in values if value is not None]


def _number(name: str, text: Any) -> float | None:
    if isinstance(text, str) and text in _NOT_FINITE:
        return None
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise Malformed(f"{name} answered with {_shown(text)} where a number was expected")
    value = float(text)
    return value if math.isfinite(value) else None


def _shown(text: Any) -> str:
    return " ".join(str(text).split())[:_SHOWN]
