"""`python -m e2e.demonstration [current]`: set the scene, run the operator, show what it found, leave nothing behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from aicost.reports.document import Document
from aicost.reports.tables import render
from e2e.controlplane import CommandFailedError, ControlPlaneError, Prometheus, Run, Tools
from e2e.controlplane.progress import Progress
from e2e.demonstration import stage
from e2e.demonstration.cluster import Cluster, cluster, objects
from e2e.emulators.openai import OpenAIEmulator
from e2e.emulators.openai_organisation import Organisation
from e2e.operator_process import OperatorProcess
from e2e.scenario.load import load
from e2e.scenario.model import Scenario
from e2e.scenario.openmetrics import write

SCENARIO = Path(__file__).parents[1] / "scenario" / "demonstration.yaml"
NOW = "2026-11-02T00:00:00Z"
KEY = "sk-admin-emulated"


def main(which: str) -> int:
    """Run the demonstration on a cluster; 0 when it ends with a difference of zero."""
    progress = Progress()
    scenario = load(SCENARIO)
    with Tools(progress=progress) as tools, cluster(which, tools) as of:
        progress.say("the Kubernetes API server answers; installing aicost's chart and the example cluster")
        try:
            stage.install(of)
            stage.populate(of, scenario)
            return _play(of, tools, stage.witnessed(of, scenario), progress)
        finally:
            if which == "current":
                progress.say("taking everything back out of the cluster")
                stage.remove(of, scenario)


def _play(of: Cluster, tools: Tools, scenario: Scenario, progress: Progress) -> int:
    organisation = Organisation.of(scenario.providers["openai"])
    with Run() as run, OpenAIEmulator(organisation).serving() as openai:
        progress.say("writing 15 days of history into Prometheus")
        with _remembering(scenario, run.folder, tools) as prometheus:
            stage.declare(of, f"{openai.url}/v1", KEY)
            progress.say("starting the operator under its own ServiceAccount")
            operator = OperatorProcess(
                run,
                of.service_account_kubeconfig(stage.NAMESPACE, "aicost"),
                {
                    "NOW": NOW,
                    "NAMESPACE": stage.NAMESPACE,
                    "PROMETHEUS_URL": prometheus.url,
                    "ALLOWED_HOSTS": openai.url.removeprefix("http://"),
                },
            )
            operator.start()
            operator.ready()
            progress.say("the operator has evaluated the month")
            return _show(of, operator)


@contextmanager
def _remembering(scenario: Scenario, folder: Path, tools: Tools) -> Iterator[Prometheus]:
    """A Prometheus that remembers the scenario."""
    history = folder / "history.txt"
    write(scenario, history)
    prometheus = Prometheus(tools=tools)
    try:
        prometheus.backfill(history)
        prometheus.start()
        yield prometheus
    finally:
        prometheus.close()


def _show(of: Cluster, operator: OperatorProcess) -> int:
    columns = "custom-columns=NODE:.metadata.name,PRODUCT:.metadata.labels.nvidia\\.com/gpu\\.product"
    cards = "GPUS:.status.capacity.nvidia\\.com/gpu"
    _print("nodes", of.kubectl("get", "nodes", "-l", "aicost.dev/demonstration=true", "-o", f"{columns},{cards}"))
    _print("pods that hold GPUs", _pods(of))
    _print("kubectl get aicost -A", of.kubectl("get", "aicost", "-A"))
    _print("kubectl get bu", of.kubectl("get", "bu"))
    answer = operator.report()
    if answer.status_code != httpx.codes.OK:
        raise ControlPlaneError(f"the read API answered {answer.status_code}: {answer.text}")
    document = Document.from_json(answer.json())
    _print("aicost report", render(document, "table"))
    broken = [proof for proof in document.proofs if proof[3] != proof[4] or proof[5]]
    return 1 if broken else 0


def _pods(of: Cluster) -> str:
    rows = [
        f"{pod['metadata']['namespace'] + '/' + pod['metadata']['name']:<40}{pod['spec'].get('nodeName', ''):<10}{pod['status']['phase']:<12}{cards}"
        for pod in objects(of, "pods", "-A")
        if (cards := _cards(pod))
    ]
    return "\n".join([f"{'POD':<40}{'NODE':<10}{'PHASE':<12}GPUS", *rows])


def _cards(pod: dict[str, object]) -> int:
    containers = pod["spec"]["containers"]  # type: ignore[index] # JSON of the API server
    return sum(int(c.get("resources", {}).get("limits", {}).get("nvidia.com/gpu", 0)) for c in containers)


def _print(title: str, text: str) -> None:
    print(f"\n$ {title}\n{text.rstrip()}" if title.startswith("kubectl") else f"\n# {title}\n{text.rstrip()}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
    except (ControlPlaneError, CommandFailedError) as problem:
        sys.exit(f"the demonstration failed: {problem}")
