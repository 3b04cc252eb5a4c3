# SPDX-License-Identifier: GPL-3.0-or-later
"""A live call: events are written to the journals by their owners' rules, then handed to whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline import events as ev
from pipeline.callfolder import CallFolder, Spool
from pipeline.journal import JournalWriter

BEGAN = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
CALL_ID = "20261124T030000-0000beef"


@dataclass
class LiveFolder:
    """Plays softphone and ASR worker of one call."""

    spool: Spool
    publish: Callable[[ev.Event], None] = lambda item: None
    call_id: str = CALL_ID
    extension: str = "2101"
    caller_name: str = "Budi Uji"
    _writers: dict[str, JournalWriter] = field(default_factory=dict)
    _segments: int = 0

    @property
    def folder(self) -> CallFolder:
        return self.spool.folder(self.call_id)

    def write(self, item: ev.CallEvent, *, tell: bool = True) -> ev.CallEvent:
        """Append an event to its journal and publish the stored copy (``tell`` False: the bus lost it)."""
        stream = item.stream
        assert stream is not None
        if stream not in self._writers:
            self._writers[stream] = self.folder.create().writer(stream)
        stored = self._writers[stream].append(item)
        if tell:
            self.publish(stored)
        return stored

    def offered(self, **more: Any) -> LiveFolder:
        self.write(
            ev.CallOffered(
                at=BEGAN, call_id=self.call_id, extension=self.extension, caller_number="081200000001",
                caller_name=self.caller_name, **more,
            )
        )  # fmt: skip
        return self

    def add(self, kind: type[ev.CallEvent], **fields: Any) -> LiveFolder:
        """Write any event of the call."""
        self.write(kind(at=BEGAN + timedelta(seconds=20), call_id=self.call_id, **fields))
        return self

    def answered(self) -> LiveFolder:
        at = BEGAN + timedelta(seconds=4)
        self.write(ev.CallAnswered(at=at, call_id=self.call_id, extension=self.extension, ring_ms=4000))
        self.write(ev.RecordingStarted(at=at, call_id=self.call_id, sample_rate_hz=8000, sync_tone_ms=100))
        self.write(ev.CallBridged(at=at, call_id=self.call_id, offset_ms=3000))
        return self

    def says(self, text: str, *, leg: ev.Leg = "caller", tell: bool = True) -> ev.CallEvent:
        self._segments += 1
        number = self._segments
        return self.write(
            ev.SegmentFinalized(
                at=BEGAN + timedelta(seconds=10 + number), call_id=self.call_id, leg=leg, segment=number,
                start_ms=number * 1000, end_ms=number * 1000 + 900, text=text, words=(),
                decoded_to_ms=number * 1000 + 950, confidence=0.9,
            ),
            tell=tell,
        )  # fmt: skip

    def partial(self, text: str) -> ev.PartialRecognized:
        item = ev.PartialRecognized(
            at=BEGAN + timedelta(seconds=10), call_id=self.call_id, leg="caller", segment=self._segments + 1,
            text=text, audio_to_ms=9000, stable_ms=500,
        )  # fmt: skip
        self.publish(item)
        return item

    def ended(self, reason: str = "caller_hung_up") -> LiveFolder:
        at = BEGAN + timedelta(seconds=60)
        self.write(ev.CallEnded(at=at, call_id=self.call_id, reason=reason, talk_ms=50_000))
        self.write(ev.RecordingClosed(at=at, call_id=self.call_id, caller_samples=8000, agent_samples=8000))
        return self

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()
