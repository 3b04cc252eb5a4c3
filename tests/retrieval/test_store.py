# SPDX-License-Identifier: GPL-3.0-or-later
"""Articles from files: what is read, what is refused and where the mistake is, and the shipped set's promises."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from retrieval.errors import ArticleError, ArticleFolderError, ArticleNotFoundError
from retrieval.exchange.markdown import check_article
from retrieval.store import FolderArticleStore, check_folder
from tests.retrieval.fakes import TODAY, article

pytestmark = pytest.mark.unit

SHIPPED = Path(__file__).parents[2] / "retrieval" / "articles"
REQUIRED = [
    "lupa-efin", "aktivasi-akun-coretax", "lapor-spt-tahunan-op", "tarif-umkm", "buat-kode-billing",
    "faktur-pajak-ditolak", "denda-terlambat-lapor", "cetak-ulang-npwp", "nik-sebagai-npwp", "pindah-alamat-kpp",
    "pengukuhan-pkp", "restitusi-lebih-bayar", "warisan-bukan-objek", "bukti-potong-1721-a1", "ptkp-tanggungan",
    "npwp-non-efektif", "lupa-sandi-coretax", "pembetulan-spt", "batas-waktu-lapor",
    "penghasilan-dua-pemberi-kerja",
]  # fmt: skip

COLLOQUIAL = """
ya suruh disuruh aja apaan balikin bener benerinnya biar bikin bikinnya booking bupot cekin dapet diapain
dibayarin dihapusin dihitungin dikasih dilepas dimasukin dimasukinnya dimatiin dimintain diturunin diurusin
doang dobel dong duit emang expired gak gede gimana gini gue ilang itungan jutek kalo kayak kebayar keblokir
kebuka kekirim kelewat kelupaan kepotong kerjaan ketolak kok kontrakin kortex lemot masukin masukinnya materai
melulu mindahin mindahinnya motong mulu nelpon ngadunya ngajuin ngajuinnya ngaktifin ngaktifinnya ngaku
ngapain ngasih ngecek ngeceknya ngehapusnya ngehibahin ngelapor nggak ngisi ngisinya ngitung ngitungnya ngurus
ngurusin ngurusnya nih nitip nonaktifin nongol nyetaknya omset pengen sewain sih suket taun temen tuh udah
"""

GOOD = """---
id: {slug}
title: Contoh artikel
version: {version}
status: {status}
topic: Uji
questions:
  - bagaimana satu
  - bagaimana dua
  - bagaimana tiga
  - bagaimana empat
  - gimana lima
  - gimana enam
  - gimana tujuh
  - gimana delapan
effective_from: 2025-01-01
effective_to: 2025-12-31
related: []
---

