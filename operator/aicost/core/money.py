"""Money: integers of nano-units with their currency, and the one split that conserves.

Only exact arithmetic on amounts may live here. A nano-unit is 1e-9 of the currency's unit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

NANOS_PER_UNIT = 1_000_000_000
MOST_NANOS = 2**63 - 1
"""The largest amount of one origin: what 64 bits hold, 9.2 thousand million units. Sums may be larger."""
_DECIMAL = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,9}))?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}")


class CurrencyMismatchError(ValueError):
    """Amounts of two currencies met where only one is allowed."""


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `nanos` 1e-9 units of `currency` (ISO 4217); negative for credits."""

    nanos: int
    currency: str

    def __post_init__(self) -> None:
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError(f"{self.currency!r} is not a currency: use an ISO 4217 code such as USD")

    def __add__(self, other: Money) -> Money:
        return Money(self.nanos + other.of(self.currency), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.nanos - other.of(self.currency), self.currency)

    def __str__(self) -> str:
        return f"{decimal(self.nanos)} {self.currency}"

    def of(self, currency: str) -> int:
        """Its nano-units, for a sum in that currency. Raises CurrencyMismatchError where it is of another."""
        if self.currency != currency:
            raise CurrencyMismatchError(f"cannot combine {currency} with {self.currency}")
        return self.nanos

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read a plain decimal of at most 9 decimals, such as `12.34`; raises ValueError otherwise."""
        return cls(parse_nanos(text), currency)


def parse_nanos(text: str) -> int:
    """Nano-units of a plain decimal string (no exponent, no sign but a leading minus, at most 9 decimals)."""
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an amount: use a plain decimal such as 12.34, at most 9 decimals")
    sign, whole, fraction = match.groups()
    nanos = int(whole) * NANOS_PER_UNIT + int((fraction or "").ljust(9, "0"))
    return -nanos if sign else nanos


def decimal(nanos: int) -> str:
    """The exact plain decimal of nano-units, with 2 to 9 decimals: `12.34`, `-0.000000001`."""
    whole, fraction = divmod(abs(nanos), NANOS_PER_UNIT)
    digits = f"{fraction:09d}".rstrip("0").ljust(2, "0")
    return f"{'-' if nanos < 0 else ''}{whole}.{digits}"


def rounded(nanos: int, places: int = 2) -> str:
    """The decimal rounded half to even at `places` decimals (at most 9): for columns only, never for sums."""
    step = 10 ** (9 - places)
    quotient, remainder = divmod(nanos, step)
    if remainder * 2 > step or (remainder * 2 == step and quotient % 2):
        quotient += 1
    whole, fraction = divmod(abs(quotient), 10**places)
    sign = "-" if quotient < 0 else ""
    return f"{sign}{whole}.{fraction:0{places}d}" if places else f"{sign}{whole}"


def split(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Divide `total` by non-negative `weights`, at least one positive; the parts sum to `total` exactly.

    Largest remainder (Hamilton's method): each part is within one unit of its exact share. Equal remainders go
    to the earlier position, so callers pass weights in a stable order. A negative total mirrors the positive one.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative with a positive sum")
    if total < 0:
        return tuple(-part for part in split(-total, weights))
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return tuple(parts)


def accrued(nanos_per_hour: int, start: int, end: int) -> int:
    """Nano-units that a constant hourly price accrues over [start, end) in epoch seconds.

    Differences of one cumulative floor, so any partition of a window sums to the window exactly.
    """
    return nanos_per_hour * end // 3600 - nanos_per_hour * start // 3600
