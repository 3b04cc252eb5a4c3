# SPDX-License-Identifier: GPL-3.0-or-later
"""SIKP's articles in the service's database: reading for the search, and publishing.

Every publication is a new version that never changes; retiring an article is a version of its own. A version once
published can be had for ever. Whoever publishes says which version the new one was made from; when that is no longer
the newest, nothing is written. Another process sees a publication by :meth:`DbArticleStore.revision`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from pipeline.catalog import text
from pipeline.clock import Clock, SystemClock
from pipeline.database import Database
from retrieval import versions
from retrieval.articles import Article
from retrieval.errors import ArticleNotFoundError
from retrieval.migrations import SCHEMA
from retrieval.tables import ArticleDraftRow, ArticleRow, ArticleVersionRow
from retrieval.versions import ArticleVersion, Draft

_CHUNK = 500  # rows in one query: SQLite bounds the number of parameters


def open_store(database: Database, clock: Clock | None = None) -> DbArticleStore:
    """Return the articles of a database, creating or migrating their tables as needed.

    Raises:
        DatabaseError: the database cannot be written, or was written by a newer version of the program.
    """
    SCHEMA.upgrade(database)
    return DbArticleStore(database, clock)


@dataclass(frozen=True, slots=True)
class Publication:
    """One article to publish, or (status ``draft``) to keep as a draft.

    Parameters:
        on: the version it was made from; 0 = a new article.
        at: when it was published, where that is known from elsewhere (a dump); None = now.
        by: by whom; "" = by who imports.
        note: why, for the history.
    """

    article: Article
    on: int
    at: datetime | None = None
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to the articles; ``version`` 0: to a draft."""

    kind: Literal["published", "retired", "draft_discarded"]
    article_id: str
    version: int
    note: str = ""


# Is told of each change within the transaction that makes it: what it writes is kept with the change or not at all.
Witness = Callable[[Session, Change], None]


