# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening databases, good and bad."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, inspect, literal, select, text

from crm.database import open_database
from crm.models import Base, CaseCounter
from pipeline.database import Database, UtcDateTime
from pipeline.errors import DatabaseBusyError, DatabaseError
from tests.postgresql import PASSWORD, Server, name_of

pytestmark = pytest.mark.integration


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def server_db(postgresql_url: str) -> Iterator[Database]:
    database = Database(postgresql_url)
    yield database
    database.close()


def address(path: Path) -> str:
    return f"sqlite:///{path}"


def test_models_and_migrations_agree(db: Database):
    with db.connection() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_comparison_would_notice_a_difference(db: Database):
    with db.connection() as connection:
        connection.execute(text('DROP TABLE "case_counter"'))
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata)


def test_opening_again_changes_nothing(db: Database, url: str):
    with db.write() as session:
        session.add(CaseCounter(year=2026, last=7))
        session.commit()
    again = open_database(url)
    with again.read() as session:
        assert session.get_one(CaseCounter, 2026).last == 7
    again.close()


def test_down_and_up(db: Database):
    from alembic import command

    from crm.migrations import SCHEMA

    with db.connection() as connection:
        command.downgrade(SCHEMA.config(connection), "base")
    assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
    SCHEMA.upgrade(db)
    assert set(inspect(db.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_sqlite_is_set_up(sqlite: Database):
    with sqlite.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1


def test_without_commit_nothing_is_kept(db: Database):
    with db.write() as session:
        session.add(CaseCounter(year=2026, last=1))
        session.flush()
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(CaseCounter)) == 0


def test_newer_schema_is_refused_and_left_alone(db: Database, url: str):
    with db.connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match=r"newer Kring \(schema 9999\)\. Install"):
        open_database(url)


@pytest.mark.parametrize("content", [b"this is no database, only text that is long enough" * 50, b"\x00" * 4096])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes):
    path = tmp_path / "kring.db"
    path.write_bytes(content)
    with pytest.raises(DatabaseError, match=r"damaged or no database\. Move the file away"):
        open_database(address(path))
    assert path.read_bytes() == content


