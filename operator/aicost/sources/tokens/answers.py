"""Reading a provider's JSON strictly: every value knows the path that leads to it, and says it when it is wrong.

Messages name the place and the kind of what came, never the value: an answer is not copied into a status.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from aicost.core.declarations import Dimensions
from aicost.ports import Malformed

_KINDS = {bool: "true or false", Decimal: "a number", str: "text", list: "a list", dict: "an object"}
NOT_A_NUMBER = Decimal("NaN")
LARGEST_COUNT = 10**15
"""No row of a day counts more: believing one would break sums in 64 bits."""
LONGEST_TEXT = 4096
_UNSTORABLE = re.compile("[\\x00\ud800-\udfff]")


def dimensions_of(pairs: Iterable[tuple[str, str]]) -> Dimensions:
    """The pairs as dimensions. A bill has the same ones every day: all of its days share one object of each."""
    return _shared(frozenset(pairs))


@functools.lru_cache(maxsize=1 << 16)
def _shared(dimensions: Dimensions) -> Dimensions:
    return dimensions


class Answer:
    """A JSON value, with numbers as Decimal from their raw text, inside the answer that it is a step below.

    A bill has a hundred thousand of them: the path is put together only when it is told.
    """

    __slots__ = ("_above", "_step", "value")

    def __init__(self, value: Any, above: Answer | None = None, step: str | int = "") -> None:
        self.value = value
        self._above = above
        self._step = step

    def __repr__(self) -> str:
        return f"Answer at {self.path or 'the top'}"

    @property
    def path(self) -> str:
        """Where it is: `data[0].results`; empty for a whole body."""
        if self._above is None:
            return ""
        if isinstance(self._step, int):
            return f"{self._above.path}[{self._step}]"
        return f"{self._above.path}.{self._step}".removeprefix(".")

    @classmethod
    def read(cls, body: bytes) -> Answer:
        """A whole body. Raises Malformed when it is not JSON, or names a field twice in one object."""
        try:
            return cls(_DECODER.decode(body.decode()))
        except (ValueError, RecursionError) as error:
            raise Malformed("the body is not valid JSON") from error

    def field(self, name: str) -> Answer:
        """A field that must be there. Raises Malformed otherwise."""
        found = self.optional(name)
        if found is None:
            raise Malformed(f"{Answer(None, self, name).path} is missing or null")
        return found

    def optional(self, name: str) -> Answer | None:
        """A field, or None where it is absent or null. Raises Malformed if this is not an object."""
        if not isinstance(self.value, dict):
            raise self.malformed("an object")
        found = self.value.get(name)
        return None if found is None else Answer(found, self, name)

    def counted(self, name: str) -> int:
        """The count of a field that may be absent or null, which is 0. Raises Malformed for any other value."""
        found = self.optional(name)
        return 0 if found is None else found.count()

    def items(self) -> tuple[Answer, ...]:
        """The elements of a list. Raises Malformed otherwise."""
        if not isinstance(self.value, list):
            raise self.malformed("a list")
        return tuple(Answer(item, self, index) for index, item in enumerate(self.value))

    def entries(self) -> tuple[tuple[str, Answer], ...]:
        """The fields of an object whose names are data. Raises Malformed otherwise, or for a name that cannot be stored."""
        if not isinstance(self.value, dict):
            raise self.malformed("an object")
        return tuple((Answer(name, self, name).text(), Answer(found, self, name)) for name, found in self.value.items())

    def text(self) -> str:
        """A string that can be stored: bounded, without NUL or half characters. Raises Malformed otherwise."""
        if not isinstance(self.value, str):
            raise self.malformed("text")
        if len(self.value) > LONGEST_TEXT or _UNSTORABLE.search(self.value):
            raise Malformed(f"{self.path} is longer than {LONGEST_TEXT} characters, or has some that cannot be stored")
        return self.value

    def flag(self) -> bool:
        """A truth value. Raises Malformed otherwise."""
        if not isinstance(self.value, bool):
            raise self.malformed("true or false")
        return self.value

    def number(self) -> Decimal:
        """A finite number. Raises Malformed otherwise; true and false are no numbers."""
        if not isinstance(self.value, Decimal):
            raise self.malformed("a number")
        if not self.value.is_finite():
            raise Malformed(f"{self.path} is not a finite number")
        return self.value

    def count(self) -> int:
        """A whole number from 0 to LARGEST_COUNT; `3.0` is one. Raises Malformed otherwise."""
        found = self.number()
        if not 0 <= found <= LARGEST_COUNT or found != found.to_integral_value():
            raise Malformed(f"{self.path} is not a count: whole, not negative and at most {LARGEST_COUNT}")
        return int(found)

    def exactly(self, expected: str) -> None:
        """Check that this is the given text. Raises Malformed otherwise."""
        if self.value != expected:
            raise Malformed(f"{self.path} is not {expected!r}: this is another kind of answer")

    def malformed(self, wanted: str) -> Malformed:
        """The error that something else than `wanted` is here."""
        return Malformed(f"{self.path or 'the body'} is {_kind(self.value)}, where {wanted} must be")


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "null")


def _decimal(text: str) -> Decimal:
    """The number that the text writes; one beyond what Decimal can hold is no finite number."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return NOT_A_NUMBER


def _not_finite(_text: str) -> Decimal:
    return NOT_A_NUMBER


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names a field twice")
    return found


_DECODER = json.JSONDecoder(
    parse_float=_decimal, parse_int=_decimal, parse_constant=_not_finite, object_pairs_hook=_object
)
