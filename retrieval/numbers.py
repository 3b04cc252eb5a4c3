# SPDX-License-Identifier: GPL-3.0-or-later
"""Spoken Indonesian cardinals as digits, so that "pph dua puluh satu" meets "PPh 21".

Only what search needs: groups up to 999,999 become one number; "juta", "miliar" and "triliun" stay words, because
articles write "500 juta" as well. Years, tariffs and form numbers then look the same spoken and written.
"""

from __future__ import annotations

from collections.abc import Sequence

UNITS = {
    "nol": 0, "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8,
    "sembilan": 9,
}  # fmt: skip
WHOLE = {"sepuluh": 10, "sebelas": 11, "seratus": 100, "seribu": 1000}
SCALES = {"belas", "puluh", "ratus", "ribu"}
NUMBER_WORDS = UNITS.keys() | WHOLE.keys() | SCALES


def read_number(words: Sequence[str], start: int) -> tuple[int, int] | None:
    """Return (value, index after it) of the number that begins at ``words[start]``, or None.

    Digits said one by one ("satu tujuh dua satu") are separate numbers, as a caller who spells would have it.
    """
    thousands, index = 0, start
    below = _below_thousand(words, index)
    if below is not None and below[1] < len(words) and words[below[1]] == "ribu":
        thousands, index = below[0] * 1000, below[1] + 1
        below = _below_thousand(words, index)
    elif index < len(words) and words[index] == "seribu":
        thousands, index = 1000, index + 1
        below = _below_thousand(words, index)
    if below is not None:
        return thousands + below[0], below[1]
    return (thousands, index) if index > start else None


def _below_thousand(words: Sequence[str], start: int) -> tuple[int, int] | None:
    value, index = 0, start
    hundreds = _scaled(words, index, "seratus", "ratus", 100)
    if hundreds:
        value, index = hundreds
    tens = _tens(words, index)
    if tens is not None:
        return value + tens[0], tens[1]
    return (value, index) if index > start else None


def _tens(words: Sequence[str], start: int) -> tuple[int, int] | None:
    word = words[start] if start < len(words) else ""
    if word in ("sepuluh", "sebelas"):
        return WHOLE[word], start + 1
    if word not in UNITS:
        return None
    value, follower = UNITS[word], words[start + 1] if start + 1 < len(words) else ""
    if follower == "belas":
        return value + 10, start + 2
    if follower != "puluh":
        return value, start + 1
    unit = words[start + 2] if start + 2 < len(words) else ""
    after = words[start + 3] if start + 3 < len(words) else ""
    if unit in UNITS and unit != "nol" and after not in ("puluh", "belas", "ratus"):
        return value * 10 + UNITS[unit], start + 3
    return value * 10, start + 2


def _scaled(words: Sequence[str], start: int, whole: str, scale: str, factor: int) -> tuple[int, int] | None:
    word = words[start] if start < len(words) else ""
    if word == whole:
        return factor, start + 1
    if word in UNITS and start + 1 < len(words) and words[start + 1] == scale:
        return UNITS[word] * factor, start + 2
    return None
