"""`python -m e2e.controlplane build` makes the programs; `up` also runs them until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from contextlib import ExitStack

from e2e.controlplane.binaries import Tools
from e2e.controlplane.errors import ControlPlaneError
from e2e.controlplane.kubernetes import ControlPlane
from e2e.controlplane.prometheus import Prometheus
from e2e.controlplane.versions import TOOLS


def main() -> int:
    """Exit code 0, or 1 with one message on stderr; 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m e2e.controlplane", description=__doc__)
    parser.add_argument("command", choices=("build", "up"))
    parser.add_argument("names", nargs="*", metavar="NAME", help="build only these programs")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(TOOLS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(TOOLS)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Tools(arguments.names or None) as tools:
            if arguments.command == "up":
                _up(tools)
            tools.wait_for_all()
    except ControlPlaneError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _up(tools: Tools) -> None:
    with ExitStack() as stack:
        cluster = ControlPlane(tools)
        stack.callback(cluster.stop)
        cluster.start()
        print(f"export KUBECONFIG={cluster.kubeconfig}", flush=True)
        tools.progress.say(f"API server ready at {cluster.server}")
        cluster.wait_ready()
        tools.progress.say("controller manager, scheduler and kwok are running: create nodes and pods")
        prometheus = stack.enter_context(Prometheus(tools=tools))
        print(f"export PROMETHEUS_URL={prometheus.url}", flush=True)
        tools.progress.say(f"everything runs; Ctrl-C ends it. Logs are under {cluster.folder}/logs")
        threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
