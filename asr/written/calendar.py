# SPDX-License-Identifier: GPL-3.0-or-later
"""Times of day, dates and years."""

from __future__ import annotations

import re

from asr.written.tokens import Line, Piece, word_set
from asr.written.vocabulary import MONTHS
from pipeline.spoken import UNITS, read_number

YEARS = range(1945, 2061)
_CLOCK_WORDS = ("jam", "pukul")
_UNTIL = ("sampai", "hingga", "dan", "atau", "ke")
_CLOCK = re.compile(r"\d\d\.\d\d")
_COUNTED = word_set("kali orang hari bulan tahun rupiah ribu juta persen jam")


def clock(line: Line, index: int) -> list[Piece]:
    """Return "08.30" for "setengah sembilan" after "jam" or "pukul"."""
    if not _tells_time(line, index):
        return []
    found = _half_hour(line, index) or _hour(line, index)
    if found is None:
        return []
    hour, minute, after = found
    return [Piece(f"{hour:02}.{minute:02}", after, "number")]


def _tells_time(line: Line, index: int) -> bool:
    previous = line.word(index - 1)
    if previous in _CLOCK_WORDS:
        return previous == "pukul" or not _is_duration(line)
    recent = [piece.text for piece in line.pieces[-3:-1]]
    return previous in _UNTIL[:2] and any(_CLOCK.fullmatch(text) for text in recent)


def _is_duration(line: Line) -> bool:
    """Return whether "jam" was a number of hours: "dua jam", but not "tanggal dua jam ..."."""
    count, opening = line.piece(2), line.piece(3).text.lower()
    return count.kind == "number" and not (opening in ("tanggal", "tahun") or opening in MONTHS)


def _half_hour(line: Line, index: int) -> tuple[int, int, int] | None:
    if line.word(index) != "setengah":
        return None
    found = read_number(line.numerals, index + 1, below=1000)
    if found is None or not 1 <= found[0] <= 24:
        return None
    return (found[0] - 1) or 12, 30, found[1]


def _hour(line: Line, index: int) -> tuple[int, int, int] | None:
    found = read_number(line.numerals, index, below=1000)
    if found is None or found[0] > 24 or line.word(found[1]) in _COUNTED:
        return None
    hour, after = found
    joint = line.word(after)
    minute = _minutes(line, after + 1 if joint in ("lewat", "lebih", "kurang", "titik") else after)
    if minute is None or (joint == "titik" and minute[0] > 59):
        return hour, 0, after
    if joint == "kurang":
        return ((hour - 1) or 12, 60 - minute[0], minute[1]) if 0 < minute[0] < 60 else (hour, 0, after)
    direct = joint not in ("lewat", "lebih", "titik")
    if direct and minute[0] < 10 and line.word(after) != "nol":
        return hour, 0, after
    return hour, minute[0], minute[1]


def _minutes(line: Line, index: int) -> tuple[int, int] | None:
    if line.word(index) == "seperempat":
        return 15, index + 1
    tens, units = UNITS.get(line.word(index), 0), UNITS.get(line.word(index + 1))
    if 0 < tens < 6 and units is not None and line.word(index + 2) not in _COUNTED:
        followed = read_number(line.numerals, index + 1, below=1000)
        if followed is not None and followed[1] == index + 2:
            return tens * 10 + units, index + 2  # "dua puluh tiga lima sembilan"
    start = index + 1 if line.word(index) == "nol" and line.word(index + 1) in UNITS else index
    found = read_number(line.numerals, start, below=1000)
    if found is None or found[0] > 59 or line.word(found[1]) in _COUNTED:
        return None
    return found[0], found[1] + 1 if line.word(found[1]) == "menit" else found[1]


def numeric_date(line: Line, index: int) -> list[Piece]:
    """Return "1/2/2025" for "satu dua dua ribu dua puluh lima" after "tanggal"."""
    if line.word(index - 1) not in ("tanggal", "tertanggal"):
        return []
    parts, at = [], index
    for largest in (31, 12, YEARS[-1]):
        found = read_number(line.numerals, at)
        if found is None or not 1 <= found[0] <= largest:
            return []
        parts.append(found[0])
        at = found[1]
    return [Piece("/".join(map(str, parts)), at, "number")] if parts[2] in YEARS else []


def day_in_digits(line: Line, index: int) -> list[Piece]:
    """Return "31" for a day that is said in digits: "tiga satu maret", "tanggal tiga satu bulan tiga"."""
    first, second, follower = line.word(index), line.word(index + 1), line.word(index + 2)
    if not (UNITS.get(first) and second in UNITS):
        return []
    day = UNITS[first] * 10 + UNITS[second]
    named = follower in MONTHS or (follower == "bulan" and line.word(index - 1) == "tanggal")
    return [Piece(str(day), index + 2, "number")] if named and day <= 31 else []


def year(line: Line, index: int) -> list[Piece]:
    """Return a year after "tahun" or a month, also when it is said in two halves ("dua puluh dua lima")."""
    if not _expects_year(line, index):
        return []
    halves = _halves(line, index)
    if halves is not None:
        return [Piece(str(halves[0]), halves[1], "number")]
    found = read_number(line.numerals, index)
    if found is None or line.word(found[1]) in _COUNTED:
        return []
    if found[0] in YEARS or 10 <= found[0] <= 99:
        return [Piece(str(found[0]), found[1], "number")]
    return []


def _expects_year(line: Line, index: int) -> bool:
    near = line.before(index, 2)
    return bool(near) and (near[-1] in MONTHS or near[-1] == "tahun" or tuple(near) == ("tahun", "pajak"))


def _halves(line: Line, index: int) -> tuple[int, int] | None:
    """Read "dua puluh dua lima" and "sembilan belas sembilan puluh" as 2025 and 1990, "dua lima" as 25."""
    first = read_number(line.numerals, index, below=1000)
    if first is None:
        return None
    second = read_number(line.numerals, first[1], below=1000)
    if second is None or line.word(second[1]) in _COUNTED:
        return None
    if first[0] in (19, 20) and 10 <= second[0] <= 99:
        return first[0] * 100 + second[0], second[1]
    if 21 <= first[0] <= 29 and second[0] <= 9:  # "dua puluh dua" + "lima"
        return 2000 + first[0] % 10 * 10 + second[0], second[1]
    if 1 <= first[0] <= 9 and second[0] <= 9 and read_number(line.numerals, second[1]) is None:
        return first[0] * 10 + second[0], second[1]
    return None
