# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills the slots of templates: `{amount}`, `{npwp}`, `{name}`, `{spelled}`, and every list of `lists/*.toml`."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable
from functools import cache

from models.asr_id.corpus.domain.material import SLOT, CorpusMaterialError, lists
from models.asr_id.lexicon import readings

_TWICE = re.compile(r"\b(tanggal|jam|pukul|bulan|tahun|jalan|pajak|rupiah|sekitar|dari|di|ke|surat)( \1\b)+")
_GREETINGS = (
    "selamat pagi", "selamat pagi", "selamat siang", "selamat siang", "selamat sore", "selamat malam", "halo", "pagi",
    "siang", "sore", "halo selamat pagi", "halo selamat siang", "halo selamat sore", "permisi", "assalamualaikum",
)  # fmt: skip
_CALLED = ("pak", "pak", "pak", "bu", "bu", "bu", "bapak", "ibu", "mas", "mbak", "mbak", "kak", "pak haji", "kakak")
_PERCENTS = (
    "0.1", "0.25", "0.3", "0.5", "0.5", "0.6", "1", "1.1", "1.5", "1.75", "2", "2.5", "3", "4", "5", "6", "7.5", "8",
    "9", "10", "11", "12", "15", "20", "22", "25", "30", "35", "40", "50", "75", "100",
)  # fmt: skip
_PHONE_STARTS = (
    "0811", "0812", "0813", "0815", "0816", "0817", "0819", "0821", "0822", "0831", "0838", "0851", "0852",
    "0853", "0856", "0857", "0858", "0859", "0877", "0878", "0881", "0895", "0896", "+6281", "+6285",
)  # fmt: skip


def fill(template: str, rng: random.Random) -> str:
    """Return ``template`` with every slot filled at random.

    Raises CorpusMaterialError for a slot that nobody knows.
    """
    filled = SLOT.sub(lambda match: slot_value(match[1], rng), template)
    return _TWICE.sub(r"\1", filled)


def slot_value(name: str, rng: random.Random) -> str:
    """Return words for the slot ``name``."""
    if name in _makers():
        return _makers()[name](rng)
    if name in lists():
        return rng.choice(lists()[name])
    if name.startswith("digits") and name[6:].isdigit():
        return readings.digits(_digits(int(name[6:]), rng), rng)
    raise CorpusMaterialError(f"slot {{{name}}} is unknown; known: {', '.join(known_slots())}, digitsN")


def known_slots() -> list[str]:
    """Return the names of all slots, without the family `digits1`, `digits2`, ..."""
    return sorted({*_makers(), *lists()})


def slot_words() -> frozenset[str]:
    """Return every word that numbers, dates and letters can bring in beyond the lists."""
    rng = random.Random(0)  # noqa: S311 - no secret
    words = {word for name in _makers() for _ in range(300) for word in slot_value(name, rng).split()}
    return frozenset(words | set(readings.MONTHS) | set(readings.DAYS))


@cache
def _makers() -> dict[str, Callable[[random.Random], str]]:
    return {
        "amount": lambda rng: readings.rupiah(_amount(rng), rng),
        "percent": lambda rng: readings.percent(rng.choice(_PERCENTS), rng),
        "year": lambda rng: readings.year(_year(rng), rng),
        "date": lambda rng: readings.date(_day(rng, 2010, 2027), rng, with_year=False),
        "month": lambda rng: rng.choice(readings.MONTHS),
        "day": lambda rng: rng.choice(readings.DAYS),
        "time": _time,
        "n": lambda rng: readings.cardinal(rng.randint(1, 31) if rng.random() < 0.8 else rng.randint(32, 365)),
        "count": lambda rng: readings.cardinal(rng.choice((1, 2, 2, 3, 3, 3, 4, 5, 6, 7, 10, 14, 20))),
        "age": lambda rng: readings.cardinal(rng.randint(17, 85)),
        "tens": lambda rng: readings.cardinal(rng.randint(40, 99)),
        "digit": lambda rng: readings.digits(_digits(1, rng), rng),
        "npwp": lambda rng: readings.npwp(_digits(rng.choice((15, 15, 16)), rng), rng),
        "nik": lambda rng: readings.nik(_nik(rng), rng),
        "phone": _phone,
        "letters": lambda rng: " ".join(readings.spell("".join(rng.choices(_LETTERS, k=rng.choice((1, 1, 1, 2)))))),
        "spelled": _spelled,
        "article": lambda rng: readings.article(rng.randint(1, 44), rng.choice((None, 1, 2, 3, 4)), ""),
        "name": _name,
        "fullname": _full_name,
        "org": lambda rng: rng.choice(_CALLED),
        "greet": lambda rng: rng.choice(_GREETINGS),
        "greetday": lambda rng: rng.choice(("pagi", "siang", "sore", "malam")),
        "act": lambda rng: rng.choice(lists()["action"]),
        "cact": lambda rng: rng.choice(lists()["casual_action"]),
    }


