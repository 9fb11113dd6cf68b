"""Random pods under random outages: the real watch state and the real evaluation against an honest history.

Whatever is lost, restarted or heard late, every card-second is charged to its pod once, and a restart changes nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import pytest

from aicost.cluster.cardgroups import CardGroups
from aicost.cluster.holders import Holders
from aicost.cluster.nodes import SeenNode
from aicost.cluster.pods import BoundPod
from aicost.cluster.watches import Change
from aicost.core.cards import Cards
from aicost.core.holdings import FOREVER, Devices, Holding
from aicost.core.identity import NodeRef, labels
from aicost.core.layout import WHOLE
from aicost.core.ledger import Component
from aicost.core.recommendations.live import Live
from aicost.core.recommendations.shapes import NOTHING_SOUGHT, Sought
from aicost.core.window import DAY, HOUR, Instant, Window
from tests.reconcile.world import World, node
from tests.support.builders import a_pod, at, between
from tests.support.fakes import ManualClock

START, CLOSE = 2 * HOUR, 6 * HOUR
GPU = "nvidia.com/gpu"
NODE = SeenNode("n1", NodeRef("node-a", at(-60 * DAY)), labels({}), (Cards("NVIDIA-H100-80GB-HBM3", 8),))


@dataclass(frozen=True, slots=True)
class Life:
    """A pod that holds two cards from a second to another; a job's stays listed for an hour after its end."""

    name: str
    uid: str
    bound: int
    ended: int
    job: bool

    def seen(self, now: int) -> BoundPod:
        identity = a_pod(self.name, uid=self.uid, app="chat")
        finished = self.ended <= now
        ended = at(self.ended) if finished else None
        return BoundPod(identity, None, "node-a", ((GPU, 2),), at(self.bound), finished, ended, None)

    def listed(self, now: int) -> bool:
        return self.bound < now and (self.ended > now or (self.job and self.ended + HOUR > now))


class WatchedCluster:
    """ports.Inventory on the adapters' own state, in step as far as it is told."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._holders, self._cards = Holders(), CardGroups()
        self._known: Instant | None = None
        self.lost = False

    @property
    def synced_at(self) -> Instant | None:
        return None if self.lost else self._known

    def devices(self, until: Instant) -> Devices:
        return Devices(tuple(self._cards.groups(until)), tuple(self._holders.holdings(until)))

    def live(self, _: Sought = NOTHING_SOUGHT) -> Live:
        return Live()

    def forget(self, before: Instant) -> None:
        self._holders.forget(before)
        self._cards.forget(before)

    def lists(self, lives: list[Life]) -> None:
        now = self._clock.now()
        self._cards.on_list([NODE], now, self._known)
        self._holders.on_list([life.seen(now - at(0)) for life in lives], now, self._known)
        self.in_step()

    def hears(self, change: Change, life: Life, when: int) -> None:
        self._holders.on_event(change, life.seen(when), at(when), self._known or at(when))

    def in_step(self) -> None:
        self._known, self.lost = self._clock.now(), False


class Story:
    """One random day: pods that follow each other on four pairs of cards, a watch that fails, an operator that stops."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 # a story, not a secret
        self.lives = [life for slot in range(4) for life in self._slot(slot)]
        self.world = World(START)
        self.world.declare()
        self._heard = START
        self._begin()

    def _slot(self, slot: int) -> list[Life]:
        lives: list[Life] = []
        time = self.random.randrange(HOUR)
        while time < CLOSE:
            length = self.random.randrange(300, 3 * HOUR)
            name = f"p{slot}-{len(lives)}" if self.random.random() < 0.7 else f"p{slot}-0"
            lives.append(Life(name, f"u{slot}-{len(lives)}", time, time + length, self.random.random() < 0.5))
            time += length + self.random.choice([0, self.random.randrange(1, 600)])
        return lives

    def _begin(self) -> None:
        self.cluster = WatchedCluster(self.world.clock)
        self.world.inventory = self.cluster  # type: ignore[assignment] # the port's shape, with the real state behind it
        self.world.restart()
        self._list()

    def _list(self) -> None:
        self.cluster.lists([life for life in self.lives if life.listed(self.now)])
        self._heard = self.now

    @property
    def now(self) -> int:
        return self.world.clock.now() - at(0)

    def remembers(self) -> None:
        """The history knows every life up to now, to the second."""
        held = tuple(
            Holding(
                life.seen(0).identity,
                "node-a",
                GPU,
                2,
                Window(at(life.bound), at(life.ended) if life.ended <= self.now else FOREVER),
            )
            for life in self.lives
            if life.bound < self.now
        )
        self.world.history.told = Devices((node(),), held)
        self.world.history.covers = (Window(at(0), self.world.clock.now()),)

    def hear(self) -> None:
        """Every event since the last one heard, in order."""
        events: list[tuple[int, Change, Life]] = [(life.bound, "ADDED", life) for life in self.lives]
        events += [(life.ended, "MODIFIED" if life.job else "DELETED", life) for life in self.lives]
        events += [(life.ended + HOUR, "DELETED", life) for life in self.lives if life.job]
        for when, change, life in sorted(events, key=lambda event: (event[0], event[2].uid, event[1])):
            if self._heard <= when < self.now:
                self.cluster.hears(change, life, when)
        self._heard = self.now
        self.cluster.in_step()

    async def play(self) -> None:
        """Minute by minute: mostly in step, sometimes lost, sometimes down."""
        minutes, down = 0, False
        self.remembers()
        await self.world.cycle()
        while self.now < CLOSE + HOUR:
            self.world.clock.advance(60)
            self.remembers()
            minutes -= 1
            if minutes > 0:
                if not down:
                    await self.world.cycle()
                continue
            if minutes == 0:
                self._come_back(down=down)
            else:
                self.hear()
            await self.world.cycle()
            if self.random.random() < 0.03:
                down, minutes = self.random.random() < 0.3, self.random.randrange(2, 40)
                self.cluster.lost = True
        if self.cluster.lost:
            self._come_back(down=down)
        await self.world.cycle(60)

    def _come_back(self, *, down: bool) -> None:
        if down:
            self._begin()
        elif self.random.random() < 0.5:
            self._list()
        else:
            self.hear()

    def charged(self) -> Counter[str]:
        """Card-microseconds by owner's kind, until the close."""
        counted: Counter[str] = Counter()
        for entry in self.world.ledger.entries(between(0, CLOSE), Component.GPU):
            counted.update({line.owner.kind.value: line.quantity for line in entry.lines if line.owner.kind == "idle"})
            counted["held"] += sum(line.quantity for line in entry.lines if line.owner.kind != "idle")
            counted["parked"] += sum(line.quantity for line in entry.lines if line.owner.kind == "parked")
        return counted


@pytest.mark.parametrize("seed", range(4))
async def test_every_card_second_is_charged_once_whatever_fails(seed: int) -> None:
    """Held, idle and parked are the truth's, to the second; a restart at the end leaves the same ledger."""
    story = Story(seed)
    await story.play()
    held = sum(2 * (min(life.ended, CLOSE) - life.bound) for life in story.lives if life.bound < CLOSE)
    assert story.charged() == {
        "held": held * WHOLE,
        "idle": (8 * CLOSE - held) * WHOLE,
        "parked": 0,
    }
    before = story.world.digest()
    story._begin()  # noqa: SLF001 # a last restart
    await story.world.cycle()
    assert story.world.digest() == before
