"""What is known of a card at an instant. Pure values: no NVML, no time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aicost.agent.fields import Field


@dataclass(frozen=True, slots=True)
class Instance:
    """A GPU instance of a card that is cut into some (MIG): NVML's id, and the profile, such as `1g.10gb`."""

    id: int
    profile: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card, or one instance of it; `names` are all those by which Kubernetes may hand it out."""

    index: int
    uuid: str
    pci_bus_id: str
    model: str
    names: frozenset[str]
    instance: Instance | None = None

    @property
    def key(self) -> tuple[str, int | None]:
        """What tells it from every other card or instance of the node."""
        return self.uuid, self.instance.id if self.instance else None

    def __str__(self) -> str:
        """As a person would point at it."""
        cut = f", instance {self.instance.id} ({self.instance.profile})" if self.instance else ""
        return f"GPU {self.index} ({self.uuid}{cut})"


@dataclass(frozen=True, slots=True)
class Reading:
    """What NVML told of a card at an instant of a steady clock, and why it did not tell the rest."""

    card: Card
    at: float
    values: Mapping[Field, float]
    missing: Mapping[Field, str]
