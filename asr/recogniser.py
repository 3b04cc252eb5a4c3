# SPDX-License-Identifier: GPL-3.0-or-later
"""One leg's recogniser: audio blocks in, partial and final texts out, with times on the recording's own axis.

Knows neither files nor events. Stretches of digital silence are not decoded while no utterance is open; the
engine's clock then stands still, so this module keeps the map from what was fed to where it lies in the recording.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from asr.quiet import dithered, is_flat

HANGOVER_MS = 1000  # silence still decoded after the last sound: longer than the endpoint rules of model.conf need
PREROLL_MS = 200  # silence decoded before sound comes back: left context of its first frames
REPEAT_MS = 400  # an unchanged partial is told again this often, so that others see it is stable ...
STABLE_MS = 1200  # ... until it has been stable for so long


class RawWord(NamedTuple):
    """A word as the engine tells it; times in seconds of audio that the engine was given."""

    text: str
    start_s: float
    end_s: float
    confidence: float


class Engine(Protocol):
    """What is needed of a streaming speech recogniser."""

    def accept(self, pcm: bytes) -> bool:
        """Decode PCM16 audio; True when an utterance ended (then call :meth:`result`)."""
        ...

    def partial(self) -> str:
        """Return the text of the utterance so far."""
        ...

    def result(self) -> list[RawWord]:
        """Return the words of the utterance that ended."""
        ...

    def final(self) -> list[RawWord]:
        """Flush: return the words of all audio not reported yet."""
        ...

    def reset(self) -> None:
        """Forget the open utterance."""
        ...


class PlacedWord(NamedTuple):
    """A word with its place in the recording, in milliseconds since sample 0."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True)
class Partial:
    """The open utterance reads like this; empty text takes an earlier partial back."""

    text: str
    audio_to_ms: int
    stable_ms: int  # audio time since the text last changed


@dataclass(frozen=True)
class Final:
    """An utterance that will not change any more; ``words`` is never empty."""

    words: tuple[PlacedWord, ...]
    decoded_to_ms: int

    @property
    def text(self) -> str:
        """The words with spaces between."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """Mean confidence of the words, 0 to 1."""
        return sum(word.confidence for word in self.words) / len(self.words)


class LegRecogniser:
    """Feeds one engine and keeps its time.

    Parameters:
        engine: a fresh engine.
        rate_hz: sample rate of the audio.
        first_sample: place of the first sample that will be fed, in samples since sample 0.
    """

    def __init__(self, engine: Engine, rate_hz: int, first_sample: int) -> None:
        self._engine = engine
        self._rate_hz = rate_hz
        self._fed = 0  # samples the engine was given
        self.position = first_sample  # next sample of the recording
        self._anchors: deque[tuple[int, int]] = deque([(0, first_sample)])  # (fed, place in the recording)
        self._flat = 0  # length of the present digital silence, in samples
        self._skipped: deque[tuple[int, bytes]] = deque()  # silence held back as pre-roll: (place, audio)
        self._text = ""
        self._changed_at = first_sample
        self._told_at = first_sample

    def warm_up(self, pcm: bytes, first_sample: int) -> None:
        """Let the engine adapt to audio just before the first sample, without results. Call before :meth:`feed`."""
        if not pcm:
            return
        if self._engine.accept(dithered(np.frombuffer(pcm, "<i2"), first_sample)):
            self._engine.result()
        self._engine.reset()
        self._fed += len(pcm) // 2
        self._anchors = deque([(self._fed, self.position)])

    def feed(self, pcm: bytes) -> list[Partial | Final]:
        """Decode the next block of the recording (little-endian PCM16) and return what became known."""
        block = np.frombuffer(pcm, "<i2")
        place = self.position
        self.position += block.size
        self._flat = self._flat + block.size if is_flat(block) else 0
        audio = dithered(block, place)
        if self._flat > self._samples(HANGOVER_MS) and not self._text:
            self._hold_back(place, audio)
            return []
        ended = False
        for held_place, held in (*self._skipped, (place, audio)):
            self._anchor(held_place)
            ended = self._engine.accept(held) or ended
            self._fed += len(held) // 2
        self._skipped.clear()
        return self._close(self._engine.result()) if ended else self._look()

    def flush(self) -> list[Partial | Final]:
        """Return the words still open; the recogniser is used up afterwards."""
        return self._close(self._engine.final())

    def _hold_back(self, place: int, audio: bytes) -> None:
        self._skipped.append((place, audio))
        while self._skipped and self.position - self._skipped[0][0] > self._samples(PREROLL_MS):
            self._skipped.popleft()

    def _anchor(self, place: int) -> None:
        fed, at = self._anchors[-1]
        if place - at != self._fed - fed:
            self._anchors.append((self._fed, place))
        while len(self._anchors) > 64:  # an utterance never spans so many pauses: open text is not skipped in
            self._anchors.popleft()

    def _look(self) -> list[Partial | Final]:
        text = self._engine.partial()
        if text != self._text:
            self._text = text
            self._changed_at = self._told_at = self.position
            return [self._partial()]
        due = self.position - self._told_at >= self._samples(REPEAT_MS)
        if not text or not due or self._told_at - self._changed_at >= self._samples(STABLE_MS):
            return []
        self._told_at = self.position
        return [self._partial()]

    def _close(self, raw: list[RawWord]) -> list[Partial | Final]:
        told = bool(self._text)
        self._text = ""
        self._changed_at = self._told_at = self.position
        if raw:
            words = tuple(self._place(word) for word in raw)
            return [Final(words, self._ms(self.position))]
        return [self._partial()] if told else []

    def _partial(self) -> Partial:
        return Partial(self._text, self._ms(self.position), self._ms(self.position - self._changed_at))

    def _place(self, word: RawWord) -> PlacedWord:
        start_ms = self._to_recording_ms(word.start_s)
        end_ms = max(start_ms, self._to_recording_ms(word.end_s))
        return PlacedWord(word.text, start_ms, end_ms, min(1.0, max(0.0, word.confidence)))

    def _to_recording_ms(self, engine_s: float) -> int:
        fed = round(engine_s * self._rate_hz)
        anchor_fed, at = next((pair for pair in reversed(self._anchors) if pair[0] <= fed), self._anchors[0])
        return self._ms(min(max(0, at + fed - anchor_fed), self.position))

    def _samples(self, duration_ms: int) -> int:
        return duration_ms * self._rate_hz // 1000

    def _ms(self, samples: int) -> int:
        return samples * 1000 // self._rate_hz
