# SPDX-License-Identifier: GPL-3.0-or-later
"""References: articles of law ("Pasal 21 ayat (2)") and names of forms ("1770 SS", "1721-A1")."""

from __future__ import annotations

from asr.written.terms import LETTERS
from asr.written.tokens import Line, Piece, word_set
from pipeline.spoken import NUMBER_WORDS, SCALES, UNITS, read_number

# Kinds of income tax that are called by the number of their article.
_PPH = frozenset([4, 15, 17, 19, 21, 22, 23, 24, 25, 26, 29])
_FORMS = {
    "1770": {"es es": " SS", "ss": " SS", "es": " S", "s": " S"},
    "1771": {},
    "1721": {"a satu": "-A1", "a dua": "-A2", "a tiga": "-A3"},
    "1111": {"a satu": " A1", "a dua": " A2", "be satu": " B1", "be dua": " B2", "be tiga": " B3", "a be": " AB"},
}
_SUFFIX_LETTERS = {"a": "A", "be": "B", "ce": "C", "de": "D", "b": "B", "c": "C", "d": "D"}
_FORM_WORDS = word_set("spt formulir form lampiran jenis bukti kode")


def law(line: Line, index: int) -> list[Piece]:
    """Return the number of an article, a paragraph or a kind of income tax, and "Pasal" before a number."""
    if line.word(index) == "pasal" and line.word(index + 1) in NUMBER_WORDS:
        return [Piece("Pasal", index + 1, "name")]
    previous = "pph" if line.before(index, 3) == ["pe", "pe", "ha"] else line.word(index - 1)
    rule = _RULES.get(previous)
    found = _reference(line, index) if rule else None
    if rule is None or found is None or line.word(found[1]) in SCALES:
        return []
    return rule(line, *found)


def _article(line: Line, number: int, after: int) -> list[Piece]:
    letter = "E" if number == 31 and line.word(after) == "e" else _SUFFIX_LETTERS.get(line.word(after), "")
    return [Piece(f"{number}{letter}", after + 1 if letter else after, "number")]


def _paragraph(line: Line, number: int, after: int) -> list[Piece]:
    letter = _SUFFIX_LETTERS.get(line.word(after), "").lower()
    return [Piece(f"({number}{letter})", after + 1 if letter else after, "term")]


def _income_tax(line: Line, number: int, after: int) -> list[Piece]:
    if number not in _PPH:
        return []
    second = _reference(line, after)
    if number == 21 and second and second[0] == 26:
        return [Piece("21/26", second[1], "number")]
    return [Piece(str(number), after, "number")]


def _decree(line: Line, number: int, after: int) -> list[Piece]:
    return [] if line.word(after) in ("persen", "rupiah") else [Piece(str(number), after, "number")]


_RULES = {
    "pasal": _article, "ayat": _paragraph, "pph": _income_tax,
    "pmk": _decree, "pp": _decree, "perpres": _decree, "perppu": _decree,
}  # fmt: skip


def _reference(line: Line, index: int) -> tuple[int, int] | None:
    """Return a number below one thousand, or two digits said one by one ("dua satu")."""
    first, second = line.word(index), line.word(index + 1)
    found = read_number(line.numerals, index)
    if found is None or found[0] >= 1000:
        return None
    if first in UNITS and UNITS[first] and second in UNITS and found[1] == index + 1:
        following = read_number(line.numerals, index + 1)
        if following is not None and following[1] == index + 2:
            return UNITS[first] * 10 + UNITS[second], index + 2
    return found


def tax_status(line: Line, index: int) -> list[Piece]:
    """Return "TK/0" and "K/1", how many a taxpayer provides for, and "TER B", the class of monthly rates."""
    letters, at = "", index
    while line.word(at) in ("te", "ka", "tk", "k") and len(letters) < 2:
        letters, at = letters + {"te": "T", "ka": "K"}.get(line.word(at), line.word(at).upper()), at + 1
    if letters in ("K", "TK") and line.word(at) in ("nol", "satu", "dua", "tiga"):
        found = read_number(line.numerals, at)
        if found is not None and found[1] == at + 1 and line.word(at + 1) not in (*SCALES, "persen", "koma"):
            return [Piece(f"{letters}/{found[0]}", at + 1, "term")]
    if line.word(index - 1) in ("ter", "kategori", "golongan", "kelompok") and line.word(index) in _SUFFIX_LETTERS:
        return [Piece(_SUFFIX_LETTERS[line.word(index)], index + 1, "term")]
    return []


def form(line: Line, index: int) -> list[Piece]:
    """Return the name of a form of the annual and monthly returns."""
    if line.word(index) == "bpa" and line.word(index + 1) in ("satu", "dua"):
        return [Piece(f"BPA{UNITS[line.word(index + 1)]}", index + 2, "term")]
    found = _four_digits(line, index)
    if found is None or line.word(found[1]) in ("rupiah", *SCALES):
        return []
    number, after = found
    for length in (2, 1):
        suffix = _FORMS[number].get(" ".join(line.words[after : after + length]))
        if suffix:
            return [Piece(number + suffix, after + length, "term")]
    known = any(word in _FORM_WORDS for word in line.before(index, 4)) or number in ("1770", "1721", "1771")
    return [Piece(number, after, "term")] if known else []


def _four_digits(line: Line, index: int) -> tuple[str, int] | None:
    """Return the form's number however it was said: as a number, as digits or in pairs ("tujuh belas dua satu")."""
    digits, at = "", index
    while len(digits) < 4:
        found = read_number(line.numerals, at)
        if found is None:
            return None
        digits, at = digits + str(found[0]), found[1]
    return (digits, at) if digits in _FORMS else None


def letter_after(line: Line, index: int) -> list[Piece]:
    """Return "b" for "be" after "huruf"."""
    letter = LETTERS.get(line.word(index))
    if letter and line.word(index - 1) in ("huruf", "butir") and not line.spelling:
        return [Piece(letter, index + 1, "term")]
    return []
