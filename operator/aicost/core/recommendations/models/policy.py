"""Thresholds of the levers of models, each with where it comes from; docs/right-sizing-models.md says them to people."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aicost.core.money import NANOS_PER_UNIT


@dataclass(frozen=True, slots=True)
class Policy:
    """What it takes to advise. Numbers without a source are our judgement, on the careful side."""

    least_monthly_nanos: int = 50 * NANOS_PER_UNIT
    """Less spent a month than that is not worth anybody's afternoon."""
    least_days: int = 7
    """Whole days with data: a week has its weekend in it."""
    least_requests: int = 1_000
    """So that means are means."""
    drift_percent: int = 10
    """Another model may make that many more tokens of the same work: tokenizers differ, and so do habits."""
    short_output: int = 300
    """Mean tokens of answers up to which a smaller model is worth a trial."""
    quality_gap: int = 16
    """The most that a smaller model may be behind in the catalogue's index."""
    eligible_percent: int = 50
    """At least so much of what is eligible is what a band begins with."""
    least_counted_percent: int = 80
    """Of the hours in which a server ran, so many tell its tokens: what nobody counted would make it look dear."""
    peak_over_mean: int = 2
    """A workload's busy hours have that many times the tokens of its mean one, where only days are counted."""
    routed_low_percent: int = 35
    routed_high_percent: int = 50
    """What of the eligible spend is saved by sending simple calls to a small model. RouteLLM (arXiv 2406.18665) saves 85
    percent on MT-Bench, 45 on MMLU and 35 on GSM8K at 95 percent of GPT-4's quality; tasks of one's own are none of these."""
    cached_percent: int = 10
    """A cache that gives less of the input than that is hardly used."""
    prefix_low_percent: int = 50
    prefix_high_percent: int = 90
    """How much of a long prompt repeats, at least and at most, where nobody has looked."""
    reads_low: int = 2
    reads_high: int = 10
    """How often what a cache holds is read until it is written anew, at least and at most."""
    least_failed_percent: int = 5
    failing_days_percent: int = 50
    """Of a key's requests, so many that fail on so many of the days that have any are more than the bad days that every
    provider has."""
    kept_failing_percent: int = 60
    """Of the bounds of failures, days and requests so much keeps what was told (3 percent on 30 percent of the days, of 4 days
    and 600 requests): so what is about a bound does not come and go."""
    least_short_percent: int = 20
    """Of all requests, so many short ones are worth a route of their own."""
    least_sampled: int = 400
    least_sampled_days: int = 5
    """Of single requests so many must have been looked at, on as many days as a week has that people work on: 400 tell a share
    to 5 points, 19 times of 20 (Cochran, Sampling Techniques, 4.4), where none is like the next."""
    alike: int = 2
    """So many requests count as one: those of a page follow each other, and are alike (Kish's design effect)."""
    reference_accepted_percent: int = 90
    margin_percent: int = 5
    """A trial looks for a fall of accepted answers by that much, from that many."""
    routed_percent: int = 10
    """A trial begins with so much of the traffic."""

    @property
    def keeping(self) -> Policy:
        """What it takes to go on to tell of failed requests."""
        least_failed, on_days, days, requests = (
            bound * self.kept_failing_percent // 100
            for bound in (self.least_failed_percent, self.failing_days_percent, self.least_days, self.least_requests)
        )
        return replace(
            self,
            least_failed_percent=least_failed,
            failing_days_percent=on_days,
            least_days=days,
            least_requests=requests,
        )


POLICY = Policy()
