# SPDX-License-Identifier: GPL-3.0-or-later
"""Spoken Indonesian cardinals read as values: "dua ribu dua puluh lima" is 2025.

The one reader of number words, for search ("pph dua puluh satu" meets "PPh 21") and for the written transcript.
A number is a row of groups below one thousand, each with its scale, scales falling: "dua juta lima ratus ribu tiga".
Whatever does not go on like that begins another number, so nothing is ever swallowed by a repeated or broken one.
"""

from __future__ import annotations

from collections.abc import Sequence

UNITS = {
    "nol": 0, "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8,
    "sembilan": 9,
}  # fmt: skip
SCALES = {"ribu": 10**3, "juta": 10**6, "miliar": 10**9, "triliun": 10**12, "kuadriliun": 10**15}
ONE_OF_SCALE = {"seribu": 10**3, "sejuta": 10**6, "semiliar": 10**9, "setriliun": 10**12}
_BELOW_THOUSAND = {"sepuluh": 10, "sebelas": 11, "seratus": 100}
_SUFFIXES = {"belas", "puluh", "ratus"}
NUMBER_WORDS = UNITS.keys() | _BELOW_THOUSAND.keys() | ONE_OF_SCALE.keys() | SCALES.keys() | _SUFFIXES


def read_number(words: Sequence[str], start: int, *, below: int = 10**6) -> tuple[int, int] | None:
    """Return (value, index after it) of the number that begins at ``words[start]``, or None.

    Digits said one by one ("satu tujuh dua satu") are separate numbers, as a caller who spells would have it.

    Parameters:
        below: scales of this size and more stay words; search keeps "juta" and "miliar", as articles write them.
    """
    total, index, last = 0, start, below
    while True:
        group = _group(words, index)
        if group is None:
            break
        value, scale, after = group
        if scale >= last or (index > start and value == 0):
            break
        total, index, last = total + value * scale, after, scale
        if scale == 1:
            break
    if index > start:
        return total, index
    return below_thousand(words, start)  # "lima ratus juta" where "juta" stays a word


def _group(words: Sequence[str], start: int) -> tuple[int, int, int] | None:
    """Return (value, scale, index after both) of a group below one thousand and its scale (1 when it has none)."""
    if start < len(words) and words[start] in ONE_OF_SCALE:
        scale, larger = ONE_OF_SCALE[words[start]], SCALES.get(_word(words, start + 1), 1)
        return (scale, larger, start + 2) if larger > scale else (1, scale, start + 1)  # "seribu triliun"
    group = below_thousand(words, start)
    if group is None:
        return None
    value, after = group
    scale = SCALES.get(words[after], 1) if value and after < len(words) else 1
    return value, scale, after if scale == 1 else after + 1


def below_thousand(words: Sequence[str], start: int) -> tuple[int, int] | None:
    """Return (value, index after it) of a number without scale at ``words[start]``, or None."""
    hundreds = _hundreds(words, start)
    value, index = hundreds or (0, start)
    tens = _tens(words, index)
    if tens is None or (hundreds and (tens[0] == 0 or _word(words, tens[1]) == "ratus")):
        return hundreds
    return value + tens[0], tens[1]


def _hundreds(words: Sequence[str], start: int) -> tuple[int, int] | None:
    word = _word(words, start)
    if word == "seratus":
        return 100, start + 1
    if UNITS.get(word) and _word(words, start + 1) == "ratus":
        return UNITS[word] * 100, start + 2
    return None


def _tens(words: Sequence[str], start: int) -> tuple[int, int] | None:
    word, follower = _word(words, start), _word(words, start + 1)
    if word in ("sepuluh", "sebelas"):
        return _BELOW_THOUSAND[word], start + 1
    if word not in UNITS:
        return None
    value = UNITS[word]
    if follower == "belas" and value:
        return value + 10, start + 2
    if follower != "puluh" or not value:
        return value, start + 1
    unit = UNITS.get(_word(words, start + 2))
    if unit and _word(words, start + 3) not in _SUFFIXES:
        return value * 10 + unit, start + 3
    return value * 10, start + 2


def _word(words: Sequence[str], index: int) -> str:
    return words[index] if 0 <= index < len(words) else ""
