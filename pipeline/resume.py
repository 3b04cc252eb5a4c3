# SPDX-License-Identifier: GPL-3.0-or-later
"""Every stored event exactly once and in order, whatever the bus lost.

The bus is fast but may drop, repeat or reorder; the call folder is complete. :class:`Resumer` takes events from
the bus, and where their numbers show a gap, or after a reconnect, reads what is missing from the folder.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.callfolder import STREAMS, Spool
from pipeline.events import CallEvent, Stream


class Resumer:
    """Tracks the last number seen per call and stream. Not thread-safe."""

    def __init__(self, spool: Spool, streams: Iterable[Stream] = STREAMS) -> None:
        self._spool = spool
        self._streams = tuple(streams)
        self._seen: dict[tuple[str, str], int] = {}

    def accept(self, item: CallEvent) -> list[CallEvent]:
        """Return the events that are now known and were not before, ending with ``item`` when it is new."""
        if item.stream is None or item.seq == 0:
            return [item]
        if item.stream not in self._streams:
            return []
        key = (item.call_id, item.stream)
        last = self._seen.get(key, 0)
        if item.seq <= last:
            return []
        fresh = [item]
        if item.seq > last + 1:
            stored = self._spool.folder(item.call_id).read(item.stream, after_seq=last)
            fresh = [old for old in stored if old.seq < item.seq] + fresh
        self._seen[key] = item.seq
        return fresh

    def catch_up(self, call_id: str) -> list[CallEvent]:
        """Return everything in a call's folder that was not seen yet, ordered by time."""
        folder = self._spool.folder(call_id)
        fresh: list[CallEvent] = []
        for stream in self._streams:
            key = (call_id, stream)
            new = list(folder.read(stream, after_seq=self._seen.get(key, 0)))
            if new:
                self._seen[key] = new[-1].seq
                fresh += new
        return sorted(fresh, key=lambda item: item.at)

    def forget(self, call_id: str) -> None:
        """Drop what is known of a call whose folder is gone."""
        for stream in self._streams:
            self._seen.pop((call_id, stream), None)
