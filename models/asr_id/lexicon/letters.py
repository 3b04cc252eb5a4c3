# SPDX-License-Identifier: GPL-3.0-or-later
"""Letter names, and abbreviations that are read letter by letter."""

from __future__ import annotations

from models.asr_id.lexicon.errors import empty_word, unreadable

LETTER_NAMES = {
    "a": "a", "b": "be", "c": "ce", "d": "de", "e": "e", "f": "ef", "g": "ge", "h": "ha", "i": "i", "j": "je",
    "k": "ka", "l": "el", "m": "em", "n": "en", "o": "o", "p": "pe", "q": "ki", "r": "er", "s": "es", "t": "te",
    "u": "u", "v": "fe", "w": "we", "x": "eks", "y": "ye", "z": "zet",
}  # fmt: skip
"""Letter -> its Indonesian name as a written word (every e is full)."""

DIGIT_NAMES = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")

_LONGEST_BY_RULE = 6


def spell(characters: str) -> tuple[str, ...]:
    """Return the words that spell letters and digits aloud: ``spell("a1")`` is ``("a", "satu")``.

    Hyphens, blanks, full stops and slashes are passed over. Raises LexiconError for anything else.
    """
    words = tuple(_name(character, characters) for character in characters.lower() if character not in "-. /")
    if not words:
        raise empty_word()
    return words


def spelled_marked(abbreviation: str) -> str:
    """Return the marked spelling (`é` full, `.` between letters) of an abbreviation read letter by letter."""
    return ".".join(name.replace("e", "é") for name in spell(abbreviation))


def is_unpronounceable(word: str) -> bool:
    """Whether a word can only be spelled: up to six consonants and no vowel (`npwp`, `ktp`)."""
    return 1 <= len(word) <= _LONGEST_BY_RULE and word.isascii() and word.isalpha() and not set(word) & set("aeiou")


def _name(character: str, characters: str) -> str:
    if character in LETTER_NAMES:
        return LETTER_NAMES[character]
    if character.isascii() and character.isdigit():
        return DIGIT_NAMES[int(character)]
    raise unreadable(characters, character)
