"""The command `aicost`, also installed as `kubectl-aicost`: one module per command.

Exit codes: 0 done, 1 something failed (the message says what, where and what to do), 2 wrong usage, or what was asked
for was found bad (`aicost close`, `aicost report --verify`).
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aicost import __version__
from aicost.cli.backlog import show_backlog
from aicost.cli.close import close
from aicost.cli.doctor import doctor
from aicost.cli.report import report
from aicost.cli.run import run
from aicost.ports import Forbidden, Malformed, Unavailable


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="aicost")
def cli() -> None:
    """Exact cost of AI workloads on Kubernetes: GPUs and API tokens, by workload and business unit."""


cli.add_command(run)
cli.add_command(report)
cli.add_command(show_backlog)
cli.add_command(close)
cli.add_command(doctor)


def main() -> None:
    """Run the command; expected faults become one line and exit code 1."""
    name = Path(sys.argv[0]).name
    try:
        cli(prog_name="kubectl aicost" if name.startswith("kubectl-") else "aicost", standalone_mode=True)
    except (Unavailable, Forbidden, Malformed) as problem:
        click.echo(f"aicost: {problem}", err=True)
        sys.exit(1)
