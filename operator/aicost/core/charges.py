"""What every unit is charged over one span of time: its own lines, and what distribution takes from it and gives it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from aicost.core.cost import Cost, cost_of
from aicost.core.declarations import Unit
from aicost.core.distribution import Distributed, Pool, distribute
from aicost.core.identity import UNALLOCATED
from aicost.core.ledger import Certainty, OwnerKind, Total

NOTHING = Cost()


@dataclass(frozen=True, slots=True)
class Charges:
    """The own cost of each unit after distribution, by name, and what was distributed."""

    own: Mapping[str, Cost]
    distributed: Distributed

    def of(self, units: Iterable[str]) -> Cost:
        """The own costs of these units together."""
        return reduce(Cost.__add__, (self.own.get(name, NOTHING) for name in sorted(units)), NOTHING)

    def passed_on(self, giver: str, pool: Pool) -> int:
        """How much of one of its pools a unit passes on, in nano-units."""
        return sum(t.nanos for t in self.distributed.transfers if (t.giver, t.pool) == (giver, pool))


def charges(totals: Iterable[Total], units: Iterable[Unit], currency: str) -> Charges:
    """Charge the totals to their units, then distribute once. The sum over all units is that of the totals, exactly."""
    of: dict[str, list[Total]] = defaultdict(list)
    for total in totals:
        of[total.owner.unit].append(total)
    everything = [total for mine in of.values() for total in mine]
    distributed = distribute(everything, {unit.name: unit.distribute for unit in units}, currency)
    own = {name: cost_of(mine, currency) for name, mine in of.items()}
    for name, moved in _moved(distributed).items():
        own[name] = own.get(name, NOTHING) + moved
    return Charges(own, distributed)


def _moved(distributed: Distributed) -> Mapping[str, Cost]:
    """What distribution changes for each unit."""
    given: dict[str, dict[Certainty, int]] = defaultdict(lambda: defaultdict(int))
    received: dict[str, dict[Certainty, int]] = defaultdict(lambda: defaultdict(int))
    for transfer in distributed.transfers:
        given[transfer.giver][transfer.certainty] += transfer.nanos
        received[transfer.receiver][transfer.certainty] += transfer.nanos
    return {name: _change(given.get(name, {}), received.get(name, {})) for name in {*given, *received}}


def _change(given: Mapping[Certainty, int], received: Mapping[Certainty, int]) -> Cost:
    net = {certainty: received.get(certainty, 0) - given.get(certainty, 0) for certainty in Certainty}
    return Cost(certainty=net, passed_on=sum(given.values()), received=sum(received.values()))


def pools(totals: Iterable[Total], charged: Charges, currency: str) -> Mapping[OwnerKind, int]:
    """What is left of idle, unclaimed and parked after distribution, in nano-units; together what `unallocated` is charged."""
    passed_on = {
        OwnerKind.IDLE: charged.passed_on(UNALLOCATED, Pool.IDLE),
        OwnerKind.UNCLAIMED: charged.passed_on(UNALLOCATED, Pool.UNCLAIMED),
        OwnerKind.PARKED: 0,
    }
    by_kind: dict[OwnerKind, list[Total]] = defaultdict(list)
    for total in totals:
        by_kind[total.owner.kind].append(total)
    return {kind: cost_of(by_kind[kind], currency).total - given for kind, given in passed_on.items()}
