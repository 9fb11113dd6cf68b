"""The catalogue as a file: the shipped one, and one that an administrator puts over it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from aicost.core.token_prices import Manner
from aicost.core.window import instant
from aicost.sources.model_catalogue import ModelCatalogue, parse, shipped
from aicost.sources.token_prices import GenaiPrices

TODAY = instant("2026-11-23T00:00:00Z")
STANDARD: Manner = frozenset()
ROW = """
asOf: "2026-11-24"
models:
- {provider: anthropic, name: claude-haiku-5-5, family: claude, tier: haiku, quality: 48, context: 100, sources: [us]}
"""


def test_every_shipped_row_names_its_sources_and_has_a_price_but_for_our_own() -> None:
    """A row that nobody can price could never be advised, so it would only mislead."""
    prices = GenaiPrices()
    for model in shipped().models:
        assert model.sources
        if model.provider != "own":
            assert prices.price(model.provider, model.name, TODAY, STANDARD), model.name


def test_the_pairs_of_the_facts() -> None:
    """Successors as of 23 November 2026, and when the old ones retire."""
    known = shipped()
    old = known.model("anthropic", "claude-sonnet-4-5")
    assert old
    assert old.retires == instant("2026-11-30T00:00:00Z")
    successor = known.successor(old, TODAY)
    assert successor
    assert successor.name == "claude-sonnet-5-5"


def test_a_file_replaces_rows_while_it_is_there(tmp_path: Path) -> None:
    """It is read anew when it changed; what it does not name stays."""
    file = tmp_path / "models.yaml"
    catalogue = ModelCatalogue(file)
    assert catalogue.known() == shipped()
    file.write_text(ROW)
    haiku = catalogue.known().model("anthropic", "claude-haiku-5-5")
    assert haiku
    assert haiku.quality == 48
    assert catalogue.known().model("openai", "gpt-6-sol") == shipped().model("openai", "gpt-6-sol")
    file.unlink()
    assert catalogue.known() == shipped()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("models: {", "no YAML"),
        ('asOf: "2026-13-01"', "asOf"),
        (ROW.replace("quality: 48", "qualty: 40"), "models.0.qualty"),
        (ROW.replace("tier: haiku", "tier: tiny"), "of tier tiny, which the family claude does not have"),
        (ROW.replace("sources: [us]", "sources: []"), "models.0.sources"),
        (f"{ROW}# {'x' * 1_048_576}", "larger than"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_and_the_shipped_rows_stand(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str, says: str
) -> None:
    """A typing error must not take anybody's advice away."""
    with pytest.raises(ValueError, match=says):
        parse(content.encode(), over=shipped())
    file = tmp_path / "models.yaml"
    file.write_text(content)
    with caplog.at_level(logging.WARNING):
        assert ModelCatalogue(file).known() == shipped()
    assert says in caplog.text


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A folder in its place, for one."""
    assert ModelCatalogue(tmp_path).known() == shipped()
    assert "cannot be read" in caplog.text


def test_the_page_s_own_example_is_a_catalogue() -> None:
    """What people copy must do what the page says."""
    text = (Path(__file__).parents[2] / "docs" / "right-sizing-models.md").read_text()
    haiku = parse(text.split("```yaml\n")[1].split("```")[0].encode(), over=shipped()).model(
        "anthropic", "claude-haiku-5-5"
    )
    assert haiku
    assert haiku.quality == 40
