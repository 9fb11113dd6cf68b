"""What was declared, stored from when on: it comes back as it was, in the order of time."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from aicost.core.changes import Change, changed
from aicost.core.declarations import Declarations, Meter, PodClaim, Series, Source, TransferPrice, UsageClaim
from aicost.core.identity import ObjectRef, labels
from aicost.ports import Commit
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


def test_rows_that_do_not_tell_how_a_source_divides_are_read() -> None:
    """Those of versions that did not keep it: the first change that tells counts for the time before, too."""
    ledger = emptied()
    new = changed((), Declarations(sources=(SOURCE,)), at(0), at(0))
    ledger.commit(Commit(changes=new), at(0))
    with ledger._engine.begin() as connection:  # noqa: SLF001 # as an older version wrote it
        connection.execute(update(declaration).values(declared='{"grants":[]}'))
    (change,) = ledger.changes()
    assert change.claimant == Source("openai", "", "")
