# SPDX-License-Identifier: GPL-3.0-or-later
"""From the bus into the hub: every stored event exactly once and in order, to each consumer in turn.

The call folders are the truth: at start and after every possible gap they are read again, and the
:class:`~pipeline.resume.Resumer` lets through what is new. A consumer that fails is logged and hurts no other.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import structlog

from desk.live import LiveState
from desk.stream import EventLog
from pipeline.callfolder import NEWS_STREAMS, CallFolder, Spool
from pipeline.clock import Clock
from pipeline.errors import KringError
from pipeline.events import (
    BundleSealed,
    CallEvent,
    CallProgressed,
    Event,
    ExtensionStateChanged,
    PartialRecognized,
    ProcessExited,
    ProcessStarted,
    WorkerMeasured,
    to_wire,
)
from pipeline.resume import Resumer

log = structlog.get_logger("desk.ingest")
GAP_SETTLE_S = 0.05  # a bus that comes up announces each peer: one look at the folders is enough
SWEEP_S = 30.0


@dataclass(frozen=True)
class News:
    """An event on its way through the consumers; ``replay`` True: it is history, read at start."""

    item: Event
    replay: bool = False


Consumer = Callable[[News], None]


class Ingest:
    """Takes events from the bus and from the folders. Lives in the event loop.

    Parameters:
        consumers: called in order with each event, after the live state and the stream; must not block.
        on_forget: called with the id of each call that the live state no longer holds.
    """

    def __init__(
        self,
        spool: Spool,
        live: LiveState,
        stream: EventLog,
        clock: Clock,
        *,
        consumers: tuple[tuple[str, Consumer], ...] = (),
        on_forget: Callable[[str], None] = lambda call_id: None,
    ) -> None:
        self._spool, self._live, self._stream, self._clock = spool, live, stream, clock
        self._resumer = Resumer(spool, NEWS_STREAMS)
        self._sizes: dict[str, tuple[int, ...]] = {}
        self._consumers: tuple[tuple[str, Consumer], ...] = (
            ("live", self._to_live),
            ("stream", self._to_stream),
            *consumers,
        )
        self._on_forget = on_forget
        self._gap: asyncio.Task[None] | None = None
        self._sweep: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take in the history of every call in the spool, then keep watch."""
        await self.catch_up(replay=True)
        self._sweep = asyncio.create_task(self._keep_sweeping(), name="ingest-sweep")

    async def stop(self) -> None:
        """Stop watching; safe to call twice."""
        for task in (self._gap, self._sweep):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._gap = self._sweep = None

    def accept(self, item: Event) -> None:
        """Take an event from the bus (or made by the hub itself)."""
        if not isinstance(item, CallEvent):
            self._dispatch(News(item))
            lamp = lamp_of(item)
            if lamp is not None:
                self._dispatch(News(lamp))
            return
        for fresh in self._resumer.accept(item):
            self._dispatch(News(fresh))
        if isinstance(item, BundleSealed):
            self._resumer.forget(item.call_id)
            self._sizes.pop(item.call_id, None)

    def gap(self, why: str) -> None:
        """Note that events may have been missed; the folders are read again shortly."""
        if self._gap is None or self._gap.done():
            log.debug("reading folders after a gap", why=why)
            self._gap = asyncio.create_task(self._after_gap(), name="ingest-gap")

    async def _after_gap(self) -> None:
        await asyncio.sleep(GAP_SETTLE_S)
        await self.catch_up()

    async def _keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            await self.catch_up()
            for call_id in self._live.prune(self._clock.now()):
                self._stream.forget(call_id)
                self._on_forget(call_id)

    async def catch_up(self, *, replay: bool = False) -> None:
        """Read what is new in every call folder; folders that have not grown are not read."""
        present: set[str] = set()
        for folder in list(self._spool.calls()):
            present.add(folder.call_id)
            sizes = _sizes(folder)
            if sizes == self._sizes.get(folder.call_id):
                continue
            self._sizes[folder.call_id] = sizes
            try:
                fresh = self._resumer.catch_up(folder.call_id)
            except (OSError, KringError) as error:
                log.error("call folder cannot be read", call_id=folder.call_id, problem=str(error))
                continue
            for item in fresh:
                self._dispatch(News(item, replay=replay))
            await asyncio.sleep(0)  # a long backlog must not hold the pages up
        self._mark_gone(present)

    def _mark_gone(self, present: set[str]) -> None:
        """A folder that left the spool was sealed, even if the word of it was lost."""
        for call in self._live.calls.values():
            gone = call.call_id not in present and not call.is_live
            if gone and not self._spool.folder(call.call_id).path.is_dir():  # it may be newer than the listing
                call.sealed = True
        for call_id in set(self._sizes) - present:
            del self._sizes[call_id]
            self._resumer.forget(call_id)

    def _dispatch(self, news: News) -> None:
        for name, consumer in self._consumers:
            try:
                consumer(news)
            except Exception:
                log.exception("consumer failed", consumer=name, event_name=news.item.name)

    def _to_live(self, news: News) -> None:
        self._live.apply(news.item)

    def _to_stream(self, news: News) -> None:
        if news.replay:
            return  # pages load history with their snapshot
        item = news.item
        call_id = item.call_id if isinstance(item, CallEvent) else ""
        extension = self._live.extension_of(call_id) if call_id else getattr(item, "extension", "")
        self._stream.append(
            item.name, to_wire(item), extension=extension, call_id=call_id, replaces=replacement_key(item)
        )


def lamp_of(item: Event) -> ExtensionStateChanged | None:
    """Return what a softphone that was killed could not say itself: its extension takes no calls now."""
    if not isinstance(item, ProcessExited):
        return None
    kind, _, number = item.process.partition(".")
    if kind != "softphone" or not number:
        return None
    state: Literal["stopped", "failed"] = "stopped" if item.exit_code == 0 else "failed"
    return ExtensionStateChanged(at=item.at, extension=number, state=state)


def replacement_key(item: Event) -> str:
    """Return what an event replaces the earlier one of; empty for events that all matter."""
    match item:
        case PartialRecognized():
            return f"{item.call_id}/{item.leg}"
        case CallProgressed():
            return item.call_id
        case ExtensionStateChanged():  # softphones repeat their state every few seconds
            return item.extension
        case ProcessStarted() | WorkerMeasured():
            return item.process
        case _:
            return ""


def _sizes(folder: CallFolder) -> tuple[int, ...]:
    sizes = []
    for stream in NEWS_STREAMS:
        try:
            sizes.append(folder.journal(stream).stat().st_size)
        except OSError:
            sizes.append(-1)
    return tuple(sizes)
