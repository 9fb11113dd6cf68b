"""Whether advice was followed, and what that saved: asked of who held what, of bills and of the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from aicost.core.coverage import within
from aicost.core.drill import Part, Whose
from aicost.core.exchange import Exchange
from aicost.core.holdings import Holding
from aicost.core.ledger import Certainty, Component, Total
from aicost.core.model_names import same_model
from aicost.core.recommendations.advice import HOURS_OF_A_MONTH
from aicost.core.recommendations.changes import Resize, Scale, SetVariable
from aicost.core.recommendations.promises import DAYS_COMPARED, Outcome, Promise
from aicost.core.window import DAY, HOUR, Instant, Window, floor, window
from aicost.ports import Ledger
from aicost.reconcile.decide import Observation
from aicost.reconcile.demands import Demands, held_by
from aicost.reconcile.totals import Totals

MOST_PARTS = 5000
"""Of a workload whose bills have more rows in a week nothing is said: a part of them would be a guess."""
_GPU, _TOKENS = "gpu", "tokens"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Looks at whole settled UTC days up to `until`; `bills` say how far each source's bill reaches."""

    ledger: Ledger
    exchange: Exchange
    seen: Observation
    until: Instant
    bills: Mapping[str, Instant]
    demands: Demands

    def looked_at(self, promise: Promise) -> Promise:
        """With what is known by now of what came of it."""
        outcome = promise.outcome or self._made(promise)
        if outcome is None or outcome.days >= DAYS_COMPARED:
            return promise
        return replace(promise, outcome=self._compared(promise, outcome))

    def _made(self, promise: Promise) -> Outcome | None:
        """Whether the last whole day shows the change; it must lie after the advice, and at most begin the day after its end.

        Following advice may end it, from the day on that shows the change first; what changes later has other reasons.
        """
        end = self._known_until(promise)
        if promise.ended is not None:
            end = min(end, Instant(floor(promise.ended, DAY) + 2 * DAY))
        day = window(Instant(end - DAY), end)
        if day is None or day.start < promise.since or not self._shows(promise, day):
            return None
        return Outcome(day.start)

    def _known_until(self, promise: Promise) -> Instant:
        """Of tokens as far as the bill reaches, of GPUs as far as hours are settled."""
        kind, source = promise.advice.touched.name[:2]
        reached = self.bills.get(source, Instant(0)) if kind == _TOKENS else self.until
        return floor(min(reached, self.until), DAY)

    def _shows(self, promise: Promise, day: Window) -> bool:
        match promise.advice.change:
            case Scale(replicas):
                return self._told(day) and _most_at_once(self._held(promise, day)) <= replicas
            case Resize(_, resources):
                pods = _devices(self._held(promise, day))
                wanted = all(held.get(name) == count for held in pods for name, count in resources)
                return self._told(day) and bool(pods) and wanted
            case SetVariable(_, _, model):
                parts = self._parts(promise, day)
                models = [_model(part) for part in parts or ()]
                left = any(same_model(each, promise.advice.touched.name[-1]) for each in models)
                return any(same_model(each, model) for each in models) and not left
            case None:
                return False

    def _told(self, over: Window) -> bool:
        """That nobody held a card counts only where somebody told who did."""
        return within(self.seen.covered, over) == (over,)

    def _held(self, promise: Promise, over: Window) -> tuple[Holding, ...]:
        held = self.seen.devices.holdings
        return tuple(each for each in held_by(promise, held) if each.window.overlap(over))

    def _compared(self, promise: Promise, outcome: Outcome) -> Outcome:
        end = min(self._known_until(promise), Instant(outcome.made + DAYS_COMPARED * DAY))
        after = window(outcome.made, end)
        if after is None or after.seconds // DAY <= outcome.days:
            return outcome
        if promise.advice.touched.name[0] == _GPU and not self._told(after):
            return outcome
        windows = promise.advice.evidence.window, after
        costs = self._costs(promise, *windows)
        if costs is None:
            return outcome
        return Outcome(outcome.made, after.seconds // DAY, *costs, self.demands.compared(promise, *windows))

    def _costs(self, promise: Promise, before: Window, after: Window) -> tuple[int, int] | None:
        """What the part costs a month in both; None where it is not known.

        Of GPUs it fell by no more than what the workload pays for all of them: other pods of it may have taken their place.
        """
        if promise.advice.touched.name[0] != _GPU:
            return _monthly((self._token_cost(promise, before), self._token_cost(promise, after)), before, after)
        (was, all_was), (now, all_now) = (self._gpu_costs(promise, over) for over in (before, after))
        part, everything = (_monthly(costs, before, after) for costs in ((was, now), (all_was, all_now)))
        if part is None or everything is None:
            return None
        fell = max(0, everything[0] - everything[1])
        return part[0], max(part[1], part[0] - fell)

    def _gpu_costs(self, promise: Promise, over: Window) -> tuple[int | None, int | None]:
        """Of the part, and of all pods of the workload."""
        pods = {str(held.pod) for held in held_by(promise, self.ledger.devices(over).holdings)}
        totals = Totals(self.ledger, self.exchange).over(over, promise.advice.currency, by_subject=True)
        everything = [
            total for total in totals if total.component is Component.GPU and total.owner.workload == promise.workload
        ]
        part = [total for total in everything if total.subject.partition(" ")[0] in pods]
        return _sum(part, promise.advice.currency), _sum(everything, promise.advice.currency)

    def _token_cost(self, promise: Promise, over: Window) -> int | None:
        """Of the model that was advised against and of the one that took its place."""
        change, parts = promise.advice.change, self._parts(promise, over)
        if parts is None or not isinstance(change, SetVariable):
            return None
        models = (promise.advice.touched.name[-1], change.value)
        mine = [part for part in parts if any(same_model(_model(part), model) for model in models)]
        amounts = [self._exchanged(part, promise.advice.currency, over) for part in mine]
        return sum(each for each in amounts if each is not None) if None not in amounts else None

    def _exchanged(self, part: Part, currency: str, over: Window) -> int | None:
        amount = part.line.amount
        rate = self.exchange.rate(amount.currency, currency, Instant(over.end - 1)) if amount else None
        return None if amount is None or rate is None else (amount.nanos * rate).__floor__()

    def _parts(self, promise: Promise, over: Window) -> Sequence[Part] | None:
        """The workload's parts of the source's bill; None where there are too many to know them all."""
        found = self.ledger.drilled(over, Whose(workload=promise.workload), MOST_PARTS)
        if found.count > len(found.parts):
            return None
        source = promise.advice.touched.name[1]
        return [
            part
            for part in found.parts
            if part.origin.component is Component.TOKENS
            and part.origin.pool == source
            and part.origin.certainty is not Certainty.ESTIMATED
        ]


def _sum(totals: Sequence[Total], currency: str) -> int | None:
    known = all(total.gap is None and total.currency == currency for total in totals)
    return sum(total.nanos for total in totals) if known else None


def _monthly(costs: tuple[int | None, int | None], before: Window, after: Window) -> tuple[int, int] | None:
    """At the pace of each window; None where one of both is not known."""
    was, now = costs
    if was is None or now is None:
        return None
    return was * HOURS_OF_A_MONTH * HOUR // before.seconds, now * HOURS_OF_A_MONTH * HOUR // after.seconds


def _most_at_once(holdings: Sequence[Holding]) -> int:
    """The most pods that held anything at one instant."""
    starts = {held.window.start for held in holdings}
    return max((len({held.pod.uid for held in holdings if start in held.window}) for start in starts), default=0)


def _devices(holdings: Iterable[Holding]) -> list[Counter[str]]:
    """What each pod held, by resource."""
    pods: dict[str, Counter[str]] = {}
    for held in holdings:
        pods.setdefault(held.pod.uid, Counter())[held.resource] = held.count
    return list(pods.values())


def _model(part: Part) -> str:
    named = dict(each.partition("=")[::2] for each in part.origin.key[3:])
    return named.get("model", "")
