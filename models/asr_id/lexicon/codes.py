# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading numbers that name something: NPWP, NIK, telephone numbers, articles of law, forms, letters and digits."""

from __future__ import annotations

import random
import re

from models.asr_id.lexicon.letters import spell
from models.asr_id.lexicon.numbers import cardinal, digits, grouped

_NPWP_15 = (2, 3, 3, 1, 3, 3)
_IN_FOURS = (4,)
_PHONE = ((4, 4, 4), (4, 3, 3), (3, 3, 3), (4, 4, 2), (2, 3))
_CODE_PIECE = re.compile(r"\d+|[a-z]")


def npwp(number: str, rng: random.Random | None = None) -> str:
    """Return an NPWP of 15 or 16 digits in groups as printed; with an rng sometimes with "titik" and "strip"."""
    only_digits = re.sub(r"\D", "", number)
    if len(only_digits) != sum(_NPWP_15):
        return grouped(only_digits, _IN_FOURS, rng)
    if rng is not None and rng.random() < 0.2:
        return _with_marks(only_digits)
    return grouped(only_digits, _NPWP_15, rng)


def nik(number: str, rng: random.Random | None = None) -> str:
    """Return a NIK digit by digit, in fours, or as region, birth date and serial number."""
    widths = _IN_FOURS if rng is None else rng.choice((_IN_FOURS, _IN_FOURS, (2, 2, 2, 2, 2, 2, 4), (6, 6, 4)))
    return grouped(number, widths, rng)


def phone(number: str, rng: random.Random | None = None) -> str:
    """Return a telephone number; `+62` is read "plus enam dua"."""
    plus = "plus " if number.lstrip().startswith("+") else ""
    return plus + grouped(number, rng.choice(_PHONE) if rng else _PHONE[0], rng)


def article(pasal: int | str, ayat: int | None = None, huruf: str = "", angka: int | None = None) -> str:
    """Return a reference to a law, `article(21, 2, "a")` = "pasal dua puluh satu ayat dua huruf a"."""
    said = [f"pasal {code(str(pasal))}"]
    if ayat is not None:
        said.append(f"ayat {cardinal(ayat)}")
    if huruf:
        said.append(f"huruf {' '.join(spell(huruf))}")
    if angka is not None:
        said.append(f"angka {cardinal(angka)}")
    return " ".join(said)


def tax_article(number: int, rng: random.Random | None = None) -> str:
    """Return the name of an income tax, `tax_article(21)` = "pph pasal dua puluh satu", or "pph dua satu"."""
    full = cardinal(number)
    if rng is None:
        return f"pph pasal {full}"
    by_digits = digits(str(number))
    return rng.choice((f"pph pasal {full}", f"pph {full}", f"pph {by_digits}", f"pph pasal {by_digits}"))


def form(code_: str, rng: random.Random | None = None) -> str:
    """Return the name of a form: `form("1770 SS")` = "seribu tujuh ratus tujuh puluh es es".

    With an rng also "tujuh belas tujuh puluh es es" and digit by digit.
    """
    return code(code_, rng, digits_of_four=True)


def code(characters: str, rng: random.Random | None = None, *, digits_of_four: bool = False) -> str:
    """Return letters and digits: letters by name, each run of digits as a number (digit by digit from five on).

    Raises LexiconError for anything but letters, digits, hyphens, blanks, full stops and slashes.
    """
    spell(characters)  # checks every character
    said: list[str] = []
    for piece in _CODE_PIECE.findall(characters.lower()):
        if piece.isalpha():
            said += spell(piece)
        elif len(piece) > 4 or piece.startswith("0"):
            said.append(digits(piece, rng))
        else:
            said.append(_run(piece, rng, halves=digits_of_four))
    return " ".join(said)


def _run(piece: str, rng: random.Random | None, *, halves: bool) -> str:
    if rng is None:
        return cardinal(int(piece))
    choices = [cardinal(int(piece)), digits(piece)]
    if halves and len(piece) == 4:
        second = cardinal(int(piece[2:])) if piece[2] != "0" else digits(piece[2:])
        choices += [f"{cardinal(int(piece[:2]))} {second}"] * 2
    return rng.choice(choices)


def _with_marks(only_digits: str) -> str:
    """`09.254.294.3-407.000` as printed: full stops are said "titik", the dash "strip"."""
    marks = ("", "titik", "titik", "titik", "strip", "titik")
    said: list[str] = []
    at = 0
    for width, mark in zip(_NPWP_15, marks, strict=True):
        said += [mark, digits(only_digits[at : at + width])]
        at += width
    return " ".join(filter(None, said))
