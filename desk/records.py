# SPDX-License-Identifier: GPL-3.0-or-later
"""The consumer that writes calls into the database and opens their cases, in one thread and in order.

The event loop only puts work into the queue; a slow or locked database delays records, never a page or a call.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice

import structlog

from crm import calls, outcalls
from desk.casework import Casework
from desk.duty import Duty
from desk.floor import Queue
from desk.ingest import News
from pipeline.callfolder import Spool
from pipeline.database import Database
from pipeline.errors import DatabaseError
from pipeline.events import BundleSealed, CallAnswered, CallEnded, CallEvent, CallOffered, Event, RecordingClosed
from recorder.archive import Archive
from recorder.errors import RecorderError
from recorder.manifest import MANIFEST
from retrieval.feedback import INDEXED, FeedbackIndex

log = structlog.get_logger("desk.records")
OF_CALLS = (CallOffered, CallAnswered, CallEnded, RecordingClosed, BundleSealed)
KEPT = (*OF_CALLS, *INDEXED)
TRIES = 60
RETRY_S = (0.5, 10.0)  # doubles from the first to the second: some ten minutes of a locked database are survived


@dataclass(frozen=True)
class Taken:
    """An event to keep; ``old``: of a call that is over long since, nobody works on it."""

    item: Event
    old: bool


class Records:
    """Projects call events and feedback on suggestions into the database. Make it and stop it in the event loop.

    Parameters:
        changed: told of a queue that has changed by an event, in the thread of the work.
    """

    def __init__(self, database: Database, casework: Casework, duty: Duty, changed: Callable[[Queue], None]) -> None:
        self._changed = changed
        self._db, self._casework, self._duty, self._feedback = database, casework, duty, FeedbackIndex(database)
        self._queue: asyncio.Queue[Taken] = asyncio.Queue()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="records")
        self._task: asyncio.Task[None] | None = None

    def take(self, news: News) -> None:
        """Consumer: note an event that the database keeps; agents' states follow it."""
        if isinstance(news.item, KEPT):
            self._queue.put_nowait(Taken(news.item, old=False))

    def take_event(self, item: Event) -> None:
        """Note an event of long ago, from the archive."""
        if isinstance(item, KEPT):
            self._queue.put_nowait(Taken(item, old=True))

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._work(), name="records")

    async def drained(self) -> None:
        """Wait until all that was taken is written (or was given up)."""
        await self._queue.join()

    async def stop(self) -> None:
        """Stop writing; what is left is taken in again from the folders at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def _work(self) -> None:
        while True:
            taken = await self._queue.get()
            try:
                await self._keep(taken)
            except Exception:
                log.exception("record failed", event_name=taken.item.name)
            finally:
                self._queue.task_done()

    async def _keep(self, taken: Taken) -> None:
        item = taken.item
        loop = asyncio.get_running_loop()
        wait_s, longest_s = RETRY_S
        for attempt in range(1, TRIES + 1):
            try:
                return await loop.run_in_executor(self._executor, self._write, taken)
            except DatabaseError as error:
                log.warning("record not written", event_name=item.name, code=error.code, attempt=attempt)
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, longest_s)
        log.error("record given up", event_name=item.name)

    def _write(self, taken: Taken) -> None:
        item = taken.item
        if not isinstance(item, CallEvent):
            return
        if isinstance(item, INDEXED):
            self._feedback.take(item)
            return
        calls.apply(self._db, item)
        if not taken.old:
            self._duty.follow(item)
        if isinstance(item, CallOffered):
            self._tell(outcalls.offered(self._db, item))
        elif isinstance(item, CallAnswered):
            self._tell(outcalls.answered(self._db, item))
            self._open_case(item)
        elif isinstance(item, BundleSealed):
            self._casework.close_archived(item.call_id)

    def _tell(self, changed: bool) -> None:
        if changed:
            self._changed("callbacks")

    def _open_case(self, item: CallAnswered) -> None:
        """Open a caller's case; what we call about has one already, or needs none."""
        known = calls.find_call(self._db, item.call_id)
        if known is None or known.direction == "in":
            self._casework.open_for(item.call_id, item.extension, item.at)


def catch_up_archive(database: Database, archive: Archive, accept: Callable[[Event], None], *, most: int = 500) -> None:
    """Take in bundles that were sealed while nobody listened; stops at the first known one per newest ``most``.

    Blocks (reads manifests); ``accept`` is called in this thread with what the news would have been.
    """
    for call_id in islice(archive.ids(), most):
        known = calls.find_call(database, call_id)
        if known is not None and known.sealed_at is not None:
            continue
        try:
            bundle = archive.open(call_id)
        except RecorderError as error:
            log.warning("bundle not taken in", call_id=call_id, code=error.code)
            continue
        manifest = bundle.manifest
        for item in (*bundle.events("call"), *bundle.events("suggestions")):
            if isinstance(item, KEPT):
                accept(item)
        accept(
            BundleSealed(
                at=manifest.sealed_at,
                call_id=call_id,
                bundle=str(bundle.path),
                manifest_sha256=hashlib.sha256((bundle.path / MANIFEST).read_bytes()).hexdigest(),
                complete=manifest.complete,
                problems=tuple(problem.text for problem in manifest.problems),
            )
        )


def repair_cases(spool: Spool, casework: Casework) -> None:
    """Make the case journals of all calls in the spool whole again (blocks); call once after the history is read."""
    for folder in list(spool.calls()):
        casework.repair_journal(folder.call_id, partial(folder.read, "case"))
