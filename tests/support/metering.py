"""Model servers and who called them, drawn and built: what tests of re-charge are about."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from aicost.core.declarations import (
    Declarations,
    Dimensions,
    Grant,
    Meter,
    Series,
    Source,
    TransferPrice,
    UsageClaim,
    Workload,
)
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Certainty, Owner
from aicost.core.recharge import Incurred, MeteredDay
from aicost.core.usage import CallerUse, Served
from aicost.core.window import DAY, HOUR
from tests.support.builders import T0, a_claim, a_grant, a_unit, a_workload, between, dims, owned_by

LLM = WorkloadRef("platform", "llm")
SERVER = owned_by("llm", "platform", "platform")
METERED = "llm-meter"
SECOND = 1_000_000
"""Of served time, which is in microseconds."""


def a_meter(
    *grants: Grant, name: str = METERED, server: WorkloadRef = LLM, price: TransferPrice | None = None
) -> Source:
    """A UsageSource that divides what a server cost."""
    return Source(name, "Prometheus", "Meter", grants, meter=Meter(server, price), series=Series("vLLM"))


def granted(customer: str, *namespaces: str) -> Grant:
    """A grant of a customer's calls."""
    return a_grant(customer, *namespaces, dimension="customer")


def a_caller(name: str, namespace: str = "support", unit: str = "care", source: str = METERED) -> Workload:
    """A workload that claims the calls of a customer of its own name."""
    return a_workload(name, namespace, unit, usage=(a_claim(source, customer=name),))


UNITS = (a_unit("care", "support"), a_unit("find", "search"), a_unit("platform", "platform"))
SERVED = (a_workload("llm", "platform", "platform", app="llm"), *UNITS)
"""The server and the units that everybody may name."""


def declared(*things: Workload | Source, server: Workload = SERVED[0]) -> Declarations:
    """The server, its callers and its meters."""
    workloads = tuple(thing for thing in things if isinstance(thing, Workload))
    return Declarations((server, *workloads), UNITS, tuple(thing for thing in things if isinstance(thing, Source)))


def a_day(*callers: tuple[Dimensions, Served], source: str = METERED, day: int = 0) -> MeteredDay:
    """What callers had on the first day, or on the one so many days after it."""
    return MeteredDay(source, between(day * DAY, (day + 1) * DAY), callers)


def for_seconds(seconds: int, customer: str = "") -> tuple[Dimensions, Served]:
    """A caller whose decode took so long; without a name the series do not say who."""
    return dims(customer=customer) if customer else frozenset(), Served(decode=seconds * SECOND, output=seconds * 30)


def for_tokens(tokens: int, customer: str = "") -> tuple[Dimensions, Served]:
    """A caller of whom the series have tokens only."""
    return dims(customer=customer) if customer else frozenset(), Served(input=tokens)


def a_use(hour: int, seconds: int, customer: str = "", source: str = METERED) -> CallerUse:
    """What a caller had in an hour."""
    return CallerUse(source, between(hour * HOUR, (hour + 1) * HOUR), *for_seconds(seconds, customer))


def costing(
    nanos: int, owner: Owner = SERVER, certainty: Certainty = Certainty.RATED, currency: str = "USD"
) -> Incurred:
    """A server that cost so much on the first day."""
    assert owner.workload
    return {(T0, owner.workload): {(owner, certainty, currency): nanos}}


CUSTOMERS = ("acme", "globex", "initech", "")
USES = st.lists(
    st.tuples(
        st.sampled_from(CUSTOMERS).map(lambda name: dims(customer=name) if name else frozenset()),
        st.builds(Served, *[st.integers(0, 10**9)] * 4),
    ),
    max_size=4,
    unique_by=lambda use: use[0],
).map(tuple)
"""What few callers had on a day, one of them without a name; of some only tokens, or nothing."""
_GRANTS = st.lists(
    st.builds(
        lambda customer, namespaces: granted(customer, *namespaces),
        st.sampled_from(CUSTOMERS[:3]),
        st.sampled_from([("support",), ("search",), ("support", "search"), ("platform",)]),
    ),
    max_size=3,
    unique_by=lambda grant: grant.value,
)
_CALLERS = st.lists(
    st.builds(
        lambda name, place, customer: replace(
            a_workload(name, *place), usage=(UsageClaim(METERED, dims(customer=customer)),)
        ),
        st.sampled_from(["chat", "rank", "scoring"]),
        st.sampled_from([("support", "care"), ("search", "find"), ("platform", "platform")]),
        st.sampled_from(CUSTOMERS[:3]),
    ),
    max_size=4,
    unique_by=lambda workload: workload.ref,
)
_PRICES = st.none() | st.builds(TransferPrice, st.integers(0, 10**9), st.integers(0, 10**9))
METERINGS = st.builds(
    lambda grants, callers, price: declared(*callers, a_meter(*grants, price=price)), _GRANTS, _CALLERS, _PRICES
)
"""Declarations of a metered server: grants of some customers, workloads that claim granted calls and others."""
