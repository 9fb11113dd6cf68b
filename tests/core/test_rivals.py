"""Two sources of one account or one key: the elder counts, and the other one says so."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import FocusFiles, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.rivals import bills_all_of, counting, first_to_see, may_share, rivals, stands_alone
from tests.support.builders import a_source, at

OLD = Source("openai-prod", "OpenAI", "Bill", secret=("openai-admin", "token"), created=at(0))
NEW = replace(OLD, name="a-copy", created=at(9))
GW = Source("gw", "LiteLLM", "Refine", refines=frozenset({("openai-prod", "key_gw")}), created=at(5))
SECOND = replace(GW, name="a-second", created=at(6))


def told(gaps: tuple[Gap, ...]) -> list[tuple[str, str]]:
    """Whom each gap is of and what it says; each since that source is there, of bills unless it refines."""
    there = {source.name: source.created for source in (NEW, GW, SECOND)}
    assert {gap.reason for gap in gaps} <= {GapReason.SOURCE_NOT_USED}
    assert all(gap.since == there[gap.source or ""] for gap in gaps)
    assert all((gap.feed is Feed.BILLS) is (gap.source == NEW.name) and gap.feed for gap in gaps)
    return [(gap.source or "", gap.message) for gap in gaps]


def test_an_account_is_billed_once() -> None:
    """Whatever the copy is called and in whatever order they come, the one that was there first is read."""
    elder = replace(GW, created=at(-1))
    for sources in ((OLD, elder, NEW), (NEW, elder, OLD)):
        assert told(rivals(sources)) == [
            ("a-copy", "a-copy: UsageSource openai-prod bills the same account, and counts")
        ]
        assert set(counting(sources)) == {OLD, elder}


@pytest.mark.parametrize(
    "other",
    [
        replace(NEW, secret=("another", "token")),
        replace(NEW, url="https://eu.api.openai.com/v1"),
        replace(NEW, url="https://api.openai.com:8443/v1"),
        replace(NEW, type="Anthropic"),
        replace(NEW, type="FocusFile", focus=FocusFiles("/data/*.csv")),
        replace(NEW, role="Refine"),
    ],
    ids=["credential", "address", "port", "type", "files", "role"],
)
def test_another_account_is_another_one(other: Source) -> None:
    """Two organisations of one provider are read with two credentials."""
    assert counting((OLD, other)) == (OLD, other)
    assert may_share(OLD, other) is (other.type == OLD.type)


@pytest.mark.parametrize(
    ("path", "services", "again"),
    [
        ("/data/nov.csv", (), True),
        ("/data/*.csv", ("Amazon Bedrock",), True),
        ("/data/*.csv", ("Vertex AI",), False),
        ("/data/azure/x.parquet", (), False),
        ("/data/azure/nov.csv", (), False),
        ("/data//./nov.csv", (), True),
    ],
)
def test_a_file_is_billed_once(path: str, services: tuple[str, ...], again: bool) -> None:
    """Also where only one of two patterns names it; services that have nothing in common are two bills."""
    all_of_it = replace(OLD, type="FocusFile", focus=FocusFiles("/data/*.csv", services=frozenset({"Amazon Bedrock"})))
    other = replace(NEW, type="FocusFile", focus=FocusFiles(path, services=frozenset(services)))
    assert (counting((all_of_it, other)) == (all_of_it,)) is again


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/", None),
        ("https://API.openai.com.:443/v1", "https://api.openai.com/v1"),
        ("http://gw.svc:80/v1", "http://gw.svc/v1"),
    ],
)
def test_an_address_is_the_same_however_it_is_written(one: str | None, other: str | None) -> None:
    """Left out, in upper case, with a last slash, with the port that https has."""
    assert counting((replace(OLD, url=one), replace(NEW, url=other))) == (replace(OLD, url=one),)


def test_an_address_that_cannot_be_read_is_compared_as_it_is() -> None:
    """It is refused where it would be called."""
    odd = replace(OLD, url="https://[::1"), replace(NEW, url="https://[::1"), replace(NEW, name="c", url="https://[::2")
    assert counting(odd) == (odd[0], odd[2])


@pytest.mark.parametrize(
    ("one", "other", "cross"),
    [
        ("/data/aws-*.csv", "/data/*-nov.csv", True),
        ("/data/aws-*.csv", "/data/azure-*.csv", False),
        ("/data/*-oct.csv", "/data/*-nov.csv", False),
        ("/data/a*b*.csv", "/data/*c*", True),
        ("/data/*.csv", "/data/azure/*.csv", False),
        ("/data/*/nov.csv", "/data/azure/*", True),
    ],
)
def test_patterns_that_cross_may_name_one_file(one: str, other: str, cross: bool) -> None:
    """`aws-nov.csv` would be charged by both, though neither pattern fits the other."""
    sources = tuple(replace(of, type="FocusFile", focus=FocusFiles(path)) for of, path in ((OLD, one), (NEW, other)))
    assert (len(counting(sources)) == 1) is cross
    assert (len(counting(sources[::-1])) == 1) is cross


_PATTERNS = st.text("a*/", min_size=1, max_size=5).filter(lambda of: "**" not in of).map("/data/{}".format)
_FILES = ["/data/" + "".join(of) for length in range(1, 7) for of in product("a/", repeat=length)]


@given(_PATTERNS, _PATTERNS)
def test_a_file_that_both_read_is_billed_once(one: str, other: str) -> None:
    """And two that have none in common are two bills; which of them tells all is told of what it does, at least of itself."""
    bills = [replace(of, type="FocusFile", focus=FocusFiles(path)) for of, path in ((OLD, one), (NEW, other))]
    mine, theirs = ({file for file in _FILES if _reads(path, file)} for path in (one, other))
    assert (len(counting(bills)) == 1) is bool(mine & theirs)
    assert mine >= theirs or not bills_all_of(*bills)
    assert bills_all_of(bills[0], bills[0])


def _reads(pattern: str, file: str) -> bool:
    return PurePosixPath(file).match(pattern)


def test_parts_of_an_account_that_have_nothing_in_common_are_two() -> None:
    """Else both bill what they share."""
    parts = [replace(of, projects=frozenset(mine)) for of, mine in ((OLD, {"p"}), (NEW, {"q"}))]
    assert rivals(parts) == ()
    assert [gap.source for gap in rivals((parts[0], replace(NEW, projects=frozenset({"p", "q"}))))] == ["a-copy"]
    assert [gap.source for gap in rivals((parts[0], NEW))] == ["a-copy"]
    apart = [replace(of, workspaces=frozenset(mine)) for of, mine in ((OLD, {"p"}), (NEW, {"q"}))]
    assert rivals(apart) == ()


def test_a_key_is_refined_once() -> None:
    """A second gateway of the same key takes nothing from the first, and is told who has it."""
    assert told(rivals((OLD, SECOND, GW))) == [
        ("a-second", "a-second: UsageSource gw refines key_gw of openai-prod, and counts")
    ]


def test_a_bill_that_is_not_there_is_told() -> None:
    """What a refining source would divide must be declared, in role Bill; what it saw of others is estimated."""
    why = "gw: there is no UsageSource openai-prod of role Bill to refine"
    assert told(rivals((GW,))) == [("gw", f"{why}: of providers without a bill it is estimated")]
    other = replace(GW, refines=GW.refines | {("there", "key")})
    assert told(rivals((other, a_source(name="there")))) == [
        ("gw", f"{why}: of providers without a bill it is estimated")
    ]
    assert rivals((OLD, GW)) == ()
    both = replace(SECOND, refines=GW.refines | {("there", "key")})
    assert told(rivals((OLD, GW, both))) == [
        ("a-second", "a-second: UsageSource gw refines key_gw of openai-prod, and counts"),
        ("a-second", "a-second: there is no UsageSource there of role Bill to refine"),
    ]


def test_what_refines_no_bill_stands_alone() -> None:
    """As long as none of its bills tells; a bill never does."""
    both = replace(GW, refines=GW.refines | {("there", "key")})
    assert stands_alone(both, {"elsewhere"})
    assert not stands_alone(both, {"there"})
    assert not stands_alone(OLD, ())


def test_what_two_gateways_saw_is_the_elders() -> None:
    """Also where the bill is not there: of a second one of the same key nothing is estimated, and it is told who has it."""
    other = replace(GW, name="other", refines=frozenset({("openai-prod", "another")}))
    assert first_to_see((SECOND, other, GW)) == (other, GW)
    assert dict(told(rivals((SECOND, GW))))["a-second"] == (
        "a-second: UsageSource gw refines key_gw of openai-prod, and counts"
    )


@pytest.mark.parametrize(
    ("mine", "theirs", "whole"),
    [
        ((), ("p",), True),
        (("p", "q"), ("p",), True),
        (("p",), ("p",), True),
        (("p",), ("p", "q"), False),
        (("p",), (), False),
    ],
)
def test_a_bill_tells_all_of_another_one(mine: tuple[str, ...], theirs: tuple[str, ...], whole: bool) -> None:
    """Where its filter lets through whatever the other one's does: none lets through all."""
    one, other = (replace(OLD, projects=frozenset(of)) for of in (mine, theirs))
    assert bills_all_of(one, other) is whole
    files = (FocusFiles("/data/*.csv", services=frozenset(of)) for of in (mine, theirs))
    one, other = (replace(OLD, type="FocusFile", focus=of) for of in files)
    assert bills_all_of(one, other) is whole


@pytest.mark.parametrize(
    ("mine", "theirs", "whole"),
    [
        ("/data/*.csv", "/data/a-*.csv", True),
        ("/data/*.csv", "/data/nov.csv", True),
        ("/data/a-*.csv", "/data/*.csv", False),
        ("/data/*.csv", "/data/azure/*.csv", False),
    ],
)
def test_a_pattern_names_all_files_of_another_one(mine: str, theirs: str, whole: bool) -> None:
    """Where the other's fits it as it stands, in one folder."""
    one, other = (replace(OLD, type="FocusFile", focus=FocusFiles(of)) for of in (mine, theirs))
    assert bills_all_of(one, other) is whole
