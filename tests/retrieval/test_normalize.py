# SPDX-License-Identifier: GPL-3.0-or-later
"""Spoken, misheard, colloquial and written forms become the same words, and tokens keep what was said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.normalize import analyse, content_stems, domain_words, is_small_talk, lexicon, normalize, split

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("said", ["en pe we pe", "NPWP", "Nomor Pokok Wajib Pajak", "nomor pokok wajib pajak"])
def test_spelled_spoken_and_written_npwp_are_one_word(said: str) -> None:
    assert content_stems(said) == ["npwp"]


@pytest.mark.parametrize("said", ["e fin", "ifin", "EFIN", "e-fin", "i fin"])
def test_what_the_recogniser_makes_of_efin_is_efin(said: str) -> None:
    assert content_stems(f"lupa {said} saya") == ["lupa", "efin"]


@pytest.mark.parametrize(
    ("colloquial", "plain"),
    [
        ("gimana cara bikin npwp", "bagaimana cara buat npwp"),
        ("udah bayar tapi nggak masuk", "sudah bayar tapi tidak masuk"),
        ("ngelaporin es pe te", "lapor spt"),
        ("id billing expired", "kode billing kedaluwarsa"),
        ("paswot kortex", "kata sandi coretax"),
        ("tarif nol koma lima persen", "tarif setengah persen"),
        ("formulir 1721-A1", "formulir seribu tujuh ratus dua puluh satu a satu"),
    ],
)
def test_colloquial_and_plain_forms_meet(colloquial: str, plain: str) -> None:
    assert normalize(colloquial) == normalize(plain)


@pytest.mark.parametrize(
    "family",
    [
        ("lapor", "melaporkan", "pelaporan", "dilaporkan", "laporin"),
        ("kembali", "dikembalikan"),
        ("terima", "menerima", "penerimaan", "diterima"),
        ("nikah", "menikah", "pernikahan"),
        ("telat", "terlambat", "keterlambatan"),
        ("tolak", "ditolak", "penolakan", "ketolak"),
    ],
)
def test_a_word_family_has_one_stem(family: tuple[str, ...]) -> None:
    assert len({content_stems(word)[0] for word in family}) == 1


def test_a_token_keeps_the_words_that_were_said() -> None:
    assert [(token.said, token.word) for token in analyse("kartu en pe we pe")] == [
        ("kartu", "kartu"),
        ("en pe we pe", "npwp"),
    ]


@pytest.mark.parametrize(
    "text", ["Halo, selamat pagi Bu", "iya pak, baik", "terima kasih ya bu", "", "?!…", "\x00\x07"]
)
def test_greetings_and_nothing_are_small_talk(text: str) -> None:
    assert is_small_talk(text)


def test_a_question_is_not_small_talk() -> None:
    assert not is_small_talk("halo pak saya lupa efin")


def test_tax_words_are_counted_once_and_with_endings() -> None:
    assert domain_words(analyse("pajaknya berapa, pajak umkm")) == 2
    assert domain_words(analyse("tiket kereta ke surabaya")) == 0


def test_no_said_form_is_given_to_two_written_words() -> None:
    import tomllib
    from pathlib import Path

    import retrieval.normalize

    tables = tomllib.loads((Path(retrieval.normalize.__file__).parent / "lexicon.toml").read_text(encoding="utf-8"))
    seen: dict[tuple[str, ...], str] = {}
    for written, forms in tables["written"].items():
        for form in forms:
            key = tuple(split(form))
            assert seen.setdefault(key, written) == written, f"{form!r} means {seen[key]!r} and {written!r}"
    assert lexicon().longest >= 4


@given(st.text(max_size=300))
def test_any_text_can_be_analysed_and_only_text_without_words_is_empty(text: str) -> None:
    tokens = analyse(text)
    assert all(token.word and token.stem for token in tokens)
    assert (normalize(text) == "") == (not tokens)


def test_stemming_is_the_same_in_every_thread() -> None:
    text = "pelaporan pembayaran penghasilan tanggungan pemotongan warisan perubahan " * 20
    expected = content_stems(text)
    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(content_stems, [text] * 64))
