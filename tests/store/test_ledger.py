"""A ledger is one cluster's: it remembers whose, and is not opened for another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aicost.core.window import Period
from aicost.ports import CLUSTER, Commit, Forbidden
from aicost.store import open_ledger
from tests.store.stored import opened, rows
from tests.support.builders import T0, an_entry

MONTH = Period("2026-11")
AN_ENTRY = an_entry("card")


def test_ledger_remembers_its_cluster(url: str) -> None:
    """The first name is kept, over commits and restarts, and opening it again under that name changes nothing."""
    with opened(url, "eu-1") as ledger:
        ledger.commit(Commit((AN_ENTRY,), marks={"through": "1"}), T0)
    with opened(url, "eu-1") as ledger:
        assert ledger.marks() == {CLUSTER: "eu-1", "through": "1"}
        assert ledger.entries(MONTH.window) == (AN_ENTRY,)


def test_another_cluster_is_refused_with_both_names_and_a_remedy(sqlite_url: str) -> None:
    """Costs of two clusters never meet in one ledger; what is there stays, for the one whose it is."""
    with opened(sqlite_url, "eu-1") as ledger:
        ledger.commit(Commit((AN_ENTRY,)), T0)
    says = (
        f"ledger {Path(sqlite_url.removeprefix('sqlite:///'))} holds the costs of cluster eu-1, and this aicost was started for"
        " cluster us-1: nothing was changed in it; set AICOST_CLUSTER (clusterName in the chart) to eu-1"
    )
    with pytest.raises(Forbidden, match=re.escape(says)):
        open_ledger(sqlite_url, "us-1")
    with opened(sqlite_url, "eu-1") as ledger:
        assert ledger.entries(MONTH.window) == (AN_ENTRY,)


def test_ledger_without_a_name_takes_the_first(sqlite_url: str) -> None:
    """One that was begun before names were kept belongs to whoever opens it next; without a name nothing is asked."""
    open_ledger(sqlite_url).close()
    with opened(sqlite_url, "eu-1") as ledger:
        assert ledger.marks() == {CLUSTER: "eu-1"}
    with opened(sqlite_url) as ledger:
        assert ledger.marks() == {CLUSTER: "eu-1"}


def test_ledger_of_a_newer_version_is_not_given_a_name(url: str) -> None:
    """It is never written, not even with that: neither its name nor its fence changes."""
    with opened(url, "eu-1"):
        pass
    rows(url, "UPDATE alembic_version SET version_num = '9999'", "eu-1")
    rows(url, "DELETE FROM mark", "eu-1")
    with opened(url, "eu-1") as ledger:
        assert ledger.marks() == {}
    assert rows(url, "SELECT term FROM fence", "eu-1") == [(1,)]
