"""What the evaluation asks of the outside world: small protocols in the core's words, and the errors they may raise.

Adapters implement these; nothing here knows HTTP, SQL or Kubernetes. Instants are whole seconds UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from aicost.core.bills import BillDay
from aicost.core.coverage import Coverage
from aicost.core.declarations import Source
from aicost.core.gaps import Gap
from aicost.core.holdings import Devices
from aicost.core.hosts import HostHour
from aicost.core.loads import Loads
from aicost.core.placements import Placement
from aicost.core.recommendations.live import Live
from aicost.core.recommendations.shapes import NOTHING_SOUGHT, Sought
from aicost.core.token_prices import Manner, TokenPrice
from aicost.core.usage import CallerUse, CardUse, PodTokens, UsageRow
from aicost.core.window import Instant, Window
from aicost.ports.ledger import ALWAYS_OPEN, CLUSTER, Commit, FilesTold, Ledger, Tenure

if TYPE_CHECKING:  # the API's models take longer to import than most commands need
    from aicost.api.declared import Translated

__all__ = [
    "ALWAYS_OPEN",
    "Account",
    "Announcer",
    "BillReader",
    "BillReading",
    "CLUSTER",
    "CallerMeter",
    "Clock",
    "Commit",
    "Credentials",
    "DeclarationStore",
    "DeviceHistory",
    "FilesTold",
    "Forbidden",
    "HostMeter",
    "Inventory",
    "Ledger",
    "LoadSource",
    "Malformed",
    "Reserver",
    "ResourceRef",
    "StatusWriter",
    "TakenOver",
    "Tenure",
    "TokenMeter",
    "TokenPriceList",
    "Unavailable",
    "UtilisationSource",
]


class Unavailable(Exception):  # noqa: N818 # a state of the outside world, said as one
    """The outside world did not answer in time or refused for now: ask again later. The message names who and why."""


class Malformed(Exception):  # noqa: N818 # same
    """The outside world answered with something that cannot be understood: nothing of it may be used."""


class Forbidden(Exception):  # noqa: N818 # same
    """The outside world refused who we are: asking again will not help until somebody acts."""


class TakenOver(Forbidden):
    """Another operator writes the ledger now: what this one still does must not be stored. It has to end."""


class Clock(Protocol):
    """Tells the time; pinned in the demonstration and in tests."""

    def now(self) -> Instant:
        """The current instant."""
        ...


class Inventory(Protocol):
    """The live cluster, as the pod and node watches see it."""

    @property
    def synced_at(self) -> Instant | None:
        """When pods and nodes were last known to be complete; None before the first list or while a watch is lost."""
        ...

    def devices(self, until: Instant) -> Devices:
        """Everything seen since the watch began, ended pods included; what still runs ends at `until`."""
        ...

    def live(self, sought: Sought = NOTHING_SOUGHT) -> Live:
        """What advice needs to know of what runs now, and how these objects look, as far as they were read by now."""
        ...

    def forget(self, before: Instant) -> None:
        """Drop what ended before: the ledger has it."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """Who held which cards, and the time that this tells of: outside of it nothing is known."""

    devices: Devices
    covered: Coverage


class DeviceHistory(Protocol):
    """Who held which cards in the past, from recorded series."""

    async def devices(self, over: Window) -> Account | None:
        """The account of the window; None when no series covers any of it. Raises Unavailable or Malformed."""
        ...


class UtilisationSource(Protocol):
    """How busy cards were."""

    async def card_use(self, over: Window) -> tuple[CardUse, ...]:
        """By card, pod and hour, for whole hours of the window. Raises Unavailable or Malformed."""
        ...


class PlacementSource(Protocol):
    """On which cards MIG instances lay."""

    async def placements(self, over: Window) -> tuple[Placement, ...]:
        """By whole hour of the window, of nodes whose cards are cut differently. Raises Unavailable, Malformed or Forbidden."""
        ...


class LoadSource(Protocol):
    """How hard cards worked, and how full model servers' caches were: what advice rests on."""

    async def loads(self, over: Window) -> Loads:
        """By hour, for whole hours of the window. Raises Unavailable, Malformed or Forbidden."""
        ...


