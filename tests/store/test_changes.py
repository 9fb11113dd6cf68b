"""What was declared, stored from when on: it comes back as it was, in the order of time."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from aicost.core.changes import Change, changed
from aicost.core.declarations import Declarations, Meter, PodClaim, Series, Source, TransferPrice, UsageClaim, Workload
from aicost.core.identity import ObjectRef, labels
from aicost.core.window import Instant
from aicost.ports import Commit
from aicost.store import SqlLedger
from aicost.store.schema import declaration
from tests.store.stored import emptied
from tests.support.builders import a_claim, a_grant, a_source, a_unit, a_workload, at, dims

CHAT = a_workload(
    "chat", usage=(a_claim(project="p", model="zürich"), a_claim("other", apiKey="k")), app="chat", tier="x"
)
TARGETED = replace(CHAT, pods=PodClaim(target=ObjectRef("apps", "Deployment", "chat")), usage=(), claimed_at=at(-9))
TRAINED = replace(CHAT, trained_by=TARGETED.ref)
USAGE_ONLY = replace(CHAT, pods=None, usage=(UsageClaim("openai", dims(project='a "quoted" p')),))
UNIT = replace(a_unit("care", "support", "search", default_for=("search",)), reserved=labels({"pool": "x", "a/b": ""}))
SOURCE = a_source(a_grant("p", "support", "search"), a_grant("k", dimension="apiKey"))
METER = replace(
    SOURCE, meter=Meter(CHAT.ref), series=Series("vLLM", labels({"job": "router"}), dims(customer="tenant_id"))
)
METERS = METER, replace(METER, meter=Meter(CHAT.ref, TransferPrice(1, 2)))
REFINING = replace(SOURCE, refines=frozenset({("openai", "k"), ("a", "b")}), created=at(7))
STAGES = st.lists(
    st.builds(
        Declarations,
        st.sampled_from([(), (CHAT,), (TARGETED,), (TRAINED,), (USAGE_ONLY,)]),
        st.sampled_from([(), (UNIT,), (a_unit(),)]),
        st.sampled_from([(), (SOURCE,), (a_source(),), (REFINING,), *((meter,) for meter in METERS)]),
    ),
    max_size=5,
)


@given(STAGES)
def test_changes_come_back_as_they_were(stages: list[Declarations]) -> None:
    """Each kind, each way of claiming, and what is gone; over several commits."""
    ledger, known = emptied(), tuple[Change, ...]()
    for number, declared in enumerate(stages):
        new = changed(known, declared, at(number - 1), at(number))
        ledger.commit(Commit(changes=new), at(number))
        known += new
        assert ledger.changes() == known


def test_since_when_each_usage_is_claimed_comes_back() -> None:
    """Versions before this one did not keep it: then all of a workload's claims are as old as the workload's."""
    ledger = emptied()
    claims = tuple(replace(claim, since=since) for claim, since in zip(CHAT.usage, (at(3), None), strict=True))
    new = changed((), Declarations((replace(CHAT, usage=claims),)), at(0), at(0))
    ledger.commit(Commit(changes=new), at(0))
    assert claimed_since(ledger) == [at(3), None]
    with ledger._engine.begin() as connection:  # noqa: SLF001 # as an older version wrote it
        told = json.loads(str(connection.execute(select(declaration.c.declared)).scalar_one()))
        older = json.dumps({**told, "usage": [claim[:2] for claim in told["usage"]]})
        connection.execute(update(declaration).values(declared=older))
    assert ledger.changes() == changed((), Declarations((CHAT,)), at(0), at(0))
    assert claimed_since(ledger) == [None, None]


def claimed_since(ledger: SqlLedger) -> list[Instant | None]:
    """Since when each usage is claimed by the one workload of a ledger's changes."""
    (change,) = ledger.changes()
    assert isinstance(change.claimant, Workload)
    return [claim.since for claim in change.claimant.usage]


def test_rows_that_do_not_tell_how_a_source_divides_are_read() -> None:
    """Those of versions that did not keep it: the first change that tells counts for the time before, too."""
    ledger = emptied()
    new = changed((), Declarations(sources=(SOURCE,)), at(0), at(0))
    ledger.commit(Commit(changes=new), at(0))
    with ledger._engine.begin() as connection:  # noqa: SLF001 # as an older version wrote it
        connection.execute(update(declaration).values(declared='{"grants":[]}'))
    (change,) = ledger.changes()
    assert change.claimant == Source("openai", "", "")