class DbArticleStore:
    """An :class:`retrieval.articles.ArticleStore` with commands. Thread-safe; a schema must be there (open_store).

    Parameters:
        witness: writes each change down elsewhere (the audit trail, which this room does not know).
    """

    def __init__(self, database: Database, clock: Clock | None = None, witness: Witness | None = None) -> None:
        self._database, self._witness = database, witness
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int], Article] = {}  # what published() gave last: versions never change

    def revision(self) -> str:
        """Return a token that changes with every publication; one row is read."""
        with self._database.read() as session:
            count, changed_at = versions.revision_of(session)
        return f"{count}@{changed_at.isoformat()}"

    def published(self) -> Sequence[Article]:
        """Return the newest version of every article that is not retired, by id.

        An article that did not change since the last call is the same object again.
        """
        with self._lock, self._database.read() as session:
            newest = session.execute(
                select(ArticleVersionRow.article_id, ArticleVersionRow.version, ArticleVersionRow.serial)
                .join(ArticleRow, _is_newest())
                .where(ArticleVersionRow.status == "published")
            )
            serials = {(row[0], row[1]): row[2] for row in newest}
            fresh = self._load(session, [serial for key, serial in serials.items() if key not in self._known])
            self._known = {key: self._known.get(key) or fresh[key] for key in sorted(serials)}
            return list(self._known.values())

    def get(self, article_id: str, version: int | None = None) -> Article:
        """Return a version (None: the newest), published or retired; raises ArticleNotFoundError."""
        return self.version(article_id, version).article

    def version(self, article_id: str, version: int | None = None) -> ArticleVersion:
        """Return a version with who published it when; raises ArticleNotFoundError."""
        query = select(ArticleVersionRow).where(ArticleVersionRow.article_id == article_id)
        if version is None:
            query = query.join(ArticleRow, _is_newest())
        else:
            query = query.where(ArticleVersionRow.version == version)
        with self._database.read() as session:
            row = session.scalar(query)
            if row is None:
                raise _not_found(article_id, version)
            return versions.version_from(row)

    def newest(self) -> list[ArticleVersion]:
        """Return the newest version of every article, retired ones too, by id."""
        query = select(ArticleVersionRow).join(ArticleRow, _is_newest()).order_by(ArticleVersionRow.article_id)
        with self._database.read() as session:
            return [versions.version_from(row) for row in session.scalars(query)]

    def all_versions(self) -> list[ArticleVersion]:
        """Return every version of every article, by id and version."""
        query = select(ArticleVersionRow).order_by(ArticleVersionRow.article_id, ArticleVersionRow.version)
        with self._database.read() as session:
            return [versions.version_from(row) for row in session.scalars(query)]

    def history(self, article_id: str) -> list[ArticleVersion]:
        """Return an article's versions, newest first; raises ArticleNotFoundError."""
        query = select(ArticleVersionRow).where(ArticleVersionRow.article_id == article_id)
        with self._database.read() as session:
            rows = session.scalars(query.order_by(ArticleVersionRow.version.desc())).all()
            if not rows:
                raise _not_found(article_id, None)
            return [versions.version_from(row) for row in rows]

    def drafts(self) -> list[Draft]:
        """Return all drafts by id."""
        with self._database.read() as session:
            rows = session.scalars(select(ArticleDraftRow).order_by(ArticleDraftRow.article_id))
            return [versions.draft_from(row) for row in rows]

    def is_empty(self) -> bool:
        """Return whether there was never an article, not even a draft."""
        with self._database.read() as session:
            return versions.is_empty(session)

    def save_draft(self, article: Article, *, on: int, by: str) -> Draft:
        """Keep ``article`` as the draft of its id, in the place of the one before.

        Raises:
            StaleArticleError: ``on`` is not the newest version (0: the article is new).
        """
        with self._database.write() as session:
            newest = versions.newest_version(session, article.id)
            if newest != on:
                raise versions.stale(article.id, on, newest)
            self.enter(session, Publication(_with(article, status="draft"), on), by)
            session.commit()
            return versions.draft_of(session, article.id)

    def discard_draft(self, article_id: str) -> None:
        """Delete an article's draft; raises ArticleNotFoundError when there is none."""
        with self._database.write() as session:
            versions.drop_draft(session, versions.draft_of(session, article_id).article)
            self.tell(session, Change("draft_discarded", article_id, 0))
            session.commit()

    def publish(self, article: Article, *, on: int, by: str, note: str = "") -> ArticleVersion:
        """Publish ``article`` as the version after ``on``.

        Raises:
            StaleArticleError: ``on`` is not the newest version; nothing was written.
        """
        return self._published(Publication(as_published(article, on), on, note=note), by)

    def publish_draft(self, article_id: str, *, by: str) -> ArticleVersion:
        """Publish an article's draft.

        Raises:
            ArticleNotFoundError: it has none.
            StaleArticleError: another version was published since the draft was begun; the draft is kept.
        """
        with self._database.read() as session:
            draft = versions.draft_of(session, article_id)
        return self.publish(draft.article, on=draft.made_from, by=by)

    def retire(self, article_id: str, *, on: int, by: str, note: str = "") -> ArticleVersion:
        """Take an article out of the search: a new version with the same content and the status ``retired``.

        Parameters:
            note: why.

        Raises:
            ArticleNotFoundError, StaleArticleError: as for :meth:`publish`.
        """
        current = self.get(article_id)
        return self._published(Publication(_with(current, status="retired", version=on + 1), on, note=note), by)

    def take_over(self, publications: Iterable[Publication], *, by: str) -> int:
        """Publish many versions, or keep them as drafts, in one transaction; return how many.

        Raises:
            StaleArticleError: one of them is not on the newest version; nothing was written at all.
        """
        count = 0
        with self._database.write() as session:
            for one in publications:
                self.enter(session, one, by)
                count += 1
            session.commit()
        return count

    def enter(self, session: Session, one: Publication, by: str) -> None:
        """Write one publication within a unit of work that writes; raises as :meth:`take_over` does."""
        at, article = one.at or self._clock.now(), one.article
        if article.status == "draft":
            versions.keep_draft(session, article, made_from=one.on, by=one.by or by, at=at)
            return
        versions.add_version(session, article, on=one.on, by=one.by or by, at=at, note=one.note)
        versions.drop_draft(session, article)
        kind: Literal["published", "retired"] = "retired" if article.status == "retired" else "published"
        self.tell(session, Change(kind, article.id, article.version, one.note))

    def tell(self, session: Session, change: Change) -> None:
        """Let the witness know of a change."""
        if self._witness is not None:
            self._witness(session, change)

    def _published(self, one: Publication, by: str) -> ArticleVersion:
        self.take_over([one], by=by)
        return self.version(one.article.id, one.article.version)

    def _load(self, session: Session, serials: list[int]) -> dict[tuple[str, int], Article]:
        loaded: dict[tuple[str, int], Article] = {}
        for start in range(0, len(serials), _CHUNK):
            query = select(ArticleVersionRow).where(ArticleVersionRow.serial.in_(serials[start : start + _CHUNK]))
            for row in session.scalars(query):
                loaded[row.article_id, row.version] = versions.version_from(row).article
        return loaded


def as_published(article: Article, on: int) -> Article:
    """Return ``article`` as the version after ``on``."""
    return _with(article, status="published", version=on + 1)


def _is_newest() -> ColumnElement[bool]:
    return (ArticleRow.id == ArticleVersionRow.article_id) & (ArticleRow.newest == ArticleVersionRow.version)


def _with(article: Article, **changes: object) -> Article:
    return Article.model_validate({**article.model_dump(), **changes})


def _not_found(article_id: str, version: int | None) -> ArticleNotFoundError:
    if version is None:
        return ArticleNotFoundError(text("retrieval.article_not_found", article=article_id))
    return ArticleNotFoundError(text("retrieval.version_not_found", article=article_id, version=version))
