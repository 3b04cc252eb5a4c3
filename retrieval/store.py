# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading articles from Markdown files with YAML front matter, one file an article.

The folder is what people edit and version control keeps. Every mistake is reported with its file and line, all
of them at once (:func:`check_folder`), and a folder with a mistake is not taken over half-way.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.catalog import text
from retrieval.articles import Article
from retrieval.errors import ArticleError, ArticleFolderError, ArticleNotFoundError

FENCE = "---"
NOT_ARTICLES = {"CARD.md", "README.md"}
FIELD_PROBLEMS = {"missing", "extra_forbidden", "too_short", "literal_error"}  # pydantic's, with words of ours
_VERSIONED = re.compile(r"^(?P<slug>.+?)(\.v\d+)?$")


def parse_article(source: str, path: Path) -> Article:
    """Return the article written in ``source``; ``path`` gives its name for messages and must match its id.

    A file is called ``<id>.md`` or, for an older version that is kept beside the newest, ``<id>.v<version>.md``.

    Raises:
        ArticleError: with the line of the offending key.
    """
    lines = source.splitlines()
    if not lines or lines[0].strip() != FENCE:
        raise ArticleError(path, 1, text("retrieval.article_no_fence"))
    try:
        end = next(number for number, line in enumerate(lines[1:], 1) if line.strip() == FENCE)
    except StopIteration:
        raise ArticleError(path, len(lines), text("retrieval.article_not_closed")) from None
    fields, key_lines = _front_matter("\n".join(lines[1:end]), path)
    fields["body"] = "\n".join(lines[end + 1 :]).strip()
    key_lines["body"] = end + 2
    try:
        article = Article.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        raise ArticleError(path, key_lines.get(key, 1), _field_problem(first)) from error
    match = _VERSIONED.match(path.stem)
    if match is None or match["slug"] != article.id:
        raise ArticleError(path, key_lines.get("id", 1), text("retrieval.article_wrong_name", article=article.id))
    return article


def _field_problem(error: ErrorDetails) -> str:
    """Return in the user's language what is wrong with a field."""
    where = ".".join(str(part) for part in error["loc"])
    key = f"retrieval.field_{error['type']}" if error["type"] in FIELD_PROBLEMS else "retrieval.field_other"
    return text(key, field=where, problem=error["msg"]).lstrip(": ")


def _front_matter(source: str, path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """Return the front matter's fields and the file line of each key (the fence is line 1)."""
    try:
        node = yaml.compose(source, Loader=yaml.SafeLoader)
        fields = yaml.safe_load(source)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 2
        raise ArticleError(path, line, text("retrieval.article_yaml", problem=error.problem)) from error
    except (yaml.YAMLError, ValueError) as error:  # control characters; a date such as 2025-02-31
        raise ArticleError(path, 2, text("retrieval.article_yaml", problem=str(error).splitlines()[0])) from error
    if not isinstance(node, yaml.MappingNode) or not isinstance(fields, dict):
        raise ArticleError(path, 2, text("retrieval.article_no_keys"))
    return fields, {str(key.value): key.start_mark.line + 2 for key, _ in node.value}


def read_article(path: Path) -> Article:
    """Return the article in a file; raises ArticleError also when the file is no UTF-8 text."""
    try:
        return parse_article(path.read_text(encoding="utf-8"), path)
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ArticleError(path, line, text("retrieval.article_not_utf8")) from error
    except OSError as error:
        raise ArticleError(path, 1, error.strerror or str(error)) from error


def article_files(folder: Path) -> list[Path]:
    """Return the article files of a folder, sorted; raises ArticleFolderError when there is none."""
    files = sorted(path for path in folder.glob("*.md") if path.name not in NOT_ARTICLES)
    if not files:
        raise ArticleFolderError(
            text("retrieval.articles_missing", path=folder), remedy=text("retrieval.articles_missing_remedy")
        )
    return files


def check_folder(folder: Path) -> tuple[list[Article], list[ArticleError]]:
    """Read every file and return what is good and what is wrong; nothing stops at the first mistake."""
    articles: list[Article] = []
    problems: list[ArticleError] = []
    seen: set[tuple[str, int]] = set()
    for path in article_files(folder):
        try:
            article = read_article(path)
        except ArticleError as error:
            problems.append(error)
            continue
        if (article.id, article.version) in seen:
            problems.append(
                ArticleError(path, 1, text("retrieval.article_twice", article=article.id, version=article.version))
            )
            continue
        seen.add((article.id, article.version))
        articles.append(article)
    known = {article.id for article in articles}
    if not problems:  # with files missing, a dangling reference is only a consequence
        for article in articles:
            problems += [
                ArticleError(folder / f"{article.id}.md", 1, text("retrieval.article_related", article=other))
                for other in article.related
                if other not in known
            ]
    return articles, problems


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
