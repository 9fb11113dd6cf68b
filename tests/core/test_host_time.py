"""Over which time a host costs something: every second once, with the labels of then."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.host_time import hosts
from aicost.core.identity import labels
from aicost.core.window import HOUR
from tests.support.builders import a_book, a_group, a_price, between
from tests.support.hosting import a_host_book


def test_every_second_of_a_node_is_charged_once() -> None:
    """Holes in what is known are none of it; groups that touch are one node."""
    known = (between(0, 600), between(1200, HOUR))
    (host,) = hosts([a_group(window=between(300, 900)), a_group(window=between(900, 24 * HOUR))], a_host_book(), known)
    assert host.node == a_group().node
    assert (host.parts, host.seconds) == ((between(300, 600), between(1200, HOUR)), 2700)


def test_labels_that_follow_each_other_cut_the_hour() -> None:
    """Where two groups say how the node was labelled, the later does; in whatever order they come."""
    first, second = a_group(window=between(0, HOUR), pool="a"), a_group(window=between(900, 1800), pool="b")
    for groups in ((first, second), (second, first)):
        (host,) = hosts(groups, a_host_book(), (between(0, HOUR),))
        assert [(part, dict(of)) for part, of in host.pieces] == [
            (between(0, 900), {"pool": "a"}),
            (between(900, 1800), {"pool": "b"}),
            (between(1800, HOUR), {"pool": "a"}),
        ]
        assert host.span == between(0, HOUR)


def test_labels_of_one_begin_are_told_apart_by_name() -> None:
    """However long either stood, so that no order of groups moves idle time from one unit to another."""
    long, short = a_group(window=between(0, HOUR), pool="a"), a_group(window=between(0, 900), pool="b")
    for groups in ((long, short), (short, long)):
        (host,) = hosts(groups, a_host_book(), (between(0, HOUR),))
        assert [(part, dict(of)) for part, of in host.pieces] == [
            (between(0, 900), {"pool": "b"}),
            (between(900, HOUR), {"pool": "a"}),
        ]


def test_what_a_price_includes_is_no_piece() -> None:
    """As long as some card's price includes the host it is paid; and whoever was there is there in what is left."""
    book = replace(a_host_book(), gpus=a_book(replace(a_price(), includes_host=False), a_price(pool="x")).gpus)
    groups = a_group(window=between(0, HOUR)), a_group(window=between(600, 1200), pool="x")
    (host,) = hosts(groups, book, (between(0, HOUR),))
    assert host.parts == (between(0, 600), between(1200, HOUR))
    assert host.during(between(300, 1500)) == (between(300, 600), between(1200, 1500))
    assert {of for _, of in host.pieces} == {labels({})}
