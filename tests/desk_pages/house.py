# SPDX-License-Identifier: GPL-3.0-or-later
"""The real hub behind the pages under test: real broker, real database, real spool, real HTTP on a loopback port.

Only the telephone is played: :class:`Line` writes the journals and publishes the events that telephony and ASR would,
in their order (journal first, then bus). Everybody in here is invented.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn

from asr.written import text_of, write
from crm import calls, cases, people
from crm.views import PersonView
from pipeline import events as ev
from pipeline.bus import BusClient
from pipeline.bus.broker import Broker
from pipeline.callfolder import CallFolder
from pipeline.ids import IdFactory
from pipeline.journal import JournalWriter
from pipeline.settings import ExtensionSettings, Settings
from service.database import open_database
from service.http_server import listen
from service.hub import Hub
from tests.ports import free_port

PASSWORD = "Contoh-Sandi-2026"
PEOPLE = (
    ("ratna.contoh", "Ratna Contoh", ("agent",), "2101"),
    ("bagus.contoh", "Bagus Contoh", ("agent",), "2102"),
    ("sari.contoh", "Sari Contoh", ("supervisor", "quality_assessor"), ""),
    ("tuti.contoh", "Tuti Contoh", ("team_leader",), "2190"),
    ("lukman.contoh", "Lukman Contoh", ("team_leader",), ""),
    ("kiki.contoh", "Kiki Contoh", ("quality_staff",), ""),
    ("kurnia.contoh", "Kurnia Contoh", ("quality_staff", "quality_assessor"), ""),
    ("eko.contoh", "Eko Contoh", ("escalation_agent",), "2103"),
)


def words_of(text: str, start_ms: int, doubtful: tuple[str, ...] = ()) -> tuple[ev.Word, ...]:
    """Return a text's words, 350 ms each; those named as doubtful get a low confidence."""
    return tuple(
        ev.Word(
            text=word,
            start_ms=start_ms + 350 * n,
            end_ms=start_ms + 350 * n + 300,
            confidence=0.41 if word in doubtful else 0.93,
        )
        for n, word in enumerate(text.split())
    )


def as_written(words: tuple[ev.Word, ...]) -> dict[str, Any]:
    """Return a final's fields of the written form, as the recogniser's session fills them."""
    tokens = write(words)
    spans = tuple(ev.WrittenWord(text=token.text, first=token.first, count=token.count) for token in tokens)
    return {"written": text_of(tokens), "written_words": spans}


