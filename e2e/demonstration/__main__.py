"""`python -m e2e.demonstration [current]`: set the scene, run the operator, show what it found, leave nothing behind.

Results go to standard output, progress to standard error.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from aicost.reports.document import Document
from e2e.controlplane import ControlPlaneError, Prometheus, Run, Tools
from e2e.controlplane.progress import Progress
from e2e.demonstration import advice, footprint, interrupts, naive, providers, removal, show, stage, tomorrow, trials
from e2e.demonstration.cluster import Cluster, current, local, objects
from e2e.demonstration.expected import Amounts, Month, cents, deviations, expected, reported, stated, unproven
from e2e.demonstration.footprint import InTheWayError
from e2e.demonstration.trials import World
from e2e.operator_process import OperatorProcess
from e2e.scenario.load import load
from e2e.scenario.model import Scenario
from e2e.scenario.openmetrics import write

SCENARIO = Path(__file__).parents[1] / "scenario" / "demonstration.yaml"
NOW = "2026-11-02T00:00:00Z"
YESTERDAY, TOMORROW, LAST_MONTH = "2026-11-01", "2026-11-02", "2026-10"
DAYS = Month.to_date(NOW), Month(Month.to_date(NOW).until, Month.to_date(tomorrow.NOW).until)
HURRIED = {"CYCLE": "1", "BILL_POLL": "2", "LEASE": "false"}
"""Nobody wants to watch an hour go by until a bill is read again, nor a dead operator's Lease. Reading 35 days takes a second."""
EVALUATED_WITHIN_S = 150
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Demonstration:
    """One run: its scenario, its programs, what it reports its progress to, and the mark of all that it makes."""

    scenario: Scenario
    tools: Tools
    progress: Progress
    mark: str

    def on_its_own(self) -> int:
        """On a control plane of its own."""
        with local(self.tools) as cluster:
            self.progress.say("the Kubernetes API server answers")
            return self._play(cluster)

    def on_the_current(self) -> int:
        """On the current cluster, which is afterwards as it was."""
        with current(self.tools) as cluster:
            footprint.refuse(cluster, self.scenario)
            self.progress.say(footprint.announcement(cluster, self.scenario, self.mark))
            try:
                return self._play(cluster)
            finally:
                interrupts.ignore()
                self.progress.say("taking everything back out of the cluster; this cannot be interrupted")
                removal.remove(cluster, self.mark)

    def _play(self, cluster: Cluster) -> int:
        """Exit code 0 if every number is the scenario's and the difference is zero."""
        self.progress.say("installing aicost's chart, making the example cluster")
        stage.install(cluster, self.mark)
        stage.populate(cluster, self.scenario, self.mark)
        lived = stage.witnessed(cluster, self.scenario)
        with Run() as run, providers.serving(lived) as billed:
            self.progress.say("writing 15 days of history into Prometheus")
            with _remembering(lived, run.folder, self.tools) as prometheus:
                stage.declare(cluster, billed, self.mark)
                self.progress.say("starting the operator under its own ServiceAccount")
                operator = _operator(cluster, run, prometheus, billed)
                return self._show(World(cluster, operator, prometheus, billed), lived, run.folder)

    def _show(self, world: World, lived: Scenario, folder: Path) -> int:
        wanted = expected(lived, stage.examples(), Month.to_date(NOW))
        document, wrong = self._evaluated(world, wanted, advice.savings_of(lived, stage.examples(), DAYS[0]))
        self.progress.say("the operator has evaluated the month\n")
        show.cluster(world.cluster, self.scenario, self.mark)
        show.statuses(world.cluster, document.period)
        show.report(document)
        show.naive(document, naive.SHARED, naive.charged(world.prometheus.url, stage.examples(), NOW))
        show.cents(document, providers.by_workspace(world.providers.reached["Anthropic"], YESTERDAY))
        show.customers(*objects(world.cluster, "aiworkloads", "-n", "support"))
        if not wrong:
            wrong = self._tried(world, document)
        if not wrong:
            wrong = self._advised(world, lived, folder)
        show.verdict(wanted, wrong)
        return 1 if wrong else 0

    def _tried(self, world: World, document: Document) -> list[str]:
        """What is wrong after a theft, faults and a restated bill."""
        stolen = trials.theft(world, document)
        show.theft(stolen)
        self.progress.say("now a page comes twice, Prometheus ends, and the operator is killed\n")
        broken = trials.faults(world, document, YESTERDAY)
        show.faults(document, broken)
        corrected = trials.restated(world, LAST_MONTH)
        show.restated(corrected)
        return [*stolen.wrong, *broken.wrong, *corrected.wrong]

    def _advised(self, world: World, lived: Scenario, folder: Path) -> list[str]:
        """What is wrong with advice, its patches, and the day that is lived under them."""
        told = advice.told(world.cluster)
        followed = [each for each in told if each.suffices]
        show.advice(told, [(each, each.patch(world.cluster, "--dry-run=server")) for each in followed])
        self.progress.say("applying the patches, living one more day\n")
        for each in followed:
            each.patch(world.cluster)
        day = tomorrow.arranged(world.cluster, lived)
        tomorrow.lives(world, day, folder)
        _, wrong = self._evaluated(world, tomorrow.wanted(day, stage.examples()), {})
        costs = expected(lived, stage.examples(), DAYS[0]), expected(day, stage.examples(), DAYS[1])
        kept = tomorrow.kept(world, followed, costs)
        show.followed(world.cluster, kept, TOMORROW, costs)
        return [*wrong, *(sentence for each in kept for sentence in each.wrong)]

    def _evaluated(self, world: World, wanted: Amounts, saved: Amounts) -> tuple[Document, list[str]]:
        """The report, and what is wrong with it, the statuses and what they advise, once nothing is or time is up."""
        deadline = time.monotonic() + EVALUATED_WITHIN_S
        owned = {name: cents(amount) for name, amount in wanted.items() if name.startswith(("workload", "unit"))}
        while True:
            document = world.report()
            owners = objects(world.cluster, "aiworkloads,businessunits", "-A")
            workloads = [each for each in owners if each["kind"] == "AIWorkload"]
            wrong = [
                *deviations(wanted, reported(document)),
                *deviations(owned, stated(owners)),
                *deviations(saved, advice.savings(advice.advised(workloads))),
                *unproven(document),
            ]
            if not wrong or time.monotonic() > deadline:
                return document, wrong
            time.sleep(1)


