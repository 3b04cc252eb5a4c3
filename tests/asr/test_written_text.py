# SPDX-License-Identifier: GPL-3.0-or-later
"""Letters, names, capitals and punctuation; and that no heard word is ever lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.written import text_of, write
from pipeline.settings import PROJECT_DIR
from pipeline.spoken import NUMBER_WORDS
from tests.asr.heard import heard, written

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("en pe we pe saya", "NPWP saya"),
        ("en pe ve pe", "NPVP"),
        ("npwpnya dan spt nya", "NPWP-nya dan SPT-nya"),
        ("te em te pajak", "TMT pajak"),
        ("pe pe ha pasal dua satu", "PPh Pasal 21"),
        ("lewat djp online atau core tax", "Lewat DJP Online atau Coretax"),
        ("e faktur dan e-bupot", "e-Faktur dan e-Bupot"),
        ("namanya dieja be u de i", "Namanya dieja BUDI"),
        ("be u de i", "BUDI"),
        ("saya dari be u de i sana ke kantor", "Saya dari be u de i sana ke kantor"),
        ("djp online titik pajak titik go titik id", "djponline.pajak.go.id"),
        ("budi at gmail titik com", "budi@gmail.com"),
        ("sari titik sinta lima satu et gmail titik kom", "sari.sinta51@gmail.com"),
        ("statusnya te ka nol", "Statusnya TK/0"),
        ("ter be untuk yang kawin", "TER B untuk yang kawin"),
    ],
)
def test_letters_and_terms(said: str, expected: str) -> None:
    assert written(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("atas nama hendra gunawan ya", "Atas nama Hendra Gunawan ya"),
        ("dengan ibu dewi di jakarta selatan", "Dengan Ibu Dewi di Jakarta Selatan"),
        ("saya ibu rumah tangga", "Saya ibu rumah tangga"),
        ("hari senin minggu depan", "Hari Senin minggu depan"),
        ("nama ibu kandung", "Nama ibu kandung"),
        ("hati hati pelan pelan saya saya bingung", "Hati-hati pelan-pelan saya saya bingung"),
        ("di kpp pratama menteng", "Di KPP Pratama Menteng"),
        ("jalan merpati putih nomor tiga", "Jalan Merpati Putih nomor 3"),
        ("dari kulon progo", "Dari Kulon Progo"),
        ("bank mandiri di bandung", "Bank Mandiri di Bandung"),
    ],
)
def test_names_and_capitals(said: str, expected: str) -> None:
    assert written(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "selamat pagi dengan kring pajak ada yang bisa saya bantu",
            "Selamat pagi, dengan Kring Pajak ada yang bisa saya bantu?",
        ),
        ("halo selamat pagi pak saya mau tanya", "Halo, selamat pagi, Pak, saya mau tanya."),
        ("terima kasih pak", "Terima kasih, Pak."),
        ("baik bapak saya bantu ya", "Baik, Bapak, saya bantu ya."),
        ("saya sudah lapor tapi belum bayar", "Saya sudah lapor, tapi belum bayar."),
        ("bagaimana cara minta efin lagi", "Bagaimana cara minta EFIN lagi?"),
        ("saya tidak tahu bagaimana caranya", "Saya tidak tahu bagaimana caranya."),
        ("silakan lihat di coretax apakah nama sudah sesuai", "Silakan lihat di Coretax apakah nama sudah sesuai."),
        ("saya mau tanya apakah bisa dicicil", "Saya mau tanya apakah bisa dicicil?"),
        ("jadi harus lapor lagi ya", "Jadi harus lapor lagi ya?"),
        ("npwpnya sudah aktif belum", "NPWP-nya sudah aktif belum?"),
        ("boleh saya cocokkan dulu nama bapak", "Boleh saya cocokkan dulu nama Bapak?"),
        ("bapak bisa minta efin lewat email", "Bapak bisa minta EFIN lewat email."),
        ("tidak apa apa bu", "Tidak apa-apa, Bu."),
        ("sudah ibu klik bu", "Sudah Ibu klik, Bu."),
        ("betul pak tetap dilaporkan karena masih aktif", "Betul, Pak, tetap dilaporkan karena masih aktif."),
        ("disimpan saja pak nanti diminta", "Disimpan saja, Pak, nanti diminta."),
        ("saya dengan pak sartono kemarin", "Saya dengan Pak sartono kemarin."),
        ("dia masih bisa login nggak", "Dia masih bisa login nggak?"),
        ("apa sudah harus punya npwp", "Apa sudah harus punya NPWP?"),
        ("jangan berikan kepada siapa pun", "Jangan berikan kepada siapa pun."),
    ],
)
def test_sentences(said: str, expected: str) -> None:
    assert text_of(write(heard(said))) == expected


TRIGGERS = """
    koma setengah persen rupiah per titik strip kosong dobel jam pukul lewat kurang seperempat sampai tanggal maret
    tahun pasal ayat huruf pph en pe we e a es nomor npwp bayar omzet ke yang kedua orang bapak ibu pak halo selamat
    pagi apa apakah ya tapi tidak belum nama saya dewi undang djp online at go id com hari minggu [unk] A1 Öl
"""
WORDS = sorted({*NUMBER_WORDS, *TRIGGERS.split()})


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS) | st.text(min_size=1, max_size=6), max_size=14))
def test_every_word_belongs_to_exactly_one_token_in_order(words: list[str]) -> None:
    told = heard(words)
    tokens = write(told)
    assert [at for token in tokens for at in range(token.first, token.first + token.count)] == list(range(len(words)))
    for token in tokens:
        span = told[token.first : token.first + token.count]
        assert (token.start_ms, token.end_ms) == (span[0].start_ms, span[-1].end_ms)
        assert token.confidence == min(word.confidence for word in span)
        assert token.text


def test_the_words_of_a_number_stay_with_their_times() -> None:
    tokens = write(heard("bayar seratus dua puluh lima ribu rupiah besok"))
    assert [(t.text, t.first, t.count, t.start_ms, t.end_ms) for t in tokens] == [
        ("Bayar", 0, 1, 0, 250),
        ("Rp125.000", 1, 6, 300, 2050),
        ("besok.", 7, 1, 2100, 2350),
    ]


def test_nothing_heard_is_nothing_written() -> None:
    assert write(()) == ()


def test_the_page_about_it_tells_the_truth() -> None:
    page = (PROJECT_DIR / "docs/written-form.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z].*?) \| (.*?) \|$", page, re.MULTILINE)[1:]  # without the heading
    assert len(rows) > 15
    assert [text_of(write(heard(said))) for said, _ in rows] == [expected for _, expected in rows]
