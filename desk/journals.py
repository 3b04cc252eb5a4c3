# SPDX-License-Identifier: GPL-3.0-or-later
"""The two streams of a call folder that the hub owns: ``suggestions.jsonl`` and ``case.jsonl``.

Once the archiver has marked a folder (or it has left the spool) nothing is added any more: the event then goes
its way with ``seq`` 0, and what must last is in the database.
"""

from __future__ import annotations

import threading
from typing import TypeVar

import structlog

from pipeline.callfolder import CallFolder, Spool
from pipeline.events import CallEvent, Stream
from pipeline.journal import JournalWriter

log = structlog.get_logger("desk")
E_ = TypeVar("E_", bound=CallEvent)


class StreamJournal:
    """Appends to one stream of any call. Thread-safe."""

    def __init__(self, spool: Spool, stream: Stream) -> None:
        self._spool, self._stream = spool, stream
        self._lock = threading.Lock()
        self._writers: dict[str, JournalWriter] = {}

    def append(self, item: E_, *, sync: bool = False) -> E_:
        """Write an event and return it with its number; unchanged when the folder takes nothing any more.

        A full disk is logged, not raised: the call and the page go on.
        """
        with self._lock:
            writer = self._writer(item.call_id)
            if writer is None:
                return item
            try:
                return writer.append(item, sync=sync)
            except OSError as error:
                log.error("journal not written", stream=self._stream, call_id=item.call_id, problem=str(error))
                return item

    def takes_more(self, call_id: str) -> bool:
        """Return whether a call's folder is there and still takes events."""
        return takes_more(self._spool.folder(call_id))

    def forget(self, call_id: str) -> None:
        """Close the call's file; a later append opens it again."""
        with self._lock:
            self._close(call_id)

    def close(self) -> None:
        """Close all files; safe to call twice."""
        with self._lock:
            for call_id in list(self._writers):
                self._close(call_id)

    def _writer(self, call_id: str) -> JournalWriter | None:
        folder = self._spool.folder(call_id)
        if not takes_more(folder):
            self._close(call_id)
            return None
        writer = self._writers.get(call_id)
        if writer is None:
            try:
                writer = self._writers[call_id] = folder.writer(self._stream)
            except OSError as error:
                log.error("journal not opened", stream=self._stream, call_id=call_id, problem=str(error))
        return writer

    def _close(self, call_id: str) -> None:
        writer = self._writers.pop(call_id, None)
        if writer is not None:
            writer.close()


def takes_more(folder: CallFolder) -> bool:
    """Return whether the hub may still write into a call's folder."""
    return folder.path.is_dir() and not folder.is_sealing
