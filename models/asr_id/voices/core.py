# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request, a speaker and a spoken utterance are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE_HZ = 8000
"""Sampling rate of every `Spoken`."""

Samples = npt.NDArray[np.float32]
Raw = npt.NDArray[np.float64]


class VoiceError(RuntimeError):
    """A voice is not installed, or its engine failed as a whole; the message says what to install."""


class RefusedError(ValueError):
    """One request cannot be said by this voice, or its sound failed a check; the others go on."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word as the recogniser prints it, and the phones (of `models.asr_id.phones`) it is spoken with."""

    text: str
    phones: tuple[str, ...]


Request = Sequence[Word | None]
"""Words in order; None is a pause."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One voice. `recorded`: its sound comes from recordings of a person, not from formant rules."""

    name: str
    engine: str
    """festival, flite, hts, clunits or espeak."""
    sex: str
    """f, m or c (child)."""
    package: str
    """Debian package that holds the voice."""
    licence: str
    f0_hz: float
    warp_range: tuple[float, float]
    """Factors on all resonances and the pitch (made by resampling) that still sound like a person."""
    voice: str
    """The engine's own name of the voice."""
    held_out: bool = False
    """A stranger for development and test sets: never train on it."""

    @property
    def recorded(self) -> bool:
        """True when a person was recorded for this voice."""
        return self.engine != "espeak"


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance, not augmented: 8 kHz mono float32, peak `sound.PEAK`, with the exact times of its phones."""

    samples: Samples
    speaker: str
    words: tuple[Word, ...]
    phones: tuple[tuple[str, float, float], ...]
    """(phone or SIL, start_s, end_s); contiguous from 0 to the end, SIL at both ends and at pauses."""
    word_spans: tuple[tuple[str, float, float], ...]
    """(word, start_s, end_s) in order."""

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return len(self.samples) / RATE_HZ


@dataclass(frozen=True, slots=True)
class Label:
    """One phone of a plan or a result. `word` counts the words of the request; None for silence."""

    phone: str
    word: int | None
    duration_s: float


def phrases_of(request: Request) -> list[list[Word]]:
    """The words between pauses; empty phrases are dropped. Raises RefusedError when there are no words."""
    phrases: list[list[Word]] = [[]]
    for word in request:
        if word is None:
            phrases.append([])
        elif not word.phones:
            raise RefusedError(f"word {word.text!r} has no phones")
        else:
            phrases[-1].append(word)
    phrases = [phrase for phrase in phrases if phrase]
    if not phrases:
        raise RefusedError("the request has no words")
    return phrases
