"""The table of presets: whole, documented, and free of what is no count."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from aicost.api.source_blocks import SERVERS, Metrics
from aicost.core.counting import Failure, Size
from aicost.core.modalities import AUDIO, CACHED
from aicost.core.usage import Served, Tokens
from aicost.sources.presets import PRESETS, Preset, first_of

DOCUMENT = (Path(__file__).parents[2] / "docs" / "token-series.md").read_text()
SELECTOR = re.compile(r'[a-z_]+:?[a-z_]+(\{[a-z_]+!?="[a-z_]*"\})?')
FIELDS = set(Tokens.__dataclass_fields__) | set(Served.__dataclass_fields__)


def rows(name: str, preset: Preset) -> list[str]:
    """What the document's tables say of a preset."""
    counts = {**preset.counts, **{f"{field} of a caller": of for field, of in preset.served.items()}, **preset.beside}
    counts |= {"aborted": preset.aborted} if preset.aborted else {}
    told = [f"| {name} | {field} | {_code(selectors)} |" for field, selectors in counts.items()]
    dimensions = "; ".join(f"{dimension}: {_code(labels)}" for dimension, labels in sorted(preset.labels.items()))
    return [*told, f"| {name} | {dimensions} |"]


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def test_the_api_offers_every_preset() -> None:
    """And knows which of them are model servers, whose pods are in their own namespace."""
    assert get_args(Metrics.model_fields["preset"].annotation) == tuple(PRESETS)
    assert tuple(name for name, preset in PRESETS.items() if preset.serves) == SERVERS


@pytest.mark.parametrize("name", PRESETS)
def test_the_document_tells_its_series(name: str) -> None:
    """docs/token-series.md has each row of the table as it is."""
    assert [row for row in rows(name, PRESETS[name]) if row not in DOCUMENT] == []


@pytest.mark.parametrize("name", PRESETS)
def test_every_selector_is_one_count(name: str) -> None:
    """By name and at most one label: no regex that could add up types of tokens, and no mean, bucket or gauge."""
    preset = PRESETS[name]
    for of in (preset.counts, preset.served):
        assert set(of) <= FIELDS
        for selector in (each for selectors in of.values() for each in selectors):
            assert SELECTOR.fullmatch(selector)
            assert selector.partition("{")[0].endswith(("_total", "_sum", "_count", "_success"))
            assert "per_output_token" not in selector


@pytest.mark.parametrize("name", [name for name, preset in PRESETS.items() if preset.sizes])
def test_a_size_is_one_bucket_of_one_histogram(name: str) -> None:
    """By one kind of token and one bound, as either version of Prometheus writes it."""
    preset = PRESETS[name]
    assert set(preset.sizes) == set(Size)
    for of in preset.sizes.values():
        found = [
            re.fullmatch(r'[a-z_]+_bucket\{gen_ai_token_type="(input|output)",le="(1024|256)(\.0)?"\}', each)
            for each in of
        ]
        assert all(found)
        assert len({each.group(1, 2) for each in found if each}) == 1


@pytest.mark.parametrize("name", [name for name, preset in PRESETS.items() if preset.failures])
def test_failures_are_a_part_of_one_count(name: str) -> None:
    """By one label, of which refusals are the values of HTTP 4xx, but for time-outs, that may be billed."""
    failures = PRESETS[name].failures
    (failed,), (refused,) = failures[Failure.REQUESTS], failures[Failure.REFUSED]
    counter, _, told = failed.partition("{")
    label = told.removesuffix('!=""}')
    assert counter.endswith(("_count", "_total"))
    assert failed == f'{counter}{{{label}!=""}}'
    assert refused == f'{counter}{{{label}=~"4[0-9][0-9]",{label}!="408",{label}!="499"}}'


@pytest.mark.parametrize("name", [name for name, preset in PRESETS.items() if preset.beyond_text])
def test_audio_is_a_count_of_its_own(name: str) -> None:
    """What caches gave of it is inside its input, so that no series of cached audio is added to it."""
    of = PRESETS[name].beyond_text
    assert set(of) <= AUDIO - CACHED
    assert all(
        re.fullmatch(r"[a-z_]+_audio_tokens_[a-z]+_total", each) for selectors in of.values() for each in selectors
    )


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_aborted_is_told_by_servers_that_count_requests(name: str) -> None:
    """As one count of the requests themselves, by at most one label; of gateways nobody asks."""
    preset = PRESETS[name]
    assert len(preset.aborted) <= (preset.serves and "requests" in preset.counts)
    assert all(SELECTOR.fullmatch(each) and "_total" in each for each in preset.aborted)


def test_every_preset_can_divide_by_tokens() -> None:
    """A source of role Meter may name any of them."""
    assert all({"input", "output"} <= set(preset.by_caller) for preset in PRESETS.values())


def test_a_key_is_not_named_by_another_ones_hash() -> None:
    """Of LiteLLM's labels the name counts before the hash, unless it is in the shape of one."""
    labels = PRESETS["LiteLLM"].labels["apiKey"]
    for name, told in (("rank", "rank"), ("b" * 64, "a" * 64), ("", "a" * 64)):
        assert first_of({"api_key_alias": name, "hashed_api_key": "a" * 64}, labels) == told
