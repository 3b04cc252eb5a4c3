# SPDX-License-Identifier: GPL-3.0-or-later
"""A database of its own for every test, with invented people."""

from __future__ import annotations

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


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_LANGUAGE", "en")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def now(clock: ManualClock) -> datetime:
    return clock.now()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'kring.db'}")
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
    )
