"""What is known of models beside their prices: tiers of a family, successors, limits. Dated data; judged values say so.

Quality is an index to put models in order and to veto a gap that is too large. It promises nothing of anybody's task.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from aicost.core.model_names import undated
from aicost.core.window import Instant

OWN = "own"
"""The provider of models that a cluster serves itself, by the names that servers give them."""


@dataclass(frozen=True, slots=True)
class Model:
    """A provider's model: `tier` is one of its family's, `quality` 0 to 100, `context` the most tokens of input.

    `caches_from` are the least tokens of a prompt that the provider caches, None: it caches none. `retires` is the begin
    of the day on which the provider takes it off. `successor` is a model of the same tier; `sources` say who told it.
    """

    provider: str
    name: str
    family: str
    tier: str
    quality: int
    context: int
    capabilities: frozenset[str] = frozenset()
    caches_from: int | None = None
    retires: Instant | None = None
    successor: str = ""
    sources: tuple[str, ...] = ()

    def can_replace(self, other: Model) -> bool:
        """Whether it takes what the other takes, in every way that the catalogue knows of."""
        return self.capabilities >= other.capabilities

    def retired_by(self, at: Instant) -> bool:
        """Whether the provider has taken it off by then."""
        return self.retires is not None and self.retires <= at


@dataclass(frozen=True, slots=True)
class Surcharge:
    """What a provider takes on top of its prices for a manner of requests that price lists do not tell apart."""

    provider: str
    dimension: str
    value: str
    percent: int
    source: str

    def __post_init__(self) -> None:
        if self.percent <= 0:
            raise ValueError(f"a surcharge of {self.percent} percent is none")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Models by provider, tiers of each family from the largest to the smallest, and surcharges, as of a date.

    Raises ValueError, in words, where a row contradicts another.
    """

    as_of: str = ""
    tiers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    models: tuple[Model, ...] = ()
    surcharges: tuple[Surcharge, ...] = ()
    _by_name: dict[tuple[str, str], Model] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for model in self.models:
            if (model.provider, model.name) in self._by_name:
                raise ValueError(f"{model.provider}/{model.name} has two rows")
            self._by_name[model.provider, model.name] = model
        for model in self.models:
            self._check(model)

    def model(self, provider: str, name: str) -> Model | None:
        """What is known of a model, whatever snapshot of it is named."""
        return self._by_name.get((provider, name)) or self._by_name.get((provider, undated(name)))

    def successor(self, of: Model, at: Instant) -> Model | None:
        """The newest model of the same tier that follows it and is still there; None where there is none."""
        found, newest = of, None
        while found.successor:
            found = self._by_name[found.provider, found.successor]
            newest = newest if found.retired_by(at) else found
        return newest

    def smaller(self, than: Model, at: Instant) -> tuple[Model, ...]:
        """The current models of lower tiers of its family, the best first: those that are there and have no successor."""
        tiers = dict(self.tiers)[than.family]
        lower = tiers[tiers.index(than.tier) + 1 :]
        fitting = (each for each in self.current(than.provider, at) if each.family == than.family)
        return tuple(each for each in fitting if each.tier in lower)

    def current(self, provider: str, at: Instant) -> tuple[Model, ...]:
        """A provider's models that nothing follows and that are still there, the best first."""
        found = (each for each in self.models if each.provider == provider)
        there = (each for each in found if not each.successor and not each.retired_by(at))
        return tuple(sorted(there, key=lambda each: (-each.quality, each.name)))

    def served(self, name: str) -> Model | None:
        """A model that a cluster serves itself, by a server's name for it: a path ends with it, and it may have a suffix."""
        told = name.rsplit("/", 1)[-1].lower()
        fitting = (each for each in self.models if each.provider == OWN and _begins(told, each.name))
        return max(fitting, key=lambda each: len(each.name), default=None)

    def smallest(self, at: Instant) -> tuple[Model, ...]:
        """The current models of the last tiers of all families that are somebody else's to serve."""
        last = {family: tiers[-1] for family, tiers in self.tiers}
        providers = dict.fromkeys(each.provider for each in self.models if each.provider != OWN)
        return tuple(
            each for provider in providers for each in self.current(provider, at) if each.tier == last[each.family]
        )

    def surcharge(self, provider: str, dimension: str, value: str) -> Surcharge | None:
        """What is taken on top for that manner, if the catalogue knows of it."""
        asked = (provider, dimension, value)
        return next((each for each in self.surcharges if (each.provider, each.dimension, each.value) == asked), None)

    def with_rows(
        self,
        tiers: Iterable[tuple[str, tuple[str, ...]]],
        models: Iterable[Model],
        surcharges: Iterable[Surcharge],
        as_of: str,
    ) -> Catalogue:
        """These rows, and of all else what stands here."""
        named = {(each.provider, each.name): each for each in (*self.models, *models)}
        charged = {(each.provider, each.dimension, each.value): each for each in (*self.surcharges, *surcharges)}
        return Catalogue(
            as_of or self.as_of,
            tuple({**dict(self.tiers), **dict(tiers)}.items()),
            tuple(named.values()),
            tuple(charged.values()),
        )

    def _check(self, model: Model) -> None:
        named = f"{model.provider}/{model.name}"
        if model.tier not in dict(self.tiers).get(model.family, ()):
            raise ValueError(f"{named} is of tier {model.tier}, which the family {model.family} does not have")
        if not model.successor:
            return
        successor = self._by_name.get((model.provider, model.successor))
        if successor is None:
            raise ValueError(f"{named} has the successor {model.successor}, of which there is no row")
        if (successor.family, successor.tier) != (model.family, model.tier):
            raise ValueError(f"{named} has the successor {model.successor}, which is of another tier")


def _begins(told: str, name: str) -> bool:
    return told == name or told.startswith(f"{name}-")


NOTHING_KNOWN = Catalogue()
