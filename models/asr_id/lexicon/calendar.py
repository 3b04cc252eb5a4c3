# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading dates, years, periods and clock times aloud."""

from __future__ import annotations

import datetime as dt
import random

from models.asr_id.lexicon.numbers import cardinal, digits, out_of_range

MONTHS = (
    "januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september", "oktober", "november",
    "desember",
)  # fmt: skip
DAYS = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")
_HALF_HOUR_MIN, _QUARTER_MIN = 30, 15


def date(day: dt.date, rng: random.Random | None = None, *, with_year: bool = True) -> str:
    """Return a date, "tiga puluh satu maret dua ribu dua puluh enam"; with an rng also the readings of callers.

    Those: with "tanggal" before it, "tanggal tiga satu bulan tiga", the year as "dua enam" or "dua puluh enam".
    """
    tail = f" {year(day.year, rng)}" if with_year else ""
    plain = f"{cardinal(day.day)} {MONTHS[day.month - 1]}{tail}"
    if rng is None:
        return plain
    day_digits = digits(str(day.day)) if day.day > 11 and rng.random() < 0.5 else cardinal(day.day)
    month_number = f"bulan {cardinal(day.month)}"
    year_tail = f" tahun {year(day.year, rng)}" if with_year else ""
    return rng.choice((
        plain, plain, f"tanggal {plain}", f"tanggal {day_digits} {month_number}{year_tail}",
        f"tanggal {cardinal(day.day)} bulan {MONTHS[day.month - 1]}{year_tail}",
        f"{day_digits} {MONTHS[day.month - 1]}{tail}",
    ))  # fmt: skip


def year(number: int, rng: random.Random | None = None) -> str:
    """Return a year, `year(2025)` = "dua ribu dua puluh lima"; with an rng also by digits or halves."""
    full = cardinal(number)
    if rng is None or number < 1900:
        return full
    century, rest = divmod(number, 100)
    choices = [full, full, full, digits(str(number))]
    if rest >= 10:
        choices += [f"{cardinal(century)} {cardinal(rest)}", digits(f"{rest:02d}")]
    return rng.choice(choices)


def period(month: int, number: int, rng: random.Random | None = None) -> str:
    """Return a tax period, `period(3, 2025)` = "maret dua ribu dua puluh lima"."""
    if not 1 <= month <= len(MONTHS):
        raise out_of_range("bulan", month, 1, len(MONTHS))
    name = MONTHS[month - 1]
    if rng is not None:
        name = rng.choice((name, name, f"bulan {name}", f"bulan {cardinal(month)}"))
    return f"{name} {year(number, rng)}"


def clock(hour: int, minute: int = 0, rng: random.Random | None = None) -> str:
    """Return a time of day, `clock(9, 30)` = "jam sembilan tiga puluh"; with an rng also "jam setengah sepuluh".

    Raises LexiconError outside 0:00 to 23:59.
    """
    if not (0 <= hour < 24 and 0 <= minute < 60):
        raise out_of_range("jam", f"{hour}.{minute:02d}", "0.00", "23.59")
    word = rng.choice(("jam", "jam", "pukul")) if rng else "jam"
    plain = f"{word} {cardinal(hour)}"
    if minute:
        plain += f" {cardinal(minute)}"
    if rng is None:
        return plain
    return rng.choice([plain, *_casual_clock(word, hour, minute)])


def _casual_clock(word: str, hour: int, minute: int) -> list[str]:
    twelve = (hour - 1) % 12 + 1
    following, part = twelve % 12 + 1, _part_of_day(hour)
    if minute == 0:
        return [f"{word} {cardinal(twelve)} {part}", f"{word} {cardinal(hour)} tepat"]
    if minute == _HALF_HOUR_MIN:
        return [f"{word} setengah {cardinal(following)}", f"{word} setengah {cardinal(following)} {part}"]
    if minute == _QUARTER_MIN:
        return [f"{word} {cardinal(twelve)} seperempat", f"{word} {cardinal(twelve)} lewat lima belas"]
    if minute < _HALF_HOUR_MIN:
        return [f"{word} {cardinal(twelve)} lewat {cardinal(minute)}"]
    return [f"{word} {cardinal(following)} kurang {cardinal(60 - minute)}"]


def _part_of_day(hour: int) -> str:
    for until, part in ((11, "pagi"), (15, "siang"), (18, "sore")):
        if hour < until:
            return part
    return "malam"
