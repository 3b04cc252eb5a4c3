# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of SIKP's articles and of what became of suggestions.

Portable SQL only: the same models run on SQLite and on PostgreSQL. A row of ``article_version``
is written once. That it never changes is held by triggers in the database (:mod:`retrieval.migrations`) and, with a
readable message, by the two listeners below.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Float, ForeignKey, MetaData, String, UniqueConstraint, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, mapped_column

from pipeline.catalog import text
from pipeline.database import NAMING, UtcDateTime
from retrieval.articles import MAX_ID_CHARS
from retrieval.errors import ImmutableError

PERSON_CHARS = 200
NOTE_CHARS = 4000


class Base(DeclarativeBase):
    """Base of the articles' tables, apart from the CRM's."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, dict[str, Any]: JSON}


class ArticleSetRow(Base):
    """One row that every publication counts up: publications wait for each other on it, and readers look at it."""

    __tablename__ = "article_set"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int]
    changed_at: Mapped[datetime]


class ArticleRow(Base):
    """One article; ``newest`` is its newest version."""

    __tablename__ = "article"

    id: Mapped[str] = mapped_column(String(MAX_ID_CHARS), primary_key=True)
    newest: Mapped[int]


class ArticleVersionRow(Base):
    """One version as it was published or retired: immutable.

    ``content``: the whole article without id, version and status; the columns beside it are for lists. ``note``: why
    it was made, in the words of who made it.
    """

    __tablename__ = "article_version"
    __table_args__ = (UniqueConstraint("article_id", "version"),)

    serial: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[str] = mapped_column(String(MAX_ID_CHARS), ForeignKey("article.id"))
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(120))
    topic: Mapped[str] = mapped_column(String(120))
    effective_from: Mapped[date | None]
    effective_to: Mapped[date | None]
    content: Mapped[dict[str, Any]]
    content_sha256: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(PERSON_CHARS))
    note: Mapped[str] = mapped_column(String(NOTE_CHARS), default="", server_default="")


class ArticleDraftRow(Base):
    """What somebody prepares for an article: one draft each, changed as often as wanted.

    ``made_from``: the newest version when the draft was begun; publishing checks that it still is.
    """

    __tablename__ = "article_draft"

    article_id: Mapped[str] = mapped_column(String(MAX_ID_CHARS), primary_key=True)
    made_from: Mapped[int]
    content: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(PERSON_CHARS))


class ArticleSheetRow(Base):
    """An article as it is being typed (:mod:`retrieval.sheets`); it need not be one yet.

    ``article_id``: "" for a new article until it is published. ``version``: +1 with every change. ``origin``: what it
    was begun for, as the caller names it. ``questions``: keys of unanswered questions that the article is to answer.
    """

    __tablename__ = "article_sheet"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[str] = mapped_column(String(MAX_ID_CHARS))
    made_from: Mapped[int]
    origin: Mapped[str] = mapped_column(String(80))
    questions: Mapped[list[Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16), index=True)
    version: Mapped[int]
    fields: Mapped[dict[str, Any]]
    begun_at: Mapped[datetime]
    begun_by: Mapped[str] = mapped_column(String(PERSON_CHARS))
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(PERSON_CHARS))
    published_version: Mapped[int] = mapped_column(default=0)


class AnsweredQuestionRow(Base):
    """A question of a call that SIKP did not answer then, and the article that answers it now."""

    __tablename__ = "answered_question"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    article_id: Mapped[str] = mapped_column(String(MAX_ID_CHARS))
    article_version: Mapped[int]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(PERSON_CHARS))


class FeedbackRow(Base):
    """One fact about a question of a call (:mod:`retrieval.feedback`): an index of the calls' ``suggestions.jsonl``.

    ``article_id``: what was opened, used or rejected; "" for a list that was shown. ``articles``: ids with versions.
    """

    __tablename__ = "suggestion_feedback"

    call_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    action: Mapped[str] = mapped_column(String(16), primary_key=True)
    article_id: Mapped[str] = mapped_column(String(MAX_ID_CHARS), primary_key=True)
    question: Mapped[int]
    query: Mapped[str] = mapped_column(String(2000))
    articles: Mapped[list[Any]] = mapped_column(JSON)
    no_answer: Mapped[bool]
    no_answer_probability: Mapped[float] = mapped_column(Float)
    person: Mapped[str] = mapped_column(String(PERSON_CHARS))


@event.listens_for(ArticleVersionRow, "before_update")
@event.listens_for(ArticleVersionRow, "before_delete")
def _refuse(mapper: Mapper[ArticleVersionRow], connection: object, row: ArticleVersionRow) -> None:
    raise ImmutableError(text("retrieval.article_immutable", article=row.article_id, version=row.version))
