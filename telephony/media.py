# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound files in and out of the conference bridge: checked players and native recorders.

PJSIP would resample or refuse files in its own ways and errors; here a file must be what the media clock needs
(8 kHz, mono, PCM16), and what is wrong is said by name before any call depends on it. Engine thread only, except
:func:`check_wav`.
"""

from __future__ import annotations

import contextlib
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pjsua2 as pj

from pipeline.catalog import text
from telephony.engine import CLOCK_HZ, Engine, Timer
from telephony.errors import AudioFileError

_TAIL_S = 0.06  # three clock ticks: the last frames are still on their way when the file's time is over


def check_wav(path: Path) -> int:
    """Return the number of samples of a playable file.

    Raises:
        AudioFileError: not there, no WAV, or not 8 kHz mono PCM16; names the file and what it is.
    """
    try:
        with wave.open(str(path), "rb") as file:
            form = (file.getframerate(), file.getnchannels(), file.getsampwidth())
            samples = file.getnframes()
    except FileNotFoundError as error:
        raise AudioFileError(
            text("telephony.audio_missing_file", path=path), remedy=text("telephony.audio_missing_file_remedy")
        ) from error
    except (OSError, EOFError, wave.Error) as error:
        raise AudioFileError(
            text("telephony.audio_unreadable", path=path, problem=error), remedy=text("telephony.audio_remedy")
        ) from error
    if form != (CLOCK_HZ, 1, 2) or samples == 0:
        raise AudioFileError(
            text(
                "telephony.audio_wrong_form",
                path=path,
                rate_hz=form[0],
                channels=form[1],
                bits=8 * form[2],
                samples=samples,
            ),
            remedy=text("telephony.audio_remedy"),
        )
    return samples


class Player:
    """Plays one checked file once, from the moment its port is connected."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self.duration_s = check_wav(path) / CLOCK_HZ
        self._engine = engine
        self._port = pj.AudioMediaPlayer()
        self._port.createPlayer(str(path), pj.PJMEDIA_FILE_NO_LOOP)
        engine.own(self._port)
        self._timer: Timer | None = None

    @property
    def port(self) -> Any | None:
        """The bridge port, None after :meth:`close`."""
        return self._port

    def when_finished(self, function: Callable[[], None]) -> None:
        """Call ``function`` when the file has been played, counted from now.

        By the clock and not by PJSIP's end-of-file callback, which comes from a native thread of its own.
        """
        self._timer = self._engine.later(self.duration_s + _TAIL_S, function)

    def close(self) -> None:
        """Stop and free; safe to repeat."""
        if self._timer is not None:
            self._timer.cancel()
        if self._port is not None:
            port, self._port = self._port, None
            self._engine.release(port)


class Recorder:
    """A native recorder: PJSIP's media thread writes PCM16, no Python involved."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self.path = path
        self._port = pj.AudioMediaRecorder()
        self._port.createRecorder(str(path))
        engine.own(self._port)

    @property
    def port(self) -> Any | None:
        """The bridge port, None after :meth:`close`."""
        return self._port

    def close(self) -> None:
        """End the file; its header becomes valid within a clock tick or two (see :func:`closed_samples`)."""
        if self._port is not None:
            port, self._port = self._port, None
            self._engine.release(port)


def closed_samples(path: Path) -> int | None:
    """Return how many samples a closed recording holds (perhaps none), None while its header is not final.

    PJSIP writes the RIFF length only when it closes the file; until then it is 0 (or the file is still empty).
    """
    with contextlib.suppress(OSError, EOFError, wave.Error):
        with path.open("rb") as raw:
            header = raw.read(8)
        if len(header) == 8 and header[4:] != bytes(4):
            with wave.open(str(path), "rb") as file:
                return file.getnframes()
    return None


def connect(source: Any, sink: Any) -> None:
    """Connect two bridge ports; connecting twice is harmless. Raises ``pj.Error``."""
    source.startTransmit(sink)


def disconnect(source: Any, sink: Any) -> None:
    """Disconnect two bridge ports. Raises ``pj.Error`` when one is gone."""
    source.stopTransmit(sink)


def port_level(port: Any | None) -> int | None:
    """Return the signal level (0..50, see ``level_db``) that a port last gave to the bridge, None without a port."""
    if port is None:
        return None
    try:
        return int(port.getTxLevel())
    except pj.Error:
        return None
