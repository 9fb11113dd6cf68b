"""Sentences beneath fields become the descriptions of schemas."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from aicost.api.model import Model


class Base(Model):
    name: str
    """What it is
    called."""
    price_of_it: int = 0
    """In cents."""


class Derived(Base):
    """Of a class, a sentence describes no field."""

    price_of_it: int = 1
    """In euros."""
    plain: int = 0
    said: Annotated[int, Field(description="Said otherwise.")] = 0
    """Not told."""


def described(of: type[Model]) -> dict[str, str | None]:
    """The descriptions of its fields in its schema."""
    return {name: field.get("description") for name, field in of.model_json_schema()["properties"].items()}


def test_each_field_is_described_by_the_sentence_beneath_it() -> None:
    """By its name on the wire; of what a class inherits as there, unless it says otherwise."""
    assert described(Base) == {"name": "What it is\ncalled.", "priceOfIt": "In cents."}
    assert described(Derived) == {
        "name": "What it is\ncalled.",
        "priceOfIt": "In euros.",
        "plain": None,
        "said": "Said otherwise.",
    }
