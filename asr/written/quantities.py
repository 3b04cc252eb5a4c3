# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantities as they are said ("dua setengah juta", "nol koma lima") and as Indonesian writes them ("2,5 juta", "0,5").

Round millions keep their word, as the official spelling (EYD) recommends: "5 juta", "Rp4,8 miliar"; thousands and
all mixed numbers are written out: "125.000", "5.250.000".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.spoken import SCALES, UNITS, read_number

LIMIT = 10**18
_LARGE = {name: size for name, size in SCALES.items() if size >= 10**6}
_SUFFIXES = {"belas", "puluh", "ratus"}


class Quantity(NamedTuple):
    """A number as it was said.

    Parameters:
        whole: its value, or the part before the comma; with ``scale`` still to be multiplied.
        decimals: digits after the comma, as text.
        scale: word behind a broken number ("juta" of "dua koma lima juta"); empty when ``whole`` holds everything.
        after: index of the first word that does not belong to it.
    """

    whole: int
    decimals: str
    scale: str
    after: int

    @property
    def integral(self) -> bool:
        """Whether it was said without comma and halves."""
        return not self.decimals


def read_quantity(words: Sequence[str], start: int) -> Quantity | None:
    """Return the quantity that begins at ``words[start]``, or None."""
    if _word(words, start) == "setengah":
        return _half(words, start + 1)
    found = read_number(words, start, below=LIMIT)
    if found is None:
        return None
    value, after = found
    follower = _word(words, after)
    if follower == "koma" and value < 1000:
        decimals, end = _decimals(words, after + 1)
        if decimals:
            return _scaled(Quantity(value, decimals, "", end), words)
    if follower == "setengah" and value < 1000 and _word(words, after + 1) in {*SCALES, "persen"}:
        return _scaled(Quantity(value, "5", "", after + 1), words)
    return Quantity(value, "", "", after)


def _half(words: Sequence[str], after: int) -> Quantity | None:
    """ "setengah juta" and "setengah persen"; any other half is a word."""
    follower = _word(words, after)
    if follower == "persen":
        return Quantity(0, "5", "", after)
    if follower in _LARGE:
        return Quantity(SCALES[follower] // 2, "", "", after + 1)
    return None


def _decimals(words: Sequence[str], start: int) -> tuple[str, int]:
    """Return the digits said after "koma" and the index after them."""
    digits, index = "", start
    while _word(words, index) in UNITS and _word(words, index + 1) not in _SUFFIXES:
        digits += str(UNITS[words[index]])
        index += 1
    if digits:
        return digits, index
    found = read_number(words, start, below=1000)
    return (str(found[0]), found[1]) if found and found[0] < 1000 else ("", start)


def _scaled(quantity: Quantity, words: Sequence[str]) -> Quantity:
    scale = _word(words, quantity.after)
    return quantity._replace(scale=scale, after=quantity.after + 1) if scale in SCALES else quantity


def grouped(value: int) -> str:
    """Return a whole number with points between its thousands."""
    return f"{value:,}".replace(",", ".")


def written(quantity: Quantity) -> str:
    """Return the quantity in figures; round millions and more keep their word."""
    if quantity.decimals:
        return _broken(quantity)
    for scale, size in reversed(_LARGE.items()):
        if quantity.whole >= size:
            round_ = quantity.whole % size == 0 and quantity.whole // size < 1000
            return f"{quantity.whole // size} {scale}" if round_ else grouped(quantity.whole)
    return grouped(quantity.whole)


def _broken(quantity: Quantity) -> str:
    if quantity.scale == "ribu" and len(quantity.decimals) <= 3:  # "dua koma lima ribu" is 2.500
        return grouped(quantity.whole * 1000 + int(quantity.decimals.ljust(3, "0")))
    return f"{grouped(quantity.whole)},{quantity.decimals} {quantity.scale}".rstrip()


def is_large(quantity: Quantity) -> bool:
    """Return whether it is so large that near talk of money it is one: a thousand and more."""
    return bool(quantity.scale) or quantity.whole >= 1000


def _word(words: Sequence[str], index: int) -> str:
    return words[index] if 0 <= index < len(words) else ""
