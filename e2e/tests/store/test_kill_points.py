"""An operator killed at every write of a story that has every kind of write: each time its ledger ends up the same."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Iterator
from multiprocessing.pool import Pool
from pathlib import Path

import pytest

from aicost.core.hosts import CORE
from aicost.core.ledger import Certainty, Component
from aicost.core.window import DAY, day_of
from e2e.tests.store.deaths import Death, prepare, survived, undisturbed
from e2e.tests.store.story import LEDGER, STEPS
from tests.reconcile.october import NOVEMBER, OCTOBER
from tests.store.stored import opened
from tests.support.builders import at, between, usd

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])
_TOGETHER = 15
"""So many deaths are one task, so that all workers have something to do until the end."""
CHUNKS = 3
KINDS = (
    "after CREATE TABLE entry",
    "after UPDATE alembic_version SET",
    "after INSERT INTO holding",
    "after INSERT INTO correction",
    "after INSERT INTO host_hour",
    "after INSERT INTO host_use",
    "after DELETE FROM line",
    "before COMMIT",
    "before commit",
    "after close",
    "before os.rename",
    "before the reserved unit",
    "after status of AIWorkload chat",
    "before Event OverBudget",
)


@pytest.fixture(scope="module")
def workers() -> Iterator[Pool]:
    with _PROCESSES.Pool(2, prepare) as pool:
        yield pool


@pytest.fixture(scope="module")
def story(workers: Pool, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[Death]]]:
    """What each step of the story left, each lived through by a process of its own, and the moments of each."""
    folder = tmp_path_factory.mktemp("story")
    (folder / "0").mkdir()
    moments = []
    for step in range(len(STEPS)):
        shutil.copytree(folder / f"{step}", folder / f"{step + 1}")
        moments.append(workers.apply(undisturbed, (folder / f"{step + 1}", step, step)))
    return folder, moments


def test_ledger_is_the_same_wherever_its_owner_is_killed(
    story: tuple[Path, list[list[Death]]], workers: Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every row is what it is undisturbed, whatever the write before or after which the operator died.

    What a step left is all that the next one's process knows, so this holds for the whole story.
    """
    folder, moments = story
    tasks = [
        (folder / f"{step}", folder / f"{step + 1}", step, deaths[some : some + _TOGETHER])
        for step, deaths in enumerate(moments)
        for some in range(0, len(deaths), _TOGETHER)
    ]
    outcomes = workers.starmap(survived, tasks, 1)
    assert [name for _, wrong in outcomes for name in wrong] == []
    points, futures = sum(map(len, moments)), sum(count for count, _ in outcomes)
    with capsys.disabled():
        print(f"\n» the ledger is the same after a kill at each of {points} kill points, which left {futures} states")


def test_the_story_has_every_kind_of_write(story: tuple[Path, list[list[Death]]]) -> None:
    """Migrations, back-filled chunks, settled entries, drafts, a close and its copy, a correction, statuses, Events."""
    _, moments = story
    assert set(KINDS) <= {name for deaths in moments for _, name in deaths}
    assert [name for _, name in moments[0]].count("after INSERT INTO entry") >= CHUNKS


def test_the_story_ends_with_a_sound_ledger(story: tuple[Path, list[list[Death]]]) -> None:
    """So it is worth being the same: all sums, hashes and chains are proved, and it has every kind of cost.

    Of a closed month a bill was restated; estimates gave way to their bills, but for today's.
    """
    folder, _ = story
    shutil.copytree(folder / f"{len(STEPS)}", folder / "end")
    with opened(f"sqlite:///{folder / 'end' / LEDGER}") as ledger:
        proof = ledger.verify()
        assert (proof.broken, [month.period for month in ledger.closings()]) == ((), [OCTOBER])
        (correction,) = ledger.corrections(OCTOBER)
        hosts = ledger.entries(between(-2 * DAY, 4 * DAY), Component.COMPUTE)
        totals, tokens = ledger.totals(NOVEMBER.window), ledger.entries(NOVEMBER.window, Component.TOKENS)
    assert correction.origin.amount == usd(12, 340_000_000)
    assert sum(of.origin.quantity for of in hosts if of.origin.pool == "CPU") == 8 * CORE * 6 * DAY
    assert not any(of.origin.quantity for of in hosts if of.origin.gap)
    told = {(total.pool, total.certainty) for total in totals if total.nanos}
    assert {("router", Certainty.BILLED), ("openai", Certainty.BILLED), ("openai", Certainty.ESTIMATED)} <= told
    estimates = [entry.origin for entry in tokens if entry.origin.certainty is Certainty.ESTIMATED]
    assert {origin.window for origin in estimates if origin.amount and origin.amount.nanos} == {day_of(at(4 * DAY))}
    assert len(estimates) > 1
