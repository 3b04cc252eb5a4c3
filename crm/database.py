# SPDX-License-Identifier: GPL-3.0-or-later
"""The CRM's tables in the service's database."""

from __future__ import annotations

from crm.migrations import SCHEMA
from pipeline.database import Database


def open_database(url: str, *, busy_timeout_s: float = 10.0) -> Database:
    """Open a database, creating or migrating the CRM's tables as needed.

    Raises:
        DatabaseError: unreadable, damaged, read-only, or written by a newer version of the program.
    """
    database = Database(url, busy_timeout_s=busy_timeout_s)
    try:
        SCHEMA.upgrade(database)
        check_database(database)
    except BaseException:
        database.close()
        raise
    return database


def check_database(database: Database) -> None:
    """Make sure that a migrated database can really be written; raises DatabaseError otherwise."""
    SCHEMA.check_writable(database)
