# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening databases, good and bad."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, inspect, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from crm.database import open_database
from crm.models import Base, CaseCounter
from pipeline.database import Database
from pipeline.errors import DatabaseBusyError, DatabaseError

pytestmark = pytest.mark.integration


def url(path: Path) -> str:
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


def test_schema_is_portable():
    for table in Base.metadata.sorted_tables:
        ddl = str(CreateTable(table).compile(dialect=postgresql.dialect()))
        assert "DATETIME" not in ddl
        if any(str(column.type).startswith("DATETIME") for column in table.columns):
            assert "TIMESTAMP WITH TIME ZONE" in ddl


def test_opening_again_changes_nothing(db: Database):
    with db.write() as session:
        session.add(CaseCounter(year=2026, last=7))
        session.commit()
    again = open_database(db.url.render_as_string(hide_password=False))
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


def test_sqlite_is_set_up(db: Database):
    with db.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1


def test_without_commit_nothing_is_kept(db: Database):
    with db.write() as session:
        session.add(CaseCounter(year=2026, last=1))
        session.flush()
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(CaseCounter)) == 0


def test_newer_schema_is_refused_and_left_alone(db: Database):
    with db.connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match=r"newer Kring \(schema 9999\)\. Install"):
        open_database(db.url.render_as_string())


@pytest.mark.parametrize("content", [b"this is no database, only text that is long enough" * 50, b"\x00" * 4096])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes):
    path = tmp_path / "kring.db"
    path.write_bytes(content)
    with pytest.raises(DatabaseError, match=r"damaged or no database\. Move the file away"):
        open_database(url(path))
    assert path.read_bytes() == content


def test_a_database_damaged_in_the_middle(db: Database, tmp_path: Path):
    db.close()
    path = tmp_path / "broken.db"
    shutil.copy(tmp_path / "kring.db", path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(DatabaseError, match="damaged"):
        broken = Database(url(path))
        try:
            with broken.read() as session:
                for table in Base.metadata.sorted_tables:
                    session.execute(select(table)).all()
        finally:
            broken.close()


def test_a_folder_in_the_place_of_the_file(tmp_path: Path):
    with pytest.raises(DatabaseError, match=r"cannot be opened\. Make sure"):
        open_database(url(tmp_path))


def test_a_folder_that_is_not_there(tmp_path: Path):
    with pytest.raises(DatabaseError, match="cannot be opened"):
        open_database(url(tmp_path / "none" / "kring.db"))


def test_a_database_that_cannot_be_written(db: Database, tmp_path: Path):
    db.close()
    with pytest.raises(DatabaseError, match=r"cannot be written\. Let the service's user"):
        open_database(f"sqlite:///file:{tmp_path / 'kring.db'}?mode=ro&uri=true")


def test_a_lock_that_is_held_too_long(db: Database):
    impatient = Database(db.url.render_as_string(), busy_timeout_s=0.05)
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


def test_no_password_in_messages():
    try:
        where = Database("postgresql://kring:rahasia@127.0.0.1/kring").where
    except DatabaseError as error:
        where = str(error)
    assert "rahasia" not in where
