"""An answer is read strictly: what is not as documented is Malformed, with its path and never its value."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer

BODY = b'{"a": [{"b": 0.1, "n": null, "s": "x", "t": true, "big": 1e400, "nan": NaN, "inf": -Infinity}]}'


def inside(name: str) -> Answer:
    return Answer.read(BODY).field("a").items()[0].field(name)


def test_numbers_keep_their_written_value() -> None:
    """A number is the decimal that was written, not the nearest binary float."""
    assert inside("b").number() == Decimal("0.1")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: inside("b").text(), "a[0].b is a number, where text must be"),
        (lambda: inside("t").number(), "a[0].t is true or false, where a number must be"),
        (lambda: inside("s").number(), "a[0].s is text, where a number must be"),
        (lambda: inside("nan").number(), "a[0].nan is not a finite number"),
        (lambda: inside("inf").number(), "a[0].inf is not a finite number"),
        (lambda: inside("big").count(), "a[0].big is not a count: whole, not negative and at most 1000000000000000"),
        (lambda: inside("b").count(), "a[0].b is not a count: whole, not negative and at most 1000000000000000"),
        (lambda: inside("s").items(), "a[0].s is text, where a list must be"),
        (lambda: inside("s").flag(), "a[0].s is text, where true or false must be"),
        (lambda: inside("s").optional("x"), "a[0].s is text, where an object must be"),
        (lambda: inside("n"), "a[0].n is missing or null"),
        (lambda: inside("absent"), "a[0].absent is missing or null"),
        (lambda: Answer.read(b"[]").field("x"), "the body is a list, where an object must be"),
        (lambda: inside("s").exactly("page"), "a[0].s is not 'page': this is another kind of answer"),
    ],
)
def test_what_is_wrong_is_said_with_its_path(ask: Callable[[], Any], message: str) -> None:
    """The error names the place, what is there and what must be."""
    with pytest.raises(Malformed) as wrong:
        ask()
    assert str(wrong.value) == message


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"<html>", b"\xff", b'{"a": 1, "a": 2}', b"[" * 100_000, b'{"a": 1}x', b'"\x00"'],
    ids=range(8),
)
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    """Also when it is torn, nested beyond reason, or names a field twice so that one of them would be lost."""
    with pytest.raises(Malformed):
        Answer.read(body)


@pytest.mark.parametrize("text", ['"\\ud800"', '"a\\u0000b"', f'"{"x" * 5000}"'], ids=["half", "nul", "long"])
def test_text_that_no_store_can_keep_is_malformed(text: str) -> None:
    """Half characters, NUL and endless names stop here instead of failing a commit."""
    with pytest.raises(Malformed):
        Answer.read(text.encode()).text()


@given(st.binary() | st.text().map(str.encode))
def test_reading_never_fails_in_another_way(body: bytes) -> None:
    """Any bytes are an answer or Malformed."""
    with contextlib.suppress(Malformed):
        assert isinstance(Answer.read(body), Answer)


def test_a_number_of_a_million_digits_is_read_fast_and_is_no_count() -> None:
    """A huge number is neither a crash nor a long computation."""
    with pytest.raises(Malformed):
        Answer.read(b"9" * 1_000_000).count()


def test_the_value_does_not_show() -> None:
    """Printing an answer, as a traceback's locals do, shows its place only."""
    assert "canary" not in repr(Answer.read(b'{"key": "canary"}').field("key"))
