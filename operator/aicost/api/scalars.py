"""The scalar types of the API: names, amounts, percents, dates. Each is bounded and says how to write it.

Money is never a number here: a YAML number is refused, because floats cannot hold cents.
"""

import re
from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, BeforeValidator, Field, StrictBool, StrictInt, WithJsonSchema

from aicost.api.model import Rule, Where
from aicost.core.texts import UNSEEN, is_seen

MAX_EXACT_INTEGER = 2**53 - 1
"""JSON readers may hold integers as doubles; beyond this they would lose units."""


def matching(pattern: str, message: str) -> Where:
    """A whole string must match `pattern`, in what RE2 and Python read alike: no classes but [...], no look-around."""
    compiled = re.compile(pattern)
    return Where(Rule(f"self.matches(r'^({pattern})$')", message, lambda text: compiled.fullmatch(text) is not None))


_DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DECIMAL = r"[0-9]{1,15}(\.[0-9]{1,9})?"
_NOT_ZERO = Where(
    Rule("self.matches('[1-9]')", "write a number greater than zero", lambda text: re.search("[1-9]", text) is not None)
)

Name: TypeAlias = Annotated[
    str,
    Field(max_length=63),
    matching(_DNS_LABEL, "write the name of a Kubernetes object: lower-case letters, digits and dashes"),
]
UnitName: TypeAlias = Annotated[
    Name,
    Where(
        Rule(
            "self != 'unallocated'",
            "name another unit: unallocated is reserved for idle, unclaimed and parked cost",
            lambda name: name != "unallocated",
        )
    ),
]
"""The name of a BusinessUnit that people may refer to."""

Amount: TypeAlias = Annotated[
    str,
    Field(max_length=25),
    matching(
        _DECIMAL,
        'write a plain decimal in quotes, zero or more, such as "12.34": '
        "at most 15 digits before and 9 after the point, no sign, exponent or currency",
    ),
]
SignedAmount: TypeAlias = Annotated[
    str,
    Field(max_length=26),
    matching(
        f"-?{_DECIMAL}",
        'write a plain decimal in quotes, such as "12.34", or "-5.00" for a credit: '
        "at most 15 digits before and 9 after the point, no exponent or currency",
    ),
]
PositiveAmount: TypeAlias = Annotated[Amount, _NOT_ZERO]
Percent: TypeAlias = Annotated[
    str,
    Field(max_length=8),
    matching(
        r"100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?",
        'write a percentage from 0 to 100 in quotes, such as "12.5": at most 4 decimals, no percent sign',
    ),
]
Fraction: TypeAlias = Annotated[
    str,
    Field(max_length=11),
    matching(r"1(\.0{1,9})?|0\.[0-9]{1,9}", 'write a fraction greater than 0 and at most 1 in quotes, such as "0.5"'),
    _NOT_ZERO,
]
CurrencyCode: TypeAlias = Annotated[
    str,
    Field(max_length=3),
    matching("[A-Z]{3}", "write the ISO 4217 code of a currency in upper case, such as USD"),
]
Month: TypeAlias = Annotated[
    str,
    Field(max_length=7),
    matching("[0-9]{4}-(0[1-9]|1[0-2])", 'write a UTC month as year and month, such as "2026-11"'),
]
MetricName: TypeAlias = Annotated[
    str,
    Field(max_length=255),
    matching("[a-zA-Z_:][a-zA-Z0-9_:]*", "name a Prometheus metric, without braces or functions"),
]
Url: TypeAlias = Annotated[
    str,
    Field(max_length=1024),
    matching(
        r"https?://([a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?(/[a-zA-Z0-9._~/%-]*)?",
        "write an http or https URL without user, query or fragment, such as https://litellm.gw.svc:4000",
    ),
]
_SEEN = Where(
    Rule(
        f"!self.matches('[{UNSEEN}]')",
        "write it without line ends and without characters that are not seen or turn the direction of text",
        is_seen,
    )
)
Text: TypeAlias = Annotated[str, Field(max_length=256), _SEEN]
"""Free text for people."""
Key: TypeAlias = Annotated[str, Field(min_length=1, max_length=128), _SEEN]
"""A value that is compared and reported as it stands: a feature, a customer, a project id, a model's name."""

Count: TypeAlias = Annotated[StrictInt, Field(ge=0, le=MAX_EXACT_INTEGER)]
Flag: TypeAlias = StrictBool
Dimension: TypeAlias = Literal["project", "workspace", "apiKey", "serviceAccount", "user", "customer", "model"]
"""What a provider's or a gateway's usage can be told apart by."""


def _to_date(value: object) -> date:
    if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return date.fromisoformat(value)
    if type(value) is date:  # YAML reads an unquoted date as one, but a time of day is refused
        return value
    raise ValueError('write a date as year, month and day, such as "2026-11-01"')


Date: TypeAlias = Annotated[date, BeforeValidator(_to_date), WithJsonSchema({"type": "string", "format": "date"})]
"""A UTC day. What begins on it begins at its midnight."""
Instant: TypeAlias = Annotated[AwareDatetime, WithJsonSchema({"type": "string", "format": "date-time"})]
