# SPDX-License-Identifier: GPL-3.0-or-later
"""Digits said one by one, joined and grouped: NPWP, NIK, telephone numbers, codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from asr.written.tokens import Line, Piece, word_set
from pipeline.spoken import SCALES, UNITS, read_number

_DIGITS = UNITS | {"kosong": 0}
_TIMES = {"dobel": 2, "double": 2, "tripel": 3, "triple": 3}
_MARKS = {"titik": ".", "strip": "-", "setrip": "-", "minus": "-"}
_NUMBER_OF = word_set(
    """
    nomor nomornya npwp npwpnya nik niknya ktp kk telepon telp hp handphone ponsel wa whatsapp rekening efin
    efinnya kode kodenya otp otpnya billing pin kap kjs ntpn nop seri faktur digit angka angkanya ekstensi pos
    resi tiket kring
    """
)
# May stand between the digits of a number without ending it; the words of the second only where one is told.
_HESITATIONS = word_set("e ee eh em emm hm hmm mm")
_PAUSES = _HESITATIONS | word_set("ya terus lalu")
_QUANTITY_FOLLOWS = {*SCALES, "koma", "persen", "setengah", "rupiah"}
_UNITS_OF_COUNT = word_set("tahun bulan hari orang kali anak")
_AREA = re.compile(r"0(21|22|24|31|61|\d\d\d)(\d{5,8})")


class _Run(NamedTuple):
    digits: str
    parts: int
    marked: str  # with the points and dashes that were said
    after: int


def plus_number(line: Line, index: int) -> list[Piece]:
    """Return "+62 812-3456-7890" for a number that begins with "plus enam dua"."""
    if line.word(index) != "plus":
        return []
    run = _run(line, index + 1, mixed=True)
    return [Piece(f"+{_telephone(run.digits, landline=False)}", run.after, "number")] if run.parts >= 4 else []


def digit_string(line: Line, index: int) -> list[Piece]:
    """Return digits said one by one as one piece; a few digits only where a number is being told."""
    told = any(word in _NUMBER_OF for word in line.before(index, 5))
    zero = _DIGITS.get(line.numerals[index]) == 0
    pauses = _PAUSES if told else _HESITATIONS
    run = _run(line, index, mixed=told or zero, pauses=pauses)
    if run.parts < _enough(line, run, told=told, zero=zero):
        return []
    if run.marked != run.digits and not (len(run.digits) >= 5 and run.parts >= 4):
        run = _run(line, index, mixed=told or zero, marks=False, pauses=pauses)
    return [Piece(_grouped(run, line, index), run.after, "number")] if run.parts >= 2 else []


def _enough(line: Line, run: _Run, *, told: bool, zero: bool) -> int:
    """Return how many digits in a row are a number that is told and not a few small counts."""
    if told or (zero and line.word(run.after) not in _UNITS_OF_COUNT):
        return 2
    alone = run.digits and not {*line.words[run.after :]} - _PAUSES  # one piece of a number told with pauses
    return 3 if zero or (alone and line.pieces == []) else 4


def _run(line: Line, index: int, *, mixed: bool, marks: bool = True, pauses: frozenset[str] = frozenset()) -> _Run:
    """Collect digits, and where a number is told ("nol delapan dua belas") also numbers below one thousand.

    Words of ``pauses`` between two digits belong to the number.
    """
    words, run, last = line.numerals, _Run("", 0, "", index), _Run("", 0, "", index)
    while run.after < len(words):
        at, mark = run.after, ""
        if marks and run.parts:
            mark, at = _mark(words, at)
        while run.parts and not mark and line.word(at) in pauses:
            at += 1
        part = _part(line, at, mixed=mixed)
        if part is None:
            break
        text, after = part
        last, run = run, _Run(run.digits + text, run.parts + 1, run.marked + mark + text, after)
    return last if line.word(run.after) in _QUANTITY_FOLLOWS and run.parts else run


def _mark(words: Sequence[str], at: int) -> tuple[str, int]:
    """Return the point, dash or stroke said at ``at`` and the index after it."""
    if words[at] in _MARKS:
        return _MARKS[words[at]], at + 1
    return ("/", at + 2) if tuple(words[at : at + 2]) == ("garis", "miring") else ("", at)


def _part(line: Line, at: int, *, mixed: bool) -> tuple[str, int] | None:
    word = line.numerals[at] if at < len(line.numerals) else ""
    times = _TIMES.get(word, 1)
    if times > 1:
        digit = _DIGITS.get(line.numerals[at + 1]) if at + 1 < len(line.numerals) else None
        return (str(digit) * times, at + 2) if digit is not None else None
    if word == "kosong":
        return "0", at + 1
    found = read_number(line.numerals, at, below=1000)
    if found is None or (found[1] > at + 1 and not mixed) or (found[0] >= 10 and not mixed):
        return None
    return str(found[0]), found[1]


def _grouped(run: _Run, line: Line, index: int) -> str:
    digits, near = run.digits, set(line.before(index, 8))
    if len(digits) == 15 and not {"billing", "biling"} & near:
        return f"{digits[:2]}.{digits[2:5]}.{digits[5:8]}.{digits[8]}-{digits[9:12]}.{digits[12:]}"
    if run.marked != digits:
        return run.marked
    if len(digits) in (15, 16):
        return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
    return _telephone(digits, landline=bool({"telepon", "telp", "kantor"} & near))


def _telephone(digits: str, *, landline: bool) -> str:
    if digits.startswith("08") and 10 <= len(digits) <= 13:
        return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
    if digits.startswith("628") and 11 <= len(digits) <= 14:
        return f"62 {digits[2:5]}-{digits[5:9]}-{digits[9:]}"
    area = _AREA.fullmatch(digits) if landline else None
    return f"0{area[1]}-{area[2]}" if area else digits
