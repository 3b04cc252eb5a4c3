# SPDX-License-Identifier: GPL-3.0-or-later
"""The database: one engine from a URL, and units of work that commit only when told.

SQLite (WAL, foreign keys) or PostgreSQL, with the same promises: units of work that write wait for each other from
their beginning (``BEGIN IMMEDIATE``; a lock on the database's behalf), so that what one has read holds until it
commits and no insert meets a twin half-way; units that read see one consistent picture and keep nobody waiting.
Whatever the driver reports becomes a :class:`pipeline.errors.DatabaseError` that says what to do. Rooms that keep
tables share one database and bring their own to it (:mod:`pipeline.schema`).
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
from pipeline.database_errors import explain
from pipeline.errors import DatabaseError

_WRITE = "kring_write"
_WRITE_LOCK = 0x6B72696E67  # "kring": the key of PostgreSQL's advisory lock that writers hold
_CONNECT_TIMEOUT_S = 10
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
        busy_timeout_s: how long a writer waits for another one.
    """

    def __init__(self, url: str, *, busy_timeout_s: float = 10.0) -> None:
        self.url = _parse(url)
        self.engine = _make_engine(self.url, busy_timeout_s)
        self._read = sessionmaker(self.engine.execution_options(**_reading(self.url)), expire_on_commit=False)
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
        except (sqlalchemy.exc.DBAPIError, sqlalchemy.exc.TimeoutError) as error:
            raise explain(error, self.where) from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        parsed.get_dialect()
    except (sqlalchemy.exc.ArgumentError, ValueError) as error:
        raise DatabaseError(
            catalog.text("pipeline.database_bad_url"), remedy=catalog.text("pipeline.database_bad_url_remedy")
        ) from error
    return parsed


def _reading(url: URL) -> dict[str, Any]:
    """Return what makes a unit of work see one picture; SQLite's do so by themselves."""
    if url.get_backend_name() != "postgresql":
        return {}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _make_engine(url: URL, busy_timeout_s: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, busy_timeout_s)
    try:
        return _postgresql(url, busy_timeout_s)
    except ModuleNotFoundError as error:
        raise DatabaseError(
            catalog.text("pipeline.database_no_driver", driver=error.name or url.drivername),
            remedy=catalog.text("pipeline.database_no_driver_remedy", driver=error.name or url.drivername),
        ) from error


def _sqlite(url: URL, busy_timeout_s: float) -> Engine:
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


def _postgresql(url: URL, busy_timeout_s: float) -> Engine:
    timeout = {} if "connect_timeout" in url.query else {"connect_timeout": _CONNECT_TIMEOUT_S}
    engine = create_engine(url, pool_pre_ping=True, connect_args=timeout)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute(f"SET lock_timeout = {max(1, round(busy_timeout_s * 1000))}")
        connection.execute("SET TIME ZONE 'UTC'")
        connection.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Read committed: what follows the lock sees what the writer before has committed.
        if connection.get_execution_options().get(_WRITE, False):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")

    return engine


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
