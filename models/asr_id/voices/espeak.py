# SPDX-License-Identifier: GPL-3.0-or-later
"""espeak-ng through ctypes: sound with sample-exact phone starts, one engine per process.

espeak-ng's own Indonesian dictionary misreads many words, so it is fed our phones as `[[...]]`; what it spoke is
compared with what it was given, phone by phone.  The library has global state: one engine, one thread at a time.
"""

from __future__ import annotations

import ctypes
import functools
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..phones import DIPHTHONGS, PHONE_ID, SILENCE, VOWELS
from .core import RefusedError, VoiceError

_RETRIEVE_AUDIO = 2  # AUDIO_OUTPUT_SYNCHRONOUS in speak_lib.h
_PHONEME_EVENTS = 1  # espeakINITIALIZE_PHONEME_EVENTS
_EVENT_END, _EVENT_PHONEME = 0, 7
_RATE, _PITCH, _RANGE = 1, 3, 4  # espeakRATE (words per minute), espeakPITCH, espeakRANGE (0-100)
_PHONEMES_UTF8 = 0x100 | 1  # espeakPHONEMES | espeakCHARS_UTF8
_PALATAL_RELEASE = ";"  # some languages say `n^` as n and a release
_RATE_LIMITS_WPM = (80.0, 400.0)

# Our phone -> espeak mnemonics, equally good.  `I` is avoided: in some voices it swallows the rest of the syllable.
_MNEMONICS = {
    "u": ("u", "u", "U"), "e": ("e", "E"), "o": ("o", "O"), "ai": ("aI",), "au": ("aU",), "oi": ("OI",), "q": ("?",),
    "c": ("tS",), "j": ("dZ",), "ny": ("n^",), "ng": ("N",), "sy": ("S",), "kh": ("x",), "r": ("R2", "R", "r"),
    "y": ("j",),
}  # fmt: skip
_SAME_PHONE = {
    "I": "i", "U": "u", "E": "e", "O": "o", "aI": "ai", "aU": "au", "OI": "oi", "?": "q", "tS": "c", "dZ": "j",
    "n^": "ny", "N": "ng", "S": "sy", "x": "kh", "R2": "r", "R": "r", "*": "r", "**": "r", "j": "y", "C": "sy",
    "Q": "g", "B": "b", "D": "d", "Z": "j",
}  # fmt: skip


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Phrase:
    """What espeak said: 16-bit samples and the phones in order (SIL where it paused), as (name, start_s, end_s)."""

    samples: npt.NDArray[np.int16]
    rate_hz: int
    phones: tuple[tuple[str, float, float], ...]


