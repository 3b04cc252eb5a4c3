# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions that SIKP did not answer when they were asked, and the article that answers them now.

Who marks a cluster as answered marks each of its questions: what is asked later and finds no answer either shows again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from pipeline.database import Database
from retrieval.sheets import answer
from retrieval.tables import AnsweredQuestionRow
from retrieval.unanswered import Unanswered


def answered_keys(database: Database) -> frozenset[str]:
    """Return the keys of all questions that an article answers since."""
    with database.read() as session:
        return frozenset(session.scalars(select(AnsweredQuestionRow.key)))


def mark_answered(
    database: Database, keys: Sequence[str], article_id: str, version: int, *, by: str, at: datetime
) -> None:
    """Note that an article answers these questions; what is noted already stays as it is."""
    with database.write() as session:
        for key in keys:
            answer(session, key, article_id, version, by=by, at=at)
        session.commit()


def still_open(database: Database, questions: Iterable[Unanswered]) -> list[Unanswered]:
    """Return the questions that no article answers yet."""
    known = answered_keys(database)
    return [one for one in questions if known.isdisjoint(one.keys)]
