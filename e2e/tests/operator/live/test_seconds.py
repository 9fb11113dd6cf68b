"""Cost grows by seconds times cards times price, to the last digit, while everything runs."""

from __future__ import annotations

from decimal import Decimal

from aicost.core.window import Instant
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.live.conftest import CARDS, GPU, PER_SECOND, Live, idle, known_until
from e2e.tests.operator.resources import Body, charged, condition, until


def test_cost_is_seconds_times_cards_times_price(scene: Live, operator: OperatorProcess) -> None:
    """At any two moments; a finished pod costs until its container ended, its successor on the cards from its binding."""
    scene.declare("chat", "train")
    chat_from, train_from = scene.run("chat", "chat", 2), scene.run("train-1", "train", 6)
    operator.start()
    operator.ready()
    first, rest_before = scene.workload("chat"), scene.resources.status("bu", "unallocated")
    assert charged(first) == (known_until(first) - chat_from) * 2 * PER_SECOND
    assert condition(first, "DataAvailable")["status"] == "True"
    train_until = Instant(max(map(known_until, (first, rest_before))) + 2)
    scene.finish("train-1", train_until)
    again_from = scene.run("train-2", "train", 5)
    train = scene.reaching("train", again_from + 3)
    chat, rest = scene.workload("chat"), scene.resources.status("bu", "unallocated")
    chat_cost = (known_until(chat) - chat_from) * 2 * PER_SECOND
    assert charged(chat) == chat_cost
    assert charged(chat) - charged(first) == (known_until(chat) - known_until(first)) * 2 * PER_SECOND
    held = (train_until - train_from) * 6
    assert charged(train) == (held + (known_until(train) - again_from) * 5) * PER_SECOND
    begin, now = known_until(rest_before), known_until(rest)
    held = (train_until - begin) * 6 + (now - begin) * 2 + (now - again_from) * 5
    assert idle(rest) - idle(rest_before) == ((now - begin) * CARDS - held) * PER_SECOND
    assert_nothing_lost(operator)


def test_an_unknown_product_is_a_gap_beside_exact_cost(scene: Live, operator: OperatorProcess) -> None:
    """A second node whose GPUs nobody can name is out of every total, counted and said; the first node's cost stays."""
    scene.join("live-b", {}, {GPU: 2})
    scene.declare("probe")
    probe_from = scene.run("probe", "probe", 3)
    operator.start()
    operator.ready()
    unallocated = until(
        lambda: (of := scene.resources.status("bu", "unallocated")) and told(of, "NoProduct") and of,
        "the gap is told",
        10,
    )
    assert unallocated
    # What other tests had priced by the built-in list is told beside it, and hides nothing.
    assert {gap["reason"] for gap in unallocated["gaps"]} - {"BuiltInPrice"} == {"NoProduct"}
    probe = scene.workload("probe")
    assert charged(probe) == (known_until(probe) - probe_from) * 3 * PER_SECOND
    assert scene.resources.status("pb", "default")["summary"]["state"] == "Missing"
    scene.resources.kubectl("delete", "node", "live-b")


def told(status: Body, reason: str) -> bool:
    """Whether a gap of this reason is told."""
    return any(gap["reason"] == reason for gap in status.get("gaps", ()))


def assert_nothing_lost(operator: OperatorProcess) -> None:
    """The lines are the origins, to the nano-unit."""
    proofs = operator.report().json()["proofs"]
    assert proofs
    assert all(proof["origins"] == proof["lines"] and proof["broken"] == 0 for proof in proofs)
    assert sum(Decimal(proof["origins"]) for proof in proofs) > 0