Jawaban yang cukup panjang untuk penelepon.
"""


def write(folder: Path, slug: str = "contoh", version: int = 1, status: str = "published", name: str = "") -> Path:
    path = folder / (name or f"{slug}.md")
    path.write_text(GOOD.format(slug=slug, version=version, status=status), encoding="utf-8")
    return path


def line_of(error: pytest.ExceptionInfo[ArticleError]) -> int:
    return error.value.line


def test_an_article_file_is_read(tmp_path: Path) -> None:
    write(tmp_path)
    found = FolderArticleStore(tmp_path).get("contoh")
    assert (found.title, found.version, len(found.questions)) == ("Contoh artikel", 1, 8)
    assert found.answer == "Jawaban yang cukup panjang untuk penelepon."
    assert found.in_force(date(2025, 6, 1))
    assert not found.in_force(date(2026, 1, 1))
    assert not found.in_force(date(2024, 12, 31))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("---\nid", "id", 1, "---"),
        ("related: []\n---", "related: []", 20, "tidak ditutup"),
        ("version: 1", "version: nol", 4, "version"),
        ("status: published", "status: terbit", 5, "status"),
        ("  - gimana delapan\n", "", 7, "questions"),
        ("  - gimana delapan", "  - GIMANA TUJUH", 7, "dua kali"),
        ("effective_to: 2025-12-31", "effective_to: 2024-12-31", 17, "effective_to"),
        ("topic: Uji", "topic: [Uji", 7, "YAML"),
        ("topic: Uji", "topik: Uji", 1, "topic"),
        ("id: contoh", "id: lain", 2, "nama berkas"),
        ("Jawaban yang cukup panjang untuk penelepon.", "Ya.", 20, "body"),
    ],
)
def test_a_mistake_is_reported_with_its_line(old: str, new: str, line: int, words: str) -> None:
    source = GOOD.format(slug="contoh", version=1, status="published")
    assert old in source
    reading = check_article(source.replace(old, new), Path("contoh.md"))
    assert reading.items == []
    error = reading.problems[0]
    assert words in error.problem
    assert error.line == line
    assert "contoh.md" in error.message
    assert str(line) in error.message


def test_a_file_that_is_not_utf8_is_reported_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"gimana lima", b"gimana \xff lima"))
    _, problems = check_folder(tmp_path)
    assert [(one.line, one.problem) for one in problems] == [(12, "bukan teks UTF-8")]


def test_all_mistakes_of_a_folder_are_listed_and_nothing_is_taken_over(tmp_path: Path) -> None:
    write(tmp_path, "baik")
    write(tmp_path, "satu").write_text("tanpa pagar", encoding="utf-8")
    write(tmp_path, "dua", name="salah-nama.md")
    articles, problems = check_folder(tmp_path)
    assert [one.id for one in articles] == ["baik"]
    assert sorted(one.path.name for one in problems) == ["salah-nama.md", "satu.md"]
    with pytest.raises(ArticleError):
        FolderArticleStore(tmp_path).published()


def test_a_reference_to_no_article_and_a_version_given_twice_are_mistakes(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("related: []", "related: [hilang]"), encoding="utf-8")
    assert "hilang" in check_folder(tmp_path)[1][0].problem
    write(tmp_path, name="contoh.v1.md")
    assert "dua kali" in check_folder(tmp_path)[1][0].problem


def test_an_empty_or_missing_folder_says_where_it_looked(tmp_path: Path) -> None:
    (tmp_path / "CARD.md").write_text("bukan artikel", encoding="utf-8")
    for folder in (tmp_path, tmp_path / "tidak-ada"):
        with pytest.raises(ArticleFolderError, match=str(folder)):
            FolderArticleStore(folder).published()


def test_only_the_newest_published_version_is_searched_but_every_version_can_be_shown(tmp_path: Path) -> None:
    write(tmp_path, version=1, name="contoh.v1.md")
    write(tmp_path, version=2)
    write(tmp_path, version=3, status="draft", name="contoh.v3.md")
    write(tmp_path, slug="lama", status="retired")
    store = FolderArticleStore(tmp_path)
    assert [(one.id, one.version) for one in store.published()] == [("contoh", 2)]
    assert store.get("contoh", 1).version == 1
    assert store.get("contoh").version == 3
    with pytest.raises(ArticleNotFoundError, match="contoh"):
        store.get("contoh", 9)


def test_a_changed_file_changes_the_revision_and_is_read_again(tmp_path: Path) -> None:
    write(tmp_path)
    store = FolderArticleStore(tmp_path)
    before = store.revision()
    assert store.revision() == before
    write(tmp_path, slug="baru")
    assert store.revision() != before
    assert [one.id for one in store.published()] == ["baru", "contoh"]


def test_an_article_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        article("satu", "Judul satu").title = "lain"  # type: ignore[misc]


def test_the_shipped_articles_keep_their_promises() -> None:
    articles, problems = check_folder(SHIPPED)
    assert not problems
    assert len(articles) >= 44
    assert set(REQUIRED) <= {one.id for one in articles}
    ended = {one.id for one in articles if not one.in_force(TODAY)}
    assert {"pps-2022", "tax-amnesty-2016"} <= ended, "rules that have ended belong to the sample"
    assert all(one.in_force(TODAY) for one in articles if one.id in REQUIRED)
    assert all(one.verification == "perlu verifikasi" for one in articles)
    forms = [form.casefold() for one in articles for form in one.questions]
    assert len(forms) == len(set(forms)), "a question form belongs to one article"
    assert "verified by the office before use" in (SHIPPED / "CARD.md").read_text(encoding="utf-8")


def test_every_shipped_article_has_three_colloquial_forms() -> None:
    colloquial = set(COLLOQUIAL.split())
    for one in check_folder(SHIPPED)[0]:
        spoken = [form for form in one.questions if colloquial & set(re.findall(r"[a-z]+", form.lower()))]
        assert len(spoken) >= 3, one.id
