"""CPU and memory: only a book that leaves hosts out needs their series."""

from __future__ import annotations

from dataclasses import replace

from aicost.cli.doctor.checks.hosts import hosts
from aicost.cli.doctor.facts import Trust, Unknown
from aicost.cli.doctor.findings import State
from tests.cli.doctor.literal import DECLARED, cluster, declared, prometheus
from tests.support.hosting import a_host_book

APART = cluster(declared=declared(replace(DECLARED, prices=a_host_book())))


def test_a_book_that_includes_every_host_needs_nothing() -> None:
    """Neither does a cluster without any."""
    assert list(hosts(prometheus(), cluster())) == []
    assert list(hosts(prometheus(), cluster(declared=declared(replace(DECLARED, prices=None))))) == []


def test_cadvisor_is_there_and_trusted() -> None:
    """How many containers it tells of."""
    found = [(finding.check, finding.state, finding.found) for finding in hosts(prometheus(), APART)]
    assert found == [
        ("Use of CPU and memory", State.OK, "cAdvisor has 40 containers"),
        ("Trust in cAdvisor", State.OK, 'only series with job="kubelet" count'),
    ]


def test_without_it_the_remedy_says_what_to_scrape() -> None:
    """And what is charged meanwhile."""
    silent = prometheus(cadvisor_trust=Trust(frozenset(), {}))
    absent, _ = hosts(silent, APART)
    assert absent.state is State.MISSING
    assert "/metrics/cadvisor" in absent.remedy
    unknown, _ = hosts(prometheus(cadvisor_trust=Unknown("timeout")), APART)
    assert unknown.state is State.UNKNOWN
