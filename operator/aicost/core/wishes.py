"""Which advice a workload wants to hear: what its manifest says, never what anybody found."""

from __future__ import annotations

from dataclasses import dataclass

from aicost.core.window import Instant


@dataclass(frozen=True, slots=True)
class Ignored:
    """Advice that is not to be shown before an instant, by its id; without one never again."""

    id: str
    until: Instant | None = None

    def holds(self, id_: str, at: Instant) -> bool:
        """Whether it silences that advice then."""
        return self.id == id_ and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class RightSizing:
    """`wanted`: any at all; `isolated`: no GPU may be shared without isolation of memory and faults.

    Advice that saves less than `minimum_nanos` a month even at most is left out: nano-units of the business unit's currency.
    """

    wanted: bool = True
    isolated: bool = True
    minimum_nanos: int = 0
    ignored: tuple[Ignored, ...] = ()

    def hears(self, id_: str, at: Instant) -> bool:
        """Whether it wants any advice, and does not silence that one then."""
        return self.wanted and not any(each.holds(id_, at) for each in self.ignored)
