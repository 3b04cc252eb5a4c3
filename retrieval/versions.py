# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing and reading versions of articles inside one unit of work; what :mod:`retrieval.dbstore` is made of.

All functions take an open session and neither begin nor commit, so that an import of many articles is one transaction.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.catalog import text
from retrieval.articles import Article
from retrieval.errors import ArticleDamagedError, ArticleNotFoundError, StaleArticleError
from retrieval.tables import ArticleDraftRow, ArticleRow, ArticleSetRow, ArticleVersionRow

THE_SET = 1
_IDENTITY = {"id", "version", "status"}
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """One published (or retired) version, and who published it when and (``note``, where they said so) why."""

    article: Article
    published_at: datetime
    published_by: str
    content_sha256: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is prepared for an article; ``made_from`` 0: it was never published."""

    article: Article
    made_from: int
    saved_at: datetime
    saved_by: str


def content_of(article: Article) -> dict[str, Any]:
    """Return all of an article but its id, version and status, ready for JSON."""
    return article.model_dump(mode="json", exclude=_IDENTITY)


def content_sha256(article: Article) -> str:
    """Return the hash of an article's content; equal for two versions that say the same."""
    canonical = json.dumps(content_of(article), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def newest_version(session: Session, article_id: str) -> int:
    """Return the number of an article's newest version; 0 when it has none."""
    return session.scalar(select(ArticleRow.newest).where(ArticleRow.id == article_id)) or 0


def add_version(session: Session, article: Article, *, on: int, by: str, at: datetime, note: str = "") -> None:
    """Write ``article`` as a new version, numbered and with the status as it says.

    Parameters:
        on: the version it was made from, 0 for a new article.

    Raises:
        StaleArticleError: ``on`` is not the newest version, or the new number is not greater than it.
    """
    count_up(session, at)
    row = session.get(ArticleRow, article.id)
    newest = row.newest if row else 0
    if newest != on or article.version <= newest:
        raise stale(article.id, on, newest)
    if row is None:
        session.add(ArticleRow(id=article.id, newest=article.version))
    else:
        row.newest = article.version
    session.flush()
    session.add(
        ArticleVersionRow(
            article_id=article.id,
            version=article.version,
            status=article.status,
            title=article.title,
            topic=article.topic,
            effective_from=article.effective_from,
            effective_to=article.effective_to,
            content=content_of(article),
            content_sha256=content_sha256(article),
            published_at=at,
            published_by=by,
            note=note,
        )
    )
    session.flush()


def stale(article_id: str, on: int, newest: int) -> StaleArticleError:
    """Return the error that says on which version something was to be put, and which is the newest."""
    return StaleArticleError(
        text("retrieval.article_stale", article=article_id, on=on, newest=newest),
        remedy=text("retrieval.article_stale_remedy"),
    )


def count_up(session: Session, at: datetime) -> None:
    """Note a change of the published articles; from here on, other publications wait for this one to end."""
    row = session.get(ArticleSetRow, THE_SET, with_for_update=True)
    if row is None:
        session.add(ArticleSetRow(id=THE_SET, revision=1, changed_at=at))
    else:
        row.revision, row.changed_at = row.revision + 1, at
    session.flush()


def revision_of(session: Session) -> tuple[int, datetime]:
    """Return how often the published articles changed and when last; (0, 1970) in an empty database."""
    row = session.execute(select(ArticleSetRow.revision, ArticleSetRow.changed_at)).one_or_none()
    return (row[0], row[1]) if row else (0, _BEGINNING)


def is_empty(session: Session) -> bool:
    """Return whether there was never an article, not even a draft."""
    return not any(
        session.execute(select(column).limit(1)).first() for column in (ArticleRow.id, ArticleDraftRow.article_id)
    )


def keep_draft(session: Session, article: Article, *, made_from: int, by: str, at: datetime) -> None:
    """Write an article's draft, in the place of the one before."""
    row = session.get(ArticleDraftRow, article.id)
    if row is None:
        row = ArticleDraftRow(article_id=article.id)
        session.add(row)
    row.made_from, row.content, row.saved_at, row.saved_by = made_from, content_of(article), at, by
    session.flush()


def draft_of(session: Session, article_id: str) -> Draft:
    """Return an article's draft; raises ArticleNotFoundError when there is none."""
    row = session.get(ArticleDraftRow, article_id)
    if row is None:
        raise ArticleNotFoundError(
            text("retrieval.draft_not_found", article=article_id), remedy=text("retrieval.draft_not_found_remedy")
        )
    return draft_from(row)


def drop_draft(session: Session, published: Article) -> None:
    """Delete the draft that has just been published; another one, somebody's unfinished work, stays."""
    row = session.get(ArticleDraftRow, published.id)
    if row is not None and row.content == content_of(published):
        session.delete(row)
        session.flush()


def draft_from(row: ArticleDraftRow) -> Draft:
    """Return a stored draft."""
    article = _article(row.article_id, row.made_from + 1, "draft", row.content)
    return Draft(article, row.made_from, row.saved_at, row.saved_by)


def version_from(row: ArticleVersionRow) -> ArticleVersion:
    """Return a stored version; raises ArticleDamagedError when it is not what was published."""
    article = _article(row.article_id, row.version, row.status, row.content)
    if content_sha256(article) != row.content_sha256:
        raise _damaged(row.article_id, row.version)
    return ArticleVersion(article, row.published_at, row.published_by, row.content_sha256, row.note)


def _article(article_id: str, version: int, status: str, content: dict[str, Any]) -> Article:
    try:
        return Article.model_validate({**content, "id": article_id, "version": version, "status": status})
    except (ValidationError, TypeError) as error:
        raise _damaged(article_id, version) from error


def _damaged(article_id: str, version: int) -> ArticleDamagedError:
    return ArticleDamagedError(
        text("retrieval.article_damaged", article=article_id, version=version),
        remedy=text("retrieval.article_damaged_remedy"),
    )
