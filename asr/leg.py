# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows one leg of one call from its first usable sample to its last, in blocks of fixed size.

Blocks lie on a fixed grid whatever the lag, so that audio decoded late gives the same text as audio decoded live.
"""

from __future__ import annotations

from asr.recogniser import Engine, Final, LegRecogniser, Partial
from asr.wavtail import WavTail
from pipeline.events import Leg

WARM_UP_MS = 6000  # audio heard again, without results, after a restart: the length of the running mean's window


class LegFollower:
    """Reads a growing recording and decodes it.

    Parameters:
        tail: the recording.
        engine: a fresh engine of the model.
        begin_ms: first audio ever to decode on this leg.
        resume_ms: what earlier workers decoded already; at least ``begin_ms`` is used.
        block_ms: audio decoded at a time.
    """

    def __init__(
        self, leg: Leg, tail: WavTail, engine: Engine, *, begin_ms: int, resume_ms: int, block_ms: int
    ) -> None:
        self.leg = leg
        self.flushed = False
        self._tail = tail
        self._rate_hz = tail.rate_hz
        self._block = block_ms * self._rate_hz // 1000
        begin = begin_ms * self._rate_hz // 1000
        first = max(begin, resume_ms * self._rate_hz // 1000)
        self._recogniser = LegRecogniser(engine, self._rate_hz, first)
        self._warm_from = max(begin, first - WARM_UP_MS * self._rate_hz // 1000)
        tail.seek(self._warm_from)

    @property
    def decoded_to_ms(self) -> int:
        """How far the audio has been consumed."""
        return self._recogniser.position * 1000 // self._rate_hz

    def lag_ms(self, limit: int | None) -> int:
        """Return how much audio waits to be decoded (of at most ``limit`` samples of recording)."""
        return max(0, self._end(limit) - self._recogniser.position) * 1000 // self._rate_hz

    def decoded_to(self, sample: int | None) -> bool:
        """Return whether the audio before ``sample`` was decoded; False for None."""
        return sample is not None and self._recogniser.position >= sample

    def advance(self, limit: int | None) -> list[Partial | Final] | None:
        """Decode one block; None when no whole block is there yet.

        Parameters:
            limit: samples in the finished recording; None while it grows. The rest of a finished recording is
                decoded even when it is shorter than a block.

        Raises:
            AudioFormatError, OSError: the recording cannot be used.
        """
        end = self._end(limit)
        place = self._recogniser.position
        wanted = min(self._block, end - place) if limit is not None else self._block
        if wanted <= 0 or end - place < wanted:
            return None
        if self._tail.position < place:
            self._warm_up(place)
        pcm = self._tail.read(wanted)
        return self._recogniser.feed(pcm) if pcm else None

    def flush(self) -> list[Partial | Final]:
        """Return what is still open; the leg is finished afterwards."""
        self.flushed = True
        return self._recogniser.flush()

    def close(self) -> None:
        """Close the recording."""
        self._tail.close()

    def _end(self, limit: int | None) -> int:
        available = self._tail.available()
        return available if limit is None else min(available, limit)

    def _warm_up(self, place: int) -> None:
        start = self._tail.position
        self._recogniser.warm_up(self._tail.read(place - start), start)
        self._tail.seek(place)
