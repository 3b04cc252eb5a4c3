# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring articles`` as a person at the office uses it, and what an empty database begins with."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm import audit_search
from crm.audit_search import AuditQuery
from pipeline.clock import ManualClock
from pipeline.settings import load_settings
from retrieval.dbstore import DbArticleStore
from retrieval.errors import ArticleError, ArticleFolderError
from retrieval.exchange.markdown import article_markdown
from service.articles_work import SEEDER, published_articles, seed_articles
from service.database import open_database
from tests.retrieval.fakes import article
from tests.service.test_cli import kring

pytestmark = pytest.mark.integration


def folder_of(tmp_path: Path, **bodies: str) -> Path:
    folder = tmp_path / "artikel"
    folder.mkdir(exist_ok=True)
    for slug, title in bodies.items():
        (folder / f"{slug}.md").write_text(article_markdown(article(slug, title)), encoding="utf-8")
    return folder


def test_from_a_file_to_a_retired_article(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, kerbau="Pajak kerbau", mangga="Pajak mangga")

    def said(*args: str, code: int = 0) -> str:
        result = kring("articles", *args, folder=tmp_path)
        assert result.returncode == code, result.stderr
        assert "Traceback" not in result.stderr
        return result.stdout + result.stderr

    assert "2 drafts: kerbau, mangga" in said("import", str(folder), "--dry-run")
    assert "0 articles" in said("list", "--drafts")
    assert "2 drafts" in said("import", str(folder))
    assert "kerbau version 1 is published" in said("publish", "kerbau", "mangga", "--by", "kiki")
    folder_of(tmp_path, kerbau="Pajak kerbau putih")
    changed = said("import", str(folder), "--publish", "--by", "tono")
    assert "1 changed: kerbau" in changed
    assert "1 unchanged" in changed
    history = said("history", "kerbau")
    assert history.index("tono") < history.index("kiki")
    assert "title: Pajak kerbau\n" in said("show", "kerbau", "--version", "1")
    assert "kerbau is retired (version 3)" in said("retire", "kerbau", "--reason", "aturan dicabut")
    assert "aturan dicabut" in said("history", "kerbau")
    folder_of(tmp_path, mangga="Pajak mangga manis")
    said("import", str(folder / "mangga.md"))
    said("discard", "mangga")
    database = open_database(load_settings(data_dir=tmp_path / "data").database)
    entries = audit_search.search(database, AuditQuery(object_kind="article")).rows[::-1]
    database.close()
    assert [(one.action, one.object_id) for one in entries] == [
        ("article_published", "kerbau"), ("article_published", "mangga"), ("article_published", "kerbau"),
        ("article_retired", "kerbau"), ("article_draft_discarded", "mangga"),
    ]  # fmt: skip
    assert all(one.person.startswith("os:") for one in entries)
    assert "2 versions written" in said("export", str(tmp_path / "a.csv"))
    (folder / "mangga.md").write_text("bukan artikel", encoding="utf-8")
    refused = said("import", str(folder), code=2)
    assert "mangga.md line 1" in refused
    assert "2 mistakes found; nothing was imported" in refused
    assert "no article jambu" in said("show", "jambu", code=2)


def test_an_empty_database_begins_with_the_sample_articles_once(tmp_path: Path) -> None:
    folder, clock = folder_of(tmp_path, kerbau="Pajak kerbau"), ManualClock()
    settings = load_settings(data_dir=tmp_path, articles_dir=folder)
    assert [one.id for one in published_articles(settings)] == ["kerbau"]
    assert not (tmp_path / "kring.db").exists()  # looking makes no database
    database = open_database(settings.database)
    store = DbArticleStore(database, clock)
    seeded = seed_articles(store, folder, clock)
    assert seeded is not None
    assert (seeded.articles, seeded.at) == (1, clock.now())
    assert store.history("kerbau")[0].published_by == SEEDER
    folder_of(tmp_path, kerbau="Pajak lain", mangga="Pajak mangga")
    assert seed_articles(store, folder, clock) is None
    assert [one.title for one in published_articles(settings)] == ["Pajak kerbau"]
    database.close()


def test_a_broken_sample_folder_seeds_nothing(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, kerbau="Pajak kerbau")
    (folder / "mangga.md").write_text("bukan artikel", encoding="utf-8")
    database = open_database(f"sqlite:///{tmp_path / 'kring.db'}")
    store = DbArticleStore(database)
    with pytest.raises(ArticleError, match=r"mangga\.md"):
        seed_articles(store, folder, ManualClock())
    with pytest.raises(ArticleFolderError):
        seed_articles(store, tmp_path / "tidak-ada", ManualClock())
    assert store.is_empty()
    database.close()
