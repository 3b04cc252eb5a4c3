# SPDX-License-Identifier: GPL-3.0-or-later
"""The hub process: ``python -m service.hub``. Web pages, live stream, cases and suggestions of one machine.

This is the composition root: every part is made here and handed to the others. What the hub shows comes from the call
folders and the database, so it may be killed at any moment and shows the same again after its restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI

from crm import extensions, sessions, setup
from crm.clock import CaseLimits
from crm.guards import sweep_requests
from crm.office import Office, OfficeValues
from crm.procedure import ESCALATED
from desk.app import DeskApp, create_app
from desk.article_audit import audited
from desk.board import Health
from desk.casework import Casework, Json
from desk.deps import Deps
from desk.floor import CASE_QUEUES, Floor, Queue
from desk.floor import NAME as QUEUES
from desk.ingest import Ingest
from desk.journals import StreamJournal
from desk.live import LiveState
from desk.records import Records, catch_up_archive, repair_cases
from desk.roster import Roster
from desk.screen_log import ScreenLogs
from desk.stream import EventLog
from desk.suggest import Suggest, Taken, take_up
from pipeline.bus import BusClient
from pipeline.callfolder import Spool
from pipeline.clock import Clock, SystemClock
from pipeline.database import Database
from pipeline.errors import CONFIGURATION_EXIT, ConfigurationError, DatabaseError, KringError
from pipeline.events import CallEvent, CaseNoted, Event, SetUpOffered
from pipeline.health import measure
from pipeline.logs import configure_logs
from pipeline.settings import Settings, load_settings
from recorder.archive import Archive
from retrieval.dbstore import DbArticleStore
from retrieval.encoders import find_encoder
from retrieval.search import REFRESH_S, SearchEngine
from retrieval.suggester import LiveSuggester
from service.articles_work import seed_articles
from service.database import open_database
from service.housekeeping import attempt, keep_house
from service.http_server import HubServer, listen

log = structlog.get_logger("hub")
NAME = "hub"
MEASURE_S = 5.0
SWEEP_S = 60.0
DUTY_S = 2.0
REPEATS_WITHIN = timedelta(days=1)  # a page repeats a request within minutes; a day is plenty
WAITING = ESCALATED | {"consulting", "answered"}  # whose fields stand in queues and tasks of others
GRACE_S = 1  # for requests that are under way when the process is told to stop


class Hub:
    """All parts of the hub, wired. Everything of it lives in the event loop that enters :meth:`running`."""

    def __init__(self, settings: Settings, database: Database, *, clock: Clock | None = None) -> None:
        self.settings, self.database, self.clock = settings, database, clock or SystemClock()
        self.spool, self.archive = Spool(settings.spool_dir), Archive(settings.archive_dir)
        self.live = LiveState(extensions=[extension.number for extension in settings.extensions])
        self.stream = EventLog()
        self.health = Health()
        self.floor = Floor(self._queue_changed)
        self.office = Office(
            database,
            OfficeValues(
                case_limit_s=settings.case_limit_s,
                case_warning_s=settings.case_warning_s,
                no_answer_threshold=settings.no_answer_threshold,
                wrap_up_most_s=round(settings.wrap_up_most_s),
            ),
        )
        encoder = find_encoder(settings.encoder, settings.encoder_folders)
        self.articles = DbArticleStore(database, self.clock, audited(self.clock))
        self.search = SearchEngine(self.articles, encoder, index_dir=settings.data_dir / "sikp-index", clock=self.clock)
        self._case_journal = StreamJournal(self.spool, "case")
        self._suggestion_journal = StreamJournal(self.spool, "suggestions")
        self.casework = Casework(
            database,
            self._case_journal,
            self.clock,
            self._case_limits,
            language=settings.language,
            on_change=self._case_changed,
            offset_ms=self._offset_ms,
        )
        self.roster = Roster(settings, self.office, database, self.casework, self.clock)
        self.records = Records(database, self.casework, self.roster.duty, self.floor.changed)
        self.screen = ScreenLogs(self.spool, StreamJournal(self.spool, "screen"), self.clock, offset_ms=self._offset_ms)
        self.suggest = Suggest(
            LiveSuggester(
                self.search,
                stable_ms=settings.stable_partial_ms,
                no_answer_threshold=lambda: self.office.current.no_answer_threshold,
            ),
            self._suggestion_journal,
            self.clock,
            publish=self._publish_threadsafe,
            offset_ms=self._offset_ms,
        )
        self.ingest = Ingest(
            self.spool,
            self.live,
            self.stream,
            self.clock,
            consumers=(
                ("health", self.health.take),
                ("records", self.records.take),
                ("suggest", self.suggest.take),
                ("roster", self.roster.take),
            ),
            on_forget=self._forget,
        )
        self.bus = BusClient(
            settings.bus_path,
            NAME,
            subscribe=("",),
            on_event=self.ingest.accept,
            on_gap=self.ingest.gap,
            queue_messages=settings.bus_queue,
        )
        self._loop: asyncio.AbstractEventLoop | None = None

    def app(self) -> DeskApp:
        """Return the web application around this hub; its lifespan is the hub's."""
        deps = Deps(
            settings=self.settings, clock=self.clock, bus=self.bus, database=self.database, live=self.live,
            stream=self.stream, casework=self.casework, duty=self.roster.duty, suggest=self.suggest, search=self.search,
            archive=self.archive, health=self.health, articles=self.articles, floor=self.floor,
            office=self.office, screen=self.screen,
        )  # fmt: skip

        @contextlib.asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            async with self.running():
                yield

        return create_app(deps, lifespan=lifespan)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read the history, connect to the bus, keep house; stop all of it at the end."""
        self._loop = asyncio.get_running_loop()
        self.roster.start(self.bus, self.stream, self.floor)
        numbers = [extension.number for extension in self.settings.extensions]
        await attempt("extensions entered", lambda: extensions.add_extensions(self.database, numbers))
        self.records.start()
        await self.ingest.start()
        await self._restore_cases()
        tasks = [
            asyncio.create_task(self._offer_set_up(), name="set-up"),
            asyncio.create_task(self._open_search(take_up(self.live.unsealed_calls())), name="open-search"),
            asyncio.create_task(self._take_in_history(), name="history"),
            asyncio.create_task(self._measure(), name="measure"),
            asyncio.create_task(keep_house(self.search.refresh, REFRESH_S), name="articles"),
            asyncio.create_task(keep_house(self._sweep, SWEEP_S), name="sessions"),
            asyncio.create_task(keep_house(self.roster.review, DUTY_S), name="agents"),
        ]
        try:
            async with self.bus:
                yield
        finally:
            self.stream.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.roster.stop()
            await self.ingest.stop()
            await asyncio.to_thread(self.suggest.stop)
            await self.records.stop()
            self._case_journal.close()
            self._suggestion_journal.close()
            self.screen.close()

    def _case_limits(self) -> CaseLimits:
        values = self.office.current
        return CaseLimits(limit_s=values.case_limit_s, warning_s=values.case_warning_s)

    async def _offer_set_up(self) -> None:
        """Have ``kring up`` print the one-time address while nobody is administrator."""
        token = await asyncio.to_thread(setup.offer, self.database, now=self.clock.now())
        if token is not None:
            await self.bus.connected.wait()
            self.bus.publish(SetUpOffered(at=self.clock.now(), path=f"/penyiapan/mulai/{token}"))

    async def _restore_cases(self) -> None:
        """Put the cases of all known calls back beside them."""
        for call_id in list(self.live.calls):
            for case in await asyncio.to_thread(self._case_wires, call_id):
                self.live.set_case(call_id, case)

    def _case_wires(self, call_id: str) -> list[Json]:
        return [self.casework.wire_for_agent(case) for case in self.casework.cases_in(call_id)]

    async def _take_in_history(self) -> None:
        """Bring the database and the case journals up to what the folders and the archive say."""
        loop = asyncio.get_running_loop()

        def accept(item: Event) -> None:
            loop.call_soon_threadsafe(self.records.take_event, item)

        try:
            await self.records.drained()
            await asyncio.to_thread(repair_cases, self.spool, self.casework)
            await asyncio.to_thread(catch_up_archive, self.database, self.archive, accept)
        except (KringError, OSError) as error:
            log.error("history not taken in", problem=str(error))

    async def _open_search(self, history: list[Taken]) -> None:
        """Index the articles, take up the calls in progress, and only then suggest; words queue meanwhile."""
        await attempt("sample articles", self._seed_articles)
        await attempt("search opened", self.search.start)
        await attempt("calls taken up", lambda: self.suggest.resume(history))
        self.suggest.start()

    def _seed_articles(self) -> None:
        # Nobody publishes the sample content: it is told as one event, not entered in the trail article by article.
        seeded = seed_articles(DbArticleStore(self.database, self.clock), self.settings.articles_dir, self.clock)
        if seeded is not None:
            log.info("empty database began with sample articles", articles=seeded.articles, folder=seeded.folder)
            self._publish_threadsafe(seeded)

    def _sweep(self) -> None:
        now = self.clock.now()
        sessions.sweep_sessions(self.database, now=now)
        sweep_requests(self.database, before=now - REPEATS_WITHIN)

    async def _measure(self) -> None:
        while True:
            self.bus.publish(measure(NAME, self.clock, {"readers": self.stream.readers}))
            await asyncio.sleep(MEASURE_S)

    def publish(self, item: Event) -> None:
        """Tell everybody, ourselves first: pages get it even while the bus is away (the echo is dropped)."""
        self.ingest.accept(item)
        self.bus.publish(item)

    def _publish_threadsafe(self, item: Event) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.publish, item)

    def _case_changed(self, call_id: str, case: Json, event: CallEvent | None) -> None:
        """Take a change from the thread it was made in to the pages."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._show_case, call_id, case, event)

    def _show_case(self, call_id: str, case: Json, event: CallEvent | None) -> None:
        self.live.set_case(call_id, case)
        self.stream.append("case", case, extension=self.live.extension_of(call_id), call_id=call_id)
        if event is not None:
            self.publish(event)
            if not isinstance(event, CaseNoted) or case["state"] in WAITING:  # agents save while they type
                self.floor.changed(*CASE_QUEUES)

        self.roster.case_changed()

    def _queue_changed(self, queue: Queue, message: Json) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: self.stream.append(QUEUES, message, replaces=queue))

    def _offset_ms(self, call_id: str, at: datetime) -> int | None:
        call = self.live.calls.get(call_id)
        if call is None or call.recording_started_at is None:
            return None
        return round((at - call.recording_started_at).total_seconds() * 1000)

    def _forget(self, call_id: str) -> None:
        self.suggest.forget(call_id)
        self.health.forget(call_id)
        self._case_journal.forget(call_id)
        self._suggestion_journal.forget(call_id)
        self.screen.forget(call_id)


