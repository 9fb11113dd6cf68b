"""What a report knows and what it lacks: how far each kind of data reaches, and every gap. From facts; pure.

Shape: `{"coveredFrom", "dataThrough": {"gpu", "usage"}, "billsThrough": {source: instant}, "gaps": [...],
"distributed": false, "names": [[source, dimension, id, name]]}`; instants are RFC 3339, and each gap is a mapping of
strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aicost.core.bills import SUBJECTS
from aicost.core.distribution import Method
from aicost.core.gaps import Feed, Gap, coalesced
from aicost.core.names import Names
from aicost.core.statement import Facts
from aicost.core.window import rfc3339


@dataclass(frozen=True, slots=True)
class Missing:
    """One gap: its reason, the feed that lacks data, whom it concerns (empty: everybody), and its words."""

    reason: str
    feed: str
    concerns: str
    since: str
    quantity: str
    message: str

    @classmethod
    def of(cls, gap: Gap) -> Missing:
        """The gap in words."""
        whom = {"workload": gap.workload, "unit": gap.unit, "source": gap.source}
        concerns = next((f"{kind} {name}" for kind, name in whom.items() if name), "")
        return cls(gap.reason.value, gap.feed.value, concerns, rfc3339(gap.since), gap.quantity, gap.message)


@dataclass(frozen=True, slots=True)
class Known:
    """Where the month's data begins, how far it reaches by feed and by source's bill, and what is missing.

    `names` are what sources call what the subjects of their bills are ids of. `distributed` is whether any unit passes on what the ledger says is its own, so that it is charged something else.
    """

    covered_from: str
    through: tuple[tuple[str, str], ...]
    bills: tuple[tuple[str, str], ...]
    gaps: tuple[Missing, ...]
    distributed: bool = False
    names: tuple[tuple[str, str, str, str], ...] = ()

    @property
    def labels(self) -> Names:
        """The names, by what they are names of."""
        return {(source, dimension, of): name for source, dimension, of, name in self.names}

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "coveredFrom": self.covered_from,
            "dataThrough": dict(self.through),
            "billsThrough": dict(self.bills),
            "gaps": [{name: getattr(gap, name) for name in Missing.__slots__} for gap in self.gaps],
            "distributed": self.distributed,
            "names": [list(name) for name in self.names],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Known:
        """From JSON data. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            covered_from=data["coveredFrom"],
            through=tuple(dict(data["dataThrough"]).items()),
            bills=tuple(dict(data["billsThrough"]).items()),
            gaps=tuple(Missing(**{name: gap[name] for name in Missing.__slots__}) for gap in data["gaps"]),
            distributed=data["distributed"] is True,
            names=tuple((source, dimension, of, name) for source, dimension, of, name in data["names"]),
        )


def known(facts: Facts) -> Known:
    """What is known of the facts' month; gaps that differ only in when are one."""
    feeds = (Feed.GPU, Feed.USAGE)
    return Known(
        covered_from=rfc3339(facts.covered_from),
        through=tuple((feed.value, rfc3339(facts.through[feed])) for feed in feeds if feed in facts.through),
        bills=tuple((source, rfc3339(end)) for source, end in sorted(facts.bills_through.items())),
        gaps=tuple(sorted((Missing.of(gap) for gap in coalesced(facts.gaps)), key=_order)),
        distributed=any(rule.method is not Method.KEEP for unit in facts.declared.units for rule in unit.distribute),
        names=tuple((*of, name) for of, name in sorted(facts.names.items()) if of[1] in SUBJECTS),
    )


def _order(gap: Missing) -> tuple[str, ...]:
    return gap.reason, gap.feed, gap.concerns, gap.since, gap.message
