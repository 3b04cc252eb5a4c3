# SPDX-License-Identifier: GPL-3.0-or-later
"""The hub as a process on a real bus: pages and stream over HTTP, killed in mid-call, stopped with streams open."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from crm import people, sessions
from pipeline.bus import Broker, BusClient
from pipeline.callfolder import Spool
from pipeline.clock import SystemClock
from pipeline.database import Database
from pipeline.settings import PROJECT_DIR, Settings, as_environment
from service.database import open_database
from tests.desk.conftest import make_settings
from tests.desk.folders import CALL_ID, LiveFolder
from tests.ports import free_port

pytestmark = pytest.mark.integration
START_S = 60.0
UMASK = 0o027  # as the command line sets it for the whole service
Received = tuple[str, str, dict[str, Any]]  # id, event, data


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path / "var", http_port=free_port())


@dataclass
class HubProcess:
    """``python -m service.hub`` with these settings."""

    settings: Settings
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, settings: Settings) -> HubProcess:
        env = {**os.environ, **as_environment(settings)}
        argv = [sys.executable, "-m", "service.hub"]
        process = subprocess.Popen(
            argv, cwd=PROJECT_DIR, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, umask=UMASK
        )
        return cls(settings, process)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.http_port}"

    async def up(self) -> HubProcess:
        """Wait until it answers."""
        async with asyncio.timeout(START_S), httpx.AsyncClient() as client:
            while True:
                assert self.process.poll() is None, self.errors()
                try:
                    if (await client.get(f"{self.url}/healthz")).status_code == 200:
                        return self
                except httpx.TransportError:
                    await asyncio.sleep(0.05)

    def end(self, number: signal.Signals, *, within_s: float = 20) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(within_s)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()


@dataclass
class Page:
    """A signed-in page that follows the stream."""

    client: httpx.AsyncClient
    received: list[Received] = field(default_factory=list)

    async def state(self, scope: str = "agent") -> dict[str, Any]:
        response = await self.client.get("/api/state", params={"scope": scope})
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    @asynccontextmanager
    async def follow(self, **params: str) -> AsyncIterator[AsyncIterator[Received]]:
        """Open the stream and yield its messages as (id, event, data)."""
        headers = {"Last-Event-ID": params.pop("last")} if "last" in params else {}
        request = self.client.stream("GET", "/api/live", params={"scope": "agent", **params}, headers=headers)
        async with request as response:
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            yield self._messages(response)

    async def _messages(self, response: httpx.Response) -> AsyncIterator[Received]:
        fields: dict[str, str] = {}
        async for line in response.aiter_lines():
            if not line and fields:
                yield fields["id"], fields["event"], json.loads(fields["data"])
                fields = {}
            elif line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value


@asynccontextmanager
async def page_of(settings: Settings, database: Database, username: str = "sari") -> AsyncIterator[Page]:
    person = people.find_person(database, username)
    assert person is not None
    begun = sessions.start_session(database, person.id, now=SystemClock().now(), lifetime=timedelta(hours=1))
    cookies = {"kring_session": begun.token}
    url = f"http://127.0.0.1:{settings.http_port}"
    async with httpx.AsyncClient(base_url=url, cookies=cookies, timeout=30) as client:
        yield Page(client)


@asynccontextmanager
async def bus_and_hub(settings: Settings) -> AsyncIterator[tuple[HubProcess, BusClient]]:
    """Run broker, hub and a peer that plays softphone and ASR worker."""
    async with Broker(settings.bus_path) as broker, BusClient(settings.bus_path, "softphone.2101") as peer:
        hub = HubProcess.start(settings)
        try:
            await hub.up()
            await on_bus(broker)
            yield hub, peer
        finally:
            if hub.process.poll() is None:
                hub.end(signal.SIGKILL)


async def on_bus(broker: Broker) -> None:
    """Wait until the hub listens on the bus."""
    async with asyncio.timeout(START_S):
        while "hub" not in broker.names or "softphone.2101" not in broker.names:
            await asyncio.sleep(0.02)


async def segments(messages: AsyncIterator[Received], count: int) -> list[Received]:
    """Return the next so many final segments (suggestions come in between when they come)."""
    got: list[Received] = []
    while len(got) < count:
        got += [message for message in await take(messages, 1) if message[1] == "segment.finalized"]
    return got


async def take(messages: AsyncIterator[Received], count: int) -> list[Received]:
    async with asyncio.timeout(30):
        return [await anext(messages) for _ in range(count)]


async def until(messages: AsyncIterator[Received], name: str) -> list[Received]:
    """Collect messages up to and with the first one of this name."""
    got = []
    async with asyncio.timeout(30):
        async for message in messages:
            got.append(message)
            if message[1] == name:
                return got
    raise AssertionError(f"stream ended before {name}")


async def test_a_page_that_comes_back_gets_exactly_what_it_missed(settings: Settings, database: Database) -> None:
    async with bus_and_hub(settings) as (_, peer), page_of(settings, database) as page:
        cursor = (await page.state())["cursor"]
        call = LiveFolder(Spool(settings.spool_dir), peer.publish)
        async with page.follow(cursor=cursor) as messages:
            call.offered()
            call.says("halo")
            first = await take(messages, 2)
        assert [name for _, name, _ in first] == ["call.offered", "segment.finalized"]
        for text in ("ya", "baik", "oke"):
            call.says(text)
        async with page.follow(last=first[-1][0], cursor=cursor) as messages:
            missed = await segments(messages, 3)
            call.says("terima kasih")
            missed += await segments(messages, 1)
        assert [data["text"] for _, _, data in missed] == ["ya", "baik", "oke", "terima kasih"]
        numbers = [int(number.rpartition("-")[2]) for number, _, _ in first + missed]
        assert numbers == sorted(set(numbers))


async def test_a_hub_killed_in_mid_call_shows_all_of_it_again_and_loses_no_case(
    settings: Settings, database: Database
) -> None:
    async with Broker(settings.bus_path) as broker, BusClient(settings.bus_path, "softphone.2101") as peer:
        first = await HubProcess.start(settings).up()
        await on_bus(broker)
        call = LiveFolder(Spool(settings.spool_dir), peer.publish)
        async with page_of(settings, database) as page:
            cursor = (await page.state())["cursor"]
            async with page.follow(cursor=cursor) as messages:
                call.offered().answered()
                seen = await until(messages, "case")
                call.says("saya lupa nomor efin bagaimana")
                seen += await until(messages, "suggestions.shown")
            before = await page.state()
        assert first.end(signal.SIGKILL) == -signal.SIGKILL
        call.says("untuk lapor tahunan")  # while there is no hub

        second = await HubProcess.start(settings).up()
        try:
            async with page_of(settings, database) as page:
                after = await page.state()
                async with page.follow(last=seen[-1][0]) as messages:
                    assert (await take(messages, 1))[0][1] == "reset"  # another life: the page starts from its state
                await on_bus(broker)
                async with page.follow(cursor=after["cursor"]) as messages:
                    call.says("terima kasih")
                    assert (await until(messages, "segment.finalized"))[-1][2]["text"] == "terima kasih"
        finally:
            second.end(signal.SIGTERM)
    texts = [item["text"] for item in after["call"]["segments"]]
    assert texts == ["saya lupa nomor efin bagaimana", "untuk lapor tahunan"]
    assert after["call"]["case"] == before["call"]["case"]
    assert after["call"]["suggestions"]["articles"] == before["call"]["suggestions"]["articles"]
    assert after["call"]["state"] == "talking"
    names = [item.name for item in call.folder.read("case")]
    assert names == ["case.opened"]


async def test_a_question_asked_while_there_is_no_hub_gets_its_article_afterwards(
    settings: Settings, database: Database
) -> None:
    call = LiveFolder(Spool(settings.spool_dir)).offered().answered()
    await asyncio.to_thread((await HubProcess.start(settings).up()).end, signal.SIGKILL)
    call.says("saya lupa nomor efin bagaimana")
    async with bus_and_hub(settings), page_of(settings, database) as page:
        state = await page.state()
        if state["call"]["suggestions"] is None:  # the search opens in the background: the stream brings it
            async with page.follow(cursor=state["cursor"]) as messages:
                await until(messages, "suggestions.shown")
            state = await page.state()
    assert state["call"]["suggestions"]["articles"]
    kept = [(item.name, item.seq) for item in call.folder.read("suggestions")]
    assert kept == [("suggestions.shown", 1), ("class.proposed", 2)]


async def test_a_call_answered_while_there_is_no_hub_gets_its_case_afterwards(
    settings: Settings, database: Database
) -> None:
    call = LiveFolder(Spool(settings.spool_dir)).offered().answered()
    async with bus_and_hub(settings), page_of(settings, database) as page:
        cursor = (await page.state())["cursor"]
        state = await page.state()
        if state["call"]["case"] is None:  # opened in the background: the stream brings it
            async with page.follow(cursor=cursor) as messages:
                await until(messages, "case")
            state = await page.state()
    assert state["call"]["case"]["state"] == "received"
    assert [item.name for item in call.folder.read("case")] == ["case.opened"]


async def test_nothing_that_the_hub_writes_is_for_everybody_on_the_machine(settings: Settings) -> None:
    before = os.umask(UMASK)
    try:
        LiveFolder(Spool(settings.spool_dir)).offered().answered().says("saya lupa nomor efin bagaimana")
        hub = await HubProcess.start(settings).up()
        folder = Spool(settings.spool_dir).folder(CALL_ID)
        try:
            async with asyncio.timeout(START_S):
                while not (folder.journal("suggestions").exists() and folder.journal("case").exists()):
                    await asyncio.sleep(0.02)
            found = [settings.data_dir, *settings.data_dir.rglob("*")]
        finally:
            await asyncio.to_thread(hub.end, signal.SIGKILL)
    finally:
        os.umask(before)
    names = {path.name for path in found}
    assert {"kring.db", "kring.db-wal", "case.jsonl", "suggestions.jsonl"} <= names
    assert [path.name for path in found if path.stat().st_mode & stat.S_IRWXO] == []


async def test_stopping_while_the_encoder_loads_is_a_clean_exit(settings: Settings, database: Database) -> None:
    with_encoder = settings.model_copy(update={"encoder": str(PROJECT_DIR / "models/encoder_id/model")})
    hub = await HubProcess.start(with_encoder).up()
    hub.process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.to_thread(hub.process.communicate, timeout=20)
    assert hub.process.returncode == 0, errors
    assert b"Traceback" not in errors


async def test_stopping_ends_open_streams_and_leaves_cleanly(settings: Settings, database: Database) -> None:
    async with bus_and_hub(settings) as (hub, _), page_of(settings, database) as page, page.follow() as messages:
        code = await asyncio.to_thread(hub.end, signal.SIGTERM, within_s=3)
        assert code == 0
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(messages), 5)


async def test_the_hub_works_without_a_bus(settings: Settings, database: Database) -> None:
    LiveFolder(Spool(settings.spool_dir)).offered()
    hub = HubProcess.start(settings)
    try:
        await hub.up()
        async with page_of(settings, database) as page:
            assert (await page.state())["call"]["call_id"] == CALL_ID
    finally:
        assert hub.end(signal.SIGTERM) == 0


def refused(settings: Settings) -> str:
    """Run a hub that must not start, and return its message."""
    hub = HubProcess.start(settings)
    _, errors = hub.process.communicate(timeout=START_S)
    assert hub.process.returncode == 3, errors
    text = errors.decode().strip()
    assert len(text.splitlines()) == 1, text
    assert "Traceback" not in text
    return text


def test_a_taken_port_is_one_clear_line(settings: Settings, database: Database) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.http_port))
        taken.listen()
        assert f"127.0.0.1:{settings.http_port}" in refused(settings)


def test_a_damaged_database_is_one_clear_line(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "kring.db").write_bytes(b"this is no database, just text" * 100)
    assert "kring.db" in refused(settings)


def test_a_database_of_a_newer_program_is_one_clear_line(settings: Settings, database: Database) -> None:
    database.close()
    with sqlite3.connect(settings.data_dir / "kring.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert refused(settings)


def test_a_new_data_folder_gets_its_database(settings: Settings) -> None:
    hub = HubProcess.start(settings)
    asyncio.run(hub.up())
    assert hub.end(signal.SIGTERM) == 0
    database = open_database(settings.database)
    assert people.list_people(database) == []
    database.close()
