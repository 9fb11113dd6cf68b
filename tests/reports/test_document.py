"""The document of a month: what totals become in JSON, and that JSON comes back as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.closing import Closing
from aicost.core.ledger import IDLE, Component, Proof, Total
from aicost.core.reasons import GapReason
from aicost.core.window import Period
from aicost.reports.closing import closing_to_json
from aicost.reports.document import Document, document
from tests.support.builders import T0, a_total, owned_by, usd
from tests.support.strategies import totals

NOVEMBER = Period("2026-11")
A_PROOF = Proof(NOVEMBER, Component.GPU, "USD", 3, usd(4, 1).nanos, usd(4, 1).nanos, 0)


def of(*totals_: Total, proofs: tuple[Proof, ...] = (A_PROOF,)) -> Document:
    return document(NOVEMBER, totals_, proofs, "a digest", cluster="eu-1")


def proofs() -> st.SearchStrategy[Proof]:
    amounts = st.integers(-(2**62), 2**62)
    return st.builds(
        Proof, st.just(NOVEMBER), st.sampled_from(Component), st.sampled_from(["USD", "EUR", ""]), st.integers(0, 9),
        amounts, amounts, st.integers(0, 9),
    )  # fmt: skip


@given(st.lists(totals(), max_size=5), st.lists(proofs(), max_size=3))
def test_a_document_survives_the_wire(rows: list[Total], proved: list[Proof]) -> None:
    """Written as JSON text and read again it is the same, to the nano-unit."""
    closing = Closing(NOVEMBER.previous, T0, "jane", "d", ("NoPrice: x",))
    written = replace(of(*rows, proofs=tuple(proved)), as_of="2026-11-03T00:00:00Z", closed=closing_to_json(closing))
    assert Document.from_json(json.loads(json.dumps(written.to_json()))) == written


def test_a_row_names_its_owner_and_what_caused_it() -> None:
    """Amounts are exact decimal strings; an owner that is no workload has none."""
    mine, idle = of(a_total(owned_by(), usd(4, 1), quantity=3600), a_total(IDLE, usd(-1))).to_json()["rows"]
    assert mine == {
        "component": "gpu",
        "pool": "H100-80GB",
        "kind": "workload",
        "unit": "care",
        "workload": "support/chat",
        "subject": "",
        "certainty": "rated",
        "currency": "USD",
        "amount": "4.000000001",
        "quantity": 3600,
        "gap": "",
    }
    assert (idle["kind"], idle["unit"], idle["workload"], idle["amount"]) == ("idle", "unallocated", "", "-1.00")


def test_what_has_no_price_has_no_amount() -> None:
    """Not zero: null, with the reason and the quantity."""
    (row,) = of(a_total(owned_by(), quantity=60, gap=GapReason.NO_PRICE)).to_json()["rows"]
    assert (row["amount"], row["gap"], row["quantity"]) == (None, "NoPrice", 60)


def test_a_proof_is_written_whole() -> None:
    """Entries, origins, lines and how many entries are broken, by component and currency."""
    assert of().to_json() | {"rows": None} == {
        "period": "2026-11",
        "cluster": "eu-1",
        "asOf": "",
        "digest": "a digest",
        "closed": None,
        "known": None,
        "advice": None,
        "rows": None,
        "proofs": [
            {
                "component": "gpu",
                "currency": "USD",
                "entries": 3,
                "origins": "4.000000001",
                "lines": "4.000000001",
                "broken": 0,
            }
        ],
    }


@pytest.mark.parametrize(
    "broken",
    [
        {},
        of().to_json() | {"rows": [{}]},
        of().to_json() | {"rows": None},
        of().to_json() | {"known": {}},
        {name: value for name, value in of().to_json().items() if name != "known"},
        {name: value for name, value in of().to_json().items() if name != "cluster"},
        {name: value for name, value in of().to_json().items() if name != "closed"},
        of().to_json() | {"closed": 1},
        of().to_json() | {"proofs": [{**of().to_json()["proofs"][0], "lines": "4e1"}]},
    ],
)
def test_anything_else_is_refused(broken: dict[str, Any]) -> None:
    """A document of another shape raises what its docstring names, and nothing else."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        Document.from_json(broken)
