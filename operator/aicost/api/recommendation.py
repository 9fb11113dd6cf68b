"""Advice in the status of a workload: what to change, what it saves, and the evidence."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from aicost.api.accounts import Exact
from aicost.api.model import Model
from aicost.api.scalars import Count

Kind: TypeAlias = Literal[
    "ScaleToZero",
    "RemoveGPU",
    "ReduceGPUCount",
    "ReduceReplicas",
    "UseMIGSlice",
    "UseSharedGPU",
    "UseSmallerGPU",
    "UseIdleHours",
    "UseNewerModel",
    "UseSmallerModel",
    "UseBatchAPI",
    "UseFlexibleTier",
    "UsePromptCaching",
    "StopPromptCaching",
    "AvoidLongContext",
    "DropSurcharge",
    "DropIdleKey",
    "AvoidFailedRequests",
    "UseAPI",
    "UseOwnServer",
]
"""The closed set of levers; at most one recommendation of each kind and target."""


class Saving(Model):
    """A range per month of 730 hours. Savings of several recommendations do not add up where they touch the same cost."""

    low: Exact
    """What is saved at least."""
    high: Exact
    """What is saved at most."""


class Target(Model):
    """What is to be changed."""

    api_version: Annotated[str, Field(max_length=317)]
    """API group and version, or the group alone where the version is not known. Example: `apps/v1`."""
    kind: Annotated[str, Field(max_length=63)]
    """Kind. Example: `Deployment`."""
    name: Annotated[str, Field(max_length=253)]
    """Name, in the workload's namespace."""
    container: Annotated[str, Field(max_length=63)] | None = None
    """Container in it, where only one is meant."""


class Evidence(Model):
    """The numbers that the advice rests on."""

    window: Annotated[str, Field(max_length=128)]
    """The time that was looked at. Example: `2026-10-25T00:00:00Z/2026-11-01T00:00:00Z`."""
    samples: Count | None = None
    """How many samples there were."""
    numbers: Annotated[dict[str, Annotated[str, Field(max_length=128)]], Field(max_length=32)] = Field(
        default_factory=dict
    )
    """What was measured, by name, with its unit in the name. Example: `smActiveP95Percent: "0.4"`."""


class Recommendation(Model):
    """One change that would save money."""

    id: Annotated[str, Field(min_length=1, max_length=128)]
    """Stable name made of kind and target, never of numbers. Silence it with `spec.rightSizing.ignore`."""
    kind: Kind
    """The lever. Example: `UseMIGSlice`."""
    effect: Literal["BillReduction", "FreedCapacity"]
    """`BillReduction`: the bill gets smaller. `FreedCapacity`: capacity that is paid for anyway becomes free."""
    basis: Literal["Actionable", "Hypothesis"]
    """`Actionable`: the numbers suffice. `Hypothesis`: first make the trial that `requires` names."""
    target: Target
    """What is to be changed."""
    current: Annotated[str, Field(max_length=512)]
    """What is set now. Example: `nvidia.com/gpu: 1`."""
    proposed: Annotated[str, Field(max_length=512)]
    """What to set instead. Example: `nvidia.com/mig-3g.40gb: 1`."""
    monthly_saving: Saving
    """What it saves per month, as a range."""
    requires: Annotated[tuple[Annotated[str, Field(max_length=512)], ...], Field(max_length=8)] = ()
    """What must be true first. Example: a node that offers the MIG profile."""
    reason: Annotated[str, Field(max_length=512)]
    """Why, in one sentence."""
    evidence: Evidence
    """The numbers it rests on."""
    patch: Annotated[str, Field(max_length=16384)] | None = None
    """A patch of the target, ready to commit: a strategic merge patch for kinds of Kubernetes, a merge patch for all others, or
    where it is a list a JSON patch (RFC 6902). Absent where none applies."""
    configuration: Annotated[str, Field(max_length=16384)] | None = None
    """What to try in the gateway that saw the requests, in its own words. Absent where none applies."""
