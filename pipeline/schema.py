# SPDX-License-Identifier: GPL-3.0-or-later
"""Schema versions of a room's tables, applied by the program itself through Alembic; no ``alembic.ini`` is needed.

Each room that keeps tables has a folder of versions and a version table of its own, so that rooms share one
database without knowing each other. A new version: ``alembic.command.revision`` with :meth:`Schema.config`, then
edit by hand; a test compares the result of all versions with the models.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ColumnClause, Connection, MetaData, column, table, update

from pipeline.catalog import text
from pipeline.database import Database
from pipeline.errors import DatabaseError


@dataclass(frozen=True)
class Schema:
    """One room's tables.

    Parameters:
        folder: the room's ``migrations``.
        version_table: where the database remembers which version it has.
    """

    folder: Path
    version_table: str

    def config(self, connection: Connection | None = None) -> Config:
        """Return Alembic's configuration, bound to a connection when one is given."""
        config = Config()
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        return config

    def upgrade(self, database: Database) -> None:
        """Bring a database to this program's version, creating the tables when missing; all or nothing.

        Raises:
            DatabaseError: the schema was written by a newer program, or the database cannot be written.
        """
        script = ScriptDirectory.from_config(self.config())
        with database.connection() as connection:
            opts = {"version_table": self.version_table}
            current = MigrationContext.configure(connection, opts=opts).get_current_heads()
            known = {revision.revision for revision in script.walk_revisions()}
            if not set(current) <= known:
                version = ", ".join(sorted(set(current) - known))
                raise DatabaseError(
                    text("pipeline.schema_newer", where=database.where, version=version),
                    remedy=text("pipeline.schema_newer_remedy"),
                )
            if set(current) != set(script.get_heads()):
                command.upgrade(self.config(connection), "head")

    def check_writable(self, database: Database) -> None:
        """Make sure that a migrated database can really be written; raises DatabaseError otherwise."""
        version: ColumnClause[str] = column("version_num")
        with database.connection() as connection:
            connection.execute(update(table(self.version_table, version)).values({version: version}))


def run_versions(metadata: MetaData, version_table: str) -> None:
    """Apply versions on the connection handed over by :meth:`Schema.upgrade`; each room's ``env.py`` calls it."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=version_table,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()
