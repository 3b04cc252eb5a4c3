# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the screen logs of all calls: each part once, in order, holes marked, and never more than fits.

What has been kept is read back from the call's own folder, so a restarted hub goes on where the killed one stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import structlog

from desk.errors import ScreenNotKeptError, ScreenPartError
from desk.journals import StreamJournal
from desk.screen_part import Content, read_part
from pipeline.callfolder import Spool
from pipeline.clock import Clock
from pipeline.events import MissedReason, ScreenCaptured, ScreenMissed
from pipeline.screenlog import pack

log = structlog.get_logger("desk.screen")
MAX_LOG_BYTES = 64 * 1024 * 1024  # of one call: more than twelve hours of a usual one
PLAUSIBLE = timedelta(days=7)  # a browser may have been without a network for so long
AHEAD = timedelta(hours=1)
State = Literal["kept", "repeated", "sealed", "full"]
Stored = ScreenCaptured | ScreenMissed


@dataclass(frozen=True)
class Sent:
    """A part as it came. ``ahead_ms``: how far the service's clock is ahead of the page's."""

    page: str
    part: int
    ahead_ms: int
    last: bool
    body: bytes


@dataclass
class _Kept:
    """What a call's log holds already: the last part of each page, its length, whether it is full."""

    parts: dict[str, int] = field(default_factory=dict)
    size_bytes: int = 0
    full: bool = False


class ScreenLogs:
    """Takes the parts of all calls. Thread-safe; its work blocks.

    Parameters:
        offset_ms: tells where in the recording of a call a moment lies; None when it is not known.
    """

    def __init__(
        self,
        spool: Spool,
        journal: StreamJournal,
        clock: Clock,
        *,
        offset_ms: Callable[[str, datetime], int | None] = lambda call_id, at: None,
        max_log_bytes: int = MAX_LOG_BYTES,
    ) -> None:
        self._spool, self._journal, self._clock = spool, journal, clock
        self._offset_ms, self._max_log_bytes = offset_ms, max_log_bytes
        self._lock = threading.Lock()
        self._calls: dict[str, _Kept] = {}

    def take(self, call_id: str, sent: Sent) -> State:
        """Keep a part. A call that takes nothing any more is no error: its bundle is sealed, the page may forget.

        Raises:
            ScreenPartError: the part is not what it must be; sending it again is of no use.
            ScreenNotKeptError: it could not be written; the page must send it again.
        """
        if not self._journal.takes_more(call_id):
            return "sealed"
        content = read_part(sent.body)
        if content.masked:
            log.warning("numbers masked that the page had not", call_id=call_id, texts=content.masked)
        with self._lock:
            kept = self._kept(call_id)
            last = kept.parts.get(sent.page, 0)
            if sent.part <= last:
                return "repeated"
            if kept.full:
                return "full"
            events = self._events(call_id, sent, content, parts_missing=sent.part - last - 1)
            if kept.size_bytes > self._max_log_bytes:
                kept.full = True
                events = [self._missed(call_id, sent, events[-1], "log_full")]
            return self._write(call_id, sent, kept, events)

    def forget(self, call_id: str) -> None:
        """Drop what is known of a call; it is read again when one more part comes."""
        with self._lock:
            self._calls.pop(call_id, None)
        self._journal.forget(call_id)

    def close(self) -> None:
        """Close all files."""
        self._journal.close()

    def _kept(self, call_id: str) -> _Kept:
        found = self._calls.get(call_id)
        if found is None:
            found = self._calls[call_id] = _Kept()
            folder = self._spool.folder(call_id)
            for item in folder.read("screen"):
                if isinstance(item, Stored):
                    found.parts[item.page] = item.part
                    found.full = found.full or (isinstance(item, ScreenMissed) and item.reason == "log_full")
            if found.parts:
                found.size_bytes = folder.journal("screen").stat().st_size
        return found

    def _events(self, call_id: str, sent: Sent, content: Content, *, parts_missing: int) -> list[Stored]:
        times = [event["timestamp"] for event in content.events]
        begin, end = (content.gap.from_ms, content.gap.to_ms) if content.gap else (min(times), max(times))
        at = self._at(begin + sent.ahead_ms)
        place = {
            "at": at, "call_id": call_id, "offset_ms": self._offset_ms(call_id, at), "page": sent.page,
            "part": sent.part, "page_ms": begin, "until_page_ms": end, "last": sent.last,
        }  # fmt: skip
        events: list[Stored] = []
        if parts_missing:
            hole = {**place, "part": sent.part - 1, "until_page_ms": begin, "last": False} if sent.part > 1 else place
            events.append(ScreenMissed.model_validate({**hole, "reason": "parts_missing", "parts": parts_missing}))
        if content.gap:
            events.append(ScreenMissed.model_validate({**place, "reason": content.gap.reason}))
        else:
            moments = {"events": len(times), "full": content.full, "size_bytes": content.size_bytes}
            events.append(ScreenCaptured.model_validate({**place, **moments, "data": pack(content.events)}))
        return events

    def _at(self, server_ms: int) -> datetime:
        now = self._clock.now()
        try:
            at = datetime.fromtimestamp(server_ms / 1000, UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise ScreenPartError(problem="a time outside the calendar") from error
        if not now - PLAUSIBLE <= at <= now + AHEAD:
            raise ScreenPartError(problem="a time that cannot be")
        return at

    @staticmethod
    def _missed(call_id: str, sent: Sent, item: Stored, reason: MissedReason) -> ScreenMissed:
        return ScreenMissed(
            at=item.at, call_id=call_id, offset_ms=item.offset_ms, page=sent.page, part=sent.part,
            page_ms=item.page_ms, until_page_ms=item.until_page_ms, reason=reason,
        )  # fmt: skip

    def _write(self, call_id: str, sent: Sent, kept: _Kept, events: list[Stored]) -> State:
        for item in events:
            stored = self._journal.append(item)
            if stored.seq == 0:
                if not self._journal.takes_more(call_id):
                    return "sealed"
                kept.full = False
                raise ScreenNotKeptError
            kept.parts[sent.page] = stored.part
            kept.size_bytes += len(item.data) if isinstance(item, ScreenCaptured) else 0
        return "full" if kept.full else "kept"