class Engine:
    """The one libespeak-ng of this process; use `engine()`."""

    def __init__(self) -> None:
        """Raises VoiceError when the library or its data is missing."""
        try:
            self._lib = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as error:
            raise VoiceError("libespeak-ng.so.1 is missing: apt-get install espeak-ng") from error
        self._lock = threading.Lock()
        self._voice = ""
        self._parts: list[npt.NDArray[np.int16]] = []
        self._starts: list[tuple[int, str]] = []
        self.rate_hz = int(self._lib.espeak_Initialize(_RETRIEVE_AUDIO, 0, None, _PHONEME_EVENTS))
        if self.rate_hz <= 0:
            raise VoiceError("espeak-ng cannot find its data: apt-get install espeak-ng-data")
        self._callback = _Callback(self._receive)
        self._lib.espeak_SetSynthCallback(self._callback)

    def say(
        self,
        words: Sequence[Sequence[str]],
        voice: str,
        rate_wpm: float,
        *,
        rng: random.Random,
        pitch: float = 50.0,
        pitch_range: float = 50.0,
        mark: str = "",
    ) -> Phrase:
        """Say one phrase (no pauses). `mark`: "", "," or "?" bends the end of the melody.

        Raises RefusedError when espeak changed the phones, VoiceError when it has no such voice.
        """
        wanted = [phone for word in words for phone in word]
        text = ("[[" + " ".join(_mnemonics(word, rng) for word in words) + "]]" + mark).encode() + b"\0"
        low, high = _RATE_LIMITS_WPM
        with self._lock:
            self._choose(voice)
            for parameter, value in ((_RATE, max(low, min(high, rate_wpm))), (_PITCH, pitch), (_RANGE, pitch_range)):
                self._lib.espeak_SetParameter(parameter, round(value), 0)
            self._parts, self._starts = [], []
            self._lib.espeak_Synth(text, len(text), 0, 1, 0, _PHONEMES_UTF8, None, None)
            self._lib.espeak_Synchronize()
            samples = np.concatenate(self._parts) if self._parts else np.zeros(0, np.int16)
            starts = self._starts
        ends = [start for start, _ in starts[1:]] + [len(samples)]
        heard = [
            (SILENCE if not name or name.startswith("_") else _SAME_PHONE.get(name, name), start, end)
            for (start, name), end in zip(starts, ends, strict=True)
        ]
        phones = tuple((name, start / self.rate_hz, end / self.rate_hz) for name, start, end in match(wanted, heard))
        return Phrase(samples, self.rate_hz, phones)

    def _choose(self, voice: str) -> None:
        if voice == self._voice:
            return
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            self._voice = ""
            raise VoiceError(f"espeak-ng has no voice {voice!r}: apt-get install espeak-ng-data")
        self._voice = voice

    def _receive(self, samples: int | None, count: int, events: ctypes._Pointer[_Event]) -> int:
        if samples and count > 0:
            self._parts.append(np.frombuffer(ctypes.string_at(samples, 2 * count), np.int16))
        at = 0
        while events[at].type != _EVENT_END:
            if events[at].type == _EVENT_PHONEME:
                raw = ctypes.string_at(ctypes.addressof(events[at]) + _Event.id.offset, 8)
                self._starts.append((events[at].sample, raw.split(b"\0")[0].decode("latin-1")))
            at += 1
        return 0


@functools.cache
def engine() -> Engine:
    """The engine of this process. Raises VoiceError when espeak-ng is not installed."""
    return Engine()


def match(wanted: Sequence[str], heard: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """`heard` (name, start, end) under the names of `wanted`; silences stay, a split diphthong is joined.

    Raises RefusedError when the phones differ.
    """
    matched: list[tuple[str, int, int]] = []
    queue = list(heard)[::-1]
    waiting = list(wanted)[::-1]
    while queue:
        name, start, end = queue.pop()
        if name == _PALATAL_RELEASE and matched:
            matched[-1] = (*matched[-1][:2], end)
            continue
        if name != SILENCE:
            if not waiting:
                raise RefusedError("espeak-ng spoke more phones than it was given")
            phone = waiting.pop()
            if phone in DIPHTHONGS and name == phone[0] and queue and queue[-1][0] == phone[1]:
                end = queue.pop()[2]
            elif name != phone:
                raise RefusedError(f"espeak-ng spoke {name!r} for {phone!r}")
            name = phone
        matched.append((name, start, end))
    if waiting:
        raise RefusedError(f"espeak-ng stopped before {waiting[-1]!r}")
    return matched


def stressed_index(phones: Sequence[str]) -> int | None:
    """The last but one vowel unless it is a schwa, else the last; None without a vowel."""
    vowels = [at for at, phone in enumerate(phones) if phone in VOWELS]
    if not vowels:
        return None
    return vowels[-2] if len(vowels) > 1 and phones[vowels[-2]] != "@" else vowels[-1]


def _mnemonics(word: Sequence[str], rng: random.Random) -> str:
    stress = stressed_index(word)
    for phone in word:
        if phone not in PHONE_ID:
            raise RefusedError(f"{phone!r} is not a phone of the inventory")
    return "".join(
        ("'" if at == stress else "") + rng.choice(_MNEMONICS.get(phone, (phone,))) + "|"
        for at, phone in enumerate(word)
    )
