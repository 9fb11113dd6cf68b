"""The backlog: everything that nobody claims, and resources that claim it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aicost.api.declared import translate
from aicost.core.ledger import IDLE, UNCLAIMED, Certainty, Component, OwnerKind, Total
from aicost.core.reasons import GapReason
from aicost.core.texts import is_seen
from aicost.reports.backlog import Claimant, Unclaimed, backlog, manifests, table
from aicost.reports.document import Document, Row
from aicost.reports.known import Known
from tests.support.builders import a_total, owned_by, usd
from tests.support.strategies import totals

CARE = Claimant("care", "support")


def told(*some: Total) -> Document:
    return Document("2026-11", "", "", tuple(Row.of(total) for total in some), ())


def pod(name: str, dollars: int) -> Total:
    return replace(a_total(UNCLAIMED, usd(dollars)), subject=name)


def billed(subject: str, dollars: int) -> Total:
    of = a_total(UNCLAIMED, usd(dollars), component=Component.TOKENS, certainty=Certainty.BILLED, pool="openai")
    return replace(of, subject=subject)


SOME = told(
    pod("lab/a", 3),
    pod("lab/b", 4),
    pod("dev/x", 5),
    billed("project p_1", 9),
    billed("no project", 2),
    billed("project credit", -1),
    a_total(owned_by(), usd(50)),
    a_total(IDLE, usd(60)),
    replace(a_total(UNCLAIMED, quantity=1, gap=GapReason.NO_PRICE), subject="lab/unpriced"),
)


def test_what_has_a_name_is_called_by_it() -> None:
    """For people, behind the id: the manifest claims the id alone."""
    named = Known("2026-11-01T00:00:00Z", (), (), (), names=(("openai", "project", "p_1", "Support"),))
    first, *_ = backlog(replace(SOME, known=Known.from_json(named.to_json())))
    assert first.what == "openai: project p_1 (Support)"
    assert "value: p_1\n" in manifests([first], CARE)


def documents(text: str) -> list[dict[str, Any]]:
    return [of for of in yaml.safe_load_all(text) if of]


@settings(max_examples=30)
@given(st.text(st.sampled_from("ab:-#{}|\n\r\u2028\x85 \u202e"), max_size=20))
@example("x\n---\nkind: ClusterRoleBinding")
def test_no_name_writes_a_manifest(name: str) -> None:
    """Whoever may name a project or a key writes a comment at most: what is printed is applied by an administrator."""
    text = manifests(backlog(told(billed(f"project {name}", 9))), CARE)
    assert [of["kind"] for of in documents(text)] in (["UsageSource", "AIWorkload"], [])
    assert text.count("# ") >= 1
    if not is_seen(name):
        assert "Nothing can claim it: its name has characters that are not seen" in text
    shown = table(backlog(told(billed(f"project {name}", 9))))
    assert len(shown.splitlines()) == 3


def test_the_dearest_comes_first() -> None:
    """Pods by namespace, bills by subject; what is owned or idle is not there, and what has no amount comes last."""
    assert [(each.what, each.nanos) for each in backlog(SOME)] == [
        ("openai: project p_1", usd(9).nanos),
        ("pods of lab: lab/b and 1 more", usd(7).nanos),
        ("pods of dev: dev/x", usd(5).nanos),
        ("openai: no project", usd(2).nanos),
        ("openai: project credit", usd(-1).nanos),
        ("pods of lab: lab/unpriced", 0),
    ]


def test_what_has_no_price_is_not_zero() -> None:
    """It says why it has no amount, and is in no sum; what claims it is printed once, with what has an amount there."""
    *_, last, total = table(backlog(SOME)).splitlines()
    assert (last.split()[0], total.split()) == ("NoPrice", ["22.00", "USD", "sum"])
    text = manifests(backlog(SOME), CARE)
    assert text.endswith("# NoPrice: pods of lab: lab/unpriced\n# Claimed by what is above.\n")
    assert text.count("name: lab\n") == 1


def test_time_that_nobody_is_known_to_have_held_is_nobodys_to_claim() -> None:
    """It is listed all the same, by its node."""
    untold = replace(a_total(UNCLAIMED, quantity=1, gap=GapReason.NO_CLAIM_HISTORY), subject="node-a")
    (item,) = backlog(told(untold))
    assert (item.what, item.amount) == ("node-a", "NoClaimHistory")
    assert "# Nothing can claim it: nobody is known to have held it." in manifests([item], CARE)


@given(st.lists(totals(), max_size=8))
def test_it_is_all_that_is_unclaimed(some: list[Total]) -> None:
    """In every currency it sums to the report's unclaimed cost, exactly."""
    for currency in ("USD", "EUR"):
        unclaimed = sum(t.nanos for t in some if t.owner == UNCLAIMED and t.gap is None and t.currency == currency)
        assert sum(each.nanos for each in backlog(told(*some)) if each.currency == currency) == unclaimed


def test_a_table_tells_amounts_or_that_there_are_none() -> None:
    """An empty backlog is said in words."""
    assert table(backlog(SOME)).splitlines()[:2] == [
        "  AMOUNT  CURRENCY    WHAT NOBODY CLAIMS",
        "    9.00  USD         openai: project p_1",
    ]
    assert table(()) == "nothing is unclaimed"


def test_a_namespace_gets_a_default_unit() -> None:
    """Whoever runs something there without a claim is then charged to the unit."""
    (unit,) = documents(manifests([Unclaimed("USD", "", "lab", "lab/a", 1, 1)], CARE))
    assert (unit["kind"], unit["metadata"]) == ("BusinessUnit", {"name": "care"})
    assert unit["spec"] == {"namespaces": [{"name": "lab", "default": True}]}


def test_a_project_gets_a_grant_and_a_workload() -> None:
    """Both are needed, and the workload is one that the models accept."""
    source, workload = documents(manifests([Unclaimed("USD", "openai", "", "project P_1", 1)], CARE))
    assert source["spec"]["grants"] == [{"dimension": "project", "value": "P_1", "namespaces": ["support"]}]
    assert workload["metadata"] == {"name": "p-1", "namespace": "support"}
    workload["metadata"] |= {"generation": 1, "creationTimestamp": "2026-11-01T00:00:00Z"}
    translated = translate({"AIWorkload": [workload]}, {})
    assert (len(translated.declared.workloads), translated.invalid) == (1, ())


def test_what_names_nothing_cannot_be_claimed() -> None:
    """It is a comment, so that the output stays YAML that can be applied."""
    text = manifests(backlog(SOME), CARE)
    assert "# 2.00 USD: openai: no project\n# Nothing can claim it" in text
    assert {of["kind"] for of in documents(text)} == {"AIWorkload", "BusinessUnit", "UsageSource"}
    assert OwnerKind.UNCLAIMED not in text
