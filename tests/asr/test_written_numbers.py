# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers are written as their context asks: amounts, years, percentages, digits, references, times."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from num2words import num2words

from asr.written.vocabulary import MONTHS
from tests.asr.heard import written

pytestmark = pytest.mark.unit

SCALES = {"juta": 10**6, "miliar": 10**9, "triliun": 10**12, "kuadriliun": 10**15}
DIGITS = ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"]


def value_of(figure: str) -> int:
    """Read "125.000" and "4 juta" back, apart from the code under test."""
    number, _, scale = figure.partition(" ")
    return int(number.replace(".", "")) * SCALES.get(scale, 1)


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=0, max_value=10**15))
@example(10**15)
@example(2_000_500)
def test_amounts_are_the_inverse_of_num2words(value: int) -> None:
    figure = written(f"{num2words(value, lang='id')} rupiah")
    assert figure.startswith("Rp")
    assert value_of(figure.removeprefix("Rp")) == value
    assert re.fullmatch(r"Rp\d{1,3}(\.\d{3})*( [a-z]+)?", figure)


@settings(max_examples=200, deadline=None)
@given(st.integers(min_value=10, max_value=10**15))
def test_counts_are_the_inverse_of_num2words(value: int) -> None:
    figure = written(f"ada {num2words(value, lang='id')} orang").removeprefix("Ada ").removesuffix(" orang")
    assert value_of(figure) == value


COLLOQUIAL = {"ribu": "rebu", "miliar": "milyar", "triliun": "triliyun", "enam": "enem", "seribu": "serebu"}


@settings(max_examples=200, deadline=None)
@given(st.integers(min_value=0, max_value=999_999_999_999))
def test_colloquial_amounts_are_the_inverse_of_num2words(value: int) -> None:
    said = " ".join(COLLOQUIAL.get(word, word) for word in num2words(value, lang="id").split())
    assert value_of(written(f"{said} rupiah").removeprefix("Rp")) == value


@settings(max_examples=200, deadline=None)
@given(st.integers(min_value=0, max_value=999), st.text("0123456789", min_size=1, max_size=4))
def test_decimals_are_the_inverse_of_num2words(whole: int, decimals: str) -> None:
    said = f"{num2words(whole, lang='id')} koma {' '.join(DIGITS[int(digit)] for digit in decimals)}"
    assert written(f"tarifnya {said} persen").removeprefix("Tarifnya ") == f"{whole},{decimals}%"


@settings(max_examples=100, deadline=None)
@given(st.integers(min_value=0, max_value=100))
def test_whole_percentages_are_the_inverse_of_num2words(value: int) -> None:
    assert written(f"tarifnya {num2words(value, lang='id')} persen") == f"Tarifnya {value}%"


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789", min_size=4, max_size=24))
def test_digits_said_one_by_one_are_all_kept(digits: str) -> None:
    figure = written(f"kodenya {' '.join(DIGITS[int(digit)] for digit in digits)} ya")
    assert re.sub(r"\D", "", figure) == digits


