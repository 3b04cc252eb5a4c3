# SPDX-License-Identifier: GPL-3.0-or-later
"""A recogniser that hears beeps: it implements the engine's protocol exactly, with audio that a test can write.

A word is a stretch of samples of one loud value; the value is its name (``w1000``). Half a second of anything quiet
ends the utterance. So what a test writes is what it must read back, sample by sample.
"""

from __future__ import annotations

import numpy as np

from asr.recogniser import RawWord
from tests.asr.calls import RATE_HZ, Audio, silence

_LOUD = 500
_ENDPOINT_SAMPLES = RATE_HZ // 2


def beep(value: int, seconds: float = 0.3) -> Audio:
    """Return the word ``w<value>``: a square wave of 1 kHz, so that it is a sound of the telephone's band."""
    wave = np.full(round(seconds * RATE_HZ), value, np.int16)
    wave[np.arange(wave.size) % 8 >= 4] *= -1
    return wave


def sentence(*values: int) -> Audio:
    """Return the words with short pauses between and 0.7 s of silence behind."""
    parts = [part for value in values for part in (beep(value), silence(0.1))]
    return np.concatenate([*parts, silence(0.6)])


class BeepEngine:
    """:class:`asr.recogniser.Engine` for beeps."""

    def __init__(self) -> None:
        self.fed = 0
        self._words: list[RawWord] = []
        self._open: tuple[int, int] | None = None  # (value, first sample)
        self._quiet = 0

    def accept(self, pcm: bytes) -> bool:
        for sample in np.abs(np.frombuffer(pcm, "<i2").astype(int)):
            self._hear(round(int(sample), -2) if sample > _LOUD else 0)
        return bool(self._words) and self._open is None and self._quiet >= _ENDPOINT_SAMPLES

    def partial(self) -> str:
        return " ".join(word.text for word in self._words)

    def result(self) -> list[RawWord]:
        words, self._words = self._words, []
        return words

    def final(self) -> list[RawWord]:
        self._hear(0)
        return self.result()

    def reset(self) -> None:
        self._words, self._open, self._quiet = [], None, 0

    def _hear(self, value: int) -> None:
        if self._open is not None and self._open[0] != value:
            name, first = self._open
            self._words.append(RawWord(f"w{name}", first / RATE_HZ, self.fed / RATE_HZ, 0.9))
            self._open = None
        if value and self._open is None:
            self._open = (value, self.fed)
        self._quiet = 0 if value else self._quiet + 1
        self.fed += 1


class BeepModel:
    """A model whose engines hear beeps."""

    name = "beeps"
    rate_hz = RATE_HZ

    def __init__(self) -> None:
        self.engines: list[BeepEngine] = []

    def engine(self) -> BeepEngine:
        self.engines.append(BeepEngine())
        return self.engines[-1]
