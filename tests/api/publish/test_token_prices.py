"""The models in a price book's status."""

from __future__ import annotations

from dataclasses import replace

from aicost.api.publish.token_prices import by_the_list, missing_models, priced_models
from aicost.core.appraisal import Appraised
from aicost.core.counting import Measure
from aicost.core.token_uses import token_uses
from aicost.core.usage import Tokens
from tests.support.tokens import AUDIBLE, LISTED, beyond, counted, used

SOME = Tokens(5, output=2, requests=1)
USES = token_uses(
    (
        used(SOME),
        used(SOME, replace(LISTED, discounted=True), model="b"),
        used(SOME, replace(LISTED, source="", declared=True), model="c"),
        used(SOME, None, model="d"),
    )
)


def test_what_is_priced_says_by_what() -> None:
    """The list with its discount, or what is declared; with its prices of a million tokens."""
    told = [(of.name, of.origin, of.source) for of in priced_models(USES)]
    assert told == [
        ("openai/b", "BuiltIn", "a list, less the declared discount"),
        ("openai/c", "Declared", None),
        ("openai/gpt-6-sol", "BuiltIn", "a list"),
    ]
    assert by_the_list(USES) == 2
    [first, *_] = priced_models(USES)
    assert first.per_million
    assert first.to_wire()["perMillion"] == {
        "input": "2.00",
        "cachedInput": "0.20",
        "cacheWrite": "2.50",
        "output": "10.00",
    }


def test_what_is_not_paid_by_token_has_the_price_of_a_piece() -> None:
    """As people know it: of a minute, not of a second; and where to add what is missing, if no model is named too."""
    audio, sessions = Measure.SECONDS, Measure.CODE_INTERPRETER_SESSIONS
    uses = token_uses((counted(audio, 61, "0.0001", model="whisper-1"), without_a_model(counted(sessions, 4))))
    assert [of.to_wire() for of in priced_models(uses)] == [
        {
            "kind": "Usage",
            "name": "openai/whisper-1: seconds",
            "price": "0.006",
            "unit": "audio minute in USD",
            "origin": "BuiltIn",
            "source": "a list",
        }
    ]
    assert [of.to_wire() for of in missing_models(uses)] == [
        {
            "kind": "Usage",
            "name": "openai: code interpreter sessions",
            "quantity": "4 code interpreter sessions",
            "message": "add an entry with provider openai and model *, and in its perUnit codeInterpreterSession,"
            " to spec.tokens.overrides",
        }
    ]


def test_images_without_a_price_say_of_which_size() -> None:
    """And that all sizes may have one."""
    [missing] = missing_models(token_uses((counted(Measure.IMAGES, 4, model="m", size="1024x1024"),)))
    assert (missing.kind, missing.name, missing.quantity) == (
        "Usage",
        "openai/m: images of 1024x1024",
        "4 images of 1024x1024",
    )
    assert missing.message == (
        "add an entry with provider openai and model m, and in its perUnit image or imagesBySize with size 1024x1024,"
        " to spec.tokens.overrides"
    )


def test_audio_without_a_price_says_which_rate_is_missing() -> None:
    """Of the model whose text has one, which is shown beside it."""
    spoken = used(Tokens(9, output=4), measured=beyond(audio_input=5))
    uses = token_uses((spoken, replace(spoken, price=None, measure="audioInputTokens")))
    assert [of.name for of in priced_models(uses)] == ["openai/gpt-6-sol"]
    assert [of.to_wire() for of in missing_models(uses)] == [
        {
            "kind": "Tokens",
            "name": "openai/gpt-6-sol: audio tokens of input",
            "quantity": "5 audio tokens of input",
            "message": "add an entry with provider openai and model gpt-6-sol, and in its perMillion audioInput,"
            " to spec.tokens.overrides",
        }
    ]
    [heard] = priced_models(token_uses((replace(spoken, price=AUDIBLE),)))
    assert heard.to_wire()["perMillion"] == {
        "input": "4.00",
        "cachedInput": "0.40",
        "output": "16.00",
        "audioInput": "32.00",
        "cachedAudioInput": "0.50",
        "audioOutput": "64.00",
    }


def test_no_rate_is_asked_for_what_contradicts_its_tokens() -> None:
    """Nobody knows what it is of: the bill will tell."""
    spoken = used(Tokens(9, output=4), AUDIBLE, measured=frozenset({("contradictoryAudioInputTokens", 5)}))
    apart = replace(spoken, price=None, measure="contradictoryAudioInputTokens")
    [missing] = missing_models(token_uses((spoken, apart)))
    assert (missing.kind, missing.quantity) == ("Tokens", "5 contradictory audio tokens of input")
    assert missing.message == "no price helps: more audio is told than there are tokens for it, so wait for the bill"


def without_a_model(of: Appraised) -> Appraised:
    """The same without a model."""
    return replace(of, row=replace(of.row, dimensions=frozenset()))


def test_what_has_no_price_says_how_much() -> None:
    """And where to add it."""
    [missing] = missing_models(USES)
    assert (missing.name, missing.quantity) == ("openai/d", "7 tokens")
    assert missing.message == "add an entry with provider openai and model d to spec.tokens.overrides"