async def serve(settings: Settings, database: Database, sock: socket.socket) -> None:
    """Run the hub until SIGTERM or SIGINT."""
    hub = Hub(settings, database)
    config = uvicorn.Config(
        hub.app(), log_config=None, access_log=False, server_header=False, date_header=True, lifespan="on",
        timeout_graceful_shutdown=GRACE_S, timeout_keep_alive=30, http="httptools", ws="none",
        proxy_headers=settings.secure_cookies,  # only a TLS front on this machine may say who the client is
    )  # fmt: skip
    log.info("hub starts", address=f"{settings.http_bind}:{settings.http_port}")
    await HubServer(config, hub.stream).serve(sockets=[sock])
    log.info("hub stopped")


def main() -> int:
    """Run the process; return its exit code (3 = a person has to change something first)."""
    try:
        settings = load_settings()
        os.environ.setdefault("KRING_LANGUAGE", settings.language)
        configure_logs(NAME, settings.log_level)
        for chatty in ("alembic", "faiss", "sentence_transformers", "bm25s"):
            logging.getLogger(chatty).setLevel("WARNING")
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        sock = listen(settings)
        database = open_database(settings.database)
    except (ConfigurationError, DatabaseError) as error:
        sys.stderr.write(f"{error}\n")
        return CONFIGURATION_EXIT
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return CONFIGURATION_EXIT
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings, database, sock))
    finally:
        database.close()
        sock.close()
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # All is closed and written. The encoder's native threads may still be loading; waiting for them takes seconds.
    os._exit(code)
