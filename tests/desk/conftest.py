# SPDX-License-Identifier: GPL-3.0-or-later
"""A hub on temporary data, people to sign in, and calls as softphones and ASR workers write them. Invented data."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from crm import people, sessions
from desk.app import DeskApp
from pipeline.callfolder import Spool
from pipeline.clock import ManualClock
from pipeline.database import Database
from pipeline.settings import ExtensionSettings, Settings, load_settings
from service.database import open_database
from service.hub import Hub
from tests.desk.folders import LiveFolder

PASSWORD = "rahasia-uji-coba"  # for tests only
PEOPLE = {
    "sari": ("Sari Uji", ["agent"], "2101"),
    "bayu": ("Bayu Uji", ["agent"], "2102"),
    "tono": ("Tono Uji", ["team_leader"], ""),
    "eka": ("Eka Uji", ["escalation_agent"], ""),
    "kiki": ("Kiki Uji", ["quality_staff"], ""),
    "ayu": ("Ayu Uji", ["quality_assessor"], ""),
    "dewi": ("Dewi Uji", ["supervisor"], ""),
    "admin": ("Admin Uji", ["admin"], ""),
}
HOST = "http://desk.test"
ARTICLES = Path(__file__).parent / "articles"


def make_settings(data_dir: Path, **changes: object) -> Settings:
    """Return settings for two extensions and a search without encoder."""
    extensions = tuple(
        ExtensionSettings(number=number, sip_port=port, rtp_port=20000, device_uri=f"sip:{number}@127.0.0.1:6101")
        for number, port in (("2101", 15062), ("2102", 15064))
    )
    return load_settings(
        **{"data_dir": data_dir, "extensions": extensions, "encoder": "", "articles_dir": ARTICLES, **changes}
    )


def add_people(database: Database) -> None:
    """Enter one person for every role, two of them agents."""
    for username, (name, roles, extension) in PEOPLE.items():
        people.create_person(
            database, username=username, name=name, password=PASSWORD, roles=roles, extension=extension,
            now=datetime.now(UTC),
        )  # fmt: skip


@dataclass
class Browser:
    """A signed-in (or not) client of the application, without a network."""

    client: httpx.AsyncClient
    csrf: str = ""

    async def get(self, path: str, **more: object) -> httpx.Response:
        return await self.client.get(path, **more)  # type: ignore[arg-type]

    async def post(self, path: str, json: object = None, **more: object) -> httpx.Response:
        headers = {"X-CSRF-Token": self.csrf, "Origin": HOST}
        return await self.client.post(path, json=json, headers=headers, **more)  # type: ignore[arg-type]


@dataclass
class Desk:
    """The hub under test and everything around it."""

    hub: Hub
    app: DeskApp
    clock: ManualClock
    browsers: list[httpx.AsyncClient] = field(default_factory=list)

    def browser(self) -> Browser:
        """Return a browser that is not signed in."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=HOST)
        self.browsers.append(client)
        return Browser(client)

    async def signed_in(self, username: str) -> Browser:
        """Return a browser in which a person is signed in (the form itself is tested in test_auth)."""
        browser = self.browser()
        person = people.find_person(self.hub.database, username)
        assert person is not None
        begun = sessions.start_session(self.hub.database, person.id, now=self.clock.now(), lifetime=timedelta(hours=10))
        browser.client.cookies.set("kring_session", begun.token)
        browser.csrf = begun.csrf
        return browser

    def call(self, **more: object) -> LiveFolder:
        """Return a call whose events reach the hub as they are written."""
        return LiveFolder(Spool(self.hub.settings.spool_dir), self.hub.ingest.accept, **more)  # type: ignore[arg-type]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path / "var")


@pytest.fixture(scope="session")
def people_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with everybody in it, made once and copied for each test."""
    path = tmp_path_factory.mktemp("people") / "kring.db"
    database = open_database(f"sqlite:///{path}")
    add_people(database)
    database.close()
    return path


@pytest.fixture
def database(settings: Settings, people_database: Path) -> Iterator[Database]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(people_database, settings.data_dir / "kring.db")
    database = open_database(settings.database)
    yield database
    database.close()


@pytest.fixture
async def desk(settings: Settings, database: Database) -> AsyncIterator[Desk]:
    """A running hub (no bus: it keeps trying), called without a network."""
    clock = ManualClock(datetime(2026, 11, 24, 3, 0, tzinfo=UTC))
    hub = Hub(settings, database, clock=clock)
    desk = Desk(hub, hub.app(), clock)
    async with hub.running():
        yield desk
    for client in desk.browsers:
        await client.aclose()
