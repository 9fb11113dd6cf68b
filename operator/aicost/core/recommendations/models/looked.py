"""How a lever answers: its arithmetic on what is paid, the gates of data, and the numbers that any answer shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from aicost.core.money import rounded
from aicost.core.recommendations.advice import Advice, Answer, Basis, Effect, Evidence, Lever, Obstacle, Refused, Saving
from aicost.core.recommendations.changes import Change
from aicost.core.recommendations.models.market import Market
from aicost.core.recommendations.models.usage import PERCENT, ModelUsage, share, worth


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a lever would change, and what that saves of the window's list prices, at least and at most."""

    proposed: str
    low: Fraction
    high: Fraction
    reason: str
    requires: tuple[str, ...] = ()
    basis: Basis = Basis.HYPOTHESIS
    change: Change | None = None
    configuration: str = ""
    current: str = ""
    numbers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """One lever looks at one workload's usage of a model."""

    lever: Lever
    usage: ModelUsage
    market: Market

    @cached_property
    def listed(self) -> Fraction | None:
        """What the usage is worth at the prices of today; None where nobody knows."""
        return worth(self.usage.used, self.market.of(self.usage.provider, self.usage.model))

    def paid(self, listed: Fraction) -> Fraction:
        """What is paid of list prices, by the bill itself: never more than all of them, for the rest is not paid by token."""
        return min(Fraction(1), Fraction(max(0, self.usage.billed_nanos)) / listed) if listed > 0 else Fraction(0)

    def refused(self, obstacle: Obstacle, message: str) -> Refused:
        """What speaks against it."""
        return Refused(self.lever, self.usage.target, obstacle, message, self._evidence({}))

    def unpriced(self, model: str) -> Refused:
        """No advice about a price that nobody knows."""
        message = f"nobody knows what {model} costs in the manner in which it is asked for: declare it in the PriceBook"
        return self.refused(Obstacle.UNPRICED, message)

    def answer(self, proposal: Proposal) -> Answer:
        """Advice if it saves and there is data enough, else why not."""
        if self.usage.unpriced:
            return self.unpriced("all that was used of it")
        if self.usage.spoken:
            message = "some of its tokens are audio: what is compared are prices of text"
            return self.refused(Obstacle.UNPRICED, message)
        if self.usage.twice:
            return self.refused(Obstacle.TOO_LITTLE_DATA, _told_twice(self.usage.twice))
        low, high = (self._monthly(nanos) for nanos in (proposal.low, proposal.high))
        if high <= 0 or (low <= 0 and proposal.basis is Basis.ACTIONABLE):
            return self.refused(Obstacle.NOT_CHEAPER, f"{proposal.proposed} would not save anything for certain")
        if lacking := self._lacking():
            return self.refused(Obstacle.TOO_LITTLE_DATA, lacking)
        return Advice(
            lever=self.lever,
            effect=Effect.BILL_REDUCTION,
            basis=proposal.basis,
            target=self.usage.target,
            current=proposal.current or self.usage.named or self.usage.model,
            proposed=proposal.proposed,
            saving=Saving(min(low, high), high),
            currency=self.usage.currency,
            touched=self.usage.part,
            reason=proposal.reason,
            evidence=self._evidence(proposal.numbers),
            requires=proposal.requires,
            change=proposal.change,
            configuration=proposal.configuration,
        )

    def _monthly(self, nanos: Fraction) -> int:
        """What is really paid of it in a month at the pace of the window."""
        listed = self.listed
        if listed is None or nanos <= 0:
            return 0
        return min(int(nanos * self.paid(listed) * self.usage.pace), self.usage.part.monthly_nanos)

    def _lacking(self) -> str:
        """Which gate of data is not passed; empty: all are."""
        usage, policy = self.usage, self.market.policy
        if usage.days < policy.least_days:
            return f"{usage.days} of {policy.least_days} whole days have data"
        if usage.tokens.requests < policy.least_requests:
            return f"{usage.tokens.requests} of {policy.least_requests} requests were counted"
        if usage.part.monthly_nanos < policy.least_monthly_nanos:
            least = rounded(policy.least_monthly_nanos)
            return f"{rounded(usage.part.monthly_nanos)} {usage.currency} a month is less than {least}"
        return ""

    def _evidence(self, more: Mapping[str, str]) -> Evidence:
        usage, tokens, listed = self.usage, self.usage.tokens, self.listed
        numbers = {
            "billed": rounded(usage.billed_nanos),
            "cachedInputPercent": str(share(tokens.cached_input, tokens.input)),
            "days": str(usage.days),
            "inputTokens": str(tokens.input),
            "meanInputTokens": str(usage.mean(tokens.input)),
            "meanOutputTokens": str(usage.mean(tokens.output)),
            "monthlyCost": rounded(usage.part.monthly_nanos),
            "outputTokens": str(tokens.output),
            "requests": str(tokens.requests),
        }
        if listed:
            numbers["paidOfListPercent"] = str(int(self.paid(listed) * PERCENT))
        return Evidence(usage.window, tokens.requests, {**numbers, **more})


def _told_twice(sources: Sequence[str]) -> str:
    names = " and ".join(sources)
    told = f"UsageSources {names} refine one key, and which of their requests more than one tells is not known"
    return f"{told}: let one of them alone refine each key"
