# SPDX-License-Identifier: GPL-3.0-or-later
"""The written form is the inverse of how the corpus of the recogniser's model reads numbers, dates and codes aloud."""

from __future__ import annotations

import datetime as dt
import random
import re

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from asr.written.calendar import YEARS
from asr.written.vocabulary import CAPITALS, MONTHS
from models.asr_id.lexicon import readings
from tests.asr.heard import written
from tests.asr.test_written_numbers import DIGITS

pytestmark = pytest.mark.unit

seeds = st.integers(min_value=0, max_value=2**32)
SCALES = {"": 1, "juta": 10**6, "miliar": 10**9, "triliun": 10**12}
quick = settings(max_examples=150, deadline=None)


def amount_of(figure: str) -> int:
    """Read "Rp4,8 miliar", "Rp5.250.000" and the open "Rp2 juta 500" back."""
    found = re.fullmatch(r"Rp([\d.]+)(?:,(\d+))? ?([a-z]*)", figure)
    assert found, figure
    whole, decimals, scale = int(found[1].replace(".", "")), found[2] or "", SCALES[found[3]]
    return whole * scale + int(decimals or 0) * scale // 10 ** len(decimals)


def clear(said: str) -> str:
    """Return a reading of digits, unless groups said as numbers can be two: "seratus | satu" may be 1001 or 101."""
    assume(not re.search(r"ratus|puluh", said))
    return said


def digits_of(text: str) -> str:
    return re.sub(r"\D", "", text)


@quick
@given(
    st.integers(min_value=1, max_value=10**6), st.sampled_from([10**3, 10**4, 10**5, 5 * 10**5, 10**6, 10**8]), seeds
)
@example(1, 10**9, 5)
def test_amounts_however_they_are_said(count: int, unit: int, seed: int) -> None:
    amount = count * unit
    said = readings.rupiah(amount, random.Random(seed))
    figure = written(f"saya bayar {said} kemarin").removeprefix("Saya bayar ").removesuffix(" kemarin")
    if said.endswith("an"):  # "lima jutaan": about so much
        assert not figure.startswith("Rp")
    else:
        assert amount_of(figure.removeprefix("sekitar ")) == amount


@quick
@given(st.dates(dt.date(1960, 1, 1), dt.date(2049, 12, 31)), seeds)
def test_dates_however_they_are_said(day: dt.date, seed: int) -> None:
    text = written(f"jatuh tempo {readings.date(day, random.Random(seed))} kemarin")
    month = MONTHS[day.month - 1].capitalize()
    year = rf"({day.year}|{day.year % 100:02})"
    shapes = rf"(tanggal )?{day.day} (bulan )?({month}|{day.month}) (tahun )?{year}"
    assert re.fullmatch(f"Jatuh tempo {shapes} kemarin", text), text


@quick
@given(st.integers(min_value=YEARS[0], max_value=YEARS[-1]), seeds)
@example(2000, 1)
def test_years_however_they_are_said(year: int, seed: int) -> None:
    text = written(f"spt tahun {readings.year(year, random.Random(seed))} kemarin")
    assert text in (f"SPT tahun {year} kemarin", f"SPT tahun {year % 100:02} kemarin")


@quick
@given(st.decimals(min_value=0, max_value=100, places=2), seeds)
def test_percentages_however_they_are_said(value: object, seed: int) -> None:
    text = written(f"tarifnya {readings.percent(str(value), random.Random(seed))} saja")
    assert text.removeprefix("Tarifnya ").removesuffix("% saja").replace(",", ".") == f"{float(str(value)):g}"


@quick
@given(st.integers(min_value=0, max_value=23), st.just(0) | st.integers(min_value=10, max_value=59), seeds)
def test_times_of_day_however_they_are_said(hour: int, minute: int, seed: int) -> None:
    # Minutes below ten are left out: "jam delapan tiga" is rather an estimate, "jam dua puluh satu" can be two times.
    text = written(f"besok {readings.clock(hour, minute, random.Random(seed))} datang")
    found = re.fullmatch(r"Besok (jam|pukul) (\d\d)\.(\d\d)( tepat| pagi| siang| sore| malam)? datang", text)
    assert found, text
    assert (int(found[2]) % 12, int(found[3])) == (hour % 12, minute)


