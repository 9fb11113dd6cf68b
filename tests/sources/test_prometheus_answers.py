"""What is made of Prometheus' answers, right and wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aicost.core.window import Instant
from aicost.ports import Forbidden, Malformed, Unavailable
from aicost.sources.prometheus_answers import Sample, TooLarge, samples

AT = Instant(1793491200)


def a_body(*values: Any, kind: str = "vector", **extra: Any) -> bytes:
    """A successful answer with one series for each value."""
    result = [{"metric": {"n": str(n)}, "value": [AT, value]} for n, value in enumerate(values)]
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **extra}).encode()


def read(body: bytes, status: int = 200, kind: str = "vector") -> tuple[Sample, ...]:
    return samples("Prometheus at p:9090", status, body, kind)


def an_error(text: str) -> bytes:
    return json.dumps({"status": "error", "errorType": "execution", "error": text}).encode()


def test_values_and_labels_are_kept() -> None:
    """Every finite value is a sample with its labels, its instant in whole seconds."""
    assert read(a_body("0.25", "-1e3"))[1] == Sample({"n": "1"}, AT, -1000.0)
    body = b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1.9,"7"]}]}}'
    assert read(body) == (Sample({}, Instant(1), 7.0),)


def test_a_matrix_gives_every_point() -> None:
    """A range query's series gives one sample for each of its points."""
    result = [{"metric": {"a": "b"}, "values": [[1, "1"], [2, "NaN"], [3, "3"]]}]
    body = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}).encode()
    assert [(sample.at, sample.value) for sample in read(body, kind="matrix")] == [(1, 1.0), (3, 3.0)]


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "1e400"])
def test_what_is_not_finite_is_no_sample(value: str) -> None:
    """A value that no card or counter can have is left out, never taken for zero."""
    assert [sample.value for sample in read(a_body("1", value))] == [1.0]


@pytest.mark.parametrize("value", ["", "abc", "1_000", " 1", "0x10", 7, None, ["1"]])
def test_what_is_no_number_spoils_the_answer(value: Any) -> None:
    """One value that is not a number in Prometheus' form means that nothing of the answer can be trusted."""
    with pytest.raises(Malformed, match="p:9090"):
        read(a_body("1", value))


@pytest.mark.parametrize(
    "body",
    [
        b"<html>502 Bad Gateway</html>",
        b'{"status":"success","data":{"resultType":"vector","resu',
        b"[]",
        b'{"status":"success","data":{"resultType":"vector","result":{}}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"1"]}]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[Infinity,"1"]}]}}',
        a_body("1", kind="matrix"),
    ],
)
def test_another_shape_is_malformed(body: bytes) -> None:
    """Pages of proxies, torn answers and other types of results are refused as a whole."""
    with pytest.raises(Malformed):
        read(body)


def test_warnings_make_an_answer_incomplete() -> None:
    """A 200 with warnings lacks the part of a store that did not answer: it is not used, and the warning is shown."""
    with pytest.raises(Unavailable, match="store-gateway 2 did not answer"):
        read(a_body("1", warnings=["store-gateway 2 did not answer"]))
    assert read(a_body("1", infos=["metric might not be a counter"]))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_cannot_answer_now_is_unavailable(status: int) -> None:
    """Overload and outages, with or without a readable body, are to be tried again."""
    with pytest.raises(Unavailable, match=str(status)):
        read(b"<html>busy</html>", status)


def test_too_large_a_query_is_an_error_of_its_own() -> None:
    """The caller can ask for less; the server's own words are kept."""
    words = "query processing would load too many samples into memory in query execution"
    with pytest.raises(TooLarge, match="too many samples"):
        read(an_error(words), 422)


@pytest.mark.parametrize("status", [400, 404, 422, 301])
def test_a_query_that_is_not_understood_is_malformed(status: int) -> None:
    """Asking again would not help."""
    with pytest.raises(Malformed, match="boom"):
        read(an_error("boom"), status)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_is_forbidden(status: int) -> None:
    """Somebody must act; the answer's body, which might hold anything, is not repeated."""
    with pytest.raises(Forbidden) as refused:
        read(an_error("token abc is wrong"), status)
    assert "abc" not in str(refused.value)
