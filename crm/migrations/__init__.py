# SPDX-License-Identifier: GPL-3.0-or-later
"""Schema versions, applied by the program itself: :func:`upgrade`. No ``alembic.ini`` is needed to run.

A new version: ``alembic.command.revision`` with :func:`alembic_config`, then edit by hand; a test compares the result
of all versions with the models.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from crm.database import Database
from crm.errors import DatabaseError
from pipeline.catalog import text


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for this folder, bound to a connection when one is given."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database) -> None:
    """Bring a database to this program's schema, creating it when empty; all or nothing.

    Raises:
        DatabaseError: the schema was written by a newer program, or the database cannot be written.
    """
    script = ScriptDirectory.from_config(alembic_config())
    with database.connection() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
        known = {revision.revision for revision in script.walk_revisions()}
        if not set(current) <= known:
            raise DatabaseError(
                text("crm.schema_newer", where=database.where, version=", ".join(sorted(set(current) - known))),
                remedy=text("crm.schema_newer_remedy"),
            )
        if set(current) != set(script.get_heads()):
            command.upgrade(alembic_config(connection), "head")
