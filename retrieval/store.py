# SPDX-License-Identifier: GPL-3.0-or-later
"""Articles of a folder of Markdown files, as :class:`retrieval.articles.ArticleStore`.

The folder is the shipped sample content: what an empty database begins with, and what recipes and measurements read.
A folder with a mistake is not taken over half-way.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from pipeline.catalog import text
from retrieval.articles import Article
from retrieval.errors import ArticleError, ArticleNotFoundError
from retrieval.exchange.checks import check_together
from retrieval.exchange.markdown import article_files, read_folder


def check_folder(folder: Path) -> tuple[list[Article], list[ArticleError]]:
    """Read every file and return what is good and what is wrong; nothing stops at the first mistake."""
    reading = read_folder(folder)
    check_together(reading)
    return [item.article for item in reading.items], reading.problems


class FolderArticleStore:
    """Articles of a folder, read again when a file changes. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._revision = ""
        self._articles: tuple[Article, ...] = ()

    def revision(self) -> str:
        """Return a token made of the files' names, sizes and times; changes when any of them does."""
        stamps = []
        for path in article_files(self._folder):
            stat = path.stat()
            stamps.append(f"{path.name}:{stat.st_size}:{stat.st_mtime_ns}")
        return "|".join(stamps)

    def published(self) -> Sequence[Article]:
        """Return the newest published version of every article by id; raises ArticleError, ArticleFolderError."""
        newest: dict[str, Article] = {}
        for article in self._load():
            kept = newest.get(article.id)
            if article.status == "published" and (kept is None or kept.version < article.version):
                newest[article.id] = article
        return [newest[article_id] for article_id in sorted(newest)]

    def get(self, article_id: str, version: int | None = None) -> Article:
        """Return a version of an article (None: the newest), whatever its status."""
        matching = [
            article for article in self._load() if article.id == article_id and version in (None, article.version)
        ]
        if not matching:
            raise ArticleNotFoundError(text("retrieval.article_not_found", article=article_id))
        return max(matching, key=lambda article: article.version)

    def _load(self) -> tuple[Article, ...]:
        revision = self.revision()
        with self._lock:
            if revision != self._revision:
                articles, problems = check_folder(self._folder)
                if problems:
                    raise problems[0]
                self._articles, self._revision = tuple(articles), revision
            return self._articles