def test_a_database_damaged_in_the_middle(sqlite_url: str, tmp_path: Path):
    path = tmp_path / "broken.db"
    shutil.copy(tmp_path / "kring.db", path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(DatabaseError, match="damaged"):
        broken = Database(address(path))
        try:
            with broken.read() as session:
                for table in Base.metadata.sorted_tables:
                    session.execute(select(table)).all()
        finally:
            broken.close()


def test_a_folder_in_the_place_of_the_file(tmp_path: Path):
    with pytest.raises(DatabaseError, match=r"cannot be opened\. Make sure"):
        open_database(address(tmp_path))


def test_a_folder_that_is_not_there(tmp_path: Path):
    with pytest.raises(DatabaseError, match="cannot be opened"):
        open_database(address(tmp_path / "none" / "kring.db"))


def test_a_database_that_cannot_be_written(sqlite_url: str, tmp_path: Path):
    with pytest.raises(DatabaseError, match=r"cannot be written\. Let the service's user"):
        open_database(f"sqlite:///file:{tmp_path / 'kring.db'}?mode=ro&uri=true")


def test_a_lock_that_is_held_too_long(db: Database, url: str):
    impatient = Database(url, busy_timeout_s=0.05)
    with db.write() as session:
        session.add(CaseCounter(year=2026, last=1))
        session.flush()
        with pytest.raises(DatabaseBusyError) as busy, impatient.write() as other:
            other.execute(text("SELECT 1"))
        assert busy.value.retryable
        with impatient.read() as reader:  # readers are not kept waiting
            assert reader.scalar(select(func.count()).select_from(CaseCounter)) == 0
    impatient.close()


@pytest.mark.parametrize("bad", ["", "kring.db", "oracle9://x/y"])
def test_addresses_that_are_none(bad: str):
    with pytest.raises(DatabaseError, match="database_url"):
        Database(bad)


def test_times_are_utc_whatever_the_server_thinks(server_db: Database):
    moment = datetime(2026, 1, 5, 8, 0, tzinfo=timezone(timedelta(hours=7)))
    with server_db.read() as session:
        assert session.scalar(text("SHOW timezone")) == "UTC"
        assert session.scalar(select(literal(moment, UtcDateTime()))) == moment
        assert session.scalar(select(literal(moment, UtcDateTime()))).utcoffset() == timedelta(0)


def test_a_reader_sees_one_picture_and_writes_nothing(db: Database):
    with db.read() as reader:
        count = select(func.count()).select_from(CaseCounter)
        assert reader.scalar(count) == 0
        with db.write() as session:
            session.add(CaseCounter(year=2026, last=1))
            session.commit()
        assert reader.scalar(count) == 0
    with db.read() as reader:
        assert reader.scalar(count) == 1


def test_a_server_that_reads_only(server_db: Database, postgresql_url: str, postgresql: Server):
    server_db.close()
    postgresql.execute(f"ALTER DATABASE {name_of(postgresql_url)} SET default_transaction_read_only = on")
    with pytest.raises(DatabaseError, match=r"nobody write .*\. Use the primary server"):
        open_database(postgresql_url)


def test_a_user_who_may_not_write(postgresql_url: str, postgresql: Server):
    postgresql.execute("CREATE ROLE tamu LOGIN PASSWORD 'tamu'")
    guest = postgresql.url(name_of(postgresql_url), "tamu", "tamu")
    with pytest.raises(DatabaseError, match="nobody write"):
        open_database(guest)
    postgresql.execute("DROP ROLE tamu")


@pytest.mark.parametrize(
    ("user", "password", "name", "message"),
    [
        ("kring", "salah", "postgres", r"refuses the entry .*password.*\. Correct user name and password"),
        ("nobody", "salah", "postgres", "refuses the entry"),
        ("kring", PASSWORD, "tidak_ada", r"no database .*/tidak_ada.*\. Create it"),
    ],
)
def test_a_server_that_refuses(postgresql: Server, user: str, password: str, name: str, message: str):
    with pytest.raises(DatabaseError, match=message) as refused:
        open_database(postgresql.url(name, password, user))
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "where",
    ["postgresql://kring:rahasia@127.0.0.1:1/kring", "postgres:///kring?host=/nowhere", "postgresql://h.invalid/"],
)
def test_a_server_that_is_not_there(where: str):
    with pytest.raises(DatabaseError, match=r"cannot be reached .*\. Start PostgreSQL") as refused:
        open_database(where)
    assert refused.value.retryable
    assert "rahasia" not in str(refused.value)


def test_a_server_that_goes_away_is_said_and_found_again(server_db: Database, postgresql: Server):
    with pytest.raises(DatabaseError, match="cannot be reached") as lost, server_db.write() as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        postgresql.execute(f"SELECT pg_terminate_backend({pid}, 5000)")
        session.scalar(text("SELECT 1"))
    assert lost.value.retryable
    with server_db.read() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_full_disk_and_what_else_a_server_says(server_db: Database):
    for state, message in {"53100": "disk .* full", "XX001": "damaged", "53300": "no connection left"}.items():
        raising = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
        with pytest.raises(DatabaseError, match=message), server_db.read() as session:
            session.execute(text(raising))
    with pytest.raises(DatabaseError, match=r"refused: .*NUL"), server_db.read() as session:
        session.scalar(select(literal("\x00")))


def test_two_who_open_a_new_database_at_once(postgresql: Server):
    url = postgresql.create()
    with ThreadPoolExecutor(4) as pool:
        for database in pool.map(lambda _: open_database(url), range(4)):
            database.close()
    postgresql.drop(url)


def test_no_password_in_messages():
    assert "rahasia" not in Database("postgresql://kring:rahasia@127.0.0.1/kring").where