class HostMeter(Protocol):
    """What nodes had of CPU and memory, and who took of it."""

    async def host_hours(self, nodes: Collection[str], over: Window) -> tuple[HostHour, ...]:
        """By hour and node, for whole hours of the window. Raises Unavailable, Malformed or Forbidden."""
        ...


class TokenMeter(Protocol):
    """What model servers counted."""

    async def pod_tokens(self, over: Window) -> tuple[PodTokens, ...]:
        """By pod, model and hour, for whole hours of the window. Raises Unavailable or Malformed."""
        ...


class TokenPriceList(Protocol):
    """A public list of what providers' models cost. Blocking; it asks nobody."""

    def price(self, provider: str, model: str, at: Instant, manner: Manner) -> TokenPrice | None:
        """The price in force then of requests that were made in that manner; None where the list has none."""
        ...

    def price_of_each(self, provider: str, model: str, at: Instant, measure: str) -> TokenPrice | None:
        """What one of a measure that is not paid by token costs then; None where the list has no price of it."""
        ...

    def provider_of(self, model: str) -> tuple[str, str]:
        """Provider and model of a gateway's name for a model, such as `openai/gpt-6-sol`; no provider where unknown."""
        ...


class CallerMeter(Protocol):
    """Who called metered model servers, and for how much."""

    async def caller_use(self, sources: Sequence[Source], over: Window) -> tuple[CallerUse, ...]:
        """By source, caller and hour, for whole hours of the window. Raises Unavailable, Malformed or Forbidden."""
        ...


ORGANISATION = "organisation:"


@dataclass(frozen=True, slots=True)
class BillReading:
    """One poll of a bill: the complete days that were read, what was used, and what could not be read.

    `usage` is all that was used on each of `usage_days`, also where that is nothing. `rest_s` are the seconds from its end
    in which the provider asked to be left alone. `names` are labels, by dimension and
    id, as far as they could be read; None: they were not asked for. Two sources that share one of `accounts` read one account:
    those that begin with ORGANISATION hold for all processes, others for this one.
    """

    days: tuple[BillDay, ...] = ()
    usage: tuple[UsageRow, ...] = ()
    gaps: tuple[Gap, ...] = ()
    usage_days: tuple[Window, ...] = ()
    rest_s: float = 0.0
    names: Mapping[tuple[str, str], str] | None = None
    accounts: frozenset[str] = field(default=frozenset(), repr=False)


class BillReader(Protocol):
    """Reads a provider's bill. Never raises for the provider's faults: each spoils its day and becomes a gap."""

    async def read(self, source: Source, over: Window) -> BillReading:
        """All UTC days of the window, each complete or a gap."""
        ...


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """A custom resource of ours; `namespace` is empty for cluster-scoped kinds."""

    kind: str
    namespace: str
    name: str


class DeclarationStore(Protocol):
    """The custom resources, as last seen."""

    @property
    def synced(self) -> bool:
        """Whether every kind was listed at least once."""
        ...

    def declarations(self) -> Translated:
        """What they declare, translated, and which of them cannot be."""
        ...

    def resource(self, ref: ResourceRef) -> Mapping[str, Any] | None:
        """One resource as last seen, its status with it; None if there is none."""
        ...


class StatusWriter(Protocol):
    """Writes status, only where it differs; bounded in rate and in flight."""

    async def write(self, statuses: Sequence[tuple[ResourceRef, Mapping[str, Any]]]) -> int:
        """Write each status that differs from what the resource shows; returns how many were written."""
        ...


class Reserver(Protocol):
    """Keeps the reserved unit `unallocated` there."""

    async def ensure(self) -> None:
        """Create it where it is missing; what keeps it from that is said, and never raised."""
        ...


class Announcer(Protocol):
    """Tells people of transitions, as Kubernetes Events."""

    async def announce(self, about: ResourceRef, reason: str, message: str, *, warning: bool) -> None:
        """Post one Event; losing one is not an error."""
        ...


class Credentials(Protocol):
    """Secrets of the operator's credential namespace."""

    async def token(self, name: str, key: str, host: str) -> str:
        """The credential, read anew; raises Forbidden when it is missing, of the wrong type or not for that host."""
        ...
