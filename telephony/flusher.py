# SPDX-License-Identifier: GPL-3.0-or-later
"""Pushes recorded audio from the C library's buffers into the files while a call is recorded.

The native recorder writes through stdio, which holds up to half a second back; ``fflush(NULL)`` from a plain thread
(ctypes lets go of the GIL meanwhile) brings the transcription's lag down to what PJSIP itself buffers.
"""

from __future__ import annotations

import ctypes
import threading


class Flusher:
    """A thread that flushes every ``interval_ms`` between :meth:`start` and :meth:`stop`; used once."""

    def __init__(self, interval_ms: int) -> None:
        self._interval_s = interval_ms / 1000
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End soon, without waiting: a flush that the disk holds up must not hold up the engine."""
        self._stop.set()

    def _run(self) -> None:
        flush = ctypes.CDLL(None).fflush
        while not self._stop.wait(self._interval_s):
            flush(None)
