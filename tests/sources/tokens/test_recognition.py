"""One account behind two credentials is recognised, and neither credential is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.ports import ORGANISATION, BillReading
from aicost.sources.tokens import recognition
from aicost.sources.tokens.recognition import digest_of
from tests.sources.tokens import conftest
from tests.sources.tokens.conftest import KEY, OVER, OpenAI

ANOTHER = "sk-admin-another"
ELSEWHERE = tuple(replace(cost, project="proj_elsewhere") for cost in conftest.ORGANISATION.costs)


async def read_by(openai: OpenAI, secret: str, credential: str, **organisation: object) -> BillReading:
    openai.source = replace(openai.source, secret=(secret, "token"))
    openai.secrets.credential = credential
    openai.has(admin_keys=frozenset({KEY, ANOTHER}), **organisation)
    return await openai.read(OVER)


async def test_one_key_in_two_secrets_is_recognised(openai: OpenAI) -> None:
    """And keys of two organisations are not; no reading shows what its source is recognised by."""
    one, again = [await read_by(openai, secret, KEY) for secret in ("one", "two")]
    other = await read_by(openai, "two", ANOTHER, id="org-another", costs=ELSEWHERE)
    assert one.accounts & again.accounts
    assert not one.accounts & other.accounts
    assert not any(digest in repr(one) or KEY in digest for digest in one.accounts)


async def test_two_keys_of_one_organisation_are_recognised_by_its_answers(openai: OpenAI) -> None:
    """Also where it billed nothing, or nothing of the same project; the ledger may keep what they are recognised by."""
    one = await read_by(openai, "one", KEY, costs=())
    again = await read_by(openai, "two", ANOTHER, costs=ELSEWHERE)
    assert [digest.startswith(ORGANISATION) for digest in one.accounts & again.accounts] == [True]


async def test_two_keys_are_recognised_by_the_projects_that_are_billed(openai: OpenAI) -> None:
    """Where something between leaves out which organisation answers: a project is of one alone."""
    one, again = [await read_by(openai, secret, key, id="") for secret, key in (("one", KEY), ("two", ANOTHER))]
    other = await read_by(openai, "two", ANOTHER, id="", costs=ELSEWHERE)
    assert one.accounts & again.accounts
    assert not one.accounts & other.accounts
    assert not any(digest.startswith(ORGANISATION) for digest in one.accounts | again.accounts)


def test_a_digest_is_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sees one cannot try keys against it elsewhere."""
    here = digest_of("credential", "key")
    assert here != digest_of("organisation", "key")
    monkeypatch.setattr(recognition, "_KEY", b"another process")
    assert digest_of("credential", "key") != here