def main(arguments: list[str]) -> int:
    """Run the demonstration on a cluster, `local` or `current`; 0 when all its numbers are right."""
    if arguments not in ([], ["local"], ["current"]):
        sys.stderr.write(f"CLUSTER={' '.join(arguments)} is neither local nor current\n")
        return 2
    interrupts.catch()
    started = time.monotonic()
    progress = Progress()
    try:
        with Tools(progress=progress) as tools:
            run = Demonstration(load(SCENARIO), tools, progress, secrets.token_hex(4))
            code = run.on_the_current() if arguments == ["current"] else run.on_its_own()
        progress.say(f"done in {time.monotonic() - started:.0f} s; nothing is left behind")
    except KeyboardInterrupt:
        progress.say("interrupted; nothing is left behind")
        return INTERRUPTED
    except InTheWayError as refusal:
        progress.say(f"refused: {refusal}")
        return 1
    except (ControlPlaneError, httpx.HTTPError) as problem:
        progress.say(f"failed: {problem}")
        return 1
    return code


@contextmanager
def _remembering(scenario: Scenario, folder: Path, tools: Tools) -> Iterator[Prometheus]:
    """A Prometheus that remembers the scenario."""
    halves = folder / "history-1.txt", folder / "history-2.txt"
    write(scenario, *halves)
    prometheus = Prometheus(tools=tools)
    try:
        prometheus.backfill(*halves)
        prometheus.start()
        yield prometheus
    finally:
        prometheus.close()


def _operator(cluster: Cluster, run: Run, prometheus: Prometheus, billed: providers.Providers) -> OperatorProcess:
    settings = {
        "NOW": NOW,
        "NAMESPACE": stage.NAMESPACE,
        "PROMETHEUS_URL": prometheus.url,
        "ALLOWED_HOSTS": billed.hosts,
        **HURRIED,
    }
    operator = OperatorProcess(run, cluster.service_account_kubeconfig(stage.NAMESPACE, "aicost"), settings)
    operator.start()
    operator.ready()
    return operator


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
