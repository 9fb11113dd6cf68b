"""What a lever answers: advice that is priced and evidenced, or a refusal that says what it would take.

Only these values may live here; how they are found is the levers', how they are worded in a status the API's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from aicost.core.identity import ObjectRef
from aicost.core.recommendations.changes import Change, Operation
from aicost.core.window import Window

HOURS_OF_A_MONTH = 730
"""Savings are for a month of so many hours, as cloud price lists count it."""


LONGEST_ID = 128
_NOT_OF_AN_ID = re.compile("[^a-z0-9.-]+")


class Lever(StrEnum):
    """The closed set of levers; at most one piece of advice for each lever and target."""

    SCALE_TO_ZERO = "ScaleToZero"
    REMOVE_GPU = "RemoveGPU"
    REDUCE_GPU_COUNT = "ReduceGPUCount"
    REDUCE_REPLICAS = "ReduceReplicas"
    USE_MIG_SLICE = "UseMIGSlice"
    USE_SHARED_GPU = "UseSharedGPU"
    USE_SMALLER_GPU = "UseSmallerGPU"
    USE_IDLE_HOURS = "UseIdleHours"
    USE_NEWER_MODEL = "UseNewerModel"
    USE_SMALLER_MODEL = "UseSmallerModel"
    USE_BATCH_API = "UseBatchAPI"
    USE_FLEXIBLE_TIER = "UseFlexibleTier"
    USE_PROMPT_CACHING = "UsePromptCaching"
    STOP_PROMPT_CACHING = "StopPromptCaching"
    AVOID_LONG_CONTEXT = "AvoidLongContext"
    DROP_SURCHARGE = "DropSurcharge"
    DROP_IDLE_KEY = "DropIdleKey"
    AVOID_FAILED_REQUESTS = "AvoidFailedRequests"
    USE_API = "UseAPI"
    USE_OWN_SERVER = "UseOwnServer"


class Effect(StrEnum):
    """Whether the bill gets smaller, or what is paid for anyway becomes free for others."""

    BILL_REDUCTION = "BillReduction"
    FREED_CAPACITY = "FreedCapacity"


class Basis(StrEnum):
    """Whether the numbers suffice, or a trial has to prove it first."""

    ACTIONABLE = "Actionable"
    HYPOTHESIS = "Hypothesis"


class Obstacle(StrEnum):
    """Why a lever that was looked at is not advised: a closed list."""

    AUTOSCALED = "Autoscaled"
    BELOW_MINIMUM = "BelowMinimum"
    BUSY = "Busy"
    CAPABILITY_MISSING = "CapabilityMissing"
    CHECKPOINTS = "Checkpoints"
    DOUBTFUL_SIGNAL = "DoubtfulSignal"
    IGNORED = "Ignored"
    INTERCONNECT = "Interconnect"
    ISOLATION_REQUIRED = "IsolationRequired"
    LATENCY_REQUIRED = "LatencyRequired"
    LONG_ANSWERS = "LongAnswers"
    MEMORY_BOUND = "MemoryBound"
    MEMORY_NEEDED = "MemoryNeeded"
    MEMORY_UNKNOWN = "MemoryUnknown"
    NO_SUCCESSOR = "NoSuccessor"
    NOT_CHEAPER = "NotCheaper"
    NOT_OFFERED = "NotOffered"
    QUALITY_GAP = "QualityGap"
    TOO_LITTLE_DATA = "TooLittleData"
    TOO_MANY = "TooMany"
    UNPRICED = "Unpriced"


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be changed: an object in the workload's namespace, or a key or model of a source.

    `object_ref` without a kind of Kubernetes names what a provider knows: group `aicost.dev`, kind `UsageSource` and its name.
    """

    object_ref: ObjectRef
    container: str = ""
    subject: str = ""
    """What of it: a model, a key; empty for an object of Kubernetes."""
    known_as: str = ""
    """Its name in the id, where that must not follow what is seen to run."""

    def __str__(self) -> str:
        if self.known_as:
            return self.known_as
        kind = self.object_ref.kind.lower()
        return "-".join(part for part in (kind, self.object_ref.name, self.container, self.subject) if part)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what a workload costs, and what it costs a month at the pace of the evidence.

    Parts of a workload do not overlap: so advice about several of them adds up, and advice about one does not.
    """

    name: tuple[str, ...]
    monthly_nanos: int


@dataclass(frozen=True, slots=True)
class Saving:
    """Nano-units a month, at least and at most."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError(f"a saving from {self.low} to {self.high} is none")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers that an answer rests on, by name with their unit in it; each as it is printed."""

    window: Window
    samples: int
    numbers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Advice:
    """One change that saves. `touched` is the part of the workload's cost that it makes smaller: no saving exceeds it.

    `requires` must be true first; of a hypothesis its first line names the trial. `reason` is one sentence. `change` is
    what to write into the target, None where aicost cannot know the place; `operations` how, where it lies in lists of a
    custom kind; `configuration` what to try in a gateway.
    """

    lever: Lever
    effect: Effect
    basis: Basis
    target: Target
    current: str
    proposed: str
    saving: Saving
    currency: str
    touched: Part
    reason: str
    evidence: Evidence
    requires: tuple[str, ...] = ()
    change: Change | None = None
    configuration: str = ""
    operations: tuple[Operation, ...] = ()

    def __post_init__(self) -> None:
        if self.saving.high > self.touched.monthly_nanos:
            raise ValueError(f"{self.lever} of {self.target} saves more than {self.touched.name} costs")
        if self.basis is Basis.HYPOTHESIS and not self.requires:
            raise ValueError(f"{self.lever} of {self.target} is a hypothesis and names no trial")

    @property
    def id(self) -> str:
        """Its stable name: lever and target, never numbers, as `scale-to-zero-statefulset-notebook`."""
        return id_of(self.lever, self.target)


@dataclass(frozen=True, slots=True)
class Refused:
    """A lever that was looked at and is not advised: what speaks against it, and what would tell."""

    lever: Lever
    target: Target
    obstacle: Obstacle
    message: str
    evidence: Evidence


Answer: TypeAlias = Advice | Refused


def id_of(lever: Lever, target: Target) -> str:
    """The stable name of what a lever says of a target: what is too long or no name's text is cut, and told apart by a hash."""
    whole = f"{_dashed(lever)}-{target}"
    plain = _NOT_OF_AN_ID.sub("-", whole.lower())
    if plain == whole and len(whole) <= LONGEST_ID:
        return whole
    mark = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{plain[: LONGEST_ID - len(mark) - 1]}-{mark}"


def _dashed(lever: Lever) -> str:
    """`UseMIGSlice` as `use-mig-slice`."""
    return lever.name.lower().replace("_", "-")
