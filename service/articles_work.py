# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the service gets its articles: its database, which begins with the sample content of ``articles_dir``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from pipeline.clock import Clock
from pipeline.events import ArticlesSeeded
from pipeline.settings import Settings
from retrieval.articles import Article
from retrieval.dbstore import DbArticleStore, Publication
from retrieval.errors import StaleArticleError
from retrieval.store import FolderArticleStore, check_folder
from service.database import service_database

SEEDER = "kring"  # in the history, as who published the sample content


def seed_articles(store: DbArticleStore, folder: Path, clock: Clock) -> ArticlesSeeded | None:
    """Take the articles of ``folder`` over when there was never one in the database; None when there was.

    Raises:
        RetrievalError: the folder is missing or holds a mistake; nothing was taken over.
        DatabaseError: the database cannot be written.
    """
    if not store.is_empty():
        return None
    articles, problems = check_folder(folder)
    if problems:
        raise problems[0]
    publications: list[Publication] = []
    articles.sort(key=lambda article: (article.id, article.version))
    for _, versions in groupby(articles, key=lambda article: article.id):
        on = 0
        for article in versions:
            publications.append(Publication(article, on))
            on = article.version
    try:
        store.take_over(publications, by=SEEDER)
    except StaleArticleError:  # another hub on the same database was quicker
        return None
    return ArticlesSeeded(at=clock.now(), articles=len(store.published()), folder=str(folder))


def published_articles(settings: Settings) -> Sequence[Article]:
    """Return the published articles: the database's, or before the service's first start those it will begin with.

    Raises:
        KringError: the database or the folder cannot be read.
    """
    if settings.database_url or (settings.data_dir / "kring.db").exists():
        with service_database(settings) as database:
            store = DbArticleStore(database)
            if not store.is_empty():
                return store.published()
    return FolderArticleStore(settings.articles_dir).published()
