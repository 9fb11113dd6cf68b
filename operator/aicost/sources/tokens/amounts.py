"""Amounts as providers write them, into exact Money."""

from __future__ import annotations

import re
import sys
from decimal import ROUND_HALF_EVEN, Context, Decimal

from aicost.core.money import Money
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer

_WRITTEN = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,3})?")
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_NANO = Decimal("1e-9")
_WIDE = Context(prec=40)
LARGEST = 10**8
"""No row of a day costs so many units: believing one would break the sums of a ledger that adds nanos in 64 bits."""


def amount(answer: Answer, currency: Answer) -> Money:
    """An amount in whole units of the currency, from a JSON number or a string, exponents included.

    Providers write binary floats (`0.06000000000000001`), so what is finer than a nano-unit is noise of the writing:
    it is rounded half to even, once per row, to the nano-unit. Raises Malformed for anything else.
    """
    return Money(nanos(believed(answer)), currency_of(currency))


def cents(answer: Answer, currency: Answer) -> Money:
    """The same of an amount in hundredths of the currency, as Anthropic writes it: `58000` is 580.00."""
    return Money(nanos(_believed(written(answer).scaleb(-2), answer)), currency_of(currency))


def believed(answer: Answer) -> Decimal:
    """An amount that is not rounded yet, in whole units of a currency that nothing names. Raises Malformed likewise."""
    return _believed(written(answer), answer)


def nanos(value: Decimal) -> int:
    """Nano-units of less than LARGEST units, rounded half to even."""
    rounded = value.quantize(_NANO, ROUND_HALF_EVEN, _WIDE)
    return int(rounded.scaleb(9, _WIDE))


def written(answer: Answer) -> Decimal:
    """The number that a JSON number or a text writes, exactly. Raises Malformed for anything else."""
    if not isinstance(answer.value, str):
        return answer.number()
    if not _WRITTEN.fullmatch(answer.value):
        raise Malformed(f"{answer.path} is text that is not a decimal number")
    return Decimal(answer.value)


def currency_of(answer: Answer) -> str:
    """A currency's code in capitals. Raises Malformed for anything else."""
    code = answer.text()
    if not _CURRENCY.fullmatch(code):
        raise Malformed(f"{answer.path} is not a currency: three letters must be")
    return sys.intern(code.upper())


def _believed(value: Decimal, answer: Answer) -> Decimal:
    if not abs(value) < LARGEST:
        raise Malformed(f"{answer.path} is not believed: no row of a day costs {LARGEST:,} or more")
    return value
