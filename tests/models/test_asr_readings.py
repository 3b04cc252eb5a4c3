# SPDX-License-Identifier: GPL-3.0-or-later
"""How numbers, dates, amounts and codes are read aloud."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.asr_id.lexicon import LexiconError, pronounce, readings
from pipeline.spoken import read_number

pytestmark = pytest.mark.unit

DIGITS = ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "nol"),
        (10, "sepuluh"),
        (11, "sebelas"),
        (19, "sembilan belas"),
        (21, "dua puluh satu"),
        (100, "seratus"),
        (111, "seratus sebelas"),
        (1000, "seribu"),
        (1001, "seribu satu"),
        (2025, "dua ribu dua puluh lima"),
        (21_000, "dua puluh satu ribu"),
        (100_000, "seratus ribu"),
        (101_000, "seratus satu ribu"),
        (1_000_000, "satu juta"),
        (1_001_000, "satu juta seribu"),
        (4_800_000_000, "empat miliar delapan ratus juta"),
        (10**12, "satu triliun"),
        (10**15, "seribu triliun"),
        (-5, "minus lima"),
    ],
)
def test_cardinal(number: int, words: str) -> None:
    assert readings.cardinal(number) == words


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**15 - 1))
def test_cardinal_reads_back(number: int) -> None:
    words = readings.cardinal(number).split()
    assert read_number(words, 0, below=10**15) == (number, len(words))


def test_cardinal_beyond_its_range_is_an_error() -> None:
    with pytest.raises(LexiconError, match="1000000000000001"):
        readings.cardinal(10**15 + 1)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (readings.digits("0812-34"), "nol delapan satu dua tiga empat"),
        (readings.decimal("2.50"), "dua koma lima"),
        (readings.decimal("0,05"), "nol koma nol lima"),
        (readings.decimal("3.0"), "tiga"),
        (readings.percent("0.5"), "nol koma lima persen"),
        (readings.percent(11), "sebelas persen"),
        (readings.ordinal(1), "pertama"),
        (readings.ordinal(2), "kedua"),
        (readings.ordinal(21), "kedua puluh satu"),
        (readings.fraction(1, 2), "setengah"),
        (readings.fraction(1, 4), "seperempat"),
        (readings.fraction(1, 10), "sepersepuluh"),
        (readings.fraction(11, 12), "sebelas per dua belas"),
        (readings.rupiah(54_000_000), "lima puluh empat juta rupiah"),
        (readings.date(dt.date(2026, 3, 31)), "tiga puluh satu maret dua ribu dua puluh enam"),
        (readings.period(12, 2025), "desember dua ribu dua puluh lima"),
        (readings.clock(9), "jam sembilan"),
        (readings.clock(13, 45), "jam tiga belas empat puluh lima"),
        (readings.article(21, 2, "a"), "pasal dua puluh satu ayat dua huruf a"),
        (readings.article("31E", 1), "pasal tiga puluh satu e ayat satu"),
        (readings.tax_article(25), "pph pasal dua puluh lima"),
        (readings.form("1770 SS"), "seribu tujuh ratus tujuh puluh es es"),
        (readings.form("1721-A1"), "seribu tujuh ratus dua puluh satu a satu"),
        (readings.code("411121"), "empat satu satu satu dua satu"),
        (readings.phone("+62 812"), "plus enam dua delapan satu dua"),
    ],
)
def test_plain_reading(said: str, words: str) -> None:
    assert said == words


@pytest.mark.parametrize(
    ("read", "heard"),
    [
        (lambda rng: readings.digits("08", rng), {"nol delapan", "kosong delapan"}),
        (lambda rng: readings.rupiah(2_500_000, rng), {"dua setengah juta", "dua juta lima ratus ribu"}),
        (lambda rng: readings.rupiah(1_000_000, rng), {"sejuta", "satu juta rupiah"}),
        (lambda rng: readings.rupiah(500_000, rng), {"lima ratus ribuan", "setengah juta"}),
        (lambda rng: readings.rupiah(4_800_000_000, rng), {"empat koma delapan miliar"}),
        (lambda rng: readings.percent("0.5", rng), {"setengah persen", "nol koma lima persen"}),
        (
            lambda rng: readings.date(dt.date(2025, 3, 31), rng, with_year=False),
            {"tanggal tiga satu bulan tiga", "tanggal tiga puluh satu maret"},
        ),
        (lambda rng: readings.clock(9, 30, rng), {"jam setengah sepuluh", "jam sembilan tiga puluh"}),
        (lambda rng: readings.clock(12, 50, rng), {"jam satu kurang sepuluh"}),
        (lambda rng: readings.form("1770SS", rng), {"tujuh belas tujuh puluh es es", "satu tujuh tujuh nol es es"}),
        (lambda rng: readings.tax_article(21, rng), {"pph dua satu", "pph pasal dua puluh satu"}),
        (lambda rng: readings.year(2026, rng), {"dua ribu dua puluh enam", "dua enam"}),
    ],
)
def test_readings_heard_on_the_phone_come_up(read: Callable[[random.Random], str], heard: set[str]) -> None:
    rng = random.Random(5)
    assert heard <= {read(rng) for _ in range(300)}


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"[0-9]{16}", fullmatch=True), st.integers(0, 10**6))
def test_identity_numbers_keep_every_digit_when_said_one_by_one(number: str, seed: int) -> None:
    for said in (readings.nik(number), readings.npwp(number), readings.npwp(number[:15])):
        assert "".join(str(DIGITS.index(word)) for word in said.split()) in (number, number[:15])
    rng = random.Random(seed)
    for said in (readings.nik(number, rng), readings.npwp(number[:15], rng), readings.phone(number[:12], rng)):
        assert all(pronounce(word) for word in said.split())


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10**13), st.integers(0, 10**6))
def test_amounts_are_words_of_the_lexicon(amount_rp: int, seed: int) -> None:
    said = readings.rupiah(amount_rp, random.Random(seed))
    assert all(pronounce(word) for word in said.split())


def test_same_seed_same_reading() -> None:
    first, second = (
        [readings.rupiah(1_500_000, rng) for _ in range(20)] for rng in (random.Random(3), random.Random(3))
    )
    assert first == second
    assert len(set(first)) > 1


@pytest.mark.parametrize(
    "wrong", [lambda: readings.clock(24), lambda: readings.clock(1, 60), lambda: readings.period(13, 2025)]
)
def test_what_is_not_on_a_clock_or_in_a_year_is_an_error(wrong: Callable[[], str]) -> None:
    with pytest.raises(LexiconError):
        wrong()
