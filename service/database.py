# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's one database, with the tables of both rooms that keep any: the CRM and SIKP's articles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crm.database import open_database as open_crm
from pipeline.database import Database
from pipeline.settings import Settings
from retrieval.migrations import SCHEMA as ARTICLES
from service.datadir import make_data_dir


def open_database(url: str) -> Database:
    """Open a database, creating or migrating all tables as needed.

    Raises:
        DatabaseError: unreadable, damaged, read-only, or written by a newer version of the program.
    """
    database = open_crm(url)
    try:
        ARTICLES.upgrade(database)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def service_database(settings: Settings) -> Iterator[Database]:
    """Yield the database of ``settings`` for one command; makes the data folder if that is where it lies.

    Raises:
        ConfigurationError: the data folder cannot be used.
        DatabaseError: as for :func:`open_database`.
    """
    if not settings.database_url:
        make_data_dir(settings)
    database = open_database(settings.database)
    try:
        yield database
    finally:
        database.close()
