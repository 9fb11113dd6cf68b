"""The desk for advice: has the advisers asked when something changed that they answer by, and holds what they said.

What they say is in the price book's currency; what a workload is told is in its unit's, chosen by its own wishes.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aicost.core.declarations import Declarations
from aicost.core.exchange import Exchange, currencies
from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Answer
from aicost.core.recommendations.chosen import Told, chosen, exchanged, left_of
from aicost.core.recommendations.live import NOTHING_LIVE, Live
from aicost.core.recommendations.operations import needs_shape, placed
from aicost.core.recommendations.shapes import Sought
from aicost.core.usage import Observed
from aicost.core.window import DAY, Instant, Window, floor
from aicost.ports import Commit, Ledger, TokenPriceList
from aicost.reconcile.advisers import ADVISERS, Adviser
from aicost.reconcile.asking import Asking
from aicost.reconcile.decide import Observation
from aicost.reconcile.demands import Demands
from aicost.reconcile.facts import exchange_of
from aicost.reconcile.known import Known
from aicost.reconcile.outcomes import Outcomes
from aicost.reconcile.promises import Promises

logger = logging.getLogger(__name__)
Answers = Mapping[WorkloadRef, tuple[Answer, ...]]
NOTHING_OBSERVED = Observed()
WHOLE_ADVISER = "adviser"
"""By this name it is counted that an adviser failed before it asked any lever."""
NO_BILLS: Mapping[str, Instant] = {}


@dataclass(slots=True)
class AdviceDesk:
    """Advice over the last `days` whole UTC days. Its methods block; call one at a time.

    `seen` and `live` are what it was asked about last. A lever that fails by a fault of aicost, and so an adviser, is logged and counted, what it said before stands, and it is asked again at the next change.
    """

    ledger: Ledger
    listed: TokenPriceList
    days: int
    advisers: Sequence[Adviser] = ADVISERS
    seen: Observation | None = field(default=None, init=False)
    live: Live = field(default=NOTHING_LIVE, init=False)
    promises: Promises = field(init=False)
    told: Mapping[WorkloadRef, Told] = field(init=False)
    asking: Asking = field(default_factory=Asking, init=False)
    _answers: dict[int, Answers] = field(default_factory=dict)
    _asked_on: tuple[object, ...] = ()
    _stale: bool = True

    def noticed(self, addition: Commit, new: int) -> None:
        """What an evaluation stored may be what advisers answer by: settled entries, uses and loads that were seen, hosts."""
        if new or addition.observed != NOTHING_OBSERVED or addition.callers or addition.hosts or addition.loads:
            self._stale = True

    def __post_init__(self) -> None:
        self.promises = Promises.restored(self.ledger)
        self.told = self.promises.told()

    def advise(
        self, seen: Observation, live: Live, bills: Mapping[str, Instant] = NO_BILLS
    ) -> Mapping[WorkloadRef, Told]:
        """What each workload is told now; `bills` say how far each source's bill reaches.

        One of which no adviser said anything, or that wants no advice, is not there.
        """
        self.seen, self.live = seen, live
        window = self._window(seen)
        exchange = self._exchange(seen.declared, window)
        basis = (seen.declared, window, live.scalers)
        if self._stale or basis != self._asked_on:
            known = Known(self.ledger, seen, self.listed, window, exchange.book, live, self.told)
            self._ask(known)
            self._asked_on, self._stale = basis, False
            self.promises.look(Outcomes(self.ledger, exchange, seen, window.end, bills, Demands(known)))
        self.told = self._choose(seen, exchange, Instant(window.end - 1))
        if len(self._answers) == len(self.advisers):
            self.promises.follow(self.told, seen.declared, seen.open.end)
        return self.told

    def _window(self, seen: Observation) -> Window:
        """Days whose hours are settled."""
        end = floor(seen.settled, DAY)
        return Window(Instant(end - self.days * DAY), end)

    @property
    def sought(self) -> Sought:
        """The objects on whose look patches of advice depend."""
        said = (each for of in self._answers.values() for each in of.items())
        return frozenset(
            (ref.namespace, answer.target.object_ref)
            for ref, answers in said
            for answer in answers
            if needs_shape(answer)
        )

    def _exchange(self, declared: Declarations, window: Window) -> Exchange:
        return exchange_of(declared, () if declared.prices else self.ledger.totals(window))

    def _ask(self, known: Known) -> None:
        self.asking.anew()
        for place, adviser in enumerate(self.advisers):
            try:
                self._answers[place] = _by_workload(adviser(known, self.asking.about))
            except Exception:
                self.asking.failures[WHOLE_ADVISER] += 1
                logger.exception("an adviser failed by a fault of aicost; what it said before stands")

    def _choose(self, seen: Observation, exchange: Exchange, rated_at: Instant) -> Mapping[WorkloadRef, Told]:
        answers: dict[WorkloadRef, list[Answer]] = defaultdict(list)
        for of in self._answers.values():
            for ref, said in of.items():
                answers[ref].extend(said)
        units, told = currencies(seen.declared.units, exchange.book), {}
        failing = {ref for _, ref in self.asking.failing}
        for workload in seen.declared.workloads:
            currency = units.get(workload.unit, exchange.book)
            rate = exchange.rate(exchange.book, currency, rated_at)
            before = self.told.get(workload.ref, Told()).advice
            stands = left_of(before, answers[workload.ref], currency) if workload.ref in failing else ()
            if (answers[workload.ref] or stands) and workload.right_sizing.wanted and rate is not None:
                patched = placed(answers[workload.ref], workload.ref.namespace, self.live, before)
                mine = [exchanged(each, rate, currency) for each in patched]
                told[workload.ref] = chosen((*mine, *stands), workload.right_sizing, seen.open.end, before)
        return told


def _by_workload(said: Iterable[tuple[WorkloadRef, Answer]]) -> Answers:
    found: dict[WorkloadRef, list[Answer]] = defaultdict(list)
    for ref, answer in said:
        found[ref].append(answer)
    return {ref: tuple(answers) for ref, answers in found.items()}
