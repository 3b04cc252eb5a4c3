# SPDX-License-Identifier: GPL-3.0-or-later
"""From a marked line to timed, pitched phones: phrases, durations, and the fundamental-frequency contour.

The contour is the usual sketch: each phrase declines slowly, stressed syllables carry a small accent, and the end of
the phrase falls (full stop), stays up (comma) or rises (question mark).  A little seeded variation per line keeps
repeated words from sounding stamped.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .espeak import PhoneTimer
from .g2p import VOWELS, phones_of, stressed_index
from .voices import SILENCE

PAUSE_S = {",": 0.22, ".": 0.32, "?": 0.3}
EDGE_SILENCE_S = 0.12
SHORTEST_PHONE_S = 0.034
_FINAL_STRETCH = 1.25
_END_OCTAVES = {",": 0.12, ".": -0.25, "?": 0.3}


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words spoken in one breath and the mark that ends them."""

    words: tuple[str, ...]
    mark: str


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone: name, seconds, and the pitch at its middle (None: unpitched or left to interpolation)."""

    name: str
    duration_s: float
    f0_hz: float | None = None


def phrases_of(say: str) -> tuple[Phrase, ...]:
    """Split a marked line. Raises ValueError for a mark without words or a last phrase without a mark."""
    phrases = [Phrase(tuple(words.split()), mark) for words, mark in re.findall(r"([^,.?]*)([,.?])", say)]
    if not phrases or any(not phrase.words for phrase in phrases) or say.rstrip()[-1:] not in PAUSE_S:
        raise ValueError(f"a line is phrases that each end in a comma, full stop or question mark: {say!r}")
    return tuple(phrases)


def plain_text(say: str) -> str:
    """The words alone, as the recogniser would print them."""
    return " ".join(word for phrase in phrases_of(say) for word in phrase.words)


def plan_line(say: str, timer: PhoneTimer, *, f0_hz: float, words_per_minute: int, seed: str) -> list[Phone]:
    """Timed and pitched phones of a line, with SILENCE at both ends and between phrases."""
    dice = random.Random(seed)  # noqa: S311 - intonation, not a secret
    plan = [Phone(SILENCE, EDGE_SILENCE_S)]
    phrases = phrases_of(say)
    for number, phrase in enumerate(phrases):
        plan += _plan_phrase(phrase, timer, f0_hz, words_per_minute, dice)
        last = number == len(phrases) - 1
        plan.append(Phone(SILENCE, EDGE_SILENCE_S if last else PAUSE_S[phrase.mark] * dice.uniform(0.85, 1.2)))
    return plan


def _plan_phrase(
    phrase: Phrase, timer: PhoneTimer, f0_hz: float, words_per_minute: int, dice: random.Random
) -> list[Phone]:
    words = [phones_of(word) for word in phrase.words]
    durations = timer.durations_s(words, words_per_minute)
    names = [name for word in words for name in word]
    stressed = _stressed_positions(words)
    vowels = [at for at, name in enumerate(names) if name in VOWELS]
    pitch = _contour(vowels, stressed, phrase.mark, f0_hz, dice)
    phones = []
    for at, (name, seconds) in enumerate(zip(names, durations, strict=True)):
        stretch = _FINAL_STRETCH if vowels and at >= vowels[-1] else 1.0
        length = max(SHORTEST_PHONE_S, seconds * stretch * math.exp(dice.gauss(0, 0.05)))
        phones.append(Phone(name, length, pitch.get(at)))
    return phones


def _stressed_positions(words: Sequence[tuple[str, ...]]) -> set[int]:
    positions, offset = set(), 0
    for word in words:
        stress = stressed_index(word)
        if stress is not None and len(word) > 2:
            positions.add(offset + stress)
        offset += len(word)
    return positions


def _contour(
    vowels: Sequence[int], stressed: set[int], mark: str, f0_hz: float, dice: random.Random
) -> dict[int, float]:
    """Pitch in Hz per vowel position; octaves are relative to the speaker's mean."""
    pitch = {}
    for number, at in enumerate(vowels):
        along = number / max(1, len(vowels) - 1)
        octaves = 0.14 * (0.5 - along) + dice.gauss(0, 0.02)
        if at in stressed:
            octaves += dice.uniform(0.06, 0.14)
        if number == len(vowels) - 1:
            octaves += _END_OCTAVES[mark]
        elif number == len(vowels) - 2:
            octaves += _END_OCTAVES[mark] / 3
        pitch[at] = f0_hz * 2.0**octaves
    return pitch
