# SPDX-License-Identifier: GPL-3.0-or-later
"""Articles in the database: versions that stay, publications on the newest only, two processes on one database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy.exc
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select, text

from pipeline.clock import ManualClock
from pipeline.database import Database
from retrieval.dbstore import DbArticleStore, Publication, open_store
from retrieval.errors import ArticleDamagedError, ArticleNotFoundError, ImmutableError, StaleArticleError
from retrieval.migrations import SCHEMA
from retrieval.tables import ArticleVersionRow, Base
from tests.postgresql import Server, name_of
from tests.retrieval.fakes import article

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_LANGUAGE", "en")


@pytest.fixture(scope="session")
def template(postgresql: Server) -> str:
    url = postgresql.create()
    opened = Database(url)
    SCHEMA.upgrade(opened)
    opened.close()
    return name_of(url)


@pytest.fixture
def postgresql_url(postgresql: Server, template: str) -> Iterator[str]:
    url = postgresql.create(template)
    yield url
    postgresql.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kring.db'}"
    found: str = request.getfixturevalue("postgresql_url")
    return found


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    SCHEMA.upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> DbArticleStore:
    return open_store(database, ManualClock())


def versions_of(store: DbArticleStore, article_id: str) -> list[tuple[int, str, str]]:
    return [(one.article.version, one.article.status, one.published_by) for one in store.history(article_id)]


def test_models_and_migrations_agree(database: Database) -> None:
    with database.connection() as connection:
        opts = {"compare_type": True, "version_table": SCHEMA.version_table}
        ours = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(ours, Base.metadata) == []


def test_down_leaves_nothing(database: Database) -> None:
    with database.connection() as connection:
        command.downgrade(SCHEMA.config(connection), "base")
    assert set(inspect(database.engine).get_table_names()) == {SCHEMA.version_table}
    SCHEMA.upgrade(database)


def test_a_published_version_can_always_be_had_again(store: DbArticleStore) -> None:
    first = store.publish(article("efin", "Lupa EFIN"), on=0, by="kiki")
    changed = article("efin", "Lupa EFIN", body="Jawaban yang lain sama sekali untuk penelepon.")
    store.publish(changed, on=1, by="tono")
    store.retire("efin", on=2, by="kiki")
    assert versions_of(store, "efin") == [(3, "retired", "kiki"), (2, "published", "tono"), (1, "published", "kiki")]
    assert store.get("efin", 1) == first.article
    assert store.get("efin", 2).body == changed.body
    assert store.get("efin").status == "retired"
    assert store.published() == []


def test_who_and_when_are_kept(database: Database) -> None:
    clock = ManualClock()
    kept = DbArticleStore(database, clock).publish(article("efin", "Lupa EFIN"), on=0, by="kiki")
    assert (kept.published_at, kept.published_by) == (clock.now(), "kiki")


def test_the_revision_changes_with_publications_only(store: DbArticleStore) -> None:
    seen = [store.revision()]
    store.save_draft(article("efin", "Lupa EFIN"), on=0, by="kiki")
    assert store.revision() == seen[0]
    for change in (
        lambda: store.publish_draft("efin", by="kiki"),
        lambda: store.publish(article("efin", "Lupa EFIN lagi"), on=1, by="kiki"),
        lambda: store.retire("efin", on=2, by="kiki"),
    ):
        change()
        seen.append(store.revision())
    assert len(set(seen)) == len(seen)


def test_unchanged_articles_are_the_same_objects(store: DbArticleStore) -> None:
    store.publish(article("b", "Beda satu"), on=0, by="kiki")
    store.publish(article("a", "Artikel lain"), on=0, by="kiki")
    before = store.published()
    assert [one.id for one in before] == ["a", "b"]
    store.publish(article("a", "Artikel lain lagi"), on=1, by="kiki")
    after = store.published()
    assert after[1] is before[1]
    assert (after[0].title, after[0].version) == ("Artikel lain lagi", 2)


def test_drafts_are_not_found_and_replace_each_other(store: DbArticleStore) -> None:
    store.save_draft(article("efin", "Satu"), on=0, by="kiki")
    store.save_draft(article("efin", "Dua satu"), on=0, by="tono")
    assert [(one.article.title, one.article.status, one.saved_by) for one in store.drafts()] == [
        ("Dua satu", "draft", "tono")
    ]
    assert store.published() == []
    with pytest.raises(ArticleNotFoundError):
        store.get("efin")
    assert store.publish_draft("efin", by="kiki").article.title == "Dua satu"
    assert store.drafts() == []
    with pytest.raises(ArticleNotFoundError, match="has no draft"):
        store.publish_draft("efin", by="kiki")


@pytest.mark.parametrize("on", [0, 1, 3])
def test_publishing_on_another_than_the_newest_is_refused(store: DbArticleStore, on: int) -> None:
    store.publish(article("efin", "Satu"), on=0, by="kiki")
    store.publish(article("efin", "Dua satu"), on=1, by="kiki")
    with pytest.raises(StaleArticleError, match=rf"version {on}, but its newest is 2; nothing was written\. Look at"):
        store.publish(article("efin", "Punya saya"), on=on, by="tono")
    with pytest.raises(StaleArticleError):
        store.retire("efin", on=on, by="tono")
    assert store.get("efin").title == "Dua satu"


def test_a_draft_that_was_overtaken_is_refused_and_kept(store: DbArticleStore) -> None:
    store.publish(article("efin", "Satu"), on=0, by="kiki")
    store.save_draft(article("efin", "Punya saya"), on=1, by="tono")
    store.publish(article("efin", "Dua satu"), on=1, by="kiki")
    with pytest.raises(StaleArticleError):
        store.publish_draft("efin", by="tono")
    assert [one.article.title for one in store.drafts()] == ["Punya saya"]
    store.save_draft(store.drafts()[0].article, on=2, by="tono")
    assert store.publish_draft("efin", by="tono").article.version == 3
    assert store.drafts() == []


def test_many_are_written_together_or_not_at_all(store: DbArticleStore) -> None:
    store.publish(article("lama", "Yang lama"), on=0, by="kiki")
    revision = store.revision()
    items = [Publication(article("baru", "Yang baru"), 0), Publication(article("lama", "Punya saya", version=1), 0)]
    with pytest.raises(StaleArticleError):
        store.take_over(items, by="tono")
    assert [one.id for one in store.published()] == ["lama"]
    assert store.revision() == revision


def test_of_eight_who_publish_at_once_one_wins(url: str, database: Database) -> None:
    stores = [DbArticleStore(database), open_store(Database(url))]
    stores[0].publish(article("efin", "Satu"), on=0, by="kiki")
    gate = threading.Barrier(8)

    def one(number: int) -> str:
        gate.wait()
        try:
            stores[number % 2].publish(article("efin", f"Dari {number}"), on=1, by=str(number))
        except StaleArticleError:
            return "stale"
        return "won"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(one, range(8)))
    assert sorted(results) == ["stale"] * 7 + ["won"]
    assert [one.article.version for one in stores[1].history("efin")] == [2, 1]
    stores[1]._database.close()


def test_the_database_refuses_to_change_a_version(store: DbArticleStore, database: Database) -> None:
    own = {
        "sqlite": "INSERT OR REPLACE INTO article_version SELECT * FROM article_version",
        "postgresql": "TRUNCATE article_version",
    }
    store.publish(article("efin", "Satu"), on=0, by="kiki")
    for statement in (
        "UPDATE article_version SET title = 'Lain' WHERE version = 1",
        "UPDATE article_version SET published_by = 'orang lain'",
        "DELETE FROM article_version",
        "DELETE FROM article",
        own[database.url.get_backend_name()],
    ):
        with pytest.raises(sqlalchemy.exc.IntegrityError), database.connection() as connection:
            connection.execute(text(statement))
        assert versions_of(store, "efin") == [(1, "published", "kiki")]


def test_the_code_refuses_to_change_a_version(store: DbArticleStore, database: Database) -> None:
    store.publish(article("efin", "Satu"), on=0, by="kiki")
    with database.write() as session:
        row = session.scalars(select(ArticleVersionRow)).one()
        row.title = "Lain"
        with pytest.raises(ImmutableError, match="Version 1 of article efin is published and never changes"):
            session.commit()
    with database.write() as session:
        session.delete(session.scalars(select(ArticleVersionRow)).one())
        with pytest.raises(ImmutableError):
            session.commit()


def test_a_version_that_was_tampered_with_is_not_shown(store: DbArticleStore, database: Database) -> None:
    store.publish(article("efin", "Satu"), on=0, by="kiki")
    trigger, changed = {
        "sqlite": ("article_version_update", "replace(content, 'Jawaban', 'Bantahan')"),
        "postgresql": (
            "article_version_change ON article_version",
            "CAST(replace(CAST(content AS text), 'Jawaban', 'Bantahan') AS json)",
        ),
    }[database.url.get_backend_name()]
    with database.connection() as connection:
        connection.execute(text(f"DROP TRIGGER {trigger}"))
        connection.execute(text(f"UPDATE article_version SET content = {changed}"))
    with pytest.raises(ArticleDamagedError, match="Version 1 of article efin"):
        store.get("efin")


def test_what_another_process_publishes_is_found(url: str, database: Database) -> None:
    """Two stores on two database handles, as the hub and the command line."""
    from retrieval.search import SearchEngine

    hub, cli = DbArticleStore(database), open_store(Database(url))
    engine = SearchEngine(hub, None)
    engine.start()
    assert engine.search("lupa efin").hits == ()
    cli.publish(article("lupa-efin", "Lupa EFIN", "saya lupa efin"), on=0, by="kiki")
    assert engine.refresh()
    assert [hit.article_id for hit in engine.search("lupa efin").hits] == ["lupa-efin"]
    cli.retire("lupa-efin", on=1, by="kiki")
    assert engine.refresh()
    assert engine.search("lupa efin").hits == ()
    assert engine.article("lupa-efin", 1).status == "published"
    assert not engine.refresh()
    cli._database.close()


def test_unknown_articles_and_versions(store: DbArticleStore) -> None:
    store.publish(article("efin", "Satu"), on=0, by="kiki")
    for call in (lambda: store.get("lain"), lambda: store.history("lain"), lambda: store.retire("lain", on=0, by="")):
        with pytest.raises(ArticleNotFoundError, match="no article lain"):
            call()
    with pytest.raises(ArticleNotFoundError, match="efin has no version 2"):
        store.get("efin", 2)
