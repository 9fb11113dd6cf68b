"""Which answers are shown, and what they save together.

Advice is chosen by what the workload asked for (mode, smallest saving, what to ignore), one for each lever and target,
and kept steady: numbers that moved by a tenth or less stay as they were shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from aicost.core.money import decimal
from aicost.core.recommendations.advice import Advice, Answer, Lever, Obstacle, Part, Refused, Saving, id_of
from aicost.core.window import Instant, rfc3339
from aicost.core.wishes import RightSizing

STEADY_PERCENT = 10
"""A saving is told anew once it moved by more than this part of what was told."""


BY_TRIAL = "cheaperByTrial"
"""By this name the evidence tells what would cost less than what is advised, but has to be tried first."""

_NOT_OF_MONEY = frozenset({Lever.DROP_IDLE_KEY, Lever.AVOID_FAILED_REQUESTS})
"""What never saves anything for certain, and is about who may spend and who is not answered."""

MOST = 20
"""So much advice is shown of a workload at most, the largest: what its status holds."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a workload is told, largest saving first, and all that is not advised, with what speaks against it."""

    advice: tuple[Advice, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def saving(self) -> Saving:
        """What all of the advice saves together."""
        return together(self.advice)


def chosen(answers: Iterable[Answer], wishes: RightSizing, at: Instant, before: Iterable[Advice] = ()) -> Told:
    """Of all answers about a workload what it is told at an instant; `before` is what it was told last.

    All must be in one currency, that of the wishes. What is silenced, too small or one too many stands among the refused.
    """
    told, refused, shown = {of.id: of for of in before}, [], []
    for each in _one_of_each(answers):
        against = each if isinstance(each, Refused) else _against(each, wishes, at)
        if against is None and isinstance(each, Advice):
            shown.append(steady(each, told.get(each.id)))
        elif against is not None:
            refused.append(against)
    shown.sort(key=_rank)
    left = [_withheld(each, Obstacle.TOO_MANY, f"{MOST} others save more") for each in shown[MOST:]]
    ordered = sorted((*refused, *left), key=lambda each: (each.lever, str(each.target), each.obstacle, each.message))
    return Told(tuple(shown[:MOST]), tuple(ordered))


def left_of(before: Iterable[Advice], answers: Iterable[Answer], currency: str) -> tuple[Advice, ...]:
    """What was told before and is not answered anew: it stands where a lever could not be asked, if its money is the same."""
    answered = {id_of(each.lever, each.target) for each in answers}
    return tuple(each for each in before if each.id not in answered and each.currency == currency)


def alternatives(advice: Iterable[Advice]) -> Mapping[str, str]:
    """By the id of advice that of larger advice about the same part of the cost: only one of the two can be followed."""
    largest: dict[tuple[str, ...], Advice] = {}
    found: dict[str, str] = {}
    for each in sorted(advice, key=_rank):
        larger = largest.setdefault(each.touched.name, each)
        if larger is not each:
            found[each.id] = larger.id
    return found


def exchanged(answer: Answer, rate: Fraction, currency: str) -> Answer:
    """The answer in another currency: amounts rounded down to a nano-unit, so that no saving exceeds what it touches.

    Its words and numbers stay as they were measured, and `currencyOfEvidence` says in which currency.
    """
    if isinstance(answer, Refused) or answer.currency == currency:
        return answer
    low, high, touched = (
        (nanos * rate).__floor__() for nanos in (answer.saving.low, answer.saving.high, answer.touched.monthly_nanos)
    )
    part = replace(answer.touched, monthly_nanos=touched)
    evidence = replace(answer.evidence, numbers={**answer.evidence.numbers, "currencyOfEvidence": answer.currency})
    return replace(answer, saving=Saving(low, high), touched=part, currency=currency, evidence=evidence)


def _one_of_each(answers: Iterable[Answer]) -> Iterable[Answer]:
    """Refusals as they are; of several pieces of advice with one id that which saves most."""
    advice: dict[str, Advice] = {}
    for each in answers:
        if isinstance(each, Refused):
            yield each
        elif each.id not in advice or _rank(each) < _rank(advice[each.id]):
            advice[each.id] = each
    yield from advice.values()


def _against(advice: Advice, wishes: RightSizing, at: Instant) -> Refused | None:
    """What the workload's own wishes say against it."""
    if wishes.isolated and advice.lever is Lever.USE_SHARED_GPU:
        return _withheld(advice, Obstacle.ISOLATION_REQUIRED, "spec.rightSizing.isolation asks for isolation")
    for silence in wishes.ignored:
        if silence.holds(advice.id, at):
            until = f" until {rfc3339(silence.until)[:10]}" if silence.until is not None else ""
            return _withheld(advice, Obstacle.IGNORED, f"spec.rightSizing.ignore silences it{until}")
    if advice.lever not in _NOT_OF_MONEY and advice.saving.high < wishes.minimum_nanos:
        saved, least = decimal(advice.saving.high), decimal(wishes.minimum_nanos)
        message = f"it saves {saved} a month at most, and minimumMonthlySaving is {least}"
        return _withheld(advice, Obstacle.BELOW_MINIMUM, f"{message}{_beside(advice)}")
    return None


def _beside(advice: Advice) -> str:
    """What else would save more, if it were tried: that is not to be lost with what is left out."""
    tried = advice.evidence.numbers.get(BY_TRIAL)
    return f"; {tried} would save more, if a trial shows that it serves" if tried else ""


def _withheld(advice: Advice, obstacle: Obstacle, message: str) -> Refused:
    return Refused(advice.lever, advice.target, obstacle, message, advice.evidence)


def _rank(advice: Advice) -> tuple[int, int, str, str]:
    """The largest first: by what is saved at least, then at most."""
    return -advice.saving.low, -advice.saving.high, advice.id, advice.proposed


def steady(found: Advice, told: Advice | None) -> Advice:
    """With the saving that was told before, unless what it says changed or its saving moved by more than a tenth."""
    if told is None or _said(found) != _said(told) or found.touched.monthly_nanos < told.saving.high:
        return found
    moved = max(abs(found.saving.low - told.saving.low), abs(found.saving.high - told.saving.high))
    return replace(found, saving=told.saving) if moved * 100 <= STEADY_PERCENT * told.saving.high else found


def together(advice: Iterable[Advice]) -> Saving:
    """What all of it would save at least and at most: of several about one part only the largest counts.

    Parts do not overlap, so it never exceeds what they cost. All must be in one currency.
    """
    parts: Mapping[Part | tuple[str, ...], list[Saving]] = defaultdict(list)
    for each in advice:
        parts[each.touched.name].append(each.saving)
    low = sum(max(saving.low for saving in of) for of in parts.values())
    return Saving(low, sum(max(saving.high for saving in of) for of in parts.values()))


def _said(advice: Advice) -> tuple[object, ...]:
    """Without what it requires and why: there amounts stand in words, and move as the saving does."""
    return (
        *(advice.id, advice.effect, advice.basis, advice.current, advice.proposed),
        *(len(advice.requires), advice.change, advice.currency),
    )
