"""Bringing a ledger to this version's schema when it is opened, all of it or nothing."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def bring_up_to_date(connection: Connection) -> str | None:
    """Run the migrations that are missing, in the caller's transaction.

    Returns None when the ledger now has this version's schema, or the revision of a ledger that a newer version
    wrote: then nothing was touched.
    """
    config = configuration()
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    stored = set(MigrationContext.configure(connection).get_current_heads())
    if newer := stored - known:
        return ", ".join(sorted(newer))
    if stored != set(scripts.get_heads()):
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return None


def configuration() -> Config:
    """Alembic's configuration: the migrations that this package ships, and no file."""
    config = Config()
    config.set_main_option("script_location", "aicost.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
