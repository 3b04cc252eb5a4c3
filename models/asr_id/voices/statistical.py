# SPDX-License-Identifier: GPL-3.0-or-later
"""Festival's statistical (HTS) and unit selection voices: durations and melody are the voice's own.

An HTS voice is a model of a person's recordings; unit selection joins pieces of the recordings themselves, so its
rate cannot be set.  Festival gets the utterance as phrases, words, syllables and phones (its own text analysis is not
used) and prints where each phone ends.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..phones import SILENCE, VOWELS
from .core import Label, RefusedError, Request, Speaker, Spoken, Word, phrases_of
from .espeak import stressed_index
from .festival import read_wav, run_festival
from .sound import finish, labels_from_ends, whisper
from .style import Take

_PAUSE = "pau"
_MARK = "ENDS"
_WHISPERED = "<whispered>"  # in a table: a copy of the vowel beside it, whispered afterwards

# Builds the utterance `u` from phrases of words of syllables `(stress phone ...)`.
_SCHEME = """
(define (kring_segment syllable name)
  (item.relation.append_daughter syllable 'SylStructure (utt.relation.append u 'Segment (list name '((end 0))))))
(define (kring_syllable word parts)
  (let ((s (utt.relation.append u 'Syllable (list "syl" (list (list 'stress (car parts)))))))
    (item.relation.append_daughter word 'SylStructure s)
    (mapcar (lambda (name) (kring_segment s name)) (cdr parts))))
(define (kring_word phrase syllables)
  (let ((w (utt.relation.append u 'Word '("w" ((pos "nn") (gpos "content"))))))
    (item.relation.append_daughter phrase 'Phrase w)
    (utt.relation.append u 'SylStructure w)
    (mapcar (lambda (parts) (kring_syllable w parts)) syllables)))
(define (kring_pause) (utt.relation.append u 'Segment '("pau" ((end 0)))))
(define (kring_phrase words)
  (let ((p (utt.relation.append u 'Phrase '("BB" ()))))
    (mapcar (lambda (w) (kring_word p w)) words)
    (kring_pause)))
(define (kring_utterance phrases)
  (set! u (Utterance Words nil))
  (mapcar (lambda (r) (utt.relation.create u r)) '(Word Phrase Syllable Segment SylStructure Target IntEvent))
  (kring_pause)
  (mapcar kring_phrase phrases))
(define (kring_ends number)
  (format t "ENDS %d" number)
  (mapcar (lambda (s) (format t " %s:%f" (item.name s) (item.feat s 'end))) (utt.relation.items u 'Segment))
  (format t "\\n"))
"""

_CATALAN = {
    "a": "a1 a", "i": "i1 i", "u": "u1 u", "e": "e1 e", "@": "ax ax", "o": "o1 o", "ai": "a1+j a+j", "au": "a1+w a+w",
    "oi": "o1+j o+j", "c": "t+S", "j": "d+Z", "ny": "J", "ng": "n+g", "sy": "S", "kh": "k", "h": _WHISPERED, "q": "k",
    "r": "rr", "y": "j",
} | {phone: phone for phone in "ptkbdgfsmnlwz"}  # fmt: skip
_AMERICAN = {
    "a": "aa", "i": "iy", "u": "uw", "e": "ey eh", "@": "ax", "o": "ow ao", "ai": "ay", "au": "aw", "oi": "oy",
    "c": "ch", "j": "jh", "ny": "n+y", "ng": "ng", "sy": "sh", "kh": "k", "h": "hh", "q": "t",
} | {phone: phone for phone in "ptkbdgfsmnlrwyz"}  # fmt: skip

# Stressed vowels throughout: Russian reduces the others until they are different vowels.
_RUSSIAN = {
    "a": "aa", "i": "ii", "u": "uu", "e": "ee", "@": "ae", "o": "oo", "ai": "aa+j", "au": "aa+u", "oi": "oo+j",
    "c": "ch", "j": "d+zh", "ny": "nn", "ng": "n+g", "sy": "sh", "kh": "h", "h": "h", "q": "t", "w": "v", "y": "j",
} | {phone: phone for phone in "ptkbdgfsmnlrz"}  # fmt: skip
_RUSSIAN_BEFORE_I = {phone: 2 * phone for phone in "ptkbdgfsmnlrzhv"}

_HTS = "(Wave_Synth u)"
_UNIT_SELECTION = "(Intonation u)(Duration u)(Int_Targets u)(Wave_Synth u)"


@dataclass(frozen=True, slots=True)
class _Voice:
    select: str
    """Festival command that makes it the current voice."""
    phones: dict[str, str]
    """Ours -> the voice's, `+` joins two; a second one is for unstressed vowels."""
    natural_wpm: float
    """Words per minute at rate 1, measured."""
    synthesis: str = _HTS
    before_i: Mapping[str, str] = field(default_factory=dict)
    """The voice's consonants -> their palatalised kind, which its own language has before i."""


_VOICES = {
    "upc_ca_ona_hts": _Voice("(voice_upc_ca_ona_hts)", _CATALAN, 150.0),
    "cmu_us_slt_arctic_hts": _Voice("(voice_cmu_us_slt_arctic_hts)", _AMERICAN, 139.0),
    "msu_ru_nsh_clunits": _Voice(
        "(voice_msu_ru_nsh_clunits)", _RUSSIAN, 150.0, _UNIT_SELECTION, before_i=_RUSSIAN_BEFORE_I
    ),
}
_KEEP = "(defvar hts_engine_params nil)(set! kring_params hts_engine_params)"


@dataclass(frozen=True, slots=True)
class _Spelled:
    request: Request
    take: Take
    scheme: str
    names: list[str]
    ours: list[tuple[str, int | None]]
    whispered: list[int]
    """Positions in `names`."""


def render(
    speaker: Speaker, requests: Sequence[Request], takes: Sequence[Take], workdir: Path
) -> list[Spoken | RefusedError]:
    """Say every request in one Festival process. Raises VoiceError when the engine itself fails."""
    voice = _VOICES[speaker.voice]
    spelled = [_spelled(request, take, voice) for request, take in zip(requests, takes, strict=True)]
    scripts = {
        number: _script(number, one, speaker, voice) for number, one in enumerate(spelled) if isinstance(one, _Spelled)
    }
    printed = run_festival(_SCHEME + voice.select + _KEEP, scripts, workdir, package=speaker.package)
    ends = _parsed(printed)
    return [
        one if isinstance(one, RefusedError) else _collect(one, ends.get(number), workdir / f"{number}.wav", speaker)
        for number, one in enumerate(spelled)
    ]


def _script(number: int, one: _Spelled, speaker: Speaker, voice: _Voice) -> str:
    take = one.take
    rate = take.rate_wpm / voice.natural_wpm / take.warp
    half_tones = 12 * math.log2(take.f0_hz / speaker.f0_hz)
    parameters = f'(list (list "-r" {rate:.3f}) (list "-fm" {half_tones:.2f}))'
    return (
        f"(set! hts_engine_params (append kring_params {parameters}))"
        f"(kring_utterance '{one.scheme}){voice.synthesis}(kring_ends {number})"
    )


def _parsed(printed: str) -> dict[int, list[tuple[str, float]]]:
    found = {}
    for number, rest in re.findall(rf"{_MARK} (\d+)([^\n]*)", printed):
        pairs = [pair.rpartition(":") for pair in rest.split()]
        found[int(number)] = [(name, float(end_s)) for name, _, end_s in pairs]
    return found


def _spelled(request: Request, take: Take, voice: _Voice) -> _Spelled | RefusedError:
    names, whispered = [_PAUSE], []
    ours: list[tuple[str, int | None]] = [(SILENCE, None)]
    phrases = []
    number = 0
    try:
        for phrase in phrases_of(request):
            words = []
            for word in phrase:
                syllables = []
                for stress, syllable in syllables_of(word):
                    parts: list[str] = []
                    for at, phone in syllable:
                        spelling, quiet = _spell(word.phones, at, bool(stress), voice, take.rng)
                        whispered += [len(names)] if quiet else []
                        names += spelling
                        ours += [(phone, number), *[("", number)] * (len(spelling) - 1)]
                        parts += spelling
                    syllables.append(f"({stress} {' '.join(parts)})")
                words.append(f"({' '.join(syllables)})")
                number += 1
            phrases.append(f"({' '.join(words)})")
            names.append(_PAUSE)
            ours.append((SILENCE, None))
    except RefusedError as error:
        return error
    return _Spelled(request, take, f"({' '.join(phrases)})", names, ours, whispered)


def _spell(
    phones: tuple[str, ...], at: int, stressed: bool, voice: _Voice, rng: random.Random
) -> tuple[list[str], bool]:
    """The voice's phones of `phones[at]`, and whether they are to be whispered."""
    phone = phones[at]
    if phone not in voice.phones:
        raise RefusedError(f"has no phone for {phone!r}")
    choices = voice.phones[phone].split()
    if choices == [_WHISPERED]:
        beside = [other for other in (*phones[at + 1 : at + 2], *phones[max(0, at - 1) : at]) if other in VOWELS]
        if not beside:
            raise RefusedError(f"no vowel beside {phone!r} to whisper")
        return [voice.phones[beside[0]].split()[0].split("+")[0]], True
    choice = choices[0] if stressed else choices[-1]
    if phone in VOWELS and voice.phones is _AMERICAN:
        choice = rng.choice(choices)
    parts = choice.split("+")
    if phones[at + 1 : at + 2] == ("i",):
        parts[-1] = voice.before_i.get(parts[-1], parts[-1])
    return parts, False


def syllables_of(word: Word) -> Iterator[tuple[int, list[tuple[int, str]]]]:
    """(1 if stressed else 0, [(position, phone), ...]) each; of several consonants the last opens the next syllable."""
    phones = word.phones
    stress = stressed_index(phones)
    vowels = [at for at, phone in enumerate(phones) if phone in VOWELS]
    starts = [0]
    for before, vowel in itertools.pairwise(vowels):
        starts.append(max(before + 1, vowel - 1))
    for start, end in zip(starts, [*starts[1:], len(phones)], strict=True):
        stressed = stress is not None and start <= stress < end
        yield int(stressed), [(at, phones[at]) for at in range(start, end)]


def _collect(
    one: _Spelled, ends: Sequence[tuple[str, float]] | None, wav: Path, speaker: Speaker
) -> Spoken | RefusedError:
    try:
        raw, rate_hz = read_wav(wav)
        if ends is None or [name for name, _ in ends] != one.names:
            raise RefusedError("the voice spoke other phones than it was given")
        noise = np.random.default_rng(one.take.noise_seed)
        for position in one.whispered:
            whisper(raw[round(ends[position - 1][1] * rate_hz) : round(ends[position][1] * rate_hz)], noise)
        labels: list[Label] = labels_from_ends([end_s / one.take.warp for _, end_s in ends], one.ours)
        return finish(raw, rate_hz * one.take.warp, labels, speaker=speaker, request=one.request)
    except RefusedError as error:
        return error