@quick
@given(st.sampled_from([15, 16]), st.data(), seeds)
def test_tax_numbers_however_they_are_said(length: int, data: st.DataObject, seed: int) -> None:
    number = data.draw(st.text("0123456789", min_size=length, max_size=length))
    text = written(f"npwp saya {clear(readings.npwp(number, random.Random(seed)))} ya")
    assert digits_of(text) == number
    assert re.fullmatch(r"NPWP saya (\d\d\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}|\d{4} \d{4} \d{4} \d{4}) ya", text)


@quick
@given(st.text("0123456789", min_size=16, max_size=16), seeds)
def test_identity_numbers_however_they_are_said(number: str, seed: int) -> None:
    assert digits_of(written(f"nik saya {clear(readings.nik(number, random.Random(seed)))} ya")) == number


def halting(number: str, seed: int) -> str:
    """Say a number digit by digit, with hesitations, points and "ya" in between."""
    chance = random.Random(seed)
    return " ".join(DIGITS[int(digit)] + chance.choice(["", "", "", " eh", " em", " ya"]) for digit in number)


@quick
@given(st.sampled_from([15, 16]), st.data(), seeds)
def test_tax_numbers_said_digit_by_digit_with_hesitations(length: int, data: st.DataObject, seed: int) -> None:
    number = data.draw(st.text("0123456789", min_size=length, max_size=length))
    text = written(f"npwp saya {halting(number, seed)}")
    grouped = re.sub(r"^NPWP saya | (Eh|eh|em|ya)$", "", text)
    shape = r"\d\d\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}" if length == 15 else r"\d{4} \d{4} \d{4} \d{4}"
    assert re.fullmatch(shape, grouped) and digits_of(text) == number, text


@quick
@given(st.text("0123456789", min_size=15, max_size=16), st.lists(st.integers(3, 6), min_size=2, max_size=5))
def test_a_tax_number_said_over_several_utterances_is_figures_in_each(number: str, sizes: list[int]) -> None:
    pieces, at = [], 0
    for size in [*sizes, 99]:
        pieces.append(number[at : at + size])
        at += size
    for piece in filter(lambda one: len(one) > 2, pieces):
        assert digits_of(written(" ".join(DIGITS[int(digit)] for digit in piece))) == piece


@quick
@given(st.text("0123456789", min_size=8, max_size=11), st.sampled_from(["08", "+628"]), seeds)
def test_telephone_numbers_however_they_are_said(rest: str, prefix: str, seed: int) -> None:
    text = written(f"nomor hp saya {clear(readings.phone(prefix + rest, random.Random(seed)))} ya")
    assert digits_of(text) == digits_of(prefix + rest)
    assert re.fullmatch(r"Nomor HP saya (08\d\d-\d{4}-\d{2,5}|\+62 8\d\d-\d{4}-\d{1,5}) ya", text), text


@pytest.mark.parametrize("form", ["1770", "1770 S", "1770 SS", "1771", "1721-A1", "1721-A2"])
@pytest.mark.parametrize("seed", range(12))
def test_forms_however_they_are_said(form: str, seed: int) -> None:
    said = readings.form(form, random.Random(seed))
    assert written(f"formulir {said} ya") == f"Formulir {form} ya"


@pytest.mark.parametrize("number", [4, 15, 21, 22, 23, 25, 26, 29])
@pytest.mark.parametrize("seed", range(8))
def test_kinds_of_income_tax_however_they_are_said(number: int, seed: int) -> None:
    text = written(f"soal {readings.tax_article(number, random.Random(seed))} ya")
    assert text in (f"Soal PPh Pasal {number} ya", f"Soal PPh {number} ya")


@quick
@given(st.integers(min_value=1, max_value=150), st.integers(min_value=1, max_value=20), st.sampled_from("abcdef"))
def test_articles_of_law(pasal: int, ayat: int, letter: str) -> None:
    assert written(readings.article(pasal, ayat, letter)) == f"Pasal {pasal} ayat ({ayat}) huruf {letter}"


@pytest.mark.parametrize("abbreviation", sorted(word for word in CAPITALS if word.isalpha()))
def test_abbreviations_said_letter_by_letter(abbreviation: str) -> None:
    assert written(f"soal {' '.join(readings.spell(abbreviation))} itu") == f"Soal {abbreviation.upper()} itu"


@quick
@given(st.integers(min_value=12, max_value=999))
def test_ordinals(number: int) -> None:
    said = readings.ordinal(number)
    text = written(f"angsuran {said} lunas")
    assert text == (f"Angsuran ke-{number} lunas" if " " in said and said.split()[0] != "keseratus" else text)
