"""`aicost doctor`: what is missing in this cluster, and what to do about it."""

from __future__ import annotations

import click


@click.command()
def doctor() -> None:
    """Check everything that aicost needs; exit 1 if something is missing."""
