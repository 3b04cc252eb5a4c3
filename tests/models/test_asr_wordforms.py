# SPDX-License-Identifier: GPL-3.0-or-later
"""The general vocabulary and the everyday sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.asr_id.corpus import general, wordforms
from models.asr_id.corpus.wordforms import affix
from models.asr_id.corpus.wordforms.codes import derive

pytestmark = pytest.mark.unit

WORD = re.compile(r"[a-z]+(-[a-z]+)*")
SENTENCE = re.compile(rf"{WORD.pattern}( {WORD.pattern})*")


@pytest.mark.parametrize(
    ("root", "word"),
    [
        ("tulis", "menulis"),
        ("kirim", "mengirim"),
        ("sapu", "menyapu"),
        ("pakai", "memakai"),
        ("cek", "mengecek"),
        ("lihat", "melihat"),
        ("bom", "mengebom"),
        ("cat", "mengecat"),
        ("ambil", "mengambil"),
        ("hitung", "menghitung"),
        ("ganti", "mengganti"),
        ("buka", "membuka"),
        ("fitnah", "memfitnah"),
        ("cari", "mencari"),
        ("dengar", "mendengar"),
        ("jual", "menjual"),
        ("zalim", "menzalim"),
        ("rasa", "merasa"),
        ("masak", "memasak"),
        ("nyanyi", "menyanyi"),
        ("wakil", "mewakil"),
        ("yakin", "meyakin"),
        ("proses", "memproses"),
        ("kritik", "mengkritik"),
        ("transfer", "mentransfer"),
        ("syarat", "mensyarat"),
        ("punya", "mempunya"),
        ("unduh", "mengunduh"),
    ],
)
def test_men_meets_the_first_sound(root: str, word: str) -> None:
    assert affix.men(root) == word


@pytest.mark.parametrize(
    ("root", "word"),
    [("tulis", "penulis"), ("kirim", "pengirim"), ("sapu", "penyapu"), ("pakai", "pemakai"), ("cek", "pengecek"),
     ("latih", "pelatih"), ("buat", "pembuat"), ("duduk", "penduduk")],
)  # fmt: skip
def test_pen_meets_the_first_sound(root: str, word: str) -> None:
    assert affix.pen(root) == word


def test_irregular_r_and_l() -> None:
    assert [affix.ber(root) for root in ("ajar", "kerja", "renang")] == ["belajar", "bekerja", "berenang"]
    assert affix.ber("main") == "bermain"
    assert [affix.per(root) + "an" for root in ("ajar", "kerja", "rasa", "jalan")] == [
        "pelajaran", "pekerjaan", "perasaan", "perjalanan",
    ]  # fmt: skip
    assert [affix.ter(root) for root in ("rasa", "tulis")] == ["terasa", "tertulis"]
    assert dict(derive("ajar", "R", 1)).keys() == {"ajar", "pelajar"}


@pytest.mark.parametrize(
    ("root", "word"),
    [("tulis", "nulis"), ("kirim", "ngirim"), ("coba", "nyoba"), ("pikir", "mikir"), ("ambil", "ngambil"),
     ("bantu", "ngebantu"), ("cek", "ngecek"), ("suruh", "nyuruh")],
)  # fmt: skip
def test_jakarta_nasal(root: str, word: str) -> None:
    assert affix.ng(root) == word


def test_codes_make_the_living_forms_only() -> None:
    assert {word for word, _ in derive("tulis", "vpP", 3)} == {"tulis", "menulis", "ditulis", "penulis", "penulisan"}
    assert {word for word, _ in derive("beri", "i", 3)} == {"beri"}, "no -i after i"
    assert {"mempedulikan", "memedulikan"} <= {word for word, _ in derive("peduli", "k*", 3)}
    assert {word for word, _ in derive("bayar", "c", 3)} == {"bayar", "bayarin", "dibayarin", "ngebayarin"}
    bound = dict(derive("kerja", "b", 1)), dict(derive("kerja", "b0", 1))
    assert bound[0]["kerja"] > bound[1]["kerja"]


def test_vocabulary_is_large_clean_and_weighted() -> None:
    found = wordforms.words()
    names = [word for word, _ in found]
    assert len(names) == len(set(names)) >= 16_000
    assert len(wordforms.roots()) >= 4_500
    assert [word for word in names if not WORD.fullmatch(word)] == []
    weights = dict(found)
    assert all(weight > 0 for weight in weights.values())
    assert weights["yang"] > weights["menulis"] > weights["penyumbatan"]
    assert {"mempunyai", "mengetahui", "pelajaran", "bayarin", "ngasih", "jakarta", "februari"} <= weights.keys()


def test_sentences_are_many_clean_and_all_different() -> None:
    found = general.lines()
    assert len(found) == len(set(found)) >= 6_000
    assert [line for line in found if not SENTENCE.fullmatch(line)] == []
    assert sum(len(line.split()) for line in found) >= 34_000
    assert len({word for line in found for word in line.split()}) >= 6_500


def test_a_bad_root_line_says_where(tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("1 tulis:v\n7 kirim\n", encoding="utf-8")
    with pytest.raises(wordforms.BadRootLine, match=r"bad\.txt:2"):
        list(wordforms.entries(path))
    path.write_text("1 tulis:Z\n", encoding="utf-8")
    with pytest.raises(wordforms.BadRootLine, match=r"bad\.txt:1.*tulis:Z"):
        list(wordforms.entries(path))
