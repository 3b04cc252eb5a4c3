# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes call folders the way a softphone does, at a pace the test chooses."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.callfolder import CallFolder, Spool
from pipeline.events import (
    CallBridged,
    CallEnded,
    CallEvent,
    CallOffered,
    Leg,
    RecordingClosed,
    RecordingStarted,
    SegmentFinalized,
    TranscriptCompleted,
)

RATE_HZ = 8000
AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
Audio = npt.NDArray[np.int16]


def call_id(number: int) -> str:
    """Return the id of the test's call with this number."""
    return f"20261124T030000-{number:08x}"


def growing_header(rate_hz: int = RATE_HZ, channels: int = 1) -> bytes:
    """Return the 44 bytes of a WAV that is still written: both lengths are zero."""
    block = 2 * channels
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate_hz, rate_hz * block, block, 16)
    return struct.pack("<4sI4s", b"RIFF", 0, b"WAVE") + fmt + struct.pack("<4sI", b"data", 0)


def silence(seconds: float) -> Audio:
    """Return digital silence."""
    return np.zeros(round(seconds * RATE_HZ), np.int16)


class FakeSoftphone:
    """The single writer of one call's ``call.jsonl`` and recordings."""

    def __init__(self, spool: Path, number: int, *, rate_hz: int = RATE_HZ) -> None:
        self.folder: CallFolder = Spool(spool).folder(call_id(number)).create()
        self._journal = self.folder.writer("call")
        self._rate_hz = rate_hz
        self.samples: dict[Leg, int] = {"caller": 0, "agent": 0}
        self.tell(CallOffered(at=AT, call_id=self.folder.call_id, extension="2101", caller_number="0812-000-0001"))

    def tell(self, item: CallEvent) -> CallEvent:
        """Append an event to the call's journal and return it as stored."""
        return self._journal.append(item)

    def start(self, *, sync_tone_ms: int = 100, header: bytes | None = None) -> RecordingStarted:
        """Arm both recorders."""
        for leg in self.samples:
            self.folder.audio(leg).write_bytes(growing_header(self._rate_hz) if header is None else header)
        started = RecordingStarted(
            at=AT,
            call_id=self.folder.call_id,
            offset_ms=0,
            sample_rate_hz=self._rate_hz,
            sync_tone_ms=sync_tone_ms,
        )
        self.tell(started)
        return started

    def bridge(self, offset_ms: int) -> None:
        """Let caller and agent hear each other."""
        self.tell(CallBridged(at=AT, call_id=self.folder.call_id, offset_ms=offset_ms))

    def write(self, leg: Leg, audio: Audio) -> None:
        """Append audio to a recording."""
        with self.folder.audio(leg).open("ab") as file:
            file.write(audio.astype("<i2").tobytes())
        self.samples[leg] += audio.size

    def end(self, reason: str = "caller_hung_up") -> None:
        """End the call without closing the recordings."""
        self.tell(CallEnded(at=AT, call_id=self.folder.call_id, reason=reason))

    def close_recording(self, *, gap: bool = False) -> None:
        """Declare the recordings final."""
        self.tell(
            RecordingClosed(
                at=AT,
                call_id=self.folder.call_id,
                caller_samples=self.samples["caller"],
                agent_samples=self.samples["agent"],
                gap=gap,
            )
        )

    def hang_up(self) -> None:
        """End the call in the ordinary way."""
        self.end()
        self.close_recording()


def segments(folder: CallFolder, leg: Leg) -> list[SegmentFinalized]:
    """Return a leg's final segments."""
    return [item for item in folder.read("transcript") if isinstance(item, SegmentFinalized) and item.leg == leg]


def completed(folder: CallFolder) -> dict[Leg, TranscriptCompleted]:
    """Return the legs whose transcript is complete; a leg completed twice fails the test."""
    found: dict[Leg, TranscriptCompleted] = {}
    for item in folder.read("transcript"):
        if isinstance(item, TranscriptCompleted):
            assert item.leg not in found, f"{item.leg} completed twice"
            found[item.leg] = item
    return found


def spoken(folder: CallFolder, leg: Leg) -> str:
    """Return a leg's whole text."""
    return " ".join(item.text for item in segments(folder, leg))
