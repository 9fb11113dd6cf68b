"""The table of commands. A module is imported when its command is used: all of them together take seconds."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from aicost import __version__
from aicost.cli import INTERRUPTED, imported
from aicost.ports import Forbidden, Malformed, Unavailable


@dataclass(frozen=True, slots=True)
class Late:
    """Where a command is, as `module:name` below this package, and what the list of commands says of it."""

    place: str
    short_help: str

    def load(self) -> click.Command:
        """The command itself, which imports its module."""
        module, _, name = self.place.partition(":")
        command: click.Command = getattr(imported(module), name)
        return command


COMMANDS = {
    "agent": Late("agent:agent", "Publish this node's GPUs as dcgm-exporter does."),
    "backlog": Late("backlog:show_backlog", "Show what nobody claims, and how to claim it."),
    "check": Late("check:check", "Tell what a manifest's GPUs will cost, and whether it fits."),
    "close": Late("close:close", "Close a month: from then on it never changes."),
    "doctor": Late("doctor:doctor", "Check everything that aicost needs."),
    "recommend": Late("recommend:recommend", "Show what to change so that the same work costs less."),
    "report": Late("report:report", "Show where the money of a month went."),
    "run": Late("run:run", "Run the operator, as the Deployment does."),
}


class _Group(click.Group):
    """Lists the commands by their names and short helps alone; the one that is used is loaded."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, COMMANDS[name].load() if name else listed, rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; click alone would say of an interruption that something failed."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


@click.group(
    cls=_Group,
    commands={name: click.Command(name, short_help=late.short_help) for name, late in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="aicost")
def cli() -> None:
    """Exact cost of AI workloads on Kubernetes: GPUs and API tokens, by workload and business unit."""


def run() -> None:
    """Run the command; expected faults become one line and exit code 1."""
    name = Path(sys.argv[0]).name
    try:
        cli(prog_name="kubectl aicost" if name.startswith("kubectl-") else "aicost", standalone_mode=True)
    except (Unavailable, Forbidden, Malformed) as problem:
        click.echo(f"aicost: {problem}", err=True)
        sys.exit(1)
