# SPDX-License-Identifier: GPL-3.0-or-later
"""A short bounded queue of audio frames between two clocks (sound card and media clock).

When the writer is faster the oldest frame falls out, when the reader is faster it gets silence: latency stays
bounded and the drift between the clocks costs one 20 ms frame now and then.
"""

from __future__ import annotations

from collections import deque


class FrameRing:
    """Frames of ``frame_bytes`` each, at most ``depth``; one writer thread, one reader thread."""

    def __init__(self, frame_bytes: int, depth: int = 4) -> None:
        self._frames: deque[bytes] = deque()
        self._silence = bytes(frame_bytes)
        self._depth = depth
        self.dropped = 0
        self.missed = 0

    def put(self, frame: bytes) -> None:
        """Add a frame; the oldest goes when the ring is full."""
        self._frames.append(frame)
        if len(self._frames) > self._depth:
            self._frames.popleft()
            self.dropped += 1

    def get(self) -> bytes:
        """Return the oldest frame, or silence."""
        try:
            return self._frames.popleft()
        except IndexError:
            self.missed += 1
            return self._silence
