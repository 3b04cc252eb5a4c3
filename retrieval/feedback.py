# SPDX-License-Identifier: GPL-3.0-or-later
"""What was suggested in calls and what people did with it, in one table for reports and for training.

The truth is each call's ``suggestions.jsonl``; the table is an index of it. Taking an event in twice changes nothing,
so that history may be read again after a restart or a gap. Numbers that a caller spells are left out of the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from pipeline.database import Database
from pipeline.events import (
    AnsweredWithoutSikp,
    CallEvent,
    Event,
    SuggestionOpened,
    SuggestionRejected,
    SuggestionsShown,
    SuggestionUsed,
)
from retrieval.tables import FeedbackRow

INDEXED = (SuggestionsShown, SuggestionOpened, SuggestionUsed, SuggestionRejected, AnsweredWithoutSikp)
ACTIONS: dict[str, str] = {
    SuggestionsShown.name: "shown",
    SuggestionOpened.name: "opened",
    SuggestionUsed.name: "used",
    SuggestionRejected.name: "rejected",
    AnsweredWithoutSikp.name: "without_sikp",
}
QUERY_CHARS = 2000
DIGITS = frozenset(["nol", "kosong", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"])
SPELLED_DIGITS = 5
LONG_NUMBER = 9  # an NPWP, NIK or telephone number; amounts in figures are shorter or have their points


@dataclass(frozen=True, slots=True)
class Feedback:
    """One fact about a question of a call.

    Parameters:
        question: which question of the call, from 1.
        action: ``shown``, ``opened``, ``used``, ``rejected`` (not helpful) or ``without_sikp``.
        articles: ids with versions: the whole list for ``shown``, one for what was done with an article.
    """

    call_id: str
    at: datetime
    question: int
    action: str
    query: str
    articles: tuple[tuple[str, int], ...] = ()
    no_answer: bool = False
    no_answer_probability: float = 0.0
    person: str = ""


def fact(item: Event) -> Feedback | None:
    """Return what an event says for the index; None when that is nothing, or only provisional."""
    if isinstance(item, SuggestionsShown):
        if item.provisional:
            return None
        return Feedback(
            item.call_id, item.at, item.question, ACTIONS[item.name], item.query,
            tuple((one.article_id, one.version) for one in item.articles), item.no_answer, item.no_answer_probability,
        )  # fmt: skip
    if isinstance(item, SuggestionOpened | SuggestionUsed | SuggestionRejected):
        return Feedback(
            item.call_id, item.at, item.question, ACTIONS[item.name], item.query,
            ((item.article_id, item.version),), person=item.person,
        )  # fmt: skip
    if isinstance(item, AnsweredWithoutSikp):
        return Feedback(item.call_id, item.at, item.question, ACTIONS[item.name], item.query, person=item.person)
    return None


class FeedbackIndex:
    """The table. Thread-safe; its schema must be there (:data:`retrieval.migrations.SCHEMA`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, item: CallEvent) -> None:
        """Take an event in (blocks shortly); known ones and those of no interest change nothing.

        Raises:
            DatabaseError: the database cannot be written.
        """
        found = fact(item)
        if found is None:
            return
        with self._database.write() as session:
            row = _row(found)
            if session.get(FeedbackRow, (row.call_id, row.at, row.action, row.article_id)) is None:
                session.add(row)
                session.commit()

    def counts(self, *, since: datetime | None = None) -> dict[str, dict[str, int]]:
        """Return for each article how often it was ``opened``, ``used`` and ``rejected``.

        Parameters:
            since: only from then on.
        """
        query = select(FeedbackRow.article_id, FeedbackRow.action, func.count()).where(FeedbackRow.article_id != "")
        if since is not None:
            query = query.where(FeedbackRow.at >= since)
        found: dict[str, dict[str, int]] = {}
        with self._database.read() as session:
            for article_id, action, count in session.execute(
                query.group_by(FeedbackRow.article_id, FeedbackRow.action)
            ):
                found.setdefault(article_id, {})[action] = count
        return found

    def facts(self, *, since: datetime | None = None, actions: Iterable[str] = ()) -> Sequence[Feedback]:
        """Return what was taken in, oldest first.

        Parameters:
            since: only from then on.
            actions: only these; all when empty.
        """
        query = select(FeedbackRow).order_by(FeedbackRow.at, FeedbackRow.call_id, FeedbackRow.action)
        wanted = list(actions)
        if since is not None:
            query = query.where(FeedbackRow.at >= since)
        if wanted:
            query = query.where(FeedbackRow.action.in_(wanted))
        with self._database.read() as session:
            return [_fact(row) for row in session.scalars(query)]


def without_numbers(query: str) -> str:
    """Return a query without what is spelled digit by digit: a caller's identity has no business in reports."""
    out: list[str] = []
    run: list[str] = []
    for word in [*query.split(), ""]:
        if word in DIGITS or (word.isdigit() and len(word) == 1):
            run.append(word)
            continue
        out += ["…"] if len(run) >= SPELLED_DIGITS else run
        run = []
        out.append("…" if sum(char.isdigit() for char in word) >= LONG_NUMBER else word)
    return " ".join(out).strip()


def _row(found: Feedback) -> FeedbackRow:
    return FeedbackRow(
        call_id=found.call_id,
        at=found.at,
        action=found.action,
        article_id=found.articles[0][0] if found.articles and found.action != "shown" else "",
        question=found.question,
        query=without_numbers(found.query)[:QUERY_CHARS],
        articles=[list(one) for one in found.articles],
        no_answer=found.no_answer,
        no_answer_probability=found.no_answer_probability,
        person=found.person,
    )


def _fact(row: FeedbackRow) -> Feedback:
    return Feedback(
        call_id=row.call_id,
        at=row.at,
        question=row.question,
        action=row.action,
        query=row.query,
        articles=tuple((str(name), int(version)) for name, version in row.articles),
        no_answer=row.no_answer,
        no_answer_probability=row.no_answer_probability,
        person=row.person,
    )