_LETTERS = "aabbccddeefgghhiijjkkllmmnnooppqrrssttuuvwxyyz"


def _digits(count: int, rng: random.Random) -> str:
    return "".join(rng.choices("0123456789", k=count))


def _amount(rng: random.Random) -> int:
    scale, low, high = rng.choice((
        (1_000, 1, 99), (5_000, 2, 199), (25_000, 1, 40), (50_000, 1, 40), (100_000, 1, 99), (250_000, 1, 40),
        (500_000, 1, 30), (1_000_000, 1, 99), (10_000_000, 1, 99), (100_000_000, 1, 30), (1_000_000_000, 1, 12),
        (1_000, 100, 9_999), (100_000, 10, 9_999), (1, 1_000, 99_999_999), (100, 10, 99_999),
    ))  # fmt: skip
    return scale * rng.randint(low, high)


def _year(rng: random.Random) -> int:
    return rng.choice((2024, 2025, 2025, 2026)) if rng.random() < 0.5 else rng.randint(1995, 2027)


def _day(rng: random.Random, first: int, last: int) -> dt.date:
    return dt.date(rng.randint(first, last), 1, 1) + dt.timedelta(days=rng.randrange(365))


def _nik(rng: random.Random) -> str:
    """Sixteen digits built like a NIK: region, birth date (women: day + 40), serial. All invented."""
    born = _day(rng, 1945, 2008)
    day = born.day + rng.choice((0, 40))
    region = f"{rng.choice((11, 12, 13, 16, 18, 31, 32, 33, 34, 35, 36, 51, 61, 64, 71, 73, 81, 91))}{_digits(4, rng)}"
    return f"{region}{day:02d}{born.month:02d}{born.year % 100:02d}000{rng.randint(1, 9)}"


def _phone(rng: random.Random) -> str:
    return readings.phone(rng.choice(_PHONE_STARTS) + _digits(rng.choice((6, 7, 8, 8)), rng), rng)


def _time(rng: random.Random) -> str:
    said = readings.clock(rng.randint(7, 20), rng.choice((0, 0, 0, 15, 30, 30, 45, 10)), rng)
    return said.removeprefix("jam ").removeprefix("pukul ")


def _name(rng: random.Random) -> str:
    return _full_name(rng) if rng.random() < 0.25 else rng.choice(lists()[rng.choice(("male", "female"))])


def _full_name(rng: random.Random) -> str:
    given = lists()[rng.choice(("male", "female"))]
    parts = [rng.choice(given)]
    if rng.random() < 0.35:
        parts.append(rng.choice(given))
    if rng.random() < 0.8:
        parts.append(rng.choice(lists()["family"]))
    return " ".join(dict.fromkeys(parts))


def _spelled(rng: random.Random) -> str:
    """A name or an abbreviation letter by letter, or letters and digits mixed as in reference numbers."""
    kind = rng.random()
    if kind < 0.6:
        source = rng.choice(lists()[rng.choice(("male", "female", "family"))]).replace(" ", "")[:9]
    elif kind < 0.8:
        source = rng.choice(lists()["acronym"]).replace(" ", "")
    else:
        source = "".join(rng.choices(_LETTERS + "01234567890123456789", k=rng.randint(3, 8)))
    return " ".join(readings.spell(source))
