"""The API server crashes, or forgets what a watch has seen: nothing is lost, and what was deleted meanwhile is noticed."""

from __future__ import annotations

import signal
import time

from e2e.operator_process import OperatorProcess
from e2e.tests.operator.conftest import Operators
from e2e.tests.operator.live.conftest import PER_SECOND, Live, known_until
from e2e.tests.operator.live.test_outages import is_exact
from e2e.tests.operator.resources import charged, until

ENDED_FOR_A_FRESH_START = 1


def revive(operator: OperatorProcess) -> None:
    """As the kubelet would: begin again if it ended so that a fresh process begins."""
    if operator.process.exit_code is not None:
        assert operator.process.exit_code == ENDED_FOR_A_FRESH_START
        operator.start()
    operator.ready()


def test_a_crash_of_the_api_server_loses_nothing(scene: Live, operators: Operators) -> None:
    """With the Lease: it goes on or begins anew, and the cost is exact to the second, over the crash too."""
    operator = operators(**scene.settings(LEASE="true"))
    scene.declare("embed")
    bound = scene.run("embed", "embed", 3)
    operator.start()
    operator.ready()
    before = scene.workload("embed")
    scene.resources.control_plane.restart_apiserver(kill=True)
    revive(operator)
    after = scene.reaching("embed", known_until(before) + 6)
    assert charged(after) > charged(before)
    assert is_exact(after, bound, 3)
    assert after["gaps"] == []
    assert operator.stop() == 0


def test_what_a_watch_missed_is_noticed(scene: Live, operators: Operators) -> None:
    """Frozen while a workload and a pod are deleted and the server's memory of it is lost (410): both are noticed."""
    operator = operators(**scene.settings(RESYNC="30"))
    scene.declare("rank", "rerank")
    bound = scene.run("rank", "rank", 2)
    scene.run("rerank", "rerank", 1)
    operator.start()
    operator.ready()
    operator.process.signal(signal.SIGSTOP)
    scene.resources.delete("aicost", "live/rerank")
    scene.end("rank")
    scene.resources.control_plane.compact()
    scene.resources.control_plane.restart_apiserver(kill=True)
    operator.process.signal(signal.SIGCONT)
    until(lambda: "410" in operator.process.log.read_text(), "a watch expires")
    revive(operator)
    missed_by = int(time.time()) + 1
    until(lambda: [top["name"] for top in tops(scene) if top.get("deleted")] == ["rerank"], "it is noticed", 60)
    until(lambda: stirred(scene) > missed_by + 2, "idle cost goes on")
    assert charged(scene.workload("rank")) <= (missed_by - bound) * 2 * PER_SECOND


def stirred(scene: Live) -> int:
    """How far idle cost is known."""
    scene.stir()
    return known_until(scene.resources.status("bu", "unallocated"))


def tops(scene: Live) -> list[dict[str, str]]:
    """The unit's largest workloads, of which some may be gone."""
    found: list[dict[str, str]] = scene.resources.status("bu", "team").get("top", {}).get("workloads", [])
    return found
