"""The file that says which models there are: shipped with aicost, and replaced row by row by one of the same shape."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from aicost.api.lists import KeyedBy
from aicost.api.model import Model
from aicost.api.scalars import Date

_Name = Annotated[str, Field(min_length=1, max_length=128)]
_Sources = Annotated[tuple[_Name, ...], Field(min_length=1, max_length=8)]


class Family(Model):
    """Models of one make: its tiers, from the largest to the smallest."""

    name: _Name
    tiers: Annotated[tuple[_Name, ...], Field(min_length=1, max_length=16)]


class SurchargeRow(Model):
    """What is taken on top of a provider's prices for a manner of requests."""

    provider: _Name
    dimension: _Name
    value: _Name
    percent: Annotated[int, Field(ge=1, le=1000)]
    sources: _Sources


class ModelRow(Model):
    """One model of a provider; `own` is the provider of what a cluster serves itself."""

    provider: _Name
    name: _Name
    family: _Name
    tier: _Name
    quality: Annotated[int, Field(ge=0, le=100)]
    context: Annotated[int, Field(ge=1)]
    capabilities: Annotated[tuple[_Name, ...], Field(max_length=32)] = ()
    caches_from: Annotated[int, Field(ge=1)] | None = None
    retires: Date | None = None
    successor: _Name | None = None
    sources: _Sources


class CatalogueFile(Model):
    """The whole file. What a file that replaces rows does not name stays as it is shipped."""

    as_of: Date
    sources: dict[str, str] = Field(default_factory=dict)
    families: Annotated[tuple[Family, ...], Field(max_length=64), KeyedBy("name")] = ()
    surcharges: Annotated[tuple[SurchargeRow, ...], Field(max_length=64)] = ()
    models: Annotated[tuple[ModelRow, ...], Field(max_length=2000)] = ()
