"""What one row of usage counts: tokens, and other things each in its own measure."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field

from aicost.core.counting import Failure, Measure, together
from aicost.core.usage import Measured, Tokens
from aicost.sources.tokens.pages import Contradictory

_FAILURES = frozenset(map(str, Failure))


@dataclass(frozen=True, slots=True)
class Used:
    """Counts, none of which is negative."""

    tokens: Tokens = field(default_factory=Tokens)
    measured: Measured = frozenset()

    def __add__(self, other: Used) -> Used:
        return Used(self.tokens + other.tokens, together((self.measured, other.measured)))

    def __sub__(self, other: Used) -> Used:
        """What a part leaves. Raises Contradictory where it is more than the whole.

        More failed requests than the whole has are no such contradiction, and leave none: they carry no money, so they may
        not void what does.
        """
        pairs = zip(astuple(self.tokens), astuple(other.tokens), strict=True)
        tokens = Tokens(*(count - less for count, less in pairs))
        left = together((self.measured, frozenset((measure, -count) for measure, count in other.measured)))
        measured = frozenset((measure, count) for measure, count in left if count > 0 or measure not in _FAILURES)
        if min(*astuple(tokens), *(count for _, count in measured), 0) < 0:
            raise Contradictory("more was used of a part than of the whole")
        return Used(tokens, measured)


def measured(measure: Measure | Failure, count: int) -> Measured:
    """So many of one measure; none is nothing."""
    return together([frozenset([(measure.value, count)])])
