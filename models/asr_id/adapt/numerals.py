# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures in a transcript, read out the way people do: amounts, dates, times, taxpayer numbers, percentages.

One reading is chosen for each; which one was really spoken only the recording knows. Transcripts with numbers written
as words are therefore worth more.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

from models.asr_id.lexicon import LexiconError
from models.asr_id.lexicon.readings import (
    cardinal,
    clock,
    code,
    date,
    decimal,
    digits,
    form,
    nik,
    npwp,
    ordinal,
    percent,
    phone,
    rupiah,
)

_SCALE = r"(ribu|juta|miliar|milyar|triliun)"
_NUMBER = r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?"
_LONGEST_CARDINAL = 6  # more digits without points are read one by one

Reader = Callable[[re.Match[str]], str]


def read_out(line: str) -> str:
    """Return a lower-case line with every figure in words.

    Raises:
        LexiconError, ValueError: a figure is no number that can be read (a 45th of March).
    """
    for pattern, reader in _READERS:
        line = pattern.sub(lambda match, read=reader: f" {read(match)} ", line)  # type: ignore[misc]
    return line


def _value(written: str) -> Decimal:
    return Decimal(written.replace(".", "").replace(",", "."))


def _amount(match: re.Match[str]) -> str:
    number, scale = match["number"], match["scale"]
    if scale:
        return f"{_quantity(number)} {scale} rupiah"
    whole, _, cents = number.partition(",")
    return rupiah(int(_value(whole))) + (f" {cardinal(int(cents))} sen" if cents.strip("0") else "")


def _quantity(written: str) -> str:
    value = _value(written)
    if value != value.to_integral_value() or "," in written:
        return decimal(value)
    plain = written.replace(".", "")
    alone = "." not in written and (len(plain) > _LONGEST_CARDINAL or (len(plain) > 1 and plain[0] == "0"))
    return digits(plain) if alone else cardinal(int(plain))


def _date(match: re.Match[str]) -> str:
    return date(dt.date(int(match["year"]), int(match["month"]), int(match["day"])))


def _clock(match: re.Match[str]) -> str:
    return clock(int(match["hour"]), int(match["minute"])).removeprefix("jam ")  # the transcript has its own word


def _joined(match: re.Match[str]) -> str:
    """Read letters with figures: ``anak2`` is a word said twice, ``pph21`` a number after a name."""
    letters, figures = match["letters"], match["figures"]
    if figures == "2" and any(letter in "aeiou" for letter in letters) and len(letters) > 2:
        return f"{letters} {letters}"
    return f"{letters} {_quantity(figures)}"


_READERS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (re.compile(rf"\brp\.?\s*(?P<number>{_NUMBER})(?:,-)?(?:\s*(?P<scale>{_SCALE})\b)?(?:\s*rupiah)?"), _amount),
    (re.compile(r"\b\d{2}\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}\b"), lambda match: npwp(re.sub(r"\D", "", match[0]))),
    (re.compile(r"\b\d{16}\b"), lambda match: nik(match[0])),
    (re.compile(r"(?<!\d)\+62[\d -]{8,14}\d\b"), lambda match: phone("0" + re.sub(r"\D", "", match[0])[2:])),
    (re.compile(r"\b08\d[\d -]{6,12}\d\b"), lambda match: phone(re.sub(r"\D", "", match[0]))),
    (re.compile(r"\b(?P<day>\d{1,2})[/-](?P<month>\d{1,2})[/-](?P<year>\d{4})\b"), _date),
    (re.compile(r"(?:(?<=pukul )|(?<=jam ))(?P<hour>\d{1,2})[.:](?P<minute>\d{2})\b"), _clock),
    (re.compile(r"\b(?P<hour>\d{1,2}):(?P<minute>\d{2})\b"), _clock),
    (re.compile(rf"(?P<number>{_NUMBER})\s*%"), lambda match: percent(_value(match["number"]))),
    (re.compile(r"\bke-?(?P<number>\d{1,3})\b"), lambda match: ordinal(int(match["number"]))),
    (re.compile(r"\b177\d(?:\s?s{1,2})?\b"), lambda match: form(match[0].replace(" ", "").upper())),
    (re.compile(r"\b(?P<letters>[a-z]{2,})(?P<figures>\d+)\b"), _joined),
    (re.compile(r"\b(?=[a-z\d]*\d)(?=[a-z\d]*[a-z])[a-z\d]+\b"), lambda match: code(match[0].upper())),
    (re.compile(r"(?<=\d)\s*[-–]\s*(?=\d)"), lambda match: "sampai"),
    (re.compile(_NUMBER), lambda match: _quantity(match[0])),
)


__all__ = ["LexiconError", "read_out"]
