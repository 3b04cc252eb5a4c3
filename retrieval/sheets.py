# SPDX-License-Identifier: GPL-3.0-or-later
"""Sheets: articles being typed, saved with every pause, and published when they are right.

An existing article has one open sheet at most, and so has each origin (a task): whoever comes second goes on where
the first one is. A sheet's version goes up with every save; who saves on another version than the stored one is
refused and told what is stored. What was published keeps its sheet, so that a repeated press finds what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from pipeline.catalog import text
from pipeline.clock import Clock
from pipeline.database import Database
from retrieval import versions
from retrieval.articles import Article
from retrieval.dbstore import Change, DbArticleStore, Publication, as_published
from retrieval.errors import SheetGoneError, StaleSheetError
from retrieval.sheetfields import SheetFields, fields_of
from retrieval.tables import AnsweredQuestionRow, ArticleDraftRow, ArticleSheetRow


@dataclass(frozen=True, slots=True)
class Sheet:
    """One article being typed.

    Parameters:
        article_id: of the published article that it changes; "" for a new one.
        made_from: the version it was made from; 0 = a new article.
        origin: what it was begun for (``task:12``), "" for nothing in particular.
        questions: keys of unanswered questions that it is to answer.
        state: ``open`` or ``published`` (as ``article_id``, ``published_version``).
    """

    id: int
    article_id: str
    made_from: int
    origin: str
    questions: tuple[str, ...]
    state: str
    version: int
    fields: SheetFields
    begun_at: datetime
    begun_by: str
    saved_at: datetime
    saved_by: str
    published_version: int


class SheetStore:
    """The sheets of a database. Thread-safe; each method is one transaction."""

    def __init__(self, database: Database, articles: DbArticleStore, clock: Clock) -> None:
        self._database, self._articles, self._clock = database, articles, clock

    def get(self, sheet_id: int) -> Sheet:
        """Return a sheet, open or published; raises SheetGoneError."""
        with self._database.read() as session:
            return _sheet(_row(session, sheet_id))

    def open_sheets(self) -> list[Sheet]:
        """Return what is being typed, last saved first."""
        query = select(ArticleSheetRow).where(ArticleSheetRow.state == "open")
        with self._database.read() as session:
            return [_sheet(row) for row in session.scalars(query.order_by(ArticleSheetRow.saved_at.desc()))]

    def begin(self, fields: SheetFields, *, by: str, origin: str = "", questions: Sequence[str] = ()) -> Sheet:
        """Begin a new article; with an ``origin`` that has an open sheet already, return that one."""
        with self._database.write() as session:
            row = _open_of(session, ArticleSheetRow.origin == origin) if origin else None
            if row is None:
                row = self._add(session, fields, origin=origin, questions=questions, by=by)
            session.commit()
            return _sheet(row)

    def begin_version(self, article_id: str, *, by: str, origin: str = "", questions: Sequence[str] = ()) -> Sheet:
        """Begin a new version of an article, from its draft if it has one (the draft becomes the sheet).

        An open sheet of the article is returned as it is, now also for ``origin`` and ``questions``.

        Raises:
            ArticleNotFoundError: there is neither such an article nor a draft of it.
        """
        with self._database.write() as session:
            row = _open_of(session, ArticleSheetRow.article_id == article_id)
            if row is None:
                article, made_from = self._beginning(session, article_id)
                known_as = article_id if made_from else ""
                row = self._add(
                    session, fields_of(article), article_id=known_as, made_from=made_from, origin=origin,
                    questions=questions, by=by,
                )  # fmt: skip
            elif (origin and row.origin != origin) or not set(questions) <= set(row.questions):
                row.origin = origin or row.origin
                row.questions = [*dict.fromkeys([*row.questions, *questions])]
                row.version += 1
            session.commit()
            return _sheet(row)

    def save(self, sheet_id: int, version: int, fields: SheetFields, *, by: str) -> Sheet:
        """Keep what is typed.

        Raises:
            SheetGoneError: it was discarded or published.
            StaleSheetError: somebody else (or another tab) saved something else since ``version``.
        """
        with self._database.write() as session:
            row = _open(session, sheet_id)
            plain = fields.model_dump(mode="json")
            if row.fields == plain:  # the same again, a repeated request
                return _sheet(row)
            if row.version != version:
                raise _stale(row)
            row.fields, row.version = plain, row.version + 1
            row.saved_at, row.saved_by = self._clock.now(), by
            session.commit()
            return _sheet(row)

    def rebase(self, sheet_id: int, version: int, fields: SheetFields, made_from: int, *, by: str) -> Sheet:
        """Put a sheet on a newer version of its article, with what it then holds; raises as :meth:`save` does."""
        with self._database.write() as session:
            row = _open(session, sheet_id)
            if row.made_from != made_from:
                if row.version != version:
                    raise _stale(row)
                row.made_from, row.fields, row.version = made_from, fields.model_dump(mode="json"), row.version + 1
                row.saved_at, row.saved_by = self._clock.now(), by
            session.commit()
            return _sheet(row)

    def discard(self, sheet_id: int, version: int) -> None:
        """Throw an open sheet away; raises as :meth:`save` does."""
        with self._database.write() as session:
            row = _open(session, sheet_id)
            if row.version != version:
                raise _stale(row)
            article_id = row.article_id or str(row.fields.get("id", ""))[:120] or f"#{row.id}"
            session.delete(row)
            self._articles.tell(session, Change("draft_discarded", article_id, 0))
            session.commit()

    def publish(self, sheet_id: int, version: int, article: Article, *, by: str, note: str = "") -> Sheet:
        """Publish a sheet as ``article``, which was made from it; a published one is returned as it is.

        Its questions count as answered from then on.

        Raises:
            SheetGoneError, StaleSheetError: as for :meth:`save`.
            StaleArticleError: another version was published meanwhile; nothing was written.
        """
        with self._database.write() as session:
            row = _row(session, sheet_id)
            if row.state == "published":
                return _sheet(row)
            if row.version != version:
                raise _stale(row)
            as_new = as_published(article, row.made_from)
            self._articles.enter(session, Publication(as_new, row.made_from, note=note), by)
            row.state, row.article_id, row.published_version = "published", as_new.id, as_new.version
            row.version, row.saved_at, row.saved_by = row.version + 1, self._clock.now(), by
            for key in row.questions:
                answer(session, str(key), as_new.id, as_new.version, by=by, at=row.saved_at)
            session.commit()
            return _sheet(row)

    def _beginning(self, session: Session, article_id: str) -> tuple[Article, int]:
        """Return what a new version begins with, and the version it is made from; takes a draft up."""
        draft = session.get(ArticleDraftRow, article_id)
        if draft is None:
            found = self._articles.get(article_id)
            return found, found.version
        held = versions.draft_from(draft)
        session.delete(draft)
        return held.article, held.made_from

    def _add(
        self, session: Session, fields: SheetFields, *, article_id: str = "", made_from: int = 0, origin: str,
        questions: Sequence[str], by: str,
    ) -> ArticleSheetRow:  # fmt: skip
        now = self._clock.now()
        row = ArticleSheetRow(
            article_id=article_id, made_from=made_from, origin=origin, questions=list(questions), state="open",
            version=1, fields=fields.model_dump(mode="json"), begun_at=now, begun_by=by, saved_at=now, saved_by=by,
            published_version=0,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row


def answer(session: Session, key: str, article_id: str, version: int, *, by: str, at: datetime) -> None:
    """Note that an article answers a question, within a unit of work that writes; the first note stays."""
    if session.get(AnsweredQuestionRow, key) is None:
        session.add(AnsweredQuestionRow(key=key, article_id=article_id, article_version=version, at=at, by=by))
        session.flush()


def _open_of(session: Session, condition: ColumnElement[bool]) -> ArticleSheetRow | None:
    query = select(ArticleSheetRow).where(ArticleSheetRow.state == "open", condition)
    return session.scalars(query.order_by(ArticleSheetRow.id)).first()


def _row(session: Session, sheet_id: int) -> ArticleSheetRow:
    row = session.get(ArticleSheetRow, sheet_id)
    if row is None:
        raise SheetGoneError(text("retrieval.sheet_gone"), remedy=text("retrieval.sheet_gone_remedy"))
    return row


def _open(session: Session, sheet_id: int) -> ArticleSheetRow:
    row = _row(session, sheet_id)
    if row.state != "open":
        raise SheetGoneError(
            text("retrieval.sheet_published", article=row.article_id, version=row.published_version),
            remedy=text("retrieval.sheet_published_remedy"),
        )
    return row


def _stale(row: ArticleSheetRow) -> StaleSheetError:
    return StaleSheetError(
        text("retrieval.sheet_stale", by=row.saved_by),
        remedy=text("retrieval.sheet_stale_remedy"),
        stored=SheetFields.model_validate(row.fields),
        version=row.version,
    )


def _sheet(row: ArticleSheetRow) -> Sheet:
    return Sheet(
        id=row.id,
        article_id=row.article_id,
        made_from=row.made_from,
        origin=row.origin,
        questions=tuple(map(str, row.questions)),
        state=row.state,
        version=row.version,
        fields=SheetFields.model_validate(row.fields),
        begun_at=row.begun_at,
        begun_by=row.begun_by,
        saved_at=row.saved_at,
        saved_by=row.saved_by,
        published_version=row.published_version,
    )