@dataclass
class Line:
    """One played call on an extension."""

    house: House
    extension: str = "2101"
    call_id: str = field(default_factory=lambda: IdFactory().call_id())
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    _writers: dict[str, JournalWriter] = field(default_factory=dict)
    _segments: dict[str, int] = field(default_factory=dict)

    @property
    def folder(self) -> CallFolder:
        """The call's folder in the spool."""
        return self.house.hub.spool.folder(self.call_id)

    def say(self, item: ev.Event) -> None:
        """Journal the event if it has a stream, then publish it, as its owner would."""
        stored = item
        if isinstance(item, ev.CallEvent) and item.stream is not None:
            if item.stream not in self._writers:
                self._writers[item.stream] = self.folder.create().writer(item.stream)
            stored = self._writers[item.stream].append(item)
        self.house.publish(stored, self.extension)

    def extension_state(self, state: str) -> None:
        """Publish the extension's lamp."""
        call_id = "" if state == "ready" else self.call_id
        self.say(ev.ExtensionStateChanged(at=_now(), extension=self.extension, state=state, call_id=call_id))

    def ring(
        self,
        number: str = "081255507788",
        name: str = "Dewi Contoh",
        at: datetime | None = None,
        direction: ev.Direction = "in",
    ) -> None:
        """A caller's INVITE arrives, or the extension's person calls (``direction`` out)."""
        self.began = at or _now()
        self.extension_state("ringing")
        self.say(
            ev.CallOffered(
                at=self.began,
                call_id=self.call_id,
                extension=self.extension,
                caller_number=number,
                caller_name=name,
                direction=direction,
            )
        )

    def answer(self, at: datetime | None = None) -> None:
        """The agent answers: recording, announcement, bridge."""
        self.began = at or _now()
        self.extension_state("talking")
        common: dict[str, Any] = {"at": self.began, "call_id": self.call_id}
        self.say(ev.CallAnswered(**common, extension=self.extension, ring_ms=3200))
        self.say(ev.RecordingStarted(**common, offset_ms=0, sample_rate_hz=8000, sync_tone_ms=100))
        self.say(ev.AnnouncementStarted(**common, offset_ms=100))
        self.say(ev.AnnouncementFinished(**common, offset_ms=2600))
        self.say(ev.CallBridged(at=self.began, call_id=self.call_id, offset_ms=2600, codec="PCMA"))

    def partial(self, leg: ev.Leg, text: str, start_ms: int) -> None:
        """Words of the segment that is being spoken."""
        words = words_of(text, start_ms)
        self.say(
            ev.PartialRecognized(
                at=_now(),
                call_id=self.call_id,
                leg=leg,
                segment=self._segments.get(leg, 0) + 1,
                text=text,
                words=words,
                audio_to_ms=words[-1].end_ms if words else start_ms,
                stable_ms=0,
            )
        )

    def final(self, leg: ev.Leg, text: str, start_ms: int, doubtful: tuple[str, ...] = ()) -> None:
        """One finished segment."""
        words = words_of(text, start_ms, doubtful)
        self._segments[leg] = self._segments.get(leg, 0) + 1
        self.say(
            ev.SegmentFinalized(
                at=_now(),
                call_id=self.call_id,
                leg=leg,
                segment=self._segments[leg],
                start_ms=start_ms,
                end_ms=words[-1].end_ms,
                text=text,
                words=words,
                decoded_to_ms=words[-1].end_ms,
                confidence=0.9,
                **as_written(words),
            )
        )

    def end(self, reason: str = "caller_hung_up", talk_ms: int = 60_000) -> None:
        """The call is over and its recordings are final."""
        common: dict[str, Any] = {"at": _now(), "call_id": self.call_id}
        self.say(ev.CallEnded(**common, reason=reason, talk_ms=talk_ms))
        self.say(ev.RecordingClosed(**common, caller_samples=8 * talk_ms, agent_samples=8 * talk_ms))
        self.extension_state("ready")

    def close(self) -> None:
        """Close the journals."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()


class House:
    """Runs broker, hub and web server in a thread of its own. Use :func:`house`."""

    def __init__(self, data_dir: Path, http_port: int | None = None) -> None:
        self.settings = Settings(
            data_dir=data_dir,
            http_port=http_port or free_port(),
            encoder="",
            extensions=tuple(
                ExtensionSettings(
                    number=number,
                    sip_port=free_port(),
                    rtp_port=20000,
                    device_uri="sip:agen@127.0.0.1:6101",
                    answer="desk",
                )
                for number in ("2101", "2102", "2103")
            ),
        )
        self.url = f"http://127.0.0.1:{self.settings.http_port}"
        self._told = threading.Condition()
        self.commands: list[tuple[str, dict[str, Any]]] = []
        self.dialled = ""  # the call that a softphone says it has begun when it is told to dial
        self.database = open_database(self.settings.database)
        self.hub = Hub(self.settings, self.database)
        self._ready: Future[None] = Future()
        self._loop = asyncio.new_event_loop()
        self._phones: dict[str, BusClient] = {}
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._run, name="house", daemon=True)

    def start(self) -> None:
        """Create the people and start; returns when pages are served and the telephones are on the bus."""
        known = {person.username for person in people.list_people(self.database)}
        for username, name, roles, extension in PEOPLE:
            if username in known:
                continue
            people.create_person(
                self.database,
                username=username,
                name=name,
                password=PASSWORD,
                roles=roles,
                extension=extension,
                now=_now(),
            )
        self._thread.start()
        self._ready.result(timeout=30)

    def stop(self) -> None:
        """Stop everything; waits until the thread is gone."""
        self.hub.stream.close()
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join(timeout=20)
        self.database.close()

    def obeyed(self, command: str, call_id: str) -> None:
        """Wait until a softphone was told ``command`` for this call; fails after some seconds."""
        with self._told:
            wanted = (command, {"call_id": call_id})
            assert self._told.wait_for(lambda: wanted in self.commands, timeout=8), f"{command} never came"

    def person(self, username: str) -> PersonView:
        """Return somebody who may sign in."""
        found = people.find_person(self.database, username)
        assert found is not None
        return found

    def case_number(self, call_id: str, *, ended: bool = False) -> str:
        """Return the call's case number as soon as the hub has opened it (and taken the end in, if asked)."""
        until_s = time.monotonic() + 10
        while time.monotonic() < until_s:
            known = calls.find_call(self.database, call_id)
            opened = cases.cases_of_call(self.database, call_id)
            if opened and known is not None and (known.ended_at is not None or not ended):
                return opened[0].number
            threading.Event().wait(0.05)
        raise AssertionError(f"the hub never took {call_id} in")

    def publish(self, item: ev.Event, extension: str) -> None:
        """Publish from the extension's softphone."""
        self._phones[extension].publish_threadsafe(item)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._live())
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            raise
        finally:
            self._loop.close()

    async def _live(self) -> None:
        config = uvicorn.Config(
            self.hub.app(), log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(Broker(self.settings.bus_path))
            for number in ("2101", "2102", "2103"):
                phone = BusClient(self.settings.bus_path, f"softphone.{number}", on_command=self._obey)
                self._phones[number] = await stack.enter_async_context(phone)
                await asyncio.wait_for(phone.connected.wait(), 10)
            serving = asyncio.create_task(self._server.serve(sockets=[listen(self.settings)]))
            while not self._server.started and not serving.done():
                await asyncio.sleep(0.02)
            await asyncio.wait_for(self.hub.bus.connected.wait(), 10)
            self._ready.set_result(None)
            await serving

    async def _obey(self, command: str, args: dict[str, Any]) -> dict[str, Any]:
        with self._told:
            self.commands.append((command, args))
            self._told.notify_all()
        return {"call_id": self.dialled} if command == "dial" else {}


@contextlib.contextmanager
def house(data_dir: Path) -> Iterator[House]:
    """Run a house for the length of the block."""
    built = House(data_dir)
    built.start()
    try:
        yield built
    finally:
        built.stop()


def _now() -> datetime:
    return datetime.now(UTC)


def ago(seconds: float) -> datetime:
    """Return an instant in the past."""
    return _now() - timedelta(seconds=seconds)
