"""`GET /v1/advice` over real HTTP."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aicost.core.declarations import Declarations
from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.promises import Promise
from aicost.ports import CLUSTER, Commit
from aicost.reports.advice import AdviceDocument, advice_document
from aicost.web.advice import routes
from aicost.web.server import LOOPBACK, serving
from tests.reports.test_advice import NOTEBOOK, the_facts
from tests.store.stored import emptied
from tests.support.builders import a_unit, at
from tests.web.operator import get


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["lab", "chat"]),
        ("?namespace=support", ["chat"]),
        ("?unit=group", ["lab", "chat"]),
        ("?unit=find&namespace=", ["lab"]),
        ("?unit=find&namespace=support", []),
    ],
)
async def test_it_is_told_of_a_namespace_and_of_a_unit_with_its_children(query: str, names: list[str]) -> None:
    """By default of all, and with the ledger's cluster."""
    ledger = emptied()
    ledger.commit(Commit(marks={CLUSTER: "eu-1"}), at(0))
    units = (a_unit("group"), *(replace(unit, parent="group") for unit in the_facts().declared.units))
    told = replace(the_facts(), declared=Declarations(the_facts().declared.workloads, units))
    async with serving(routes(ledger, lambda: told), LOOPBACK, 0) as port:
        status, kind, text = await get(port, f"/v1/advice{query}")
    assert (status, kind) == (200, "application/json")
    document = AdviceDocument.from_json(json.loads(text))
    assert [of.ref.name for of in document.workloads] == names
    if not query:
        assert document == advice_document(told, "eu-1")


async def test_before_the_first_evaluation_nothing_is_told() -> None:
    """Nobody has looked yet."""
    async with serving(routes(emptied(), lambda: None), LOOPBACK, 0) as port:
        status, _, text = await get(port, "/v1/advice")
    assert (status, "nothing was evaluated yet" in text) == (503, True)


@pytest.mark.parametrize(
    ("query", "names"), [("", ["lab", "gone"]), ("?unit=find", ["lab"]), ("?namespace=support", [])]
)
async def test_history_is_of_those_who_are_asked_for(query: str, names: list[str]) -> None:
    """Of deleted workloads where all are asked for: whose they were is not declared any more."""
    promises = tuple(Promise(WorkloadRef("search", name), NOTEBOOK, at(0)) for name in ("lab", "gone"))
    told = replace(the_facts(), promises=promises)
    async with serving(routes(emptied(), lambda: told), LOOPBACK, 0) as port:
        _, _, text = await get(port, f"/v1/advice{query}")
    assert [each["name"] for each in json.loads(text)["history"]] == names
