# SPDX-License-Identifier: GPL-3.0-or-later
"""Spoken numbers are read back exactly, and what is not a number is left alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from num2words import num2words

from pipeline.spoken import read_number
from retrieval.normalize import normalize

pytestmark = pytest.mark.unit

DIGITS = ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"]


def spoken(value: int) -> str:
    """Say a number below one million, written apart from the reader under test."""
    if value >= 1000:
        head = "seribu" if value // 1000 == 1 else f"{spoken(value // 1000)} ribu"
        return head if value % 1000 == 0 else f"{head} {spoken(value % 1000)}"
    if value >= 100:
        head = "seratus" if value // 100 == 1 else f"{DIGITS[value // 100]} ratus"
        return head if value % 100 == 0 else f"{head} {spoken(value % 100)}"
    if value >= 20:
        head = f"{DIGITS[value // 10]} puluh"
        return head if value % 10 == 0 else f"{head} {DIGITS[value % 10]}"
    if value >= 12:
        return f"{DIGITS[value - 10]} belas"
    return {10: "sepuluh", 11: "sebelas"}.get(value) or DIGITS[value]


@given(st.integers(min_value=0, max_value=999_999))
def test_every_cardinal_is_read_back(value: int) -> None:
    words = spoken(value).split()
    assert read_number(words, 0) == (value, len(words))


@given(st.integers(min_value=0, max_value=999_999), st.integers(min_value=0, max_value=9))
def test_reading_stops_at_the_next_word(value: int, extra: int) -> None:
    words = [*spoken(value).split(), "persen", DIGITS[extra]]
    assert read_number(words, 0) == (value, len(words) - 2)


@settings(max_examples=300)
@given(st.integers(min_value=0, max_value=10**15))
@example(10**15)
@example(10**12 + 1)
def test_reading_is_the_inverse_of_num2words(value: int) -> None:
    words = num2words(value, lang="id").split()
    assert read_number(words, 0, below=10**18) == (value, len(words))


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("dua dua belas", [2, 12]),
        ("dua puluh dua puluh satu", [20, 21]),
        ("seribu dua ribu", [1000, 2000]),
        ("lima ratus enam ratus", [500, 600]),
        ("dua juta tiga juta lima ratus", [2_000_000, 3_000_500]),
        ("seratus nol lima", [100, 0, 5]),
        ("seribu nol", [1000, 0]),
        ("sejuta seratus ribu", [1_100_000]),
    ],
)
def test_a_number_that_starts_again_is_another_number(said: str, values: list[int]) -> None:
    words, index, found = said.split(), 0, []
    while index < len(words):
        read = read_number(words, index, below=10**18)
        assert read is not None
        found.append(read[0])
        index = read[1]
    assert found == values


@given(
    st.lists(st.sampled_from(["ribu", "puluh", "belas", "ratus", "dua", "seribu", "nol", "juta", "pajak"]), max_size=8)
)
def test_nonsense_never_fails_and_always_advances(words: list[str]) -> None:
    for start in range(len(words)):
        found = read_number(words, start)
        assert found is None or start < found[1] <= len(words)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("PPh pasal dua puluh satu", "pph 21"),
        ("lima ratus juta rupiah", "500 juta rupiah"),
        ("tahun dua ribu dua puluh lima", "tahun 2025"),
        ("Rp4.800.000.000", "4800000000"),
        ("empat koma delapan miliar", "4 koma 8 miliar"),
        ("4,8 miliar", "4 koma 8 miliar"),
        ("satu tujuh dua satu", "1 7 2 1"),
    ],
)
def test_spoken_and_written_amounts_meet(said: str, written: str) -> None:
    assert normalize(said) == written
