# SPDX-License-Identifier: GPL-3.0-or-later
"""A request as timed and pitched phones, for engines that take both (Festival's diphone voices).

Durations are espeak-ng's for the Indonesian voice, plus jitter, a longer last vowel, and now and then a drawn-out
hesitation.  The melody is the usual sketch: slow declination, accents on stressed syllables, a bend at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..phones import SILENCE, VOWELS
from .core import RefusedError, Request, Word, phrases_of
from .espeak import engine, stressed_index
from .style import Take

_TIMING_VOICE = "id"
_SHORTEST_S = 0.028
_TRIES = 3
_LOWEST_F0_HZ = 60.0  # lower than people speak; the diphones' pitch marks do not stretch that far
_FINAL_STRETCH = (1.0, 1.4)

# Per contour: declination over the utterance, size of accents, bend at the last vowel; all in octaves, as ranges.
_SHAPES = {
    "statement": ((0.05, 0.35), (0.03, 0.16), (-0.35, -0.05)),
    "question": ((-0.05, 0.20), (0.03, 0.16), (0.20, 0.55)),
    "flat": ((-0.03, 0.08), (0.0, 0.04), (-0.05, 0.05)),
    "lively": ((0.05, 0.45), (0.15, 0.40), (-0.40, 0.40)),
}


@dataclass(frozen=True, slots=True)
class Timed:
    """One phone: its word (None for silence), seconds, and the pitch at its middle (None: not a vowel)."""

    phone: str
    word: int | None
    duration_s: float
    f0_hz: float | None = None


def plan(request: Request, take: Take) -> list[Timed]:
    """Timed phones of the request, silence at both ends and for its pauses. Raises RefusedError."""
    phrases = phrases_of(request)
    timed = [Timed(SILENCE, None, take.edge_s())]
    first_word = 0
    for number, phrase in enumerate(phrases):
        last = number == len(phrases) - 1
        timed += _phrase(phrase, first_word, take, hesitate=not last)
        timed.append(Timed(SILENCE, None, take.edge_s() if last else take.pause_s()))
        first_word += len(phrase)
    return _pitched(timed, _stressed(phrases), take)


def _phrase(phrase: Sequence[Word], first_word: int, take: Take, *, hesitate: bool) -> list[Timed]:
    words = [word.phones for word in phrase]
    durations = _durations_s(words, take)
    names = [(phone, first_word + at) for at, word in enumerate(words) for phone in word]
    last_vowel = max((at for at, (phone, _) in enumerate(names) if phone in VOWELS), default=None)
    stretch = take.rng.uniform(*_FINAL_STRETCH)
    timed = []
    for at, ((phone, word), seconds) in enumerate(zip(names, durations, strict=True)):
        factor = take.jittered()
        if last_vowel is not None and at >= last_vowel:
            factor *= stretch
        if at == last_vowel and hesitate:
            factor *= take.hesitation()
        timed.append(Timed(phone, word, max(_SHORTEST_S, seconds * factor)))
    return timed


def _durations_s(words: Sequence[Sequence[str]], take: Take) -> list[float]:
    """Asks again when espeak changes a phone: another of its mnemonics may pass."""
    for attempt in range(_TRIES):
        try:
            said = engine().say(words, _TIMING_VOICE, take.rate_wpm, rng=take.rng)
        except RefusedError:
            if attempt == _TRIES - 1:
                raise
        else:
            return [end - start for phone, start, end in said.phones if phone != SILENCE]
    raise AssertionError("unreachable")


def _stressed(phrases: Sequence[Sequence[Word]]) -> set[int]:
    """Positions of stressed vowels, counted over the phones of all words."""
    positions, offset = set(), 0
    for word in (word for phrase in phrases for word in phrase):
        stress = stressed_index(word.phones)
        if stress is not None and len(word.phones) > 2:
            positions.add(offset + stress)
        offset += len(word.phones)
    return positions


def _pitched(timed: Sequence[Timed], stressed: set[int], take: Take) -> list[Timed]:
    declination, accent, bend = (take.rng.uniform(*limits) for limits in _SHAPES[take.contour])
    vowel_count = sum(one.phone in VOWELS for one in timed)
    pitched: list[Timed] = []
    vowel = position = 0
    for one in timed:
        if one.phone in VOWELS:
            octaves = declination * (0.5 - vowel / max(1, vowel_count - 1)) + take.rng.gauss(0, 0.03)
            if position in stressed:
                octaves += accent * take.rng.uniform(0.3, 1.3)
            octaves += bend * {vowel_count - 1: 1.0, vowel_count - 2: 0.35}.get(vowel, 0.0)
            one = Timed(one.phone, one.word, one.duration_s, max(_LOWEST_F0_HZ, take.f0_hz * 2.0**octaves))  # noqa: PLW2901
            vowel += 1
        position += one.word is not None
        pitched.append(one)
    return pitched
