# SPDX-License-Identifier: GPL-3.0-or-later
"""The two recordings of a call: caller and agent, same clock, same sample 0, same length.

Both recorders are made first and then connected to the silence slot back to back in one turn of the engine: that
is sample 0. The silence stays connected for their whole life, so a leg that is on hold, frozen or gone leaves
zeros and no gap, and the files cannot drift apart.
"""

from __future__ import annotations

import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.callfolder import LEGS, CallFolder
from telephony.engine import CLOCK_HZ, Engine, SipFailure
from telephony.errors import RecordingError
from telephony.flusher import Flusher
from telephony.media import Recorder, closed_samples, connect

_CLOSE_POLL_S = 0.02
_CLOSE_LIMIT_S = 2.0
_TICK_SAMPLES = CLOCK_HZ // 50


@dataclass(frozen=True)
class ClosedRecording:
    """What the closed files hold. ``gap``: a file could not be closed properly; ``note`` says what was done."""

    caller_samples: int
    agent_samples: int
    gap: bool = False
    note: str = ""


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
            raise RecordingError(f"The recorders cannot be opened in {folder.path}: {error}.") from error

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
        return ClosedRecording(sizes[0], sizes[1], gap=True, note="header not final")
    caller, agent = samples[0] or 0, samples[1] or 0
    note = ""
    if 0 < abs(caller - agent) <= 2 * _TICK_SAMPLES:
        note = f"padded {abs(caller - agent)} samples"
        longest = max(caller, agent)
        pad(paths[0 if caller < agent else 1], abs(caller - agent))
        caller = agent = longest
    return ClosedRecording(caller, agent, gap=caller != agent, note=note)


def pad(path: Path, samples: int) -> None:
    """Append ``samples`` zeros to a closed PCM16 mono file and correct its header."""
    with wave.open(str(path), "rb") as file:
        form, audio = file.getparams(), file.readframes(file.getnframes())
    with wave.open(str(path), "wb") as file:
        file.setparams(form)
        file.writeframes(audio + bytes(2 * samples))


def _raw_samples(path: Path) -> int:
    """Samples in a file whose header is not final (44 bytes, PCM16)."""
    try:
        return max(0, path.stat().st_size - 44) // 2
    except OSError:
        return 0