@settings(max_examples=100, deadline=None)
@given(st.dates(dt.date(1950, 1, 1), dt.date(2059, 12, 31)))
def test_dates_are_the_inverse_of_num2words(day: dt.date) -> None:
    month = MONTHS[day.month - 1]
    said = f"tanggal {num2words(day.day, lang='id')} {month} {num2words(day.year, lang='id')}"
    assert written(said) == f"Tanggal {day.day} {month.capitalize()} {day.year}"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("saya bayar seratus dua puluh lima ribu", "Saya bayar Rp125.000"),
        ("jumlah peserta seratus dua puluh lima ribu", "Jumlah peserta 125.000"),
        ("gajinya lima juta dua ratus lima puluh ribu", "Gajinya Rp5.250.000"),
        ("omzet saya dua setengah juta sebulan", "Omzet saya Rp2,5 juta sebulan"),
        ("omzet empat koma delapan miliar setahun", "Omzet Rp4,8 miliar setahun"),
        ("dua koma lima ribu rupiah", "Rp2.500"),
        ("setengah juta rupiah", "Rp500.000"),
        ("denda dua juta lima ratus", "Denda Rp2 juta 500"),
        ("denda dua juta lima ratus rupiah", "Denda Rp2.000.500"),
        ("lima milyar rupiah", "Rp5 miliar"),
        ("nol rupiah", "Rp0"),
        ("membayar lima ribu karyawan", "Membayar 5.000 karyawan"),
    ],
)
def test_money(said: str, expected: str) -> None:
    assert written(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("spt tahun dua ribu dua puluh lima", "SPT tahun 2025"),
        ("tahun pajak dua ribu dua puluh enam", "Tahun pajak 2026"),
        ("tahun dua puluh dua lima", "Tahun 2025"),
        ("tahun dua puluh dua puluh enam", "Tahun 2026"),
        ("tahun sembilan belas sembilan puluh", "Tahun 1990"),
        ("bayar pajak dua ribu dua puluh empat", "Bayar pajak 2024"),
        ("tanggal tiga puluh satu maret dua ribu dua puluh enam", "Tanggal 31 Maret 2026"),
        ("lima belas agustus", "15 Agustus"),
        ("tanggal tiga satu bulan dua belas", "Tanggal 31 bulan 12"),
        ("lahir tanggal satu dua seribu sembilan ratus sembilan puluh", "Lahir tanggal 1/2/1990"),
        ("maksimal dua tahun", "Maksimal dua tahun"),
    ],
)
def test_dates_and_years(said: str, expected: str) -> None:
    assert written(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("jam setengah sembilan", "Jam 08.30"),
        ("pukul sepuluh lewat lima belas", "Pukul 10.15"),
        ("pukul sepuluh lewat lima belas menit", "Pukul 10.15"),
        ("jam sembilan kurang seperempat", "Jam 08.45"),
        ("jam satu kurang lima", "Jam 12.55"),
        ("jam delapan tiga puluh", "Jam 08.30"),
        ("jam delapan sampai jam empat sore", "Jam 08.00 sampai jam 04.00 sore"),
        ("jam delapan sampai setengah lima", "Jam 08.00 sampai 04.30"),
        ("dua jam lima belas menit", "Dua jam 15 menit"),
        ("tanggal lima jam sepuluh", "Tanggal 5 jam 10.00"),
        ("sampai jam dua puluh tiga lima sembilan", "Sampai jam 23.59"),
        ("jam delapan lima orang", "Jam 08.00 lima orang"),
        ("jam berapa", "Jam berapa"),
    ],
)
def test_times_of_day(said: str, expected: str) -> None:
    assert written(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("tarifnya sebelas persen", "Tarifnya 11%"),
        ("nol koma lima persen", "0,5%"),
        ("setengah persen dari omzet", "0,5% dari omzet"),
        ("dua setengah persen", "2,5%"),
        ("satu koma dua lima persen", "1,25%"),
        ("sebelas per dua belas", "11/12"),
    ],
)
def test_percentages_and_fractions(said: str, expected: str) -> None:
    assert written(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("nol delapan satu dua tiga empat lima enam tujuh delapan sembilan nol", "0812-3456-7890"),
        ("nomor hp kosong delapan dua belas tiga empat lima enam tujuh delapan", "Nomor HP 0812-3456-78"),
        ("nol dobel delapan lima enam", "08856"),
        (
            "npwp nol sembilan dua lima empat dua sembilan empat tiga empat nol tujuh nol nol nol",
            "NPWP 09.254.294.3-407.000",
        ),
        (
            "nol sembilan titik dua lima empat titik dua sembilan empat titik tiga strip empat nol tujuh titik "
            "nol nol nol",
            "09.254.294.3-407.000",
        ),
        (
            "nik saya tiga dua nol satu nol satu dua tiga empat lima enam tujuh delapan sembilan nol satu",
            "NIK saya 3201 0123 4567 8901",
        ),
        ("kring pajak satu lima nol nol dua nol nol", "Kring Pajak 1500200"),
        ("kode empat satu satu satu dua lima", "Kode 411125"),
        ("tiga empat ribu", "Tiga empat ribu"),
    ],
)
def test_digit_strings(said: str, expected: str) -> None:
    assert written(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("pasal dua puluh satu ayat dua", "Pasal 21 ayat (2)"),
        ("pph pasal dua satu", "PPh Pasal 21"),
        ("pph dua satu dua enam", "PPh 21/26"),
        ("pph pasal empat ayat dua huruf be", "PPh Pasal 4 ayat (2) huruf b"),
        ("pasal tiga puluh satu e", "Pasal 31E"),
        ("pph dua juta", "PPh 2 juta"),
        ("seribu tujuh ratus tujuh puluh es es", "1770 SS"),
        ("spt satu tujuh tujuh nol es", "SPT 1770 S"),
        ("formulir seribu tujuh ratus dua puluh satu a satu", "Formulir 1721-A1"),
        ("tujuh belas dua puluh satu a dua", "1721-A2"),
        ("undang undang nomor tujuh tahun dua ribu dua puluh satu", "Undang-undang nomor 7 tahun 2021"),
        ("pembetulan ke satu", "Pembetulan ke-1"),
        ("sesuai pmk delapan satu", "Sesuai PMK 81"),
        ("nomor lima satu dua tiga empat garis miring dua nol dua lima", "Nomor 51234/2025"),
    ],
)
def test_references(said: str, expected: str) -> None:
    assert written(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("satu hal", "Satu hal"),
        ("anak saya dua", "Anak saya dua"),
        ("yang kedua", "Yang kedua"),
        ("sepuluh hari", "10 hari"),
        ("dua dua belas", "Dua 12"),
        ("dua puluh dua puluh satu orang", "20 21 orang"),
        ("dua tiga ratus ribu", "Dua tiga ratus ribu"),
        ("lima enam orang", "Lima enam orang"),
        ("beberapa ratus ribu", "Beberapa ratus ribu"),
        ("satu koma lima", "1,5"),
        ("empat juta lima ratusan", "Empat juta lima ratusan"),
        ("seratus dua ratus ribu", "Seratus dua ratus ribu"),
    ],
)
def test_what_stays_in_words(said: str, expected: str) -> None:
    assert written(said) == expected
