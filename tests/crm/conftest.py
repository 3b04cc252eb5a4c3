# SPDX-License-Identifier: GPL-3.0-or-later
"""A database of its own for every test, with invented people."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from crm.database import open_database
from crm.people import create_person
from crm.views import PersonView
from pipeline.clock import ManualClock
from pipeline.database import Database
from tests.crm.office import CHEAP_HASHER, PASSWORD, Staff
from tests.postgresql import Server, name_of


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_LANGUAGE", "en")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def now(clock: ManualClock) -> datetime:
    return clock.now()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables, made once and copied for each test."""
    path = tmp_path_factory.mktemp("crm") / "kring.db"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql: Server) -> str:
    url = postgresql.create()
    open_database(url).close()
    return name_of(url)


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    shutil.copyfile(sqlite_template, tmp_path / "kring.db")
    return f"sqlite:///{tmp_path / 'kring.db'}"


@pytest.fixture
def postgresql_url(postgresql: Server, postgresql_template: str) -> Iterator[str]:
    url = postgresql.create(postgresql_template)
    yield url
    postgresql.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of a database of the test's own, on each engine in turn."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def add_person(db: Database, now: datetime) -> Callable[..., PersonView]:
    def add(username: str, *roles: str, extension: str = "") -> PersonView:
        return create_person(
            db,
            username=username,
            name=f"{username.title()} Contoh",
            password=PASSWORD,
            roles=roles,
            extension=extension,
            now=now,
            hasher=CHEAP_HASHER,
        )

    return add


@pytest.fixture
def staff(add_person: Callable[..., PersonView]) -> Staff:
    return Staff(
        agent=add_person("sari", "agent", extension="2101"),
        colleague=add_person("bima", "agent", extension="2102"),
        leader=add_person("wulan", "team_leader"),
        assessor=add_person("rangga", "quality_assessor"),
        handler=add_person("eka", "escalation_agent"),
        handler2=add_person("tirta", "escalation_agent"),
        quality=add_person("kiki", "quality_staff"),
        quality2=add_person("lestari", "quality_staff"),
    )
