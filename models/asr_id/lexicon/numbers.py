# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading numbers aloud: cardinals, digit by digit, decimals, percentages, ordinals, fractions.

Functions without an rng give the plain reading; with one they choose among the readings that are heard on the phone.
"""

from __future__ import annotations

import random
from decimal import Decimal

from models.asr_id.lexicon.errors import LexiconError
from models.asr_id.lexicon.letters import DIGIT_NAMES
from pipeline.catalog import text

LARGEST = 10**15
_SCALES = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"))
_FRACTIONS = {(1, 2): "setengah", (1, 4): "seperempat", (3, 4): "tiga perempat", (1, 3): "sepertiga"}


def cardinal(number: int) -> str:
    """Return ``number`` in words, `cardinal(2025)` = "dua ribu dua puluh lima"; a negative one starts with "minus".

    Raises LexiconError beyond 10^15.
    """
    if abs(number) > LARGEST:
        raise out_of_range("bilangan", number, -LARGEST, LARGEST)
    if number < 0:
        return f"minus {cardinal(-number)}"
    return " ".join(_cardinal(number)) if number else DIGIT_NAMES[0]


def digits(characters: str, rng: random.Random | None = None, *, zero: str | None = None) -> str:
    """Return digits one by one, `digits("0812")` = "nol delapan satu dua"; all but digits is passed over.

    Parameters:
        rng: chooses between "nol" and "kosong", once for the whole string.
        zero: the word for 0, instead of a choice.
    """
    if zero is None:
        zero = rng.choice(("nol", "nol", "nol", "kosong")) if rng else DIGIT_NAMES[0]
    names = (zero, *DIGIT_NAMES[1:])
    return " ".join(names[int(character)] for character in characters if character in "0123456789")


def grouped(characters: str, widths: tuple[int, ...], rng: random.Random | None = None) -> str:
    """Return digits in groups of ``widths``, the last width repeating; with an rng some groups are read as a number.

    `grouped("1234", (2,), rng)` may be "dua belas tiga puluh empat" or "satu dua tiga empat".
    """
    zero = rng.choice(("nol", "nol", "nol", "kosong")) if rng else DIGIT_NAMES[0]
    as_numbers = rng is not None and rng.random() < _GROUPS_AS_NUMBERS
    said = [_group(group, zero, as_number=as_numbers) for group in _split(characters, widths)]
    return " ".join(said)


def decimal(number: Decimal | str, rng: random.Random | None = None) -> str:
    """Return a decimal number, `decimal("2.5")` = "dua koma lima"; both comma and point mark the decimals."""
    whole, _, fraction = str(number).replace(",", ".").partition(".")
    spoken = ("minus " if whole.startswith("-") else "") + cardinal(abs(int(whole or 0)))
    if not fraction.strip("0"):
        return spoken
    fraction = fraction.rstrip("0")
    if rng and len(fraction) == 2 and fraction[0] != "0" and rng.random() < _FRACTION_AS_NUMBER:
        return f"{spoken} koma {cardinal(int(fraction))}"
    return f"{spoken} koma {digits(fraction)}"


def percent(number: Decimal | str | int, rng: random.Random | None = None) -> str:
    """Return a percentage, `percent("0.5")` = "nol koma lima persen", with an rng also "setengah persen"."""
    value = Decimal(str(number).replace(",", "."))
    if rng and rng.random() < _HALF_AS_WORD:
        if value == Decimal("0.5"):
            return "setengah persen"
        if value % 1 == Decimal("0.5") and value < 10:
            return f"{cardinal(int(value))} setengah persen"
    return f"{decimal(value, rng)} persen"


def ordinal(number: int) -> str:
    """Return `ordinal(1)` = "pertama", `ordinal(2)` = "kedua", `ordinal(21)` = "kedua puluh satu"."""
    return "pertama" if number == 1 else f"ke{cardinal(number)}"


def fraction(numerator: int, denominator: int) -> str:
    """Return `fraction(1, 2)` = "setengah", `fraction(2, 3)` = "dua per tiga", `fraction(1, 5)` = "seperlima"."""
    if (numerator, denominator) in _FRACTIONS:
        return _FRACTIONS[numerator, denominator]
    if numerator == 1 and denominator in range(2, 11):
        return f"seper{cardinal(denominator)}"
    return f"{cardinal(numerator)} per {cardinal(denominator)}"


def out_of_range(what: str, value: object, least: object, most: object) -> LexiconError:
    """Return the error for a value that has no reading."""
    return LexiconError(
        text("lexicon.reading_range", what=what, value=value, least=least, most=most),
        remedy=text("lexicon.reading_range_remedy"),
    )


_GROUPS_AS_NUMBERS = 0.15
_FRACTION_AS_NUMBER = 0.4
_HALF_AS_WORD = 0.5


def _cardinal(number: int) -> list[str]:
    if number == LARGEST:
        return ["seribu", "triliun"]
    words: list[str] = []
    for size, name in _SCALES:
        if number >= size:
            words += [*_cardinal(number // size), name]
            number %= size
    if number >= 1000:
        thousands, number = divmod(number, 1000)
        words += ["seribu"] if thousands == 1 else [*_below_thousand(thousands), "ribu"]
    return words + _below_thousand(number)


def _below_thousand(number: int) -> list[str]:
    hundreds, number = divmod(number, 100)
    words = _scaled(hundreds, "ratus") if hundreds else []
    if number in (10, 11):
        return [*words, "sepuluh" if number == 10 else "sebelas"]
    if 11 < number < 20:
        return [*words, DIGIT_NAMES[number - 10], "belas"]
    tens, number = divmod(number, 10)
    words += _scaled(tens, "puluh") if tens else []
    return [*words, DIGIT_NAMES[number]] if number else words


def _scaled(count: int, scale: str) -> list[str]:
    return [f"se{scale}"] if count == 1 else [DIGIT_NAMES[count], scale]


def _split(characters: str, widths: tuple[int, ...]) -> list[str]:
    only_digits = "".join(character for character in characters if character in "0123456789")
    groups: list[str] = []
    at = number = 0
    while at < len(only_digits):
        width = widths[min(number, len(widths) - 1)]
        groups.append(only_digits[at : at + width])
        at, number = at + width, number + 1
    return groups


def _group(group: str, zero: str, *, as_number: bool) -> str:
    if as_number and len(group) in (2, 3) and group[0] != "0":
        return cardinal(int(group))
    return digits(group, zero=zero)
