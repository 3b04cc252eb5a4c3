# SPDX-License-Identifier: GPL-3.0-or-later
"""Sheets: typed fields and the article made of them, saves that lose nothing, publication in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clock import ManualClock
from pipeline.database import Database
from retrieval.answered import mark_answered, still_open
from retrieval.articles import Article
from retrieval.dbstore import Change, DbArticleStore, open_store
from retrieval.errors import ArticleNotFoundError, SheetGoneError, StaleArticleError, StaleSheetError
from retrieval.search import SearchEngine
from retrieval.sheetfields import BasisFields, SheetFields, article_from, fields_of
from retrieval.sheets import SheetStore
from retrieval.unanswered import Unanswered
from tests.retrieval.fakes import BagEncoder, MemoryStore, article

pytestmark = pytest.mark.integration
CLOCK = ManualClock()
WORDS = st.lists(st.text("abcxyz|\\*#<>&é-", min_size=2, max_size=8), min_size=2, max_size=6).map(" ".join)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'kring.db'}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    open_store(opened, CLOCK)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> DbArticleStore:
    return DbArticleStore(database, CLOCK)


@pytest.fixture
def sheets(database: Database, store: DbArticleStore) -> SheetStore:
    return SheetStore(database, store, CLOCK)


@given(
    title=WORDS, body=st.lists(WORDS, min_size=1, max_size=4), note=WORDS, day=st.none() | st.dates(),
    forms=st.lists(WORDS, max_size=5, unique_by=lambda text: " ".join(text.casefold().split())),
)  # fmt: skip
def test_an_article_is_the_same_after_it_was_typed(
    title: str, body: list[str], note: str, day: date | None, forms: list[str]
) -> None:
    forms = [form for form in forms if form.strip()]
    basis = {"regulation": "PER-1/PJ/2025", "article": "Pasal 1", "note": note, "in_force_to": day}
    first = article(
        "kerbau", title, *forms, body="\n\n".join([*body, "Kalimat terakhir untuk uji."]), legal_basis=(basis,),
        audience=("badan", "orang pribadi"), effective_from=day, related=("sapi",),
    )  # fmt: skip
    again, mistakes = article_from(fields_of(first), version=1)
    assert mistakes == []
    assert again is not None
    assert again.model_copy(update={"status": "published"}) == first


def test_mistakes_name_the_field_and_the_line_as_typed() -> None:
    fields = SheetFields(
        id="kerbau", title="Pajak kerbau", topic="Uji", questions="a\n\n" + "x" * 301 + "\nb\nc\nd\ne\nf\ng\nh",
        answer="Jawaban panjang untuk uji coba.",
        legal_basis=(BasisFields(), BasisFields(regulation="UU 1", in_force_to="x")),
    )  # fmt: skip
    found, mistakes = article_from(fields, version=1)
    assert found is None
    assert [(one.field, one.line) for one in mistakes] == [("questions", 3), ("legal_basis", 2)]
    assert "300" in mistakes[0].problem


def test_what_is_typed_is_there_after_a_restart_and_for_the_other_editor(sheets: SheetStore, url: str) -> None:
    sheet = sheets.begin(SheetFields(title="belum artikel"), by="Kiki", origin="task:1")
    sheets.save(sheet.id, 1, SheetFields(title="belum juga"), by="Kiki")
    again = Database(url)
    other = SheetStore(again, DbArticleStore(again, CLOCK), CLOCK)
    assert other.begin(SheetFields(), by="Tono", origin="task:1").fields.title == "belum juga"
    with pytest.raises(StaleSheetError) as refused:
        other.save(sheet.id, 1, SheetFields(title="punya Tono"), by="Tono")
    assert (refused.value.stored.title, refused.value.version) == ("belum juga", 2)
    again.close()


def test_a_draft_from_an_import_becomes_the_sheet(sheets: SheetStore, store: DbArticleStore) -> None:
    store.save_draft(article("kerbau", "Pajak kerbau"), on=0, by="impor")
    sheet = sheets.begin_version("kerbau", by="Kiki", questions=["a/1"])
    assert (sheet.fields.id, sheet.made_from, store.drafts()) == ("kerbau", 0, [])
    with pytest.raises(ArticleNotFoundError):
        sheets.begin_version("tidak-ada", by="Kiki")


def test_publishing_is_one_transaction_and_works_once(database: Database) -> None:
    told: list[Change] = []

    def witness(session: object, change: Change) -> None:
        told.append(change)
        if change.version == 2:
            raise RuntimeError("the trail cannot be written")

    store = DbArticleStore(database, CLOCK, witness)
    sheets = SheetStore(database, store, CLOCK)
    sheet = sheets.begin(fields_of(article("kerbau", "Pajak kerbau")), by="Kiki", questions=["a/1"])
    wanted, _ = article_from(sheet.fields, version=1)
    assert wanted is not None
    done = sheets.publish(sheet.id, 1, wanted, by="Kiki", note="baru")
    assert sheets.publish(sheet.id, 1, wanted, by="Kiki") == done
    assert (done.published_version, store.version("kerbau").note, len(told)) == (1, "baru", 1)
    asked = [
        Unanswered("a", CLOCK.now(), "x", ("no_answer",), ("a/1",)),
        Unanswered("b", CLOCK.now(), "y", (), ("b/1",)),
    ]
    assert [one.call_id for one in still_open(database, asked)] == ["b"]
    mark_answered(database, ["b/1", "b/1"], "kerbau", 1, by="Kiki", at=CLOCK.now())
    assert still_open(database, asked) == []
    with pytest.raises(SheetGoneError):
        sheets.save(sheet.id, 2, SheetFields(), by="Kiki")
    second = sheets.begin_version("kerbau", by="Kiki")
    with pytest.raises(RuntimeError):
        sheets.publish(second.id, 1, wanted, by="Kiki")
    assert (store.get("kerbau").version, sheets.get(second.id).state) == (1, "open")  # not without its witness


def test_a_publication_meanwhile_is_never_overwritten(sheets: SheetStore, store: DbArticleStore) -> None:
    first = article("kerbau", "Pajak kerbau")
    store.publish(first, on=0, by="Kiki")
    sheet = sheets.begin_version("kerbau", by="Kiki")
    store.publish(article("kerbau", "Pajak lain"), on=1, by="Tono")
    with pytest.raises(StaleArticleError):
        sheets.publish(sheet.id, 1, first, by="Kiki")
    moved = sheets.rebase(sheet.id, 1, sheet.fields, 2, by="Kiki")
    assert sheets.rebase(sheet.id, 1, sheet.fields, 2, by="Kiki") == moved  # a double press
    assert sheets.publish(sheet.id, 2, first, by="Kiki").published_version == 3


@pytest.mark.parametrize("with_encoder", [False, True])
def test_a_trial_finds_an_article_that_nobody_else_finds(tmp_path: Path, with_encoder: bool) -> None:
    engine = SearchEngine(
        MemoryStore(article("sapi", "Pajak sapi")), tmp_path if with_encoder else None,
        load_encoder=lambda folder: BagEncoder(),
    )  # fmt: skip
    engine.start()
    engine.wait_ready(10)
    fresh: Article = article("kerbau", "Pajak kerbau", "berapa pajak kerbau", effective_from=date(2099, 1, 1))
    [found] = engine.trial(fresh, ["berapa pajak kerbau"])
    assert (found.hits[0].article_id, found.hits[0].in_force) == ("kerbau", True)
    assert [hit.article_id for hit in engine.search("pajak kerbau").hits] == ["sapi"]
    engine.close()
