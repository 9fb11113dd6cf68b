"""One account behind two credentials is recognised, and neither credential is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.ports import BillReading
from aicost.sources.tokens import recognition
from aicost.sources.tokens.recognition import digest_of
from tests.sources.tokens.conftest import KEY, OVER, OpenAI


async def read_by(openai: OpenAI, secret: str, credential: str) -> BillReading:
    openai.source = replace(openai.source, secret=(secret, "token"))
    openai.secrets.credential = credential
    openai.has(admin_keys=frozenset({KEY, "sk-admin-another"}))
    return await openai.read(OVER)


async def test_one_key_in_two_secrets_is_recognised(openai: OpenAI) -> None:
    """And two keys are not; no reading shows what its source is recognised by."""
    one, again = [await read_by(openai, secret, KEY) for secret in ("one", "two")]
    other = await read_by(openai, "two", "sk-admin-another")
    assert one.accounts & again.accounts
    assert not one.accounts & other.accounts
    assert not any(digest in repr(one) or KEY in digest for digest in one.accounts)


def test_a_digest_is_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sees one cannot try keys against it elsewhere."""
    here = digest_of("credential", "key")
    assert here != digest_of("organisation", "key")
    monkeypatch.setattr(recognition, "_KEY", b"another process")
    assert digest_of("credential", "key") != here
