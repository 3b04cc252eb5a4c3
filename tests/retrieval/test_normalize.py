# SPDX-License-Identifier: GPL-3.0-or-later
"""Spoken, misheard, colloquial and written forms become the same words, and tokens keep what was said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.spoken import NUMBER_WORDS
from retrieval.normalize import analyse, content_stems, domain_words, is_small_talk, lexicon, normalize, split
from retrieval.roots import root_of

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
    ("spoken", "written"),
    [
        ("te em te", "TMT"),
        ("es pe te tahunan", "SPT tahunan"),
        ("pe pe ha dua satu", "PPh 21"),
        ("pe pe ha dua puluh satu", "PPh Pasal 21"),
        ("pph21", "pph 21"),
        ("pajak penghasilan pasal dua tiga", "PPh 23"),
        ("pe pe ha empat ayat dua", "PPh 4(2)"),
        ("ka u pe", "KUP"),
        ("es ka pe", "SKP"),
        ("es te pe", "surat tagihan pajak"),
        ("es pe dua de ka", "SP2DK"),
        ("sp dua dk", "surat permintaan penjelasan"),
        ("pe ka pe", "pengusaha kena pajak"),
        ("pe te ka pe", "PTKP"),
        ("te e er", "tarif efektif rata-rata"),
        ("u em ka em", "UMKM"),
        ("en te pe en", "NTPN"),
        ("ka pe pe", "kantor pajak"),
        ("be pe e", "bukti penerimaan elektronik"),
        ("be pe en", "BPN"),
        ("es ka be", "SKB"),
        ("es ka ef", "surat keterangan fiskal"),
        ("en i te ka u", "NITKU"),
        ("de ge te", "DGT"),
        ("pe em es e", "PMSE"),
        ("pe pe en be em", "PPnBM"),
        ("pe be be", "pajak bumi dan bangunan"),
        ("efinnya", "EFIN nya"),
        ("upload invoice", "unggah faktur"),
        ("di-download", "unduh"),
        ("deadline-nya", "batas waktu nya"),
        ("password", "sandi"),
        ("surel", "email"),
        ("dua puluh ribu", "20.000"),
    ],
)
def test_spelled_and_borrowed_words_meet_written_ones(spoken: str, written: str) -> None:
    assert content_stems(spoken) == content_stems(written) != []


@pytest.mark.parametrize(
    "family",
    [
        ("setor", "nyetor", "nyetorin", "menyetorkan", "penyetoran", "disetor"),
        ("bayar", "mbayar", "bayarin", "ngebayar", "pembayaran", "dibayarkan"),
        ("cicil", "nyicil", "dicicil", "angsur", "mencicil"),
        ("kirim", "ngirim", "kirimin", "mengirimkan", "pengiriman", "terkirim"),
        ("terbit", "nerbitin", "menerbitkan", "penerbitan"),
        ("catat", "nyatet", "nyatetnya", "pencatatan", "mencatat"),
        ("pinjam", "minjem", "minjemin", "peminjaman"),
        ("kredit", "ngreditin", "mengkreditkan", "dikreditkan"),
        ("urus", "ngurus", "ngurusnya", "mengurus", "pengurusan"),
        ("aju", "ngajuin", "mengajukan", "pengajuan", "diajukan"),
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


@pytest.mark.parametrize(
    "word", ["makan", "pesan", "maju", "ngeri", "nyaman", "minggu", "dinas", "main", "izin", "mobil"]
)
def test_a_word_that_only_looks_affixed_is_no_form_of_a_root(word: str) -> None:
    assert root_of(word, lexicon().roots) is None


def test_a_noun_with_a_meaning_of_its_own_is_not_led_back_to_its_root() -> None:
    assert content_stems("penghasilan keberatan pembetulan tahunan") == [
        "penghasilan", "keberatan", "pembetulan", "tahunan"
    ]  # fmt: skip


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
    assert any(len(form) >= 4 for forms in lexicon().phrases.values() for form, _ in forms)


@given(st.text(max_size=300))
def test_any_text_can_be_analysed_and_only_text_without_words_is_empty(text: str) -> None:
    tokens = analyse(text)
    assert all(token.word and token.stem for token in tokens)
    assert (normalize(text) == "") == (not tokens)


WORDS = sorted(
    {word for forms in lexicon().phrases.values() for form, written in forms for word in (*form, *written)}
    | set(NUMBER_WORDS)
    | {"saya", "di", "pajak", "rumah", "21", "1.000", "0,5", "rp"}
)


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_normalising_twice_changes_nothing_more(words: list[str]) -> None:
    once = normalize(" ".join(words))
    assert normalize(once) == once


@given(st.lists(st.sampled_from(WORDS), max_size=8), st.booleans())
def test_case_and_accents_make_no_difference(words: list[str], upper: bool) -> None:
    plain = " ".join(words)
    accented = plain.translate(str.maketrans("aeiou", "áèîöú"))
    assert normalize(accented.upper() if upper else accented) == normalize(plain)


def test_stemming_is_the_same_in_every_thread() -> None:
    text = "pelaporan pembayaran penghasilan tanggungan pemotongan warisan perubahan " * 20
    expected = content_stems(text)
    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(content_stems, [text] * 64))
