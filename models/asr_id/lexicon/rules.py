# SPDX-License-Identifier: GPL-3.0-or-later
"""Marked spelling to phones: for each piece of the spelling, the ways in which it is heard and what each costs.

A cost is a rough negative log probability against the commonest way (0). Costs rank the variants of a word; the
sum over a word is compared with `ranking.DEAREST`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from models.asr_id.lexicon.errors import unreadable
from models.asr_id.lexicon.marks import (
    BOUNDARY,
    FULL,
    GLOTTAL,
    LIKELY_FULL,
    LIKELY_SCHWA,
    SCHWA,
    VOWEL_LETTERS,
    unmarked,
)


class Way(NamedTuple):
    """One way to say a piece: its phones, and its cost."""

    phones: tuple[str, ...]
    cost: float


Slot = tuple[Way, ...]

_E = {
    FULL: [("e", 0.0)],
    SCHWA: [("@", 0.0)],
    LIKELY_FULL: [("e", 0.0), ("@", 0.9)],
    LIKELY_SCHWA: [("@", 0.0), ("e", 1.2)],
}
_CONSONANTS: dict[str, list[tuple[str, float]]] = {
    **{letter: [(letter, 0.0)] for letter in "cjlmnprstwy"},
    **{letter: [(letter, 0.0)] for letter in "bdgkh"},
    "f": [("f", 0.0), ("p", 1.3)],
    "v": [("f", 0.0), ("p", 1.8)],
    "ph": [("f", 0.0), ("p", 1.5)],
    "q": [("k", 0.0)],
    "x": [("k s", 0.0)],
    "z": [("z", 0.0), ("j", 1.4), ("s", 1.5)],
    "ng": [("ng", 0.0)],
    "ny": [("ny", 0.0)],
    "sy": [("sy", 0.0), ("s", 1.0)],
    "sh": [("sy", 0.0), ("s", 0.8)],
    "kh": [("kh", 0.0), ("k", 1.1), ("h", 1.2)],
    "th": [("t", 0.0)],
    "dh": [("d", 0.0)],
    "gh": [("g", 0.0)],
    "bh": [("b", 0.0)],
    "ck": [("k", 0.0)],
}
_FINAL_STOPS = {"b": [("b", 0.0), ("p", 0.8)], "d": [("d", 0.0), ("t", 0.8)], "g": [("g", 0.0), ("k", 0.8)]}
_DIPHTHONGS = ("ai", "au", "oi")
_VOWEL_CLASS = "aiou" + FULL + SCHWA + LIKELY_FULL + LIKELY_SCHWA
# Inside a root a pair glides together only before one consonant and a vowel: `saudara`, `bagaimana`, not `main`.
_OPEN_SYLLABLE = re.compile(rf"(?:ng|ny|sy|kh|[^{_VOWEL_CLASS}.'])[{_VOWEL_CLASS}]")


def read(marked: str, *, literally: bool = False) -> list[Slot]:
    """Return the slots of a marked spelling.

    Parameters:
        marked: see `marks`.
        literally: a respelling: every `ai au oi` is a diphthong, and nothing but final k is varied.

    Raises LexiconError for a character that no rule reads.
    """
    slots: list[Slot] = []
    at = 0
    while at < len(marked):
        if marked[at] == BOUNDARY:
            at += 1
            continue
        for rule in _RULES:
            found = rule(marked, at, literally)
            if found is not None:
                ways, width = found
                slots.append(tuple(Way(tuple(phones.split()), cost) for phones, cost in ways))
                at += width
                break
        else:
            raise unreadable(unmarked(marked), marked[at])
    return slots


_Found = tuple[list[tuple[str, float]], int]


def _glottal_mark(marked: str, at: int, literally: bool) -> _Found | None:
    return ([("q", 0.0)], 1) if marked[at] == GLOTTAL else None


def _diphthong(marked: str, at: int, literally: bool) -> _Found | None:
    pair, after = marked[at : at + 2], marked[at + 2 :]
    if pair not in _DIPHTHONGS:
        return None
    if literally or not after or after[0] == BOUNDARY:
        return [(pair, 0.0)], 2
    if pair != "oi" and (_OPEN_SYLLABLE.match(after) or (at == 0 and pair == "au")):
        return [(pair, 0.0), (f"{pair[0]} {pair[1]}", 0.9)], 2
    return None


def _like_vowels(marked: str, at: int, literally: bool) -> _Found | None:
    """Two like vowels: mostly a glottal stop between them (`maaf`, `keadaan`)."""
    pair = re.match(rf"([aiou])\.?\1|([{FULL}{LIKELY_FULL}])\.?[{FULL}{LIKELY_FULL}]", marked[at:])
    if pair is None or literally or (marked[at] != "a" and BOUNDARY not in pair[0]):
        return None
    phone = "e" if pair[2] else pair[1]
    return [(f"{phone} q {phone}", 0.0), (f"{phone} {phone}", 0.3)], len(pair[0])


def _vowel(marked: str, at: int, literally: bool) -> _Found | None:
    letter, after = marked[at], marked[at + 1 : at + 3]
    if letter not in VOWEL_LETTERS:
        return None
    ways = _E.get(letter, [(letter, 0.0)])
    if after[:1] == BOUNDARY and letter == SCHWA and after[1:] and after[1] in VOWEL_LETTERS:
        plain, glottal = (0.5, 0.0) if after[1] == SCHWA else (0.0, 0.7)
        return [("@", plain), ("@ q", glottal)], 1  # `ke.empat`; `se.orang`, `ke.ahli.an`
    if not literally and letter == SCHWA and _may_lose_schwa(marked, at):
        return [("@", 0.0), ("", 1.7)], 1
    return ways, 1


def _may_lose_schwa(marked: str, at: int) -> bool:
    """`terima`, `berapa`: quick speech drops a schwa between a stop at the start of the word and r or l."""
    return at == 1 and marked[0] in "bpktdg" and marked[2:3] in ("r", "l") and marked[3:4] in tuple("aiou" + FULL)


def _h(marked: str, at: int, literally: bool) -> _Found | None:
    """Between unlike vowels h is often silent (`tahun`, `lihat`), between like ones hardly (`mahal`)."""
    if marked[at] != "h" or literally:
        return None
    before, after = marked[at - 1 : at], marked[at + 1 : at + 2]
    if at and before in VOWEL_LETTERS and after and after in VOWEL_LETTERS and before != after:
        certain = before not in "aiu" or after not in "aiu"
        return [("h", 0.0), ("", 1.6 if certain else 1.0)], 1
    return [("h", 0.0)], 1


def _k(marked: str, at: int, literally: bool) -> _Found | None:
    """k that closes a syllable at the end of a root is a glottal stop in native words (`bapak`, `masukkan`)."""
    if marked[at] != "k" or at == 0 or marked[at - 1] not in VOWEL_LETTERS or marked[at - 1 : at + 2] == "kh":
        return None
    after = marked[at + 1 :]
    if literally:
        return None
    closes = not after or (after[0] == BOUNDARY and after[1:2] not in VOWEL_LETTERS)
    if not closes or len(marked) < len("tak"):
        return None
    borrowed = marked[at - 1] in (FULL, LIKELY_FULL, "i", "o")  # `objek`, `klik`, `stok`: k is heard more often
    return ([("k", 0.0), ("q", 0.6)] if borrowed else [("q", 0.0), ("k", 0.2)]), 1


def _doubled(marked: str, at: int, literally: bool) -> _Found | None:
    """A consonant written twice inside a root is one (`massa`); at a boundary (`masuk.kan`) it is not written here."""
    letter = marked[at]
    doubled = marked[at : at + 2] == letter * 2 and letter not in VOWEL_LETTERS and letter in _CONSONANTS
    return (list(_CONSONANTS[letter]), 2) if doubled else None


def _final_stop(marked: str, at: int, literally: bool) -> _Found | None:
    final = at + 1 == len(marked) and at > 0 and marked[at - 1] in VOWEL_LETTERS
    return (list(_FINAL_STOPS[marked[at]]), 1) if final and marked[at] in _FINAL_STOPS and not literally else None


def _consonants(marked: str, at: int, literally: bool) -> _Found | None:
    for width in (2, 1):
        ways = _CONSONANTS.get(marked[at : at + width])
        if ways is not None and len(marked) >= at + width:
            return (ways[:1] if literally else list(ways)), width
    return None


_RULES: tuple[Callable[[str, int, bool], _Found | None], ...] = (
    _glottal_mark, _diphthong, _like_vowels, _vowel, _h, _k, _doubled, _final_stop, _consonants,
)  # fmt: skip
