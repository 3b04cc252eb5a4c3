# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's leg as a headset on this machine.

The PJSIP wheel has no sound devices, so a port of our own stands in the conference bridge and exchanges 20 ms
frames with a ``sounddevice`` stream through two short rings. The stream runs at 16 kHz with 60 ms of latency
(smaller ones cost many times the CPU, 8 kHz streams die on common drivers); the bridge resamples. A stream that stops
without an exception is noticed by its callback counter and opened again.
"""

from __future__ import annotations

import contextlib
import ctypes
from typing import Any

import pjsua2 as pj
import structlog

from pipeline.catalog import text
from telephony.engine import Engine, Timer
from telephony.errors import HeadsetError
from telephony.legs import Leg, LegListener
from telephony.media import port_level
from telephony.ring import FrameRing
from telephony.stats import StreamFigures

log = structlog.get_logger("telephony.headset")

RATE_HZ = 16000
LATENCY_S = 0.06
_FRAME_SAMPLES = RATE_HZ // 50
_FRAME_BYTES = 2 * _FRAME_SAMPLES
_WATCH_S = 0.5


def _vector_bytes(vector: Any) -> bytes:
    """Copy a SWIG ``ByteVector`` out: its pointers are read directly, element by element takes 20 times as long."""
    address = int(vector.this)
    begin = ctypes.c_void_p.from_address(address).value
    end = ctypes.c_void_p.from_address(address + ctypes.sizeof(ctypes.c_void_p)).value
    return ctypes.string_at(begin, end - begin) if begin and end else b""


def _fill_vector(vector: Any, data: bytes) -> None:
    """Copy ``data`` into a ``ByteVector`` that already has this length."""
    begin = ctypes.c_void_p.from_address(int(vector.this)).value
    if begin:
        ctypes.memmove(begin, data, len(data))


def _restart_portaudio() -> None:
    """Make PortAudio look for devices anew: its list is from its start, and a plugged-in headset is not on it."""
    import sounddevice

    with contextlib.suppress(sounddevice.PortAudioError):
        sounddevice._terminate()
        sounddevice._initialize()


class _Port(pj.AudioMediaPort):  # type: ignore[misc]
    """The bridge's side; both callbacks come from the media clock's thread."""

    def __init__(self, to_ear: FrameRing, from_mouth: FrameRing) -> None:
        super().__init__()
        self._to_ear, self._from_mouth = to_ear, from_mouth
        self._frame = pj.ByteVector([0] * _FRAME_BYTES)
        form = pj.MediaFormatAudio()
        form.init(pj.PJMEDIA_FORMAT_PCM, RATE_HZ, 1, 20000, 16)
        self.createPort("headset", form)

    def onFrameReceived(self, frame: Any) -> None:  # noqa: N802
        """A frame for the agent's ear."""
        data = _vector_bytes(frame.buf)
        if len(data) == _FRAME_BYTES:
            self._to_ear.put(data)

    def onFrameRequested(self, frame: Any) -> None:  # noqa: N802
        """The bridge wants a frame of the agent's voice."""
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
        _fill_vector(self._frame, self._from_mouth.get())
        frame.buf = self._frame


class HeadsetLeg:
    """A leg whose far end is a person at this machine; it is accepted as soon as it is open."""

    codec = "headset"

    def __init__(self, engine: Engine, name: str, listener: LegListener) -> None:
        self._engine, self._name, self._listener = engine, name, listener
        self._to_ear, self._from_mouth = FrameRing(_FRAME_BYTES), FrameRing(_FRAME_BYTES)
        self.callbacks = 0
        self._seen = 0
        self._stream: Any = self._open_stream()
        self._port: _Port | None = _Port(self._to_ear, self._from_mouth)
        engine.own(self._port)
        self._watch: Timer = engine.later(_WATCH_S, self._look)

    @classmethod
    def open(cls, engine: Engine, name: str, listener: LegListener) -> HeadsetLeg:
        """Open the sound device (part of its ``name``; empty = default) and report it accepted.

        Raises:
            HeadsetError: no such device, or it cannot be opened for both directions.
        """
        leg = cls(engine, name, listener)
        engine.post(leg._accepted)
        return leg

    @property
    def media(self) -> Any | None:
        """The bridge port, None after the end."""
        return self._port

    @property
    def alive(self) -> bool:
        """Whether it was not hung up."""
        return self._port is not None

    def hang_up(self, code: int) -> None:
        """Close the sound device and the port."""
        if self._port is None:
            return
        self._watch.cancel()
        self._close_stream()
        log.info(
            "headset closed",
            callbacks=self.callbacks,
            ear=(self._to_ear.dropped, self._to_ear.missed),
            mouth=(self._from_mouth.dropped, self._from_mouth.missed),
        )
        port, self._port = self._port, None
        self._engine.release(port)
        listener: LegListener = self._listener
        leg: Leg = self
        self._engine.post(lambda: listener.leg_gone(leg, code, "headset closed"))

    def remember_figures(self) -> None:
        """A headset has no RTP."""

    def figures(self) -> StreamFigures | None:
        """A headset has no RTP."""
        return None

    def level(self) -> int | None:
        """Loudness of the agent's voice (0..50)."""
        return port_level(self._port)

    def _accepted(self) -> None:
        if self._port is not None:
            self._listener.leg_media(self, up=True, held=False)
            self._listener.leg_accepted(self)

    def _open_stream(self) -> Any:
        try:
            import sounddevice

            stream = sounddevice.RawStream(
                samplerate=RATE_HZ,
                blocksize=_FRAME_SAMPLES,
                device=self._name or None,
                channels=1,
                dtype="int16",
                latency=LATENCY_S,
                callback=self._exchange,
            )
            stream.start()
        except (OSError, ValueError, sounddevice.PortAudioError) as error:
            raise HeadsetError(
                text("telephony.headset_missing", name=self._name or "default", problem=error),
                remedy=text("telephony.headset_remedy"),
            ) from error
        return stream

    def _exchange(self, heard: Any, played: Any, frames: int, moment: Any, status: Any) -> None:
        """PortAudio's thread: microphone in, headphones out."""
        self.callbacks += 1
        played[:] = self._to_ear.get()
        self._from_mouth.put(bytes(heard))

    def _look(self) -> None:
        """Twice a second: a stream without callbacks is dead and is opened again, by a fresh PortAudio."""
        if self._port is None:
            return
        if self.callbacks == self._seen:
            log.warning("headset stream stopped; opening it again", device=self._name or "default")
            self._close_stream()
            _restart_portaudio()
            try:
                self._stream = self._open_stream()
            except HeadsetError as error:
                log.error("headset lost", problem=str(error))
        self._seen = self.callbacks
        self._watch = self._engine.later(_WATCH_S, self._look)

    def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(Exception):  # a device that was pulled out fails in many ways
                stream.abort()
                stream.close()
