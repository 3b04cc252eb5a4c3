# SPDX-License-Identifier: GPL-3.0-or-later
"""Natural phone durations from espeak-ng, used as a timing model only: its audio is thrown away.

espeak-ng's own Indonesian dictionary misreads many words, so it is fed our phones as `[[...]]`.  The phone
events of libespeak-ng carry sample positions, hence exact durations.  The engine has global state that shifts later
phrases by a millisecond and it cannot be restarted in place, so the recipe gives every line a process of its own.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from .g2p import DIPHTHONGS, stressed_index

_RETRIEVE_AUDIO = 2  # AUDIO_OUTPUT_SYNCHRONOUS in speak_lib.h
_PHONEME_EVENTS = 1  # espeakINITIALIZE_PHONEME_EVENTS
_EVENT_END, _EVENT_PHONEME = 0, 7
_RATE = 1  # espeakRATE, words per minute
_PHONEMES_UTF8 = 0x100 | 1  # espeakPHONEMES | espeakCHARS_UTF8

# Our phone -> espeak mnemonic.  `I` is avoided: in the Indonesian voice it swallows the rest of the syllable.
_MNEMONIC = {
    "ai": "aI", "au": "aU", "oi": "OI", "q": "?", "c": "tS", "j": "dZ", "ny": "n^", "ng": "N", "sy": "S",
    "kh": "x", "r": "R2", "y": "j",
}  # fmt: skip
_SAME_PHONE = {
    "I": "i", "U": "u", "E": "e", "O": "o", "aI": "ai", "aU": "au", "OI": "oi", "?": "q", "tS": "c", "dZ": "j",
    "n^": "ny", "N": "ng", "S": "sy", "x": "kh", "R2": "r", "R": "r", "*": "r", "**": "r", "j": "y", "C": "sy",
    "Q": "g", "B": "b", "D": "d", "Z": "j",
}  # fmt: skip


class TimingError(RuntimeError):
    """espeak-ng is missing, or spoke other phones than it was given."""


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


class PhoneTimer:
    """Asks libespeak-ng how long each phone of a phrase lasts."""

    def __init__(self, voice: str = "id") -> None:
        """Raises TimingError when the library or the voice is missing (Debian: libespeak-ng1, espeak-ng-data)."""
        try:
            self._lib = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as error:
            raise TimingError("libespeak-ng.so.1 is missing: apt-get install espeak-ng") from error
        self._starts: list[tuple[int, str]] = []
        self._total_samples = 0
        self._rate_hz = self._lib.espeak_Initialize(_RETRIEVE_AUDIO, 0, None, _PHONEME_EVENTS)
        self._callback = _Callback(self._receive)
        self._lib.espeak_SetSynthCallback(self._callback)
        if self._rate_hz <= 0 or self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise TimingError(f"espeak-ng has no voice {voice!r}: apt-get install espeak-ng-data")

    def durations_s(self, words: Sequence[Sequence[str]], words_per_minute: int) -> list[float]:
        """Seconds of each phone of the words of one phrase, in order; pauses espeak adds are dropped.

        Raises TimingError when espeak changed the phone sequence.
        """
        wanted = [phone for word in words for phone in word]
        self._starts, self._total_samples = [], 0
        self._lib.espeak_SetParameter(_RATE, words_per_minute, 0)
        text = ("[[" + " ".join(_mnemonics(word) for word in words) + "]]").encode() + b"\0"
        self._lib.espeak_Synth(text, len(text), 0, 1, 0, _PHONEMES_UTF8, None, None)
        self._lib.espeak_Synchronize()
        ends = [start for start, _ in self._starts[1:]] + [self._total_samples]
        heard = [
            (_SAME_PHONE.get(name, name), (end - start) / self._rate_hz)
            for (start, name), end in zip(self._starts, ends, strict=True)
            if name and not name.startswith("_")
        ]
        return _match(wanted, heard)

    def _receive(self, samples: int | None, count: int, events: ctypes._Pointer[_Event]) -> int:
        if samples:
            self._total_samples += count
        at = 0
        while events[at].type != _EVENT_END:
            if events[at].type == _EVENT_PHONEME:
                raw = ctypes.string_at(ctypes.addressof(events[at]) + _Event.id.offset, 8)
                self._starts.append((events[at].sample, raw.split(b"\0")[0].decode("latin-1")))
            at += 1
        return 0


def _mnemonics(word: Sequence[str]) -> str:
    stress = stressed_index(tuple(word))
    return "".join(("'" if i == stress else "") + _MNEMONIC.get(phone, phone) + "|" for i, phone in enumerate(word))


def _match(wanted: list[str], heard: list[tuple[str, float]]) -> list[float]:
    """Durations in the order of `wanted`; a diphthong that espeak split in two is added up again."""
    durations: list[float] = []
    at = 0
    for phone in wanted:
        if at >= len(heard):
            raise TimingError(f"espeak-ng stopped before {phone!r}")
        name, seconds = heard[at]
        at += 1
        if phone in DIPHTHONGS and name == phone[0] and at < len(heard) and heard[at][0] == phone[1]:
            seconds += heard[at][1]
            at += 1
        elif name != phone:
            raise TimingError(f"espeak-ng spoke {name!r} for {phone!r} at phone {len(durations)} of {wanted}")
        durations.append(seconds)
    if at != len(heard):
        raise TimingError("espeak-ng spoke more phones than it was given")
    return durations
