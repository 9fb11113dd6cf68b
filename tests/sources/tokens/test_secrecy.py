"""Whatever a provider does or says, its credential is in nothing that anybody may read: by every source that has one."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import pytest
from aiohttp import web

from aicost.core.declarations import BILL, REFINE, Source
from aicost.ports import Forbidden, Malformed, Unavailable
from aicost.sources.tokens import READERS
from aicost.sources.tokens.anthropic import ANTHROPIC
from aicost.sources.tokens.client import Access, Provider, conversation
from aicost.sources.tokens.langfuse import LANGFUSE
from aicost.sources.tokens.litellm import LITELLM
from aicost.sources.tokens.openai import OPENAI
from aicost.sources.tokens.openrouter import OPENROUTER
from e2e.emulators import anthropic_organisation, faults, langfuse, litellm, openai_organisation, openrouter
from e2e.emulators.anthropic import AnthropicEmulator
from e2e.emulators.emulator import Emulator
from e2e.emulators.openai import OpenAIEmulator
from tests.sources.tokens.conftest import IMPATIENT, Emulated, served

CANARY = "sk-CANARY-5f2c:sk-5f2c"
"""A pair of keys, as Langfuse wants them, is one key to all others."""
SECRETS = (CANARY, CANARY.partition(":")[2], base64.b64encode(CANARY.encode()).decode())
DAY, KEYS = "2026-11-01", frozenset({CANARY})
Of: TypeAlias = Emulated[Emulator[Any]]


def emulators() -> dict[tuple[str, str], tuple[Provider, str, Emulator[Any]]]:
    """Each provider that aicost has a credential of: how it is addressed, below which path, and one who serves it."""
    openai = openai_organisation.Organisation(
        costs=(openai_organisation.Cost(DAY, "10", "p", "k", "m, input_tokens"),),
        usage=(openai_organisation.Usage(DAY, "m", 5),),
        admin_keys=KEYS,
    )
    anthropic = anthropic_organisation.Organisation(
        costs=(anthropic_organisation.Spend(DAY, "10", "w", model="m", token_type="output_tokens"),),
        usage=(anthropic_organisation.Usage(DAY, "m", 5),),
        admin_keys=KEYS,
    )
    account = openrouter.Account(spent=(openrouter.Spend(DAY, "openai/m", "10", "a" * 64),), management_keys=KEYS)
    proxy = litellm.Proxy(usage=(litellm.Use(DAY, "m", 5, key="k", alias="rank"),), admin_keys=KEYS)
    project = langfuse.Project(observations=(langfuse.Observation(f"{DAY}T12:00:00.000Z", "m", 5),), key_pairs=KEYS)
    return {
        ("OpenAI", BILL): (OPENAI, "/v1", OpenAIEmulator(openai)),
        ("Anthropic", BILL): (ANTHROPIC, "/v1", AnthropicEmulator(anthropic)),
        ("OpenRouter", BILL): (OPENROUTER, "/api/v1", openrouter.OpenRouterEmulator(account)),
        ("LiteLLM", REFINE): (LITELLM, "", litellm.LiteLLMEmulator(proxy)),
        ("Langfuse", REFINE): (LANGFUSE, "", langfuse.LangfuseEmulator(project)),
    }


def confided(spoils: Callable[[Any], bool]) -> faults.Act:
    """The right answer with the credential in the place of some of its values."""

    def told(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: told(each) for name, each in value.items()}
        if isinstance(value, list):
            return [told(each) for each in value]
        return CANARY if spoils(value) else value

    async def act(_request: web.Request, answer: web.Response) -> web.Response:
        return web.json_response(told(json.loads(answer.text or "null")))

    return act


FAULTS: Mapping[str, faults.Act] = {
    "401": faults.status(401),
    "403": faults.status(403),
    "404": faults.status(404),
    "500": faults.status(500),
    "code": faults.status(500, error="sk"),
    "400": faults.status(400),
    "torn": faults.torn(),
    "cut": faults.cut(),
    "hang": faults.hang(5),
    "numbers": confided(lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "amounts": confided(lambda value: isinstance(value, str) and value.replace(".", "").isdecimal()),
    "cursor": faults.put("next_page", json.dumps(CANARY)),
    "redirect": faults.redirect(f"http://127.0.0.1:1/{CANARY}"),
}


@pytest.fixture(scope="module", params=[*emulators()], ids="-".join)
def new_source(request: pytest.FixtureRequest) -> Iterator[tuple[Provider, Callable[[], Of]]]:
    """One of them for all faults."""
    of, role = request.param
    provider, root, emulator = emulators()[of, role]
    source = Source("canary", of, role, secret=("canary", "token"), url=root)
    with served(emulator, source, CANARY) as anew:
        yield provider, anew


@pytest.mark.parametrize("act", FAULTS.values(), ids=FAULTS.keys())
async def test_no_fault_brings_the_credential_to_light(
    new_source: tuple[Provider, Callable[[], Of]],
    act: faults.Act,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Neither gaps nor logs at the most talkative level, nor output, nor the chain of errors with locals hold it."""
    provider, anew = new_source
    caplog.set_level(logging.DEBUG)
    of = anew()
    assert (await of.read()).gaps == ()
    of.limits = IMPATIENT
    of.breaks(act, path="", day="")
    reading = await of.read()
    shown = [repr(reading.gaps), caplog.text, *capfd.readouterr(), await _chain(provider, of)]
    assert [secret for secret in SECRETS if secret in "\n".join(shown)] == []


async def _chain(provider: Provider, of: Of) -> str:
    async with conversation(provider, of.source, Access(of.secrets, of.policy, of.limits)) as client:
        try:
            await client.get("/anything", [])
        except (Unavailable, Malformed, Forbidden) as fault:
            return "".join(traceback.TracebackException.from_exception(fault, capture_locals=True).format(chain=True))
    return ""


def test_every_source_that_has_a_credential_is_tried() -> None:
    """A new one stands here too; files of bills are read without one."""
    assert emulators().keys() == READERS.keys() - {("FocusFile", BILL)}
