"""The catalogue of models: the file that ships with aicost, and over it the rows of a file that an administrator gives.

A file that cannot be read or understood changes nothing: what is wrong with it is said, and the shipped rows stand.
"""

from __future__ import annotations

import logging
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import ValidationError

from aicost.api.catalogue import CatalogueFile, ModelRow
from aicost.core.recommendations.models.catalogue import NOTHING_KNOWN, Catalogue, Model, Surcharge
from aicost.core.window import Instant, instant

MOST_BYTES = 1_048_576
"""What a ConfigMap may hold."""
_log = logging.getLogger(__name__)


class ModelCatalogue:
    """The shipped rows, and those of a file that is read anew whenever it changed."""

    def __init__(self, override: Path | None = None) -> None:
        self._override = override
        self._read: bytes | None = None
        self._known = shipped()

    def known(self) -> Catalogue:
        """What is known now. Never raises for the file's faults."""
        content = self._content()
        if content != self._read:
            self._read = content
            self._known = shipped() if content is None else self._over(content)
        return self._known

    def _content(self) -> bytes | None:
        """The file as it is; None where there is none."""
        if self._override is None:
            return None
        try:
            return self._override.read_bytes()[: MOST_BYTES + 1]
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("%s cannot be read, the shipped catalogue of models stands: %s", self._override, error)
            return None

    def _over(self, content: bytes) -> Catalogue:
        try:
            return parse(content, over=shipped())
        except ValueError as error:
            _log.warning("%s is no catalogue of models, the shipped one stands: %s", self._override, error)
            return shipped()


@cache
def shipped() -> Catalogue:
    """The rows of the file beside this one."""
    return parse((files("aicost.sources") / "model_catalogue.yaml").read_bytes())


def parse(content: bytes, over: Catalogue = NOTHING_KNOWN) -> Catalogue:
    """The rows of a file over those of a catalogue. Raises ValueError that says which row is wrong, and how."""
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES} bytes")
    try:
        file = CatalogueFile.model_validate(yaml.safe_load(content), extra="forbid")
    except yaml.YAMLError as error:
        raise ValueError(f"it is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors(include_input=False))
        raise ValueError("; ".join(problems)[:1000]) from error
    charged = (
        Surcharge(row.provider, row.dimension, row.value, row.percent, row.sources[0]) for row in file.surcharges
    )
    tiers = ((family.name, family.tiers) for family in file.families)
    return over.with_rows(tiers, map(_model, file.models), charged, str(file.as_of))


def _model(row: ModelRow) -> Model:
    return Model(
        provider=row.provider,
        name=row.name,
        family=row.family,
        tier=row.tier,
        quality=row.quality,
        context=row.context,
        capabilities=frozenset(row.capabilities),
        caches_from=row.caches_from,
        retires=_day(row.retires),
        successor=row.successor or "",
        sources=row.sources,
    )


def _day(day: date | None) -> Instant | None:
    return instant(f"{day}T00:00:00Z") if day else None
