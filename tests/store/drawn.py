"""Whatever may be committed, drawn: entries of few keys, so that they replace each other, and observations."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.identity import Labels, NodeRef, ObjectRef, PodIdentity, WorkloadRef
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Certainty, Component, Entry, Line, Origin, Owner, OwnerKind
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.usage import FULLY_BUSY_PPM, SIGNALS, CardUse, Observed, PodTokens, Tokens, UsageRow
from aicost.core.window import DAY, HOUR, Window, day_of, hour_of
from tests.support.builders import at, between

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
NAME = st.sampled_from(["a", "b", "zürich", "snow-☃"])
COUNT = st.integers(0, 10**12) | st.integers(0, 2**60)
NANOS = st.integers(-(10**15), 10**15) | st.integers(-(2**60), 2**60)
OWNERS: st.SearchStrategy[Owner] = st.one_of(
    st.sampled_from([IDLE, UNCLAIMED, PARKED]),
    st.builds(lambda unit: Owner(OwnerKind.UNIT, unit), NAME),
    st.builds(lambda unit, space, name: Owner(OwnerKind.WORKLOAD, unit, WorkloadRef(space, name)), NAME, NAME, NAME),
)
INSTANTS = st.integers(0, 40 * DAY).map(at)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """An entry of one of few keys and hours, with up to four lines, with or without an amount."""
    hour = draw(st.integers(0, 3))
    gap = draw(st.none() | st.sampled_from(GapReason))
    currency = draw(st.sampled_from(["EUR", "USD"]))
    parts = draw(st.lists(st.tuples(OWNERS, TEXT, NANOS, COUNT), max_size=4))
    lines = tuple(
        Line(o, subject, None if gap else Money(nanos, currency), count) for o, subject, nanos, count in parts
    )
    origin = Origin(
        key=("gpu", draw(NAME), str(hour)),
        component=draw(st.sampled_from(Component)),
        pool=draw(NAME),
        window=between(hour * HOUR, hour * HOUR + draw(st.integers(1, HOUR))),
        amount=None if gap else Money(sum(nanos for _, _, nanos, _ in parts), currency),
        certainty=draw(st.sampled_from(Certainty)),
        quantity=sum(line.quantity for line in lines),
        unit=draw(st.sampled_from(["card-microseconds", "images"])),
        description=draw(TEXT),
        gap=gap,
    )
    return Entry(origin, lines)


def labels() -> st.SearchStrategy[Labels]:
    """A few labels."""
    return st.dictionaries(TEXT, TEXT, max_size=3).map(lambda drawn: frozenset(drawn.items()))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Any window of some days."""
    start = draw(INSTANTS)
    return Window(start, at(start - at(0) + draw(st.integers(1, 3 * DAY))))


def devices() -> st.SearchStrategy[Devices]:
    """Card groups and holdings, one of each key."""
    owners = st.lists(st.builds(ObjectRef, TEXT, TEXT, TEXT), max_size=2).map(tuple)
    pods = st.builds(PodIdentity, TEXT, NAME, NAME, labels(), owners)
    known = st.builds(Holding, pods, NAME, NAME, st.integers(1, 16), windows())
    assumed = known.map(lambda holding: replace(holding, assumed_from=holding.window.start))
    holdings = known | assumed | known.map(lambda holding: replace(holding, claim=holding.pod.uid))
    nodes = st.builds(NodeRef, NAME, INSTANTS)
    groups = st.builds(CardGroup, nodes, NAME, TEXT, st.integers(1, 16), windows(), labels(), TEXT)
    groups |= groups.map(lambda group: replace(group, claimable=True))
    return st.builds(
        Devices,
        st.lists(groups, max_size=4, unique_by=lambda g: (g.node, g.resource, g.window.start)).map(tuple),
        st.lists(holdings, max_size=4, unique_by=lambda h: h.key).map(tuple),
    )


def observed() -> st.SearchStrategy[Observed]:
    """Card use, token counts and usage rows, one of each key."""
    hours, days = INSTANTS.map(hour_of), INSTANTS.map(day_of)
    tokens = st.builds(Tokens, COUNT, COUNT, COUNT, COUNT, COUNT)
    busy = st.integers(0, FULLY_BUSY_PPM)
    uses = st.builds(CardUse, NAME, NAME, TEXT, hours, st.sampled_from(SIGNALS), busy)
    counts = st.builds(PodTokens, NAME, NAME, TEXT, hours, tokens, st.none() | COUNT)
    measured = st.dictionaries(NAME, COUNT, max_size=2).map(lambda of: frozenset(of.items()))
    of_caches = st.builds(Tokens, COUNT, COUNT, COUNT, COUNT, COUNT, COUNT)
    usage = st.builds(UsageRow, NAME, days, labels(), of_caches, measured)
    return st.builds(
        Observed,
        st.lists(uses, max_size=4, unique_by=lambda u: (u.hour, u.namespace, u.pod, u.card)).map(tuple),
        st.lists(counts, max_size=4, unique_by=lambda c: (c.hour, c.namespace, c.pod, c.model)).map(tuple),
        st.lists(usage, max_size=4, unique_by=lambda u: (u.day, u.source, u.dimensions)).map(tuple),
    )
