"""What reading yesterday's bill says of a source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.cli.doctor.checks.sources import source, sources
from aicost.cli.doctor.facts import SourceFacts, Unknown
from aicost.cli.doctor.findings import Finding, State
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from tests.cli.doctor.literal import a_reading, a_right, a_source, cluster, declared
from tests.support.builders import T0, a_bill, a_row, usd
from tests.support.metering import a_meter


def judged(of: SourceFacts) -> Finding:
    return source(of, readable=True, secrets_from="aicost")


def a_gap(reason: GapReason, feed: Feed = Feed.BILLS) -> Gap:
    return Gap(reason, feed, T0, f"{reason}: so it is", source="openai")


def test_what_was_billed_is_told() -> None:
    """Its rows, and their sum by currency."""
    bill = a_bill(a_row(usd(3), project="p"), a_row(usd(2), project="q"))
    assert judged(a_source(a_reading(days=(bill,)))).found == "yesterday: 2 bill rows, 5.00 USD"


def test_a_day_without_any_cost_is_well() -> None:
    """It was read, and nothing was billed."""
    finding = judged(a_source(a_reading(days=(a_bill(),))))
    assert (finding.state, finding.found) == (State.OK, "yesterday: read, and nothing was billed")


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (GapReason.CREDENTIAL_INVALID, State.MISSING),
        (GapReason.BILL_UNAVAILABLE, State.MISSING),
        (GapReason.BILL_MALFORMED, State.MISSING),
        (GapReason.GROUPING_REFUSED, State.WARN),
    ],
)
def test_a_gap_is_told_once_with_its_remedy(reason: GapReason, state: State) -> None:
    """Though both feeds of the source have it."""
    finding = judged(a_source(a_reading(gaps=(a_gap(reason), a_gap(reason, Feed.USAGE)))))
    assert finding.state is state
    assert finding.found.count("so it is") == 1


def test_a_meter_has_no_bill() -> None:
    """It is no fault that nothing is billed; what it divides is told."""
    finding = judged(SourceFacts(a_meter(), None))
    assert finding.state is State.OK
    assert "AIWorkload platform/llm by series of vLLM" in finding.found


def test_one_fault_of_bills_and_usage_is_told_once() -> None:
    """Their messages differ in what was asked only."""
    messages = "openai, bills of 2026-11-01: HTTP 500", "openai, usage of 2026-11-01: HTTP 500"
    gaps = [replace(a_gap(GapReason.BILL_UNAVAILABLE), message=message) for message in messages]
    assert judged(a_source(a_reading(gaps=tuple(gaps)))).found == messages[0]


def test_the_gravest_gap_decides() -> None:
    """A refused grouping beside a refused credential does not soften it."""
    gaps = (a_gap(GapReason.GROUPING_REFUSED), a_gap(GapReason.CREDENTIAL_INVALID))
    assert judged(a_source(a_reading(gaps=gaps))).state is State.MISSING


def test_a_source_that_took_too_long() -> None:
    """Is missing, with the reason."""
    assert judged(a_source(Unknown("no answer within 45 s"))).state is State.MISSING


def test_a_type_without_a_reader() -> None:
    """Is a warning."""
    assert judged(a_source(None, type="Anthropic")).found == "type Anthropic, role Bill: this version does not read it"


def test_a_secret_that_we_may_not_read_proves_nothing() -> None:
    """Only the operator's account can tell."""
    refused = cluster(rights=(a_right(allowed=False, secret="key"),))
    reading = a_reading(gaps=(a_gap(GapReason.CREDENTIAL_INVALID),))
    [finding] = sources([a_source(reading)], refused, "aicost")
    assert (finding.state, finding.found) == (State.UNKNOWN, "not read: we may not read Secret aicost/key")


def test_sources_that_could_not_be_listed() -> None:
    """Is one row."""
    hidden = cluster(declared=declared(unknown={"UsageSource": Unknown("forbidden")}))
    [finding] = sources([], hidden, "aicost")
    assert finding.state is State.UNKNOWN
