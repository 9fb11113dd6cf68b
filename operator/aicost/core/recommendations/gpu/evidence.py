"""What one server held and how hard it worked, over one window: all that levers about GPUs know.

A server is what one controller runs for a workload (a Deployment, a Job, a custom kind; a pod without one is its own).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from aicost.core.declarations import INFERENCE, LatencyClass
from aicost.core.identity import WorkloadRef
from aicost.core.loads import CardLoad, ServerLoad
from aicost.core.recommendations.advice import HOURS_OF_A_MONTH, Part, Target
from aicost.core.recommendations.gpu.hardware import Hardware
from aicost.core.recommendations.gpu.room import Room
from aicost.core.recommendations.kinds import COUNTED_IN_PODS
from aicost.core.usage import FULLY_BUSY_PPM, SIGNALS, Tokens
from aicost.core.window import HOUR, Instant, Window

BATCH_PURPOSES = ("Training", "FineTuning", "Evaluation")
BATCH_KINDS = frozenset(
    (
        "Job",
        "CronJob",
        "JobSet",
        "RayJob",
        "PyTorchJob",
        "TFJob",
        "MPIJob",
        "XGBoostJob",
        "PaddleJob",
        "JAXJob",
        "TrainJob",
        "Workflow",
    )
)
_RUN_ONCE = BATCH_KINDS - {"CronJob"} | {"Pod"}
FIXED_KINDS = BATCH_KINDS | {"Pod", "DaemonSet"}
"""Those that have no number of replicas to change; all others have one, built-in and custom ones."""


_HOURS_OF_A_DAY = 24
TOLD_OFTEN_ENOUGH = 800_000
"""A peak is known where so many of the hours tell of it, in parts per million."""


@dataclass(frozen=True, slots=True)
class Device:
    """What its pods ask for: `count` devices of one name each. `hardware` is what one of them can do; None: not known.

    `sharing` as of core.cards.Cards, empty for whole cards; `profile` that of a MIG instance.
    """

    resource: str
    model: str
    count: int = 1
    sharing: str = ""
    profile: str = ""
    hardware: Hardware | None = None

    def __str__(self) -> str:
        return f"{self.resource}: {self.count}"

    @property
    def is_whole(self) -> bool:
        """Whether it is a card that nobody else holds."""
        return not self.sharing


@dataclass(frozen=True, slots=True)
class Offer:
    """A device that could be asked for instead, at a price of an hour; `nodes` of the cluster have it, 0: none does yet.

    `replicas` share the device in time, without isolation. `where` are the labels of nodes that have it for less than others.
    """

    resource: str
    model: str
    hardware: Hardware
    per_hour: int
    nodes: int = 0
    profile: str = ""
    replicas: int = 1
    product: str = ""
    where: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """As people call it."""
        cut = f" in {self.profile}" if self.profile else f" shared by {self.replicas}" if self.replicas > 1 else ""
        return f"{self.model}{cut}"


@dataclass(frozen=True)
class ServerEvidence:
    """One server over whole hours. `part` is what its GPUs cost a month at the pace of the window, in `currency`.

    `replicas` counts its pods at the end of each hour; `device_hours` is what they held. `tokens` None: nothing counts
    any. `weights_mib` is the most that its model's weights take, None where its name does not tell. `alone`: on its nodes it
    held every card, and none of them was bought. `autoscaled`: something else decides how many replicas there are; None:
    nobody knows. `in_parts`: the number of replicas that the target has is not that of all of these pods. `container` is the
    one that asks for its devices, where that is known: no part of the target, so that advice keeps its id while no pod runs.
    `room` is where batch work could run for nothing more; None: of some of the window nobody knows who held cards, or its pods
    ask for devices of several kinds.
    """

    workload: WorkloadRef
    target: Target
    window: Window
    device: Device | None
    part: Part
    currency: str
    replicas: tuple[int, ...]
    device_hours: int
    loads: tuple[CardLoad, ...] = ()
    caches: tuple[ServerLoad, ...] = ()
    tokens: Tokens | None = None
    models: frozenset[str] = frozenset()
    weights_mib: int | None = None
    purpose: str = INFERENCE
    latency: LatencyClass = LatencyClass.INTERACTIVE
    isolated: bool = True
    alone: bool = False
    nodes: tuple[str, ...] = ()
    autoscaled: bool | None = False
    batch: bool = False
    in_parts: bool = False
    offers: tuple[Offer, ...] = ()
    container: str = ""
    room: Room | None = None

    @cached_property
    def hours(self) -> frozenset[Instant]:
        """The begins of the hours of which a load tells."""
        return frozenset(load.hour.start for load in self.loads)

    @cached_property
    def samples(self) -> int:
        """Of all its cards."""
        return sum(load.samples for load in self.loads)

    @property
    def coverage(self) -> int:
        """Of what its pods held, as far as loads tell: parts per million. A pod that came and went within an hour tells of the hour."""
        return min(FULLY_BUSY_PPM, len(self.loads) * FULLY_BUSY_PPM // max(1, self.device_hours))

    @cached_property
    def signal(self) -> str:
        """The least honest signal that any number rests on; empty without loads."""
        return max((load.signal for load in self.loads), key=SIGNALS.index, default="")

    @cached_property
    def peak(self) -> int:
        """The hardest that any of its devices worked."""
        return max((load.peak_ppm for load in self.loads), default=0)

    @cached_property
    def high(self) -> int:
        """The highest 95th percentile of any hour and device."""
        return max((load.high_ppm for load in self.loads), default=0)

    @cached_property
    def duty(self) -> int | None:
        """The highest duty cycle, whatever the signal; None where nobody tells."""
        return max((load.duty_peak_ppm for load in self.loads if load.duty_peak_ppm is not None), default=None)

    @cached_property
    def power(self) -> int | None:
        """Milliwatts that a card drew at most; None where nobody tells."""
        return max((load.power_peak_mw for load in self.loads if load.power_peak_mw is not None), default=None)

    @cached_property
    def bandwidth(self) -> int | None:
        """The most memory bandwidth that was used; None where too few hours tell of it."""
        return _most(load.bandwidth_peak_ppm for load in self.loads)

    @cached_property
    def memory(self) -> int | None:
        """MiB that a device used at most; None where too few hours tell of it."""
        return _most(load.memory_peak_mib for load in self.loads)

    @cached_property
    def cache(self) -> int | None:
        """What share of its KV cache any pod used at most; None where nobody tells."""
        return max((load.kv_cache_peak_ppm for load in self.caches), default=None)

    @property
    def preallocates(self) -> bool:
        """Whether it takes memory before it needs it: model servers do, and who counts tokens or a KV cache is one."""
        return self.tokens is not None or bool(self.caches)

    @property
    def comes_again(self) -> bool:
        """Whether it is batch work: that ends, and comes again."""
        return self.batch or self.purpose in BATCH_PURPOSES

    @cached_property
    def at_once(self) -> int:
        """The most of its pods that ran together; where nobody knows, all of an hour count as that."""
        if self.room is not None:
            return max(self.room.at_once, *self.replicas, 1)
        pods: dict[Instant, set[str]] = defaultdict(set)
        for load in self.loads:
            pods[load.hour.start].add(load.pod)
        return max((*self.replicas, *map(len, pods.values())), default=0)

    @property
    def works_together(self) -> bool:
        """Whether several of its pods may be one work: of batch work, and of kinds of which a replica may be a group."""
        of = self.target.object_ref
        return self.at_once > 1 and (self.comes_again or (of.group, of.kind) not in COUNTED_IN_PODS)

    @property
    def is_one_run(self) -> bool:
        """Whether it is a run of batch work, or a pod, that nothing starts again: what it asks for only the next one can change."""
        return self.target.object_ref.kind in _RUN_ONCE

    @property
    def scales(self) -> bool:
        """Whether its number of replicas can be changed."""
        return self.target.object_ref.kind not in FIXED_KINDS

    @property
    def pace(self) -> int:
        """Device-hours a month, in thousandths."""
        return self.device_hours * 1000 * HOURS_OF_A_MONTH * HOUR // self.window.seconds

    def lasting(self, nanos: int) -> int:
        """So much of an amount at the window's pace as is still there at that of its last day; batch work comes again."""
        day = self.replicas[-_HOURS_OF_A_DAY:]
        if self.comes_again or not any(self.replicas):
            return nanos
        return min(nanos, nanos * sum(day) * len(self.replicas) // (sum(self.replicas) * len(day)))

    @property
    def ran_lately(self) -> bool:
        """Whether any pod of it was there at the end of an hour of the last day."""
        return any(self.replicas[-_HOURS_OF_A_DAY:])

    @property
    def running(self) -> int:
        """Its pods at the end of the window."""
        return self.replicas[-1] if self.replicas else 0


def _most(values: Iterable[int | None]) -> int | None:
    asked = list(values)
    told = [value for value in asked if value is not None]
    return max(told) if told and len(told) * FULLY_BUSY_PPM >= len(asked) * TOLD_OFTEN_ENOUGH else None
