# SPDX-License-Identifier: GPL-3.0-or-later
"""Spoken numbers are read back exactly, and what is not a number is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.normalize import normalize
from retrieval.numbers import read_number

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


@given(st.lists(st.sampled_from(["ribu", "puluh", "belas", "ratus", "dua", "seribu", "nol", "pajak"]), max_size=8))
def test_nonsense_never_fails_and_always_advances(words: list[str]) -> None:
    for start in range(len(words)):
        found = read_number(words, start)
        assert found is None or start < found[1] <= len(words)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("PPh pasal dua puluh satu", "pph pasal 21"),
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
