"""Conditions, as Kubernetes defines them, and the head that every status shares."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from aicost.api.accounts import Reason
from aicost.api.lists import KeyedBy
from aicost.api.model import Model
from aicost.api.scalars import Count, Instant


class Condition(Model):
    """One aspect of the object's state."""

    type: Annotated[str, Field(pattern="^[A-Z][A-Za-z0-9]*$", max_length=63)]
    """The aspect. Example: `Ready`."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds: `True`, `False` or `Unknown`."""
    observed_generation: Count | None = None
    """The generation of the spec that this is about."""
    last_transition_time: Instant
    """When `status` last changed."""
    reason: Reason
    """Why, from a closed list, for programs."""
    message: Annotated[str, Field(max_length=4096)] = ""
    """Why and what to do, for people."""


Conditions: TypeAlias = Annotated[tuple[Condition, ...], Field(max_length=16), KeyedBy("type")]


class Status(Model):
    """What every status begins with."""

    observed_generation: Count | None = None
    """The generation of the spec that this status is about."""
    conditions: Conditions = ()
    """Aspects of the state. `Ready` (the spec is accepted) never turns False for money or for missing data."""
