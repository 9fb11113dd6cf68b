"""What was asked of a part of the cost before a change and after it: less load costs less, too, and is no merit of advice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from aicost.core.coverage import union
from aicost.core.holdings import Holding, clipped
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.model_names import same_model
from aicost.core.recommendations.advice import HOURS_OF_A_MONTH
from aicost.core.recommendations.changes import Resize, Scale, SetVariable
from aicost.core.recommendations.models.gathered import model_usages
from aicost.core.recommendations.models.usage import ModelUsage
from aicost.core.recommendations.promises import Demand, Promise
from aicost.core.usage import FULLY_BUSY_PPM, Tokens
from aicost.core.window import DAY, HOUR, Window
from aicost.reconcile.known import Known
from aicost.reconcile.model_advice import books_of

_MOST_PERCENT = 80
"""Of a window so much has to be told; the rest is taken to be alike."""
_WINDOWS = 4
"""So many of them are kept at once."""
_Measure: TypeAlias = Callable[[Promise, Window], int | None]


@dataclass
class Demands:
    """By requests or tokens of a model; of pods by how long they ran, or by tokens and work where their number was changed.

    Many promises rest on the same days: of these the ledger is asked once.
    """

    known: Known

    def __post_init__(self) -> None:
        self._usages = lru_cache(_WINDOWS)(self._usages_in)
        self._pods = lru_cache(_WINDOWS)(
            lambda over: self.known.ledger.observed(over, card_use=False, usage=False).pod_tokens
        )
        self._loads = lru_cache(_WINDOWS)(lambda over: self.known.ledger.loads(over).cards)
        self._devices = lru_cache(_WINDOWS)(lambda over: clipped(self.known.ledger.devices(over), over).holdings)

    def compared(self, promise: Promise, before: Window, after: Window) -> Demand | None:
        """By the first measure that is told of both windows; None without one, or where the change ends what is asked for."""
        is_paid = not isinstance(promise.advice.change, Scale)
        for unit, asked in self._measures(promise):
            was, now = asked(promise, before), asked(promise, after)
            if was is not None and now is not None:
                return Demand(unit, was, now, is_paid)
        return None

    def _measures(self, promise: Promise) -> tuple[tuple[str, _Measure], ...]:
        """Cards of another kind do not work as much for the same, so that by these only their pods' time is compared."""
        match promise.advice.change:
            case SetVariable():
                return ("requests", self._requests), ("tokens", self._tokens)
            case Scale(replicas) if replicas:
                return ("tokens", self._served), ("cardSeconds", self._worked)
            case Resize(_, resources) if any(count for _, count in resources):
                return (("podSeconds", self._ran),)
            case _:
                return ()

    def _requests(self, promise: Promise, over: Window) -> int | None:
        return self._used(promise, over, lambda tokens: tokens.requests)

    def _tokens(self, promise: Promise, over: Window) -> int | None:
        return self._used(promise, over, lambda tokens: tokens.input + tokens.output)

    def _used(self, promise: Promise, over: Window, count: Callable[[Tokens], int]) -> int | None:
        """Of both models a month, as far as the source tells what was used; None where it tells of too few days, or counts none."""
        change, source = promise.advice.change, promise.advice.touched.name[1]
        days, usages = self._usages(over)
        told = days[source] * DAY
        if not isinstance(change, SetVariable) or told * 100 < over.seconds * _MOST_PERCENT:
            return None
        models = promise.advice.touched.name[-1], change.value
        used = sum(
            count(usage.tokens)
            for workload, usage in usages
            if workload == promise.workload
            and usage.source == source
            and any(same_model(usage.model, model) for model in models)
        )
        return _monthly(used, told) or None

    def _usages_in(self, over: Window) -> tuple[Counter[str], tuple[tuple[WorkloadRef, ModelUsage], ...]]:
        """On how many days each source told of usage, and who used what."""
        books = books_of(replace(self.known, window=over))
        days = Counter(source for source, _ in {(row.source, row.day) for row in books.usage})
        return days, tuple(model_usages(books, self.known.seen.declared.workloads, {}))

    def _served(self, promise: Promise, over: Window) -> int | None:
        """Tokens a month that its pods counted."""
        pods = {str(held.pod) for held in held_by(promise, self._devices(over))}
        counted = [each for each in self._pods(over) if f"{each.namespace}/{each.pod}" in pods]
        told = len({each.hour for each in counted}) * HOUR
        if told * 100 < over.seconds * _MOST_PERCENT:
            return None
        return _monthly(sum(each.tokens.input + each.tokens.output for each in counted), told)

    def _ran(self, promise: Promise, over: Window) -> int | None:
        """Seconds a month for which its pods held cards, however many of them."""
        lives: dict[str, list[Window]] = defaultdict(list)
        for held in held_by(promise, self._devices(over)):
            lives[held.pod.uid].append(held.window)
        return _monthly(sum(each.seconds for of in lives.values() for each in union(of)), over.seconds) or None

    def _worked(self, promise: Promise, over: Window) -> int | None:
        """Seconds a month for which its cards worked, if each worked fully or not at all; by the signal of the advice alone."""
        holdings = list(held_by(promise, self._devices(over)))
        held = sum(each.window.seconds * each.count for each in holdings)
        pods, signal = {str(each.pod) for each in holdings}, promise.advice.evidence.numbers.get("signal")
        loads = [load for load in self._loads(over) if load.signal == signal and f"{load.namespace}/{load.pod}" in pods]
        if not held or len(loads) * HOUR * 100 < held * _MOST_PERCENT:
            return None
        worked = sum(load.mean_ppm for load in loads) * held // (len(loads) * FULLY_BUSY_PPM)
        return _monthly(worked, over.seconds)


def held_by(promise: Promise, holdings: Iterable[Holding]) -> Iterator[Holding]:
    """What pods of the promise's target held."""
    target = promise.advice.target.object_ref
    for held in holdings:
        itself = ObjectRef("", "Pod", held.pod.name)
        if held.pod.namespace == promise.workload.namespace and target in (*held.pod.owners, itself):
            yield held


def _monthly(count: int, seconds: int) -> int:
    return count * HOURS_OF_A_MONTH * HOUR // seconds
