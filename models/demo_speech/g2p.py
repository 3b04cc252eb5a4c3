# SPDX-License-Identifier: GPL-3.0-or-later
"""Spelling to phones for the words of the demo lines: Indonesian letter rules plus short exception tables.

Indonesian spelling is nearly phonemic, so a few rules carry most words.  What spelling does not show is listed:
the letter e read as full /e/ instead of schwa, abbreviations that are read letter by letter, and loan words.
Phones are ASCII names: `@` schwa, `q` glottal stop, `ny ng sy kh` as in spelling, `c j y` as in Indonesian.
"""

from __future__ import annotations

DIPHTHONGS = ("ai", "au", "oi")
VOWELS = frozenset({"a", "i", "u", "e", "@", "o", *DIPHTHONGS})
CONSONANTS = frozenset(
    ["p", "b", "t", "d", "k", "g", "q", "c", "j", "m", "n", "ny", "ng", "f", "s", "z", "sy", "kh", "h", "r", "l", "w",
     "y"]
)  # fmt: skip
PHONES = VOWELS | CONSONANTS

LETTER_NAMES = {
    "a": "a", "b": "b e", "c": "c e", "d": "d e", "e": "e", "f": "e f", "g": "g e", "h": "h a", "i": "i",
    "j": "j e", "k": "k a", "l": "e l", "m": "e m", "n": "e n", "o": "o", "p": "p e", "q": "k i",
    "r": "e r", "s": "e s", "t": "t e", "u": "u", "v": "f e", "w": "w e", "x": "e k s", "y": "y e",
    "z": "z e t",
}  # fmt: skip

# Read letter by letter although they contain a vowel (those without any vowel are found by rule).
SPELLED = frozenset({"umkm", "otp", "atm"})

EXCEPTIONS = {
    "bank": "b a ng k",
    "billing": "b i l i ng",
    "coretax": "k o r t e k s",
    "e-billing": "i b i l i ng",
    "e-filing": "i f ai l i ng",
    "efin": "e f i n",
    "email": "i m e l",
    "iya": "i y a",
    "login": "l o g i n",
    "nik": "n i k",
    "online": "o n l ai n",
    "website": "w e b s ai t",
}

# Every e of these words is full /e/.
FULL_E = frozenset({
    "boleh", "cek", "dicek", "diproses", "dokumen", "efektif", "elektronik", "identitas", "menu", "objek", "omzet",
    "ponsel", "proses", "restitusi", "tiket", "verifikasi",
})  # fmt: skip
# Words that mix schwa and full /e/ (marked é).
MIXED_E = {
    "kereta": "keréta",
    "mengecek": "mengécék",
    "pengecekan": "pengécékan",
    "persen": "persén",
    "rekening": "rékening",
}

_DIGRAPHS = {"ng": "ng", "ny": "ny", "sy": "sy", "kh": "kh"}
_LETTERS = {"v": "f", "q": "k", "x": "k s"}


class UnspeakableWordError(ValueError):
    """A word holds a character that no rule reads."""


def phones_of(word: str) -> tuple[str, ...]:
    """Return the phones of one lower-case word.

    Raises UnspeakableWordError for an empty word or a character other than a-z and the hyphen.
    """
    if word in EXCEPTIONS:
        return tuple(EXCEPTIONS[word].split())
    if _is_abbreviation(word):
        return tuple(phone for letter in word for phone in LETTER_NAMES[letter].split())
    if "-" in word:
        return tuple(phone for part in word.split("-") for phone in phones_of(part))
    return tuple(_read_letters(MIXED_E.get(word, word), full_e=word in FULL_E, word=word))


def syllable_count(phones: tuple[str, ...]) -> int:
    """Number of vowels (diphthongs count once), which in Indonesian is the number of syllables."""
    return sum(phone in VOWELS for phone in phones)


def stressed_index(phones: tuple[str, ...]) -> int | None:
    """Index of the stressed vowel: the one before last, or the last where that one is a schwa; None without a vowel."""
    vowels = [i for i, phone in enumerate(phones) if phone in VOWELS]
    if not vowels:
        return None
    if len(vowels) > 1 and phones[vowels[-2]] != "@":
        return vowels[-2]
    return vowels[-1]


def _is_abbreviation(word: str) -> bool:
    consonants_only = 2 <= len(word) <= 5 and not set(word) & set("aeiou") and word.isascii() and word.isalpha()
    return word in SPELLED or consonants_only


def _read_letters(spelling: str, *, full_e: bool, word: str) -> list[str]:
    phones: list[str] = []
    at = 0
    while at < len(spelling):
        pair, final_pair = spelling[at : at + 2], at + 2 == len(spelling)
        if pair in DIPHTHONGS and final_pair:
            phones.append(pair)
            at += 2
        elif pair in _DIGRAPHS:
            phones.append(_DIGRAPHS[pair])
            at += 2
        else:
            phones += _read_one(spelling[at], final=at + 1 == len(spelling), full_e=full_e, word=word)
            at += 1
    if not phones:
        raise UnspeakableWordError("an empty word cannot be spoken")
    return phones


def _read_one(letter: str, *, final: bool, full_e: bool, word: str) -> list[str]:
    if letter == "é":
        return ["e"]
    if letter == "e":
        return ["e" if full_e or final else "@"]
    if letter in _LETTERS:
        return _LETTERS[letter].split()
    if letter in PHONES:
        return [letter]
    raise UnspeakableWordError(f"{word!r}: no rule reads {letter!r}")
