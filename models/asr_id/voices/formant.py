# SPDX-License-Identifier: GPL-3.0-or-later
"""espeak-ng as a speaker: formant synthesis in many languages and variants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..phones import SILENCE
from .core import Label, Raw, RefusedError, Request, Speaker, Spoken, Word, phrases_of
from .espeak import Phrase, engine
from .sound import finish, merge_silence
from .style import Take

_TRIES = 3
_TAIL_S = 0.04
"""The release of the last phone reaches this far into the pause."""
_MARKS = {"statement": "", "question": "?", "flat": ",", "lively": "!"}
_PITCH_RANGE = {"statement": (30, 70), "question": (40, 80), "flat": (5, 25), "lively": (60, 95)}
_PITCH_AT_NEUTRAL = 50.0  # of espeakPITCH 0-100
_PITCH_PER_LOG = 200.0


def render(
    speaker: Speaker, requests: Sequence[Request], takes: Sequence[Take], workdir: Path
) -> list[Spoken | RefusedError]:
    """Say every request in this process. Raises VoiceError when espeak-ng or the voice is missing."""
    del workdir
    return [_say(speaker, request, take) for request, take in zip(requests, takes, strict=True)]


def _say(speaker: Speaker, request: Request, take: Take) -> Spoken | RefusedError:
    try:
        phrases = phrases_of(request)
        reading = _Reading(speaker, take)
        reading.pause(take.edge_s())
        for number, phrase in enumerate(phrases):
            last = number == len(phrases) - 1
            reading.say(phrase, mark=_MARKS[take.contour] if last else ",")
            reading.pause(take.edge_s() if last else take.pause_s())
        return reading.finished(request)
    except RefusedError as error:
        return error


class _Reading:
    """Sound and labels as they grow, phrase by phrase; seconds before the warp."""

    def __init__(self, speaker: Speaker, take: Take) -> None:
        self._speaker = speaker
        self._take = take
        self._pitch = _PITCH_AT_NEUTRAL + _PITCH_PER_LOG * math.log(take.f0_hz / speaker.f0_hz)
        self._range = take.rng.uniform(*_PITCH_RANGE[take.contour])
        self._rate_hz = engine().rate_hz
        self._sound: list[Raw] = []
        self._labels: list[Label] = []
        self._words = 0

    def pause(self, seconds: float) -> None:
        count = round(seconds * self._take.warp * self._rate_hz)
        self._sound.append(np.zeros(count))
        self._labels.append(Label(SILENCE, None, count / self._rate_hz))

    def say(self, phrase: Sequence[Word], *, mark: str) -> None:
        said = self._tried([word.phones for word in phrase], mark)
        spoken = [one for one in said.phones if one[0] != SILENCE]
        begin_s, end_s = spoken[0][1], spoken[-1][2]
        end = round(end_s * self._rate_hz)
        tail = said.samples[end : end + round(_TAIL_S * self._rate_hz)]
        body = said.samples[round(begin_s * self._rate_hz) : end + len(tail)]
        self._sound.append(body.astype(np.float64) / 32768)
        numbers = [self._words + at for at, word in enumerate(phrase) for _ in word.phones][::-1]
        for name, first_s, last_s in said.phones:
            if name != SILENCE:
                self._labels.append(Label(name, numbers.pop(), last_s - first_s))
            elif begin_s <= first_s and last_s <= end_s:
                self._labels.append(Label(SILENCE, None, last_s - first_s))
        self._labels.append(Label(SILENCE, None, len(tail) / self._rate_hz))
        self._words += len(phrase)

    def finished(self, request: Request) -> Spoken:
        warp = self._take.warp
        labels = [Label(one.phone, one.word, one.duration_s / warp) for one in merge_silence(self._labels)]
        sound = np.concatenate(self._sound)
        return finish(sound, self._rate_hz * warp, labels, speaker=self._speaker, request=request)

    def _tried(self, words: Sequence[Sequence[str]], mark: str) -> Phrase:
        """Asks again when espeak changes a phone: another of its mnemonics may pass."""
        for attempt in range(_TRIES):
            try:
                return engine().say(
                    words, self._speaker.voice, self._take.rate_wpm / self._take.warp, rng=self._take.rng,
                    pitch=min(99.0, max(0.0, self._pitch)), pitch_range=self._range, mark=mark,
                )  # fmt: skip
            except RefusedError:
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")
