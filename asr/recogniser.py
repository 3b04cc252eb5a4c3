# SPDX-License-Identifier: GPL-3.0-or-later
"""One leg's recogniser: audio blocks in, partial and final texts out, with times on the recording's own axis.

Knows neither files nor events. Where nobody speaks (:mod:`asr.gate`) nothing is decoded while no utterance is open;
the engine's clock then stands still, so this module keeps the map from what was fed to where it lies in the recording.
Words that the engine found where nobody spoke, and is not sure of itself, are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from asr.gate import Gate
from asr.partials import Steadier
from asr.quiet import dithered

HANGOVER_MS = 1300  # still decoded after the last speech: longer than the endpoint rules of model.conf need
PREROLL_MS = 400  # decoded before speech comes back: its first sounds may be too faint to be noticed
FORCE_MS = 2000  # without speech for so long, an utterance that the engine holds open is ended
UNHEARD_SHARE = 0.3  # a word with less of its time near speech was not spoken, unless the engine is sure of it
UNHEARD_SLACK_MS = 150
SURE_WORD = 0.97
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
        gate: makes the detector of speech, from the rate and the first sample.
        steady: whether partials are held back until they settle.
    """

    def __init__(
        self,
        engine: Engine,
        rate_hz: int,
        first_sample: int,
        *,
        gate: Callable[[int, int], Gate] = Gate,
        steady: bool = True,
    ) -> None:
        self._engine = engine
        self._rate_hz = rate_hz
        self._fed = 0  # samples the engine was given
        self.position = first_sample  # next sample of the recording
        self._anchors: deque[tuple[int, int]] = deque([(0, first_sample)])  # (fed, place in the recording)
        self._make_gate = gate
        self._gate = gate(rate_hz, first_sample)
        self._steadier = Steadier() if steady else None
        self._skipped: deque[tuple[int, bytes]] = deque()  # audio held back as pre-roll: (place, audio)
        self.dropped_words = 0  # found by the engine where nobody spoke
        self._open = False  # whether the engine has words in the present utterance
        self._text = ""  # what was told of them
        self._changed_at = first_sample
        self._told_at = first_sample

    def warm_up(self, pcm: bytes, first_sample: int) -> None:
        """Let the engine adapt to audio just before the first sample, without results. Call before :meth:`feed`."""
        if not pcm:
            return
        self._gate = self._make_gate(self._rate_hz, first_sample)
        self._gate.hear(np.frombuffer(pcm, "<i2"))
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
        self._gate.hear(block)
        quiet = self.position - self._gate.last_speech
        audio = dithered(block, place)
        if quiet > self._samples(HANGOVER_MS) and not self._open:
            self._hold_back(place, audio)
            return []
        ended = False
        for held_place, held in (*self._skipped, (place, audio)):
            self._anchor(held_place)
            ended = self._engine.accept(held) or ended
            self._fed += len(held) // 2
        self._skipped.clear()
        if ended:
            return self._close(self._engine.result())
        if self._open and quiet > self._samples(FORCE_MS):
            return self._close(self._engine.final())
        return self._look()

    @property
    def decoded_s(self) -> float:
        """Seconds of audio that the engine was given: what the gate let through."""
        return self._fed / self._rate_hz

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
        guess = self._engine.partial()
        self._open = bool(guess)
        text = self._steadier.show(guess, self._ms(self.position)) if self._steadier else guess
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
        self._text, self._open = "", False
        if self._steadier:
            self._steadier.reset()
        self._changed_at = self._told_at = self.position
        words = self._spoken([self._place(word) for word in raw])
        if words:
            return [Final(tuple(words), self._ms(self.position))]
        return [self._partial()] if told else []

    def _spoken(self, words: list[PlacedWord]) -> list[PlacedWord]:
        """Leave out, from both ends, words that the engine is not sure of and that lie where nobody spoke."""
        kept = list(words)
        while kept and self._is_invented(kept[-1]):
            kept.pop()
        while kept and self._is_invented(kept[0]):
            kept.pop(0)
        self.dropped_words += len(words) - len(kept)
        return kept

    def _is_invented(self, word: PlacedWord) -> bool:
        if word.confidence >= SURE_WORD:
            return False
        first, last = self._samples(word.start_ms), self._samples(word.end_ms)
        return self._gate.spoken_share(first, last, slack=self._samples(UNHEARD_SLACK_MS)) < UNHEARD_SHARE

    def _partial(self) -> Partial:
        return Partial(self._text, self._ms(self.position), self._ms(self.position - self._changed_at))

    def _place(self, word: RawWord) -> PlacedWord:
        start_ms = self._to_recording_ms(word.start_s)
        end_ms = max(start_ms, self._to_recording_ms(word.end_s))
        # A word that seems to begin before a skipped pause belongs behind it.
        start_ms = max(start_ms, end_ms - round((word.end_s - word.start_s) * 1000) - 1)
        return PlacedWord(word.text, start_ms, end_ms, min(1.0, max(0.0, word.confidence)))

    def _to_recording_ms(self, engine_s: float) -> int:
        fed = round(engine_s * self._rate_hz)
        anchor_fed, at = next((pair for pair in reversed(self._anchors) if pair[0] <= fed), self._anchors[0])
        return self._ms(min(max(0, at + fed - anchor_fed), self.position))

    def _samples(self, duration_ms: int) -> int:
        return duration_ms * self._rate_hz // 1000

    def _ms(self, samples: int) -> int:
        return samples * 1000 // self._rate_hz
