"""What a gateway sees as one where the provider tells audio or images apart: a mixture, of which nobody knows who used what.

Of a line of text a caller has the part of it that he was seen using of the whole mixture: the rest stays with the line, also
where he used text alone, for nobody saw that. Audio is nobody's whom the gateway did not see speak.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from aicost.core.modalities import Modality, beyond_text, seen_by
from aicost.core.token_kinds import counted_of
from aicost.core.usage import UsageRow

KeyT = TypeVar("KeyT")


@dataclass(frozen=True, slots=True)
class Mixture:
    """How many tokens of a kind the provider counted of a model, and how many the gateway takes for the same kind."""

    model: str
    counted: int
    seen: int


Mixtures: TypeAlias = Sequence[Mixture]


def mixtures_of(
    own: Mapping[KeyT, Sequence[UsageRow]], gateway: Iterable[UsageRow], kind: str
) -> Mapping[KeyT, Mixtures]:
    """Of each key's models, by what the provider counted of it and what kinds the gateway tells apart that day, of anybody.

    Keys of which all is text are not here.
    """
    told = frozenset(of for row in gateway for of in beyond_text(row.measured))
    return {
        key: tuple(_mixture(row, kind, told) for row in rows)
        for key, rows in own.items()
        if any(beyond_text(row.measured) for row in rows)
    }


def _mixture(row: UsageRow, kind: str, told: Collection[Modality]) -> Mixture:
    as_seen = replace(row, measured=seen_by(row.measured, told))
    return Mixture(dict(row.dimensions).get("model", ""), counted_of(row, kind), counted_of(as_seen, kind))


def whole_of(mixtures: Iterable[Mixture]) -> int:
    """All tokens that the gateway takes for one kind; none where it takes no other for it."""
    of = tuple(mixtures)
    seen = sum(each.seen for each in of)
    return seen if seen > sum(each.counted for each in of) else 0
