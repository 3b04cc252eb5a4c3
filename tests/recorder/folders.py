# SPDX-License-Identifier: GPL-3.0-or-later
"""Call folders for tests: real journals and real WAVs, as telephony, ASR and the hub leave them. Invented data."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import soundfile

from pipeline.callfolder import LEGS, CallFolder, Spool
from pipeline.events import (
    CallAnswered,
    CallBridged,
    CallEnded,
    CallEvent,
    CallHeld,
    CallOffered,
    CallResumed,
    CaseOpened,
    CaseTransitioned,
    Leg,
    RecordingClosed,
    RecordingStarted,
    SegmentFinalized,
    TranscriptCompleted,
    Word,
)
from pipeline.settings import PROJECT_DIR
from recorder.wav import Samples

RATE_HZ = 8000
BEGAN = datetime(2026, 11, 24, 3, 15, 2, tzinfo=UTC)
TONE_FILE = PROJECT_DIR / "models/announcement/sync-tone.wav"
CALL_ID = "20261124T031502-9f86d081"


def call_id(number: int) -> str:
    """Return the id of an invented call."""
    return f"20261124T{31500 + number:06d}-{number:08x}"


def tone() -> Samples:
    """Return the sync tone, int16."""
    samples, _ = soundfile.read(TONE_FILE, dtype="int16")
    return np.asarray(samples, dtype=np.int16)


def voice(seconds: float, seed: int) -> Samples:
    """Return speech-shaped noise that begins with the sync tone."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE_HZ)
    envelope = np.abs(np.sin(np.arange(count) * 2 * np.pi * 2.5 / RATE_HZ))
    out = (rng.normal(0, 2500, count) * envelope).clip(-32000, 32000).astype(np.int16)
    head = tone()
    out[: len(head)] = head
    return out


def wav_bytes(samples: Samples, rate_hz: int = RATE_HZ, *, channels: int = 1, finished: bool = True) -> bytes:
    """Return a PCM16 WAV as PJSIP writes it; unfinished = both lengths still 0."""
    data = samples.astype("<i2").tobytes()
    sizes = (36 + len(data), len(data)) if finished else (0, 0)
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * 2 * channels, 2 * channels, 16)
    return b"RIFF" + struct.pack("<I", sizes[0]) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + (
        struct.pack("<I", sizes[1]) + data
    )  # fmt: skip


@dataclass
class CallMaker:
    """Writes one call folder. Every flag takes something away from a whole, documented call."""

    spool: Spool
    call_id: str = CALL_ID
    seconds: float = 2.0

    @property
    def folder(self) -> CallFolder:
        """The folder that is written."""
        return self.spool.folder(self.call_id)

    def at(self, ms: int) -> datetime:
        """Return the wall time of an offset."""
        return BEGAN + timedelta(milliseconds=ms)

    def write(self, *, answered: bool = True, ended: bool = True, transcript: bool = True, case: str = "documented",
              finished: bool = True) -> CallFolder:  # fmt: skip
        """Write everything and return the folder."""
        self.folder.create()
        self.write_call(answered=answered, ended=ended)
        if answered:
            for number, leg in enumerate(LEGS):
                self.audio(leg, voice(self.seconds, seed=number + len(self.call_id)), finished=finished)
        if answered and transcript:
            self.write_transcript()
        if answered and case:
            self.write_case(case)
        return self.folder

    def audio(self, leg: Leg, samples: Samples, *, rate_hz: int = RATE_HZ, finished: bool = True) -> None:
        """Write one recording."""
        self.folder.audio(leg).write_bytes(wav_bytes(samples, rate_hz, finished=finished))

    def append(self, stream: str, *events: CallEvent) -> None:
        """Append events to a stream's journal."""
        writer = self.folder.writer(stream)  # type: ignore[arg-type]
        for item in events:
            writer.append(item)
        writer.close()

    def write_call(self, *, answered: bool, ended: bool) -> None:
        """Write call.jsonl."""
        call, end_ms = self.call_id, int(self.seconds * 1000)
        events: list[CallEvent] = [
            CallOffered(at=BEGAN, call_id=call, extension="2101", caller_number="081200007788", caller_name="Contoh")
        ]
        if answered:
            events += [
                RecordingStarted(at=self.at(0), call_id=call, offset_ms=0, sample_rate_hz=RATE_HZ, sync_tone_ms=100),
                CallAnswered(at=self.at(20), call_id=call, extension="2101", ring_ms=1200),
                CallBridged(at=self.at(300), call_id=call, offset_ms=300, codec="PCMA"),
                CallHeld(at=self.at(800), call_id=call, offset_ms=800, by="agent"),
                CallResumed(at=self.at(1000), call_id=call, offset_ms=1000),
            ]
        if ended:
            reason = "caller_hung_up" if answered else "caller_abandoned"
            events.append(
                CallEnded(at=self.at(end_ms), call_id=call, offset_ms=end_ms, reason=reason, talk_ms=end_ms - 300)  # type: ignore[arg-type]
            )
            if answered:
                count = int(self.seconds * RATE_HZ)
                events.append(
                    RecordingClosed(at=self.at(end_ms), call_id=call, caller_samples=count, agent_samples=count)
                )
        self.append("call", *events)

    def write_transcript(self, legs: tuple[Leg, ...] = LEGS) -> None:
        """Write transcript.jsonl: one segment per leg, then the end of each."""
        said: dict[Leg, tuple[str, int]] = {"caller": ("saya lupa efin", 400), "agent": ("baik bapak", 1300)}
        for leg in legs:
            words, start_ms = said[leg]
            spoken = tuple(
                Word(text=word, start_ms=start_ms + 200 * n, end_ms=start_ms + 200 * n + 150, confidence=0.9)
                for n, word in enumerate(words.split())
            )
            self.append(
                "transcript",
                SegmentFinalized(
                    at=self.at(1500), call_id=self.call_id, leg=leg, segment=1, start_ms=start_ms,
                    end_ms=spoken[-1].end_ms, text=words, words=spoken, decoded_to_ms=1500, confidence=0.9,
                ),
                TranscriptCompleted(
                    at=self.at(2100), call_id=self.call_id, leg=leg, segments=1, decoded_to_ms=2000
                ),
            )  # fmt: skip

    def write_case(self, state: str) -> None:
        """Write case.jsonl: opened, then moved to ``state``."""
        number = "LI-2026-000123"
        self.append(
            "case",
            CaseOpened(
                at=self.at(20), call_id=self.call_id, case_number=number, agent="petugas.contoh",
                deadline_at=self.at(900_000),
            ),
            CaseTransitioned(
                at=self.at(2500), call_id=self.call_id, case_number=number, from_state="answered", to_state=state,
                step="6", person="petugas.contoh",
            ),
        )  # fmt: skip

    def age(self, seconds: float) -> None:
        """Make every file look as if it was last written so many seconds ago."""
        for path in self.folder.path.iterdir():
            stat = path.stat()
            os.utime(path, (stat.st_atime - seconds, stat.st_mtime - seconds))


def spool_calls(spool: Spool) -> list[str]:
    """Return everything that is left in the spool's day folders, also half-removed folders."""
    return sorted(path.name for path in spool.root.glob("*/*/*/*"))


def bundle_folder(archive_dir: Path, call: str = CALL_ID) -> Path:
    """Return where a call's bundle belongs."""
    return archive_dir / "2026/11/24" / call
