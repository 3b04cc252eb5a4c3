# SPDX-License-Identifier: GPL-3.0-or-later
"""The two recordings of a call: caller and agent, same clock, same sample 0, same length.

Both recorders are made first and then connected to the silence slot back to back in one turn of the engine: that
is sample 0. The silence stays connected for their whole life, so a leg that is on hold, frozen or gone leaves
zeros and no gap, and the files cannot drift apart.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from pipeline.callfolder import LEGS, CallFolder
from pipeline.catalog import text
from telephony.engine import CLOCK_HZ, Engine, SipFailure, failure_reason
from telephony.errors import RecordingError
from telephony.flusher import Flusher
from telephony.media import Recorder, closed_samples, connect

_CLOSE_POLL_S = 0.02
_CLOSE_LIMIT_S = 2.0
_TICK_SAMPLES = CLOCK_HZ // 50
_HEADER_BYTES = 44  # RIFF, fmt and data chunk heads as PJSIP writes them for PCM16
_RIFF_LENGTH_AT, _DATA_LENGTH_AT = 4, 40
SLIP_NOTED_MS = 250  # an overloaded machine makes PJSIP's clock late; it drops ticks when it is half a second behind


@dataclass(frozen=True)
class ClosedRecording:
    """What the closed files hold. ``gap``: a file could not be closed properly; ``note`` says what was done.

    ``missing_samples``: silence that stands for audio, and audio that the media clock dropped; both legs together.
    """

    caller_samples: int
    agent_samples: int
    gap: bool = False
    note: str = ""
    missing_samples: int = 0


class Recording:
    """Both recorders of one call; engine thread only.

    Raises:
        RecordingError: a recorder could not be opened (disk full, folder gone).
    """

    def __init__(self, engine: Engine, folder: CallFolder, flush_ms: int) -> None:
        self._engine = engine
        self._flusher = Flusher(flush_ms)
        self._recorders: dict[str, Recorder] = {}
        try:
            for leg in LEGS:
                self._recorders[leg] = Recorder(engine, folder.audio(leg))
        except SipFailure as error:
            self._close_recorders()
            raise RecordingError(
                text("telephony.recorder_unopened", path=folder.path, problem=failure_reason(error)),
                remedy=text("telephony.recorder_unopened_remedy"),
            ) from error

    def arm(self) -> None:
        """Start both files now."""
        ports = [recorder.port for recorder in self._recorders.values()]
        silence = self._engine.silence
        for port in ports:
            connect(silence, port)
        self._flusher.start()

    def port(self, leg: str) -> Any | None:
        """Return a recorder's bridge port, None when closed."""
        return self._recorders[leg].port

    def close(self, done: Callable[[ClosedRecording], None]) -> None:
        """End both files; ``done`` is called (engine thread) when their headers are final, or after 2 s."""
        self._close_recorders()
        self._flusher.stop()
        self._await(done, _CLOSE_LIMIT_S)

    def _close_recorders(self) -> None:
        for recorder in self._recorders.values():
            recorder.close()

    def _await(self, done: Callable[[ClosedRecording], None], left_s: float) -> None:
        paths = [self._recorders[leg].path for leg in LEGS]
        samples = [closed_samples(path) for path in paths]
        if None in samples and left_s > 0:
            self._engine.later(_CLOSE_POLL_S, lambda: self._await(done, left_s - _CLOSE_POLL_S))
            return
        done(_conclude(paths, samples))


def _conclude(paths: list[Path], samples: list[int | None]) -> ClosedRecording:
    """Return the final figures; files that a clock tick fell between are padded to one length."""
    if None in samples:
        sizes = [_raw_samples(path) for path in paths]
        return ClosedRecording(sizes[0], sizes[1], gap=True, note=text("telephony.recording_unfinished"))
    caller, agent = samples[0] or 0, samples[1] or 0
    short = abs(caller - agent)
    if not 0 < short <= 2 * _TICK_SAMPLES:
        return ClosedRecording(caller, agent, gap=caller != agent)
    try:
        pad(paths[0 if caller < agent else 1], short)
    except (OSError, ValueError) as error:  # a few samples of silence are not worth a recording, nor the extension
        note = text("telephony.recording_unpadded", samples=short, problem=error)
        return ClosedRecording(caller, agent, gap=True, note=note)
    longest = max(caller, agent)
    note = text("telephony.recording_padded", samples=short)
    return ClosedRecording(longest, longest, note=note, missing_samples=short)


def compare_clock(closed: ClosedRecording, recorded_ms: int) -> ClosedRecording:
    """Return the figures with what the media clock lost: the recorders ran for ``recorded_ms`` of wall time."""
    slip_ms = recorded_ms - closed.caller_samples * 1000 // CLOCK_HZ
    if abs(slip_ms) <= SLIP_NOTED_MS:
        return closed
    note = text("telephony.recording_slipped", slip_ms=f"{slip_ms:+d}")
    lost = len(LEGS) * max(0, slip_ms) * CLOCK_HZ // 1000
    return replace(
        closed,
        gap=closed.gap or lost > 0,
        note="; ".join(part for part in (closed.note, note) if part),
        missing_samples=closed.missing_samples + lost,
    )


def pad(path: Path, samples: int) -> None:
    """Append ``samples`` zeros to a closed PCM16 mono recording of ours and correct its header.

    In place, zeros first and header last: whenever the disk is full or the process is killed, what was recorded
    is still there, under the old header or under the new one.

    Raises:
        OSError: the zeros cannot be written; the file is as it was.
        ValueError: the file has not the header that PJSIP's recorder writes; it is not touched.
    """
    zeros = bytes(2 * samples)
    with path.open("r+b", buffering=0) as file:
        header, end = file.read(_HEADER_BYTES), file.seek(0, os.SEEK_END)
        data_bytes = int.from_bytes(header[_DATA_LENGTH_AT:], "little")
        if header[:4] != b"RIFF" or header[36:40] != b"data" or data_bytes != end - _HEADER_BYTES:
            raise ValueError(text("telephony.recording_header", path=path))
        try:
            _write(file, end, zeros)
        except OSError:
            file.truncate(end)
            raise
        _write(file, _DATA_LENGTH_AT, (data_bytes + len(zeros)).to_bytes(4, "little"))
        _write(file, _RIFF_LENGTH_AT, (end + len(zeros) - 8).to_bytes(4, "little"))


def _write(file: IO[bytes], offset_bytes: int, data: bytes) -> None:
    """Write all of ``data``; a write that is cut short is repeated for the rest, which says why (disk full)."""
    file.seek(offset_bytes)
    while data:
        data = data[file.write(data) :]


def _raw_samples(path: Path) -> int:
    """Samples in a file whose header is not final (PCM16)."""
    try:
        return max(0, path.stat().st_size - _HEADER_BYTES) // 2
    except OSError:
        return 0
