# SPDX-License-Identifier: GPL-3.0-or-later
"""Articles out and in again: nothing is lost, every mistake is told with its place, nothing is taken over half-way."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from pipeline.clock import ManualClock
from pipeline.database import Database
from retrieval.articles import Article, LegalBasis
from retrieval.dbstore import DbArticleStore, open_store
from retrieval.duplicates import near_duplicates
from retrieval.errors import ExportError, ImportRefusedError, RetrievalError, StaleArticleError
from retrieval.exchange.csvfile import csv_text, read_csv
from retrieval.exchange.exporting import FORMATS, export_articles, format_of
from retrieval.exchange.importing import duplicates_of, plan_import, read_articles, take_over
from retrieval.exchange.markdown import article_markdown, check_article
from retrieval.exchange.rows import COLUMNS
from retrieval.exchange.xlsx import read_xlsx, xlsx_bytes
from tests.retrieval.fakes import article

pytestmark = pytest.mark.integration
NAMES = {"markdown": "artikel", "csv": "artikel.csv", "xlsx": "artikel.xlsx", "json": "artikel.json"}
Fresh = Callable[[], DbArticleStore]

RICH = article(
    "lupa-efin",
    "=Lupa EFIN: 'bagaimana'?",
    "@apa itu EFIN",
    "'=1+1 'kutip",
    '+62 nomor; koma, titik dua: "kutip ganda" | tegak',
    "- mulai dengan strip",
    "# pagar dan \\ garis miring _x0041_",
    version=3,
    legal_basis=[
        LegalBasis(regulation="PMK 81 | Tahun 2024", article="Pasal 7\\", paragraph="(1)", note="catatan: kami"),
        LegalBasis(regulation="UU KUP", in_force_from=date(2022, 1, 1), in_force_to=date(2027, 12, 31)),
    ],
    effective_from=date(2025, 1, 1),
    effective_to=date(2026, 12, 31),
    audience=["orang pribadi", "badan"],
    owner="Seksi Uji",
    verification="terverifikasi",
    related=["polos"],
    body="- Jawaban pertama yang\n  diawali strip.\n\n---\n\n**Syarat:** é, “kutip”, 日本, 🙂\n\n\t1. satu",
)
PLAIN = article("polos", "Artikel polos", topic="null")


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_LANGUAGE", "en")


@pytest.fixture
def fresh(tmp_path: Path, request: pytest.FixtureRequest) -> Fresh:
    """Makes empty stores."""
    made: list[Database] = []

    def make() -> DbArticleStore:
        database = Database(f"sqlite:///{tmp_path / f'{len(made)}.db'}")
        made.append(database)
        request.addfinalizer(database.close)
        return open_store(database, ManualClock())

    return make


def bring(store: DbArticleStore, path: Path, *, publish: bool = True, by: str = "kiki") -> None:
    take_over(store, plan_import(store, read_articles(path), publish=publish, by=by), by=by)


def state(store: DbArticleStore) -> list[Article]:
    return [one.article for one in store.all_versions()]


@pytest.fixture
def filled(fresh: Fresh) -> DbArticleStore:
    """An article in three versions (the second skipped), one retired, one published, one that is only a draft."""
    store = fresh()
    store.publish(article("lupa-efin", "Versi pertama"), on=0, by="kiki")
    store.publish(RICH, on=1, by="tono")
    store.publish(RICH.model_copy(update={"owner": "Seksi Lain"}), on=2, by="tono")
    store.publish(PLAIN, on=0, by="kiki")
    store.publish(article("lama", "Sudah tidak berlaku"), on=0, by="kiki")
    store.retire("lama", on=1, by="kiki")
    store.save_draft(article("rancangan", "Belum terbit"), on=0, by="kiki")
    return store


@pytest.mark.parametrize("kind", FORMATS)
def test_newest_versions_out_and_in(filled: DbArticleStore, fresh: Fresh, tmp_path: Path, kind: str) -> None:
    path = tmp_path / NAMES[kind]
    export_articles(filled, path, kind)
    there = fresh()
    bring(there, path)
    assert there.newest()[0].article == filled.newest()[0].article
    assert [one.article for one in there.newest()] == [one.article for one in filled.newest()]
    assert there.published() == filled.published()


@pytest.mark.parametrize("kind", FORMATS)
def test_everything_out_and_in(filled: DbArticleStore, fresh: Fresh, tmp_path: Path, kind: str) -> None:
    path = tmp_path / NAMES[kind]
    count = export_articles(filled, path, kind, history=True)
    there = fresh()
    bring(there, path)
    assert state(there) == state(filled)
    assert [one.article for one in there.drafts()] == [one.article for one in filled.drafts()]
    assert count == len(state(filled)) + 1
    if kind == "json":
        assert there.all_versions() == filled.all_versions()  # who and when, too
    again = plan_import(filled, read_articles(path), publish=True, by="kiki")
    assert (again.publications, again.unchanged, again.problems) == ((), count, ())


TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30).filter(str.strip)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=TEXT, forms=st.lists(TEXT, unique_by=lambda form: " ".join(form.split()).casefold()), basis=TEXT, body=TEXT
)
def test_any_text_survives(tmp_path: Path, title: str, forms: list[str], basis: str, body: str) -> None:
    made = article(
        "uji", f"ab {title}", *forms, body=f"{body} jawaban yang cukup panjang\n\n{body}",
        legal_basis=[{"regulation": f"abc{basis}", "note": basis}, {"regulation": f"{basis}abc", "article": basis}],
    )  # fmt: skip
    (tmp_path / "a.csv").write_text(csv_text([made]), encoding="utf-8-sig", newline="")
    (tmp_path / "a.xlsx").write_bytes(xlsx_bytes([made]))
    readings = [
        read_csv(tmp_path / "a.csv"),
        read_xlsx(tmp_path / "a.xlsx"),
        check_article(article_markdown(made), Path("uji.md")),
    ]
    for reading in readings:
        assert [str(problem) for problem in reading.problems] == []
        assert [item.article for item in reading.items] == [made]


def test_a_spreadsheet_never_sees_a_formula(tmp_path: Path) -> None:
    for line in csv_text([RICH, PLAIN]).split("\r\n"):
        assert not line.startswith(("=", "+", "-", "@"))
    assert ",'=Lupa EFIN" in csv_text([RICH])
    (tmp_path / "a.xlsx").write_bytes(xlsx_bytes([RICH]))
    cells = load_workbook(tmp_path / "a.xlsx").active
    assert cells is not None
    assert {cell.data_type for row in cells.iter_rows() for cell in row} <= {"s", "n"}


def test_a_changed_article_becomes_a_new_version(filled: DbArticleStore, tmp_path: Path) -> None:
    export_articles(filled, tmp_path / "a", "markdown")
    path = tmp_path / "a" / "polos.md"
    path.write_text(path.read_text(encoding="utf-8").replace("Artikel polos", "Artikel berubah"), encoding="utf-8")
    plan = plan_import(filled, read_articles(tmp_path / "a"), publish=True, by="kiki")
    assert (plan.new, plan.changed, plan.unchanged) == ((), ("polos",), 2)
    take_over(filled, plan, by="kiki")
    assert [(one.article.version, one.article.title) for one in filled.history("polos")] == [
        (2, "Artikel berubah"),
        (1, "Artikel polos"),
    ]


def test_without_publish_everything_is_a_draft(filled: DbArticleStore, fresh: Fresh, tmp_path: Path) -> None:
    path = tmp_path / "polos.md"
    path.write_text(article_markdown(PLAIN), encoding="utf-8")
    there = fresh()
    bring(there, path, publish=False)
    assert there.published() == []
    assert [(one.article.title, one.made_from) for one in there.drafts()] == [("Artikel polos", 0)]
    assert plan_import(there, read_articles(path), publish=False, by="kiki").unchanged == 1
    there.publish_draft("polos", by="kiki")
    assert there.get("polos") == PLAIN


def test_nobody_elses_draft_is_replaced(fresh: Fresh, tmp_path: Path) -> None:
    store, path = fresh(), tmp_path / "polos.md"
    path.write_text(article_markdown(PLAIN), encoding="utf-8")
    store.save_draft(article("polos", "Punya Tono"), on=0, by="tono")
    plan = plan_import(store, read_articles(path), publish=False, by="kiki")
    assert [str(one.problem) for one in plan.problems] == [
        "the article has another draft, by tono; publish or discard it first"
    ]
    assert plan_import(store, read_articles(path), publish=False, by="tono").drafts == ("polos",)
    store.discard_draft("polos")
    assert plan_import(store, read_articles(path), publish=False, by="kiki").drafts == ("polos",)


def test_an_old_version_with_other_content_is_a_mistake(filled: DbArticleStore, tmp_path: Path) -> None:
    old = filled.get("lupa-efin", 1).model_copy(update={"owner": "Seksi Lama"})
    path = tmp_path / "lupa-efin.md"
    path.write_text(article_markdown(old), encoding="utf-8")
    plan = plan_import(filled, read_articles(path), publish=True, by="kiki")
    assert [(one.line, one.problem) for one in plan.problems] == [
        (4, "version 1 differs from the one stored, and the newest is 3 already; put the change into the newest")
    ]


def test_what_was_published_meanwhile_stops_the_whole_import(filled: DbArticleStore, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    for one in (PLAIN.model_copy(update={"owner": "Seksi Lain"}), article("abc", "Artikel baru")):
        (folder / f"{one.id}.md").write_text(article_markdown(one), encoding="utf-8")
    plan = plan_import(filled, read_articles(folder), publish=True, by="kiki")
    filled.publish(PLAIN.model_copy(update={"owner": "Seksi Cepat"}), on=1, by="tono")
    with pytest.raises(StaleArticleError):
        take_over(filled, plan, by="kiki")
    assert "abc" not in {one.id for one in filled.published()}


def test_every_mistake_of_a_folder_is_told_and_nothing_is_taken(fresh: Fresh, tmp_path: Path) -> None:
    good = article_markdown(PLAIN)
    files = {
        "polos.md": good.encode(),
        "satu.md": good.replace("id: polos", "id: satu").replace("version: 1", "version: nol").replace(
            "status: published", "status: terbit").encode(),
        "dua.md": b"",
        "tiga.md": good.encode("utf-16"),
        "empat.md": good.replace("Artikel polos", "Artikel caf\xe9").encode("latin-1"),
        "lima.md": b"\x89PNG\x00\x01",
        "enam.md": good.replace("id: polos", "id: enam\nid: enam").encode(),
        "tujuh.md": b"\xef\xbb\xbf" + good.replace("id: polos", "id: tujuh").encode(),
        "delapan.md": b"x" * (1 << 20) + b"x",
        "sembilan.md": good.replace("id: polos", "id: sembilan").replace("bentuk 3", "bentuk \\x07", 1).encode(),
    }  # fmt: skip
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    store = fresh()
    plan = plan_import(store, read_articles(tmp_path), publish=True, by="kiki")
    told = {(one.path.name, one.line, one.problem.split(" (")[0]) for one in plan.problems}
    assert told >= {
        ("satu.md", 4, "the field version must be a whole number"),
        ("satu.md", 5, "the field status has none of the allowed values"),
        ("dua.md", 1, "the file is empty"),
        ("tiga.md", 1, "UTF-16 text; save the file as UTF-8"),
        ("empat.md", 3, "not UTF-8 text"),
        ("lima.md", 1, "binary data, not text"),
        ("enam.md", 3, "the field id is given twice"),
        ("delapan.md", 1, "larger than 1 MiB"),
    }
    assert {one[0] for one in told} == set(files) - {"polos.md", "tujuh.md", "sembilan.md"}
    with pytest.raises(ImportRefusedError, match="nothing was imported"):
        take_over(store, plan, by="kiki")
    assert store.is_empty()


def test_ids_given_twice_and_references_to_nothing(fresh: Fresh, tmp_path: Path) -> None:
    store = fresh()
    store.publish(article("ada", "Yang ada"), on=0, by="kiki")
    rows = [PLAIN, PLAIN.model_copy(update={"topic": "Lain"})]
    (tmp_path / "a.csv").write_text(csv_text(rows), encoding="utf-8", newline="")
    plan = plan_import(store, read_articles(tmp_path / "a.csv"), publish=True, by="kiki")
    assert [(one.line, one.unit, one.problem) for one in plan.problems] == [
        (3, "row", "article polos version 1 exists twice")
    ]
    rows = [PLAIN.model_copy(update={"related": ("ada", "tidak-ada")})]
    (tmp_path / "b.csv").write_text(csv_text(rows), encoding="utf-8", newline="")
    plan = plan_import(store, read_articles(tmp_path / "b.csv"), publish=True, by="kiki")
    assert [(one.line, one.problem) for one in plan.problems] == [(2, "the related article tidak-ada does not exist")]


def csv_of(tmp_path: Path, change: Callable[[str], str], encoding: str = "utf-8") -> Path:
    path = tmp_path / "a.csv"
    path.write_bytes(change(csv_text([PLAIN, article("dua", "Artikel dua")])).encode(encoding))
    return path


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("version,", "versi,", 1),
         [(1, "the column version is missing"), (1, "the column 'versi' is unknown")]),
        (lambda text: text.replace("owner", "topic", 1), [(1, "the column topic is there twice")]),
        (lambda text: text.replace("Artikel polos,", "=HYPERLINK(A1),", 1), [(2, "the cell title holds a formula")]),
        (lambda text: text.replace(",1,", ",satu,"),
         [(2, "the field version must be a whole number"), (3, "the field version must be a whole number")]),
        (lambda text: text.replace("dua,Artikel dua", "Dua,x", 1),
         [(3, "the field id is not written as required"), (3, "the field title is too short or empty")]),
        (lambda text: text.replace("perlu verifikasi", "perlu verifikasi,,,,,,,,,,lebih", 1),
         [(2, "more cells than columns")]),
        (lambda text: text.replace('"', "'", 1), None),
        (lambda text: "", [(1, "the file is empty")]),
        (lambda text: text.split("\r\n")[0] + "\r\n", [(1, "the file is empty")]),
        (lambda text: text + "\x00", None),
    ],
)  # fmt: skip
def test_mistakes_of_a_csv_file(
    tmp_path: Path, change: Callable[[str], str], told: list[tuple[int, str]] | None
) -> None:
    problems = read_csv(csv_of(tmp_path, change)).problems
    assert problems
    if told is not None:
        assert [(one.line, one.problem.split(" (")[0].split(":")[0].split(";")[0]) for one in problems] == told


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_understood(tmp_path: Path, delimiter: str) -> None:
    import csv
    import io

    rows = list(csv.reader(io.StringIO(csv_text([PLAIN]), newline="")))
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter).writerows(rows)
    (tmp_path / "a.csv").write_text(target.getvalue(), encoding="utf-8-sig", newline="")
    assert [item.article for item in read_csv(tmp_path / "a.csv").items] == [PLAIN]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "cp1252"])
def test_wrong_encodings_of_a_csv_file(tmp_path: Path, encoding: str) -> None:
    problems = read_csv(csv_of(tmp_path, lambda text: text.replace("polos", "cafés"), encoding)).problems
    assert len(problems) == 1
    assert "UTF-" in problems[0].problem


def sheet(tmp_path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    assert book.active is not None
    for row in (list(COLUMNS), *rows):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    return tmp_path / "a.xlsx"


def test_cells_of_a_spreadsheet_as_people_make_them(tmp_path: Path) -> None:
    forms = "\n".join(PLAIN.questions)
    cells: list[object] = [
        "polos", "Artikel polos", 1.0, "published", "null", forms, None, None, datetime(2025, 1, 2), None, "badan",
        None, None, PLAIN.body,
    ]  # fmt: skip
    reading = read_xlsx(sheet(tmp_path, cells, [None] * 14))
    assert [str(one) for one in reading.problems] == []
    assert reading.items[0].article.effective_from == date(2025, 1, 2)
    assert (reading.items[0].article.version, reading.items[0].article.audience) == (1, ("badan",))
    cells[1], cells[3], cells[13] = '=HYPERLINK("http://a.test")', "terbit", "#N/A"
    problems = read_xlsx(sheet(tmp_path, cells)).problems
    told = {(one.line, one.problem.split(";")[0].split(" (")[0]) for one in problems}
    assert told >= {
        (2, "the cell B2 holds a formula"),
        (2, "the cell N2 holds an error"),
        (2, "the field status has none of the allowed values"),
    }


def test_files_that_are_no_spreadsheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    whole = xlsx_bytes([PLAIN])
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "teks")
    for data in (b"", b"bukan", whole[: len(whole) // 2], (tmp_path / "other.zip").read_bytes()):
        path.write_bytes(data)
        (problem,) = read_xlsx(path).problems
        assert "not readable as an XLSX file" in problem.problem
    path.write_bytes(whole)
    monkeypatch.setattr("retrieval.exchange.xlsx.MAX_UNPACKED_BYTES", 100)
    (problem,) = read_xlsx(path).problems
    assert "larger than" in problem.problem


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        ("", 1, "empty"),
        ('{"format": "kring-articles",\n "articles": [}', 2, "not readable as JSON"),
        ("[" * 100_000, 1, "not readable as JSON"),
        ("[]", 1, "not a dump"),
        ('{"format": "kring-articles", "format_version": 9, "articles": []}', 1, "not a dump"),
        ('{"format": "kring-articles", "format_version": 1, "articles": [3]}', 1, "not an article"),
        ('{"format": "kring-articles", "format_version": 1, "articles": [{"id": "a", "x": 1}]}', 1, "field"),
    ],
)
def test_mistakes_of_a_dump(tmp_path: Path, content: str, line: int, told: str) -> None:
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    problems = read_articles(tmp_path / "a.json").problems
    assert all(one.line == line for one in problems)
    assert told in problems[0].problem


def test_a_dump_that_was_edited_is_noticed(filled: DbArticleStore, tmp_path: Path) -> None:
    export_articles(filled, tmp_path / "a.json", "json")
    data = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    data["articles"][1]["body"] += " Ditambah diam-diam."
    data["articles"][2]["published_at"] = "2026-01-01T00:00:00"
    (tmp_path / "a.json").write_text(json.dumps(data), encoding="utf-8")
    told = [(one.line, one.unit, one.problem.split(" (")[0]) for one in read_articles(tmp_path / "a.json").problems]
    assert told[0] == (2, "item", "the content is not what was exported")
    assert told[1][:2] == (3, "item")
    assert "published_at" in told[1][2]


def test_places_that_cannot_be_read_or_written(filled: DbArticleStore, tmp_path: Path) -> None:
    with pytest.raises(RetrievalError, match="is not there"):
        read_articles(tmp_path / "tidak-ada.csv")
    (tmp_path / "a.docx").write_bytes(b"x")
    with pytest.raises(RetrievalError, match=r"not known\. Give a folder"):
        read_articles(tmp_path / "a.docx")
    for name, kind in (("a.docx", "csv"), (".", "markdown")):
        with pytest.raises(ExportError, match="is there already"):
            export_articles(filled, tmp_path / name, kind)
    with pytest.raises(ExportError, match="markdown, csv, xlsx, json"):
        export_articles(filled, tmp_path / "b", "docx")
    (tmp_path / "kosong").mkdir()
    assert export_articles(filled, tmp_path / "kosong", "markdown") == 3
    assert [format_of(Path(name)) for name in ("a", "a.csv", "a.XLSX", "a.json")] == ["markdown", "csv", "xlsx", "json"]
    assert not list(tmp_path.glob(".kring-*"))


def test_near_duplicates_are_reported(fresh: Fresh, tmp_path: Path) -> None:
    store = fresh()
    store.publish(article("denda-telat", "Kerbau", "berapa denda terlambat lapor SPT tahunan"), on=0, by="kiki")
    store.publish(article("pph-23", "Setor PPh", "kapan PPh 23 disetor dan dilaporkan"), on=0, by="kiki")
    twin = article("sanksi-telat", "Mangga", "berapa ya denda terlambat lapor spt tahunan?")
    other = article("pph-25", "Angsuran", "kapan PPh 25 disetor dan dilaporkan")
    for one in (twin, other):
        (tmp_path / f"{one.id}.md").write_text(article_markdown(one), encoding="utf-8")
    plan = plan_import(store, read_articles(tmp_path), publish=True, by="kiki")
    assert plan.problems == ()
    (found,) = duplicates_of(store, plan)
    assert (found.first, found.second) == ("denda-telat", "sanksi-telat")
    assert found.first_form == "berapa denda terlambat lapor SPT tahunan"
    assert found.second_form == "berapa ya denda terlambat lapor spt tahunan?"
    take_over(store, plan, by="kiki")
    assert [(one.first, one.second, one.forms) for one in near_duplicates(store.published())] == [
        ("denda-telat", "sanksi-telat", 1)
    ]


def test_times_of_a_dump_are_kept(filled: DbArticleStore, fresh: Fresh, tmp_path: Path) -> None:
    export_articles(filled, tmp_path / "a.json", "json")
    there = fresh()
    bring(there, tmp_path / "a.json", by="orang-lain")
    assert {one.published_by for one in there.all_versions()} == {"kiki", "tono"}
    assert all(one.published_at.tzinfo == UTC for one in there.all_versions())
