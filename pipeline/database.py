# SPDX-License-Identifier: GPL-3.0-or-later
"""The database: one engine from a URL, and units of work that commit only when told.

SQLite runs in WAL mode with foreign keys; units of work that write begin with ``BEGIN IMMEDIATE``, so that two
writers wait for each other instead of failing half-way. Whatever the driver reports becomes a
:class:`pipeline.errors.DatabaseError` that says what to do. Rooms that keep tables share one database and bring
their own to it (:mod:`pipeline.schema`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy.exc
from sqlalchemy import Connection, DateTime, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from pipeline import catalog
from pipeline.errors import DatabaseBusyError, DatabaseError

_WRITE = "kring_write"
NAMING = {  # names of constraints are fixed, so that migrations can name them
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Database:
    """Hands out units of work. Thread-safe; making it connects to nothing.

    Parameters:
        url: SQLAlchemy URL (``sqlite:////path/kring.db``, ``postgresql+psycopg://...``).
        busy_timeout_s: how long a writer waits for another one (SQLite).
    """

    def __init__(self, url: str, *, busy_timeout_s: float = 10.0) -> None:
        self.url = _parse(url)
        self.engine = _make_engine(self.url, busy_timeout_s)
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        self._write = sessionmaker(self.engine.execution_options(**{_WRITE: True}), expire_on_commit=False)

    @property
    def where(self) -> str:
        """The database's place without a password, for messages."""
        if self.url.get_backend_name() == "sqlite":
            return self.url.database or ":memory:"
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session for reading; one consistent picture, nothing is kept.

        Raises:
            DatabaseError: the database cannot be read.
        """
        with self._guard(), self._read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Yield a session that holds the write lock; only what ``session.commit()`` has seen is kept.

        Raises:
            DatabaseBusyError: another writer did not finish in time.
            DatabaseError: the database cannot be written.
        """
        with self._guard(), self._write() as session:
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Yield a bare connection in a write transaction that commits at the end (for migrations)."""
        with self._guard(), self.engine.execution_options(**{_WRITE: True}).begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections; safe to call twice."""
        self.engine.dispose()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except sqlalchemy.exc.IntegrityError:
            raise
        except (sqlalchemy.exc.DatabaseError, sqlalchemy.exc.TimeoutError) as error:
            raise _explain(error, self.where) from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (sqlalchemy.exc.ArgumentError, ValueError) as error:
        raise DatabaseError(
            catalog.text("pipeline.database_bad_url"), remedy=catalog.text("pipeline.database_bad_url_remedy")
        ) from error
    return parsed


def _make_engine(url: URL, busy_timeout_s: float) -> Engine:
    if url.get_backend_name() != "sqlite":
        try:
            return create_engine(url, pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise DatabaseError(
                catalog.text("pipeline.database_no_driver", driver=error.name or url.drivername),
                remedy=catalog.text("pipeline.database_no_driver_remedy", driver=error.name or url.drivername),
            ) from error
    engine = create_engine(url, connect_args={"timeout": busy_timeout_s})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: see _begin
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _explain(error: Exception, where: str) -> DatabaseError:
    problem = str(getattr(error, "orig", None) or error)
    if "database is locked" in problem or isinstance(error, sqlalchemy.exc.TimeoutError):
        busy = DatabaseBusyError(
            catalog.text("pipeline.database_busy", where=where), remedy=catalog.text("pipeline.database_busy_remedy")
        )
        busy.retryable = True
        return busy
    for sign, key in (
        ("not a database", "database_damaged"),
        ("malformed", "database_damaged"),
        ("readonly", "database_readonly"),
        ("unable to open", "database_unreadable"),
        ("disk is full", "database_full"),
    ):
        if sign in problem:
            return DatabaseError(
                catalog.text(f"pipeline.{key}", where=where), remedy=catalog.text(f"pipeline.{key}_remedy", where=where)
            )
    return DatabaseError(
        catalog.text("pipeline.database_failed", where=where, problem=problem.splitlines()[0]),
        remedy=catalog.text("pipeline.database_failed_remedy"),
    )


class UtcDateTime(TypeDecorator[datetime]):
    """Timezone-aware UTC in Python whatever the database keeps; refuses naive times."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; a naive time is a programming error (ValueError)."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return aware UTC (SQLite gives naive times back)."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
