"""Prometheus away, the operator away, both away: cost goes on, what is missing is said, and comes back exactly."""

from __future__ import annotations

from aicost.core.window import Instant
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.live.conftest import PER_SECOND, Live, known_until
from e2e.tests.operator.resources import Body, charged, condition, until


def reasons(status: Body) -> set[str]:
    return {gap["reason"] for gap in status["gaps"]}


def is_exact(status: Body, bound: Instant, cards: int) -> bool:
    return charged(status) == (known_until(status) - bound) * cards * PER_SECOND


def test_prometheus_away_is_a_gap_and_no_loss(scene: Live, operator: OperatorProcess) -> None:
    """The watch goes on to charge; the time before it and the use are gaps; all of it is known once Prometheus is back."""
    scene.declare("asr")
    bound = scene.run("asr", "asr", 2)
    until(lambda: scene.scraped("asr"), "the pod is scraped")
    scene.prometheus.stop()
    operator.start()
    operator.ready()
    costs = [charged(status) for status in watched(scene, "asr", 3)]
    gone = scene.workload("asr")
    assert reasons(gone) == {"NoPodHistory", "NoUtilisation", "NoTokenCounts"}
    assert (condition(gone, "DataAvailable")["status"], gone["summary"]["state"]) == ("False", "Partial")
    assert condition(gone, "Ready")["status"] == "True"
    scene.prometheus.start()
    until(lambda: not reasons(scene.workload("asr")), "the gaps close", 60)
    back = scene.workload("asr")
    assert is_exact(back, bound, 2)
    scene.prometheus.stop()
    costs += [charged(status) for status in (back, *watched(scene, "asr", 3))]
    assert costs == sorted(costs)
    assert is_exact(scene.workload("asr"), bound, 2)
    scene.prometheus.start()


def test_what_happened_while_everybody_was_away_is_told_afterwards(scene: Live, operator: OperatorProcess) -> None:
    """A pod ends and is deleted without the operator; without Prometheus it shows a gap, not less; then the very second."""
    scene.declare("tts", "tune")
    tts_from, tune_from = scene.run("tts", "tts", 1), scene.run("tune", "tune", 4)
    operator.start()
    operator.ready()
    before = {app: charged(scene.workload(app)) for app in ("tts", "tune")}
    seen = known_until(scene.workload("tune"))
    assert operator.stop() == 0
    tune_until = Instant(seen + 3)
    scene.finish("tune", tune_until)
    until(lambda: scene.prometheus.query('kube_pod_status_phase{pod="tune",phase="Succeeded"} == 1'), "it is scraped")
    scene.end("tune")
    scene.prometheus.stop()
    operator.start()
    operator.ready()
    tts, tune = scene.workload("tts"), scene.workload("tune")
    assert "NoPodHistory" in reasons(tts) & reasons(tune)
    assert tts["summary"]["state"] == "Partial"
    assert charged(tts) >= before["tts"]
    assert charged(tune) >= before["tune"]
    scene.prometheus.start()
    until(lambda: not reasons(scene.workload("tune")), "the gap closes", 60)
    assert charged(scene.workload("tune")) == (tune_until - tune_from) * 4 * PER_SECOND
    assert is_exact(scene.workload("tts"), tts_from, 1)


def watched(scene: Live, app: str, seconds: int) -> list[Body]:
    """The workload's statuses over so many seconds of cost."""
    shown = [scene.workload(app)]
    end = known_until(shown[0]) + seconds

    def further() -> bool:
        scene.stir()
        shown.append(scene.workload(app))
        return known_until(shown[-1]) >= end

    until(further, "numbers move")
    return shown
