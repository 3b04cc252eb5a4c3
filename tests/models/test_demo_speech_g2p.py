# SPDX-License-Identifier: GPL-3.0-or-later
"""Spelling to phones: letter rules, abbreviations, full e, stress, and what cannot be read."""

from __future__ import annotations

import pytest

from models.demo_speech.g2p import PHONES, UnspeakableWordError, phones_of, stressed_index, syllable_count
from models.demo_speech.script import read_script

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("yang", "y a ng"),
        ("tanya", "t a ny a"),
        ("syarat", "sy a r a t"),
        ("tanggal", "t a ng g a l"),
        ("pakai", "p a k ai"),
        ("kalau", "k a l au"),
        ("lain", "l a i n"),
        ("selamat", "s @ l a m a t"),
        ("kode", "k o d e"),
        ("objek", "o b j e k"),
        ("rekening", "r e k @ n i ng"),
        ("kereta", "k @ r e t a"),
        ("verifikasi", "f e r i f i k a s i"),
        ("npwp", "e n p e w e p e"),
        ("umkm", "u e m k a e m"),
        ("coretax", "k o r t e k s"),
        ("e-filing", "i f ai l i ng"),
    ],
)
def test_phones_of_word(word: str, phones: str) -> None:
    assert phones_of(word) == tuple(phones.split())


@pytest.mark.parametrize("word", ["", "1721", "pajak!", "Pajak"])
def test_unreadable_word_is_refused(word: str) -> None:
    with pytest.raises(UnspeakableWordError):
        phones_of(word)


def test_stress_falls_before_last_unless_schwa() -> None:
    assert stressed_index(phones_of("pajak")) == 1
    assert stressed_index(phones_of("enam")) == 2
    assert stressed_index(("s", "t")) is None


def test_diphthong_is_one_syllable() -> None:
    assert syllable_count(phones_of("pakai")) == 2
    assert syllable_count(phones_of("lain")) == 2


def test_every_word_of_the_script_has_known_phones_and_a_vowel() -> None:
    words = {word for line in read_script() for word in line.text.split()}
    assert len(words) > 200
    for word in words:
        phones = phones_of(word)
        assert set(phones) <= PHONES, word
        assert syllable_count(phones) >= 1, word
