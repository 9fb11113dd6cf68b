"""What distribution moves of what cash and amortised differ by: who passes on what his trainings cost passes that on too.

Else a unit whose training others pay for would be told less than nothing, and they a training that they never use up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from aicost.core.distribution import moved_as_own
from aicost.core.exchange import currencies
from aicost.core.statement import Facts
from aicost.core.training import Moved, Spread


def moved(facts: Facts, spreads: Iterable[tuple[str, Spread]]) -> Iterator[tuple[str, Moved]]:
    """Of the spreads in each currency what units told in it move, by unit; in all nothing, exactly.

    A training's cost is of the pool Own, and is divided by what the month's lines cost.
    """
    told_in = currencies(facts.declared.units, facts.currency)
    everything = tuple(spreads)
    for view in (facts, *facts.elsewhere.values()):
        rules = {of.name: of.distribute for of in facts.declared.units if told_in[of.name] == view.currency}
        invested: dict[str, int] = defaultdict(int)
        amortised: dict[str, int] = defaultdict(int)
        for spread in (each for currency, each in everything if currency == view.currency):
            invested[spread.unit] += spread.invested
            amortised[spread.unit] += spread.amortised
        both = [moved_as_own(amounts, view.totals, rules, view.currency) for amounts in (invested, amortised)]
        for unit in sorted({*both[0], *both[1]}):
            change = Moved(unit, *(changes.get(unit, 0) for changes in both))
            if change != Moved(unit):
                yield view.currency, change
